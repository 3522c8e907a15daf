package rpc

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"

	"github.com/peerage-go/peerage/internal/args"
	"github.com/peerage-go/peerage/multiplayer"
)

// Call is a remote call, as its handler sees it. It is valid until the handler returns; what [Later] and Context
// give lasts longer.
type Call struct {
	// Sender is the peer that called (MultiplayerAPI.get_remote_sender_id); this peer itself for a local call.
	Sender PeerID
	// Node is what was called, Method the name of its method.
	Node   *Node
	Method string
	// Delivery is how the call travelled. Godot's wire does not tell: there it is what the method is configured with.
	multiplayer.Delivery

	params  params
	from    *remote // nil for a local call
	request uint64
	wants   bool // a reply is waited for
	answer  *answer
	reply   reflect.Type // what the handler returns beside an error; nil: nothing
}

// Admitted is what multiplayer.Options.Admit said of the sender: who it is. It is nil without it, for a local call, and for
// a peer that is reached through the server.
func (c *Call) Admitted() any { return c.from.admitted() }

// WantsReply tells whether the caller waits for a reply.
func (c *Call) WantsReply() bool { return c.wants }

// Context ends when the caller cancels, stops waiting or leaves, and with the reply. Where no reply is waited for it
// does not end, unless [Later] was called: see Answer.Context.
func (c *Call) Context() context.Context {
	if !c.wants && c.answer == nil {
		return context.Background()
	}
	return c.pending().ctx
}

func (c *Call) pending() *answer {
	if c.answer == nil {
		c.answer = &answer{m: c.Node.m, to: c.from, id: c.request, wanted: c.wants}
		c.answer.ctx, c.answer.cancel = context.WithCancel(context.Background())
		if c.wants && c.from != nil {
			if c.from.run == nil {
				c.from.run = map[uint64]*answer{}
			}
			c.from.run[c.request] = c.answer
		}
	}
	return c.answer
}

// incoming runs a call that came from a peer, or says why not.
func (m *SceneMultiplayer) incoming(r *remote, msg *message) {
	switch {
	case msg.delivery.Mode != multiplayer.Reliable && r.link.Flooding():
		m.stats.DroppedIn++
		return
	case msg.kind == kindCall && m.ignores(r, msg):
		return
	case msg.node == nil:
		m.refuse(r, msg, CodeUnknownNode, "there is no node %q here", msg.path)
		return
	case msg.method == nil:
		m.refuse(r, msg, CodeUnknownMethod, "node %q has no method %q; handled: %v", msg.path, msg.name, handledBy{msg.node})
		return
	case msg.method.invoke == nil && msg.method.Mode != Disabled:
		m.refuse(r, msg, CodeUnknownMethod, "node %q declares %q but does not handle it; handled: %v", msg.path, msg.name, handledBy{msg.node})
		return
	case !msg.node.allows(msg.method, r.id):
		m.refuse(r, msg, CodeNotAllowed, "mode is %q, authority is %d", msg.method.Mode, msg.node.authority)
		return
	case msg.kind == kindRequest && r.run[msg.request] != nil:
		m.malformed(r, fmt.Errorf("%w: request %d is waiting already", ErrMalformed, msg.request))
		return
	case msg.kind == kindRequest && len(r.run) >= m.opts.MaxPendingRequests:
		m.refuse(r, msg, CodeTooMany, "%d requests are waiting already", len(r.run))
		return
	}
	if !m.authorizes(r, msg, m.UniqueID()) {
		return
	}
	if msg.kind == kindRequest && m.closing { // no fault of its sender, who cannot know
		r.stats.Refused++
		m.fail(r, msg, CodeShuttingDown, "the peer is shutting down")
		return
	}
	r.stats.CallsIn++
	c := m.takeCall()
	c.Sender, c.from = r.id, r
	c.Delivery = msg.delivery
	c.request, c.wants = msg.request, msg.kind == kindRequest
	m.run(c, msg.node, msg.method, msg.args, msg.argc)
}

// ignores deals with a call that nobody here listens to, where it may be the server's copy of one for everyone: it is
// no fault of its sender then, and if its method is declared for the clients' sake there is nothing to be said but
// once. It tells whether that was all.
func (m *SceneMultiplayer) ignores(r *remote, msg *message) bool {
	if !m.IsServer() || m.opts.NoServerRelay || !m.wires[r.wire()].copies() {
		return false
	}
	if msg.node == nil {
		msg.aside = true
		return false
	}
	d := msg.method
	if d == nil || d.invoke != nil || !msg.node.allows(d, r.id) {
		return false
	}
	m.stats.Ignored++
	if !d.ignored {
		d.ignored = true
		m.log.Info("rpc: a method that is declared without a handler was called here, perhaps with others: it is ignored", "peer", r.id, "node", msg.node.path, "method", d.name)
	}
	return true
}

// allows tells whether a peer may call a method of the node.
func (n *Node) allows(method *method, id PeerID) bool {
	return method.Mode == AnyPeer || method.Mode == Authority && id == n.authority
}

