package rpc

import "errors"

// Attempt is a call that a peer wants to make, as Options.Authorize sees it.
type Attempt struct {
	// Sender makes the call. Target is whom it is for: 1 on a server where the call is for it alone; another where the
	// server is to pass it on: an id, 0 for everyone or several, -n for everyone but n.
	Sender, Target PeerID
	// Node is the path of the node, Method the name of the method. A method that only clients know is, on Godot's wire,
	// its number, such as "#3", and a node that only they know may be "".
	Node, Method string
	// Request tells that a reply is waited for.
	Request bool
}

// authorizes asks the program whether a call may be made, and refuses it if not.
func (m *SceneMultiplayer) authorizes(r *remote, msg *message, target PeerID) bool {
	if m.opts.Authorize == nil || msg.authorized {
		return true
	}
	a := Attempt{Sender: r.id, Target: target, Node: msg.path, Method: msg.name, Request: msg.kind == kindRequest}
	err := errors.New("the server failed to look at the call")
	m.call("Authorize", func() { err = m.opts.Authorize(a) })
	if err == nil {
		return true
	}
	code := CodeNotAllowed
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		if code = e.Code; code != CodeNotAllowed {
			m.stats.NotAllowed++ // refuse counts the others
		}
	}
	_, text := failure(err)
	m.refuse(r, msg, code, "%s", text)
	return false
}

// authorizesRelay asks once about a call that is to be passed on, however many it is for.
func (m *SceneMultiplayer) authorizesRelay(r *remote, relay *message) bool {
	if m.opts.Authorize == nil {
		return true
	}
	var inner message
	if !m.wires[r.wire()].call(r, relay.data, &inner) {
		return true
	}
	inner.target = relay.target
	if !m.authorizes(r, &inner, relay.target) {
		return false
	}
	relay.authorized = true
	return true
}

// SpanKind is what a Span is about.
type SpanKind uint8

const (
	// SpanHandler: a handler runs a call of another peer, or of this one.
	SpanHandler SpanKind = iota
	// SpanCall: this side makes a call. It ends when the call is queued.
	SpanCall
	// SpanRequest: this side makes a call with a reply. It ends when that is there, or will not come.
	SpanRequest
)

// Span is something that takes its time, as Options.Observe sees it begin.
type Span struct {
	Kind SpanKind
	// Peer is the sender of the call that a handler runs, this peer itself for a local one; of a call that this side makes
	// it is the target as it was given, and Group tells that it is a Group.
	Peer  PeerID
	Group bool
	// Node is the path of the node, Method the name of the method.
	Node, Method string
	// Size is how many bytes the arguments have that a handler is given.
	Size int
	// Request tells that a reply is waited for.
	Request bool
}

// observe tells that something begins, and gives what tells that it has ended; nil if nobody wants to know that.
func (m *SceneMultiplayer) observe(s Span) func(error) {
	var end func(error)
	m.call("Observe", func() { end = m.opts.Observe(s) })
	if end == nil {
		return nil
	}
	return func(err error) { m.call("Observe", func() { end(err) }) }
}