// run calls a handler, sees to its reply and gives c back.
func (m *SceneMultiplayer) run(c *Call, n *Node, method *method, dec args.Decoder, argc int) {
	c.Node, c.Method = n, method.name
	c.params, c.reply = params{dec: dec, left: argc, method: method}, method.reply
	var end func(error)
	if m.opts.Observe != nil {
		end = m.observe(Span{Kind: SpanHandler, Peer: c.Sender, Node: n.path, Method: method.name, Size: dec.Len(), Request: c.wants})
	}
	outer := m.sender
	m.sender = c.Sender
	value, err := m.timed(method, c)
	if end != nil {
		end(err)
	}
	m.sender = outer
	m.stats.CallsIn++
	if err != nil {
		m.failed(c, method, err)
	} else if c.wants && (c.answer == nil || !c.answer.later) {
		c.pending().reply(func(enc args.Encoder) error { return args.PutAny(enc, value) })
	}
	m.giveCall(c)
}

// guard calls the handler and turns a panic into an error.
func (m *SceneMultiplayer) guard(method *method, c *Call) (value any, err error) {
	defer func() {
		if p := recover(); p != nil {
			m.stats.HandlerPanics++
			if m.loud(c.from) {
				m.log.Error("rpc: a handler panicked", "peer", c.Sender, "node", c.Node.path, "method", method.name,
					"panic", p, "stack", string(debug.Stack()))
			}
			err = &handlerError{Errorf(CodeHandlerFailed, "the handler panicked"), true}
		}
	}()
	return method.invoke(c)
}

// failed deals with arguments that did not fit and with handlers that returned an error.
func (m *SceneMultiplayer) failed(c *Call, method *method, err error) {
	var h *handlerError
	if !errors.As(err, &h) {
		msg := message{kind: kindCall, path: c.Node.path, name: method.name, request: c.request}
		if c.wants {
			msg.kind = kindRequest
		}
		reason := fmt.Sprintf("%v; the parameters are (%s)", err, typeList(method.types))
		if c.from == nil {
			m.report(Refusal{Sender: c.Sender, Node: c.Node.path, Method: method.name, Code: CodeBadArguments, Reason: reason})
			return
		}
		m.refuse(c.from, &msg, CodeBadArguments, "%s", reason)
		return
	}
	m.stats.HandlerErrors++
	if c.wants && (h.panicked || c.answer == nil || !c.answer.later) {
		c.pending().fail(h.err)
		return
	}
	if m.loud(c.from) {
		m.log.Warn("rpc: a handler failed", "peer", c.Sender, "node", c.Node.path, "method", method.name, "err", h.err)
	}
}

func typeList(types []reflect.Type) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.String()
	}
	return strings.Join(names, ", ")
}

// refuse reports a call that was not run, here and to its sender.
func (m *SceneMultiplayer) refuse(r *remote, msg *message, code Code, format string, a ...any) {
	m.count(code)
	r.stats.Refused++
	quiet := !m.loud(r)
	f := Refusal{Sender: r.id, Node: msg.path, Method: msg.name, Code: code, Reason: code.String()}
	if !quiet {
		f.Reason = fmt.Sprintf(format, a...)
		m.report(f)
	}
	if !msg.aside {
		defer m.fault(r)
	}
	switch {
	case msg.kind == kindRequest:
		m.fail(r, msg, code, f.Reason)
	case !quiet && m.wires[r.wire()].replies():
		m.say(r, &message{kind: kindRefused, path: f.Node, name: f.Method, code: code, text: f.Reason})
	}
}

// fail answers a request with a failure; one that was to be passed on, in the name of the peer that it was for: that is
// from whom the answer is expected.
func (m *SceneMultiplayer) fail(r *remote, msg *message, code Code, text string) {
	var from *remote
	if msg.target > multiplayer.Server {
		from = &remote{id: msg.target}
	}
	m.introduce()
	one := [1]*remote{r}
	m.tell(from, &message{kind: kindFailure, request: msg.request, code: code, text: text}, r.wire(), one[:])
}

func (m *SceneMultiplayer) report(f Refusal) {
	text := "rpc: a call was refused"
	if f.Remote {
		text = "rpc: a peer refused a call"
	}
	m.log.Warn(text, "peer", f.Sender, "node", f.Node, "method", f.Method, "code", f.Code.String(), "err", f.Reason)
	if m.OnCallRefused != nil {
		m.call("OnCallRefused", func() { m.OnCallRefused(f) })
	}
}

// handledBy writes the names of a node's methods that have a handler, if it is written.
type handledBy struct{ n *Node }

func (h handledBy) String() string {
	var names []string
	for _, m := range h.n.byNumber() {
		if m.invoke != nil {
			names = append(names, m.name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// takeCall and giveCall keep the Calls of handlers that returned, one for each depth of nesting.
func (m *SceneMultiplayer) takeCall() *Call {
	if n := len(m.calls); n > 0 {
		c := m.calls[n-1]
		m.calls = m.calls[:n-1]
		return c
	}
	return new(Call)
}

func (m *SceneMultiplayer) giveCall(c *Call) {
	*c = Call{}
	m.calls = append(m.calls, c)
}
