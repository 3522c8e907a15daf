package rpc

import (
	"errors"
	"fmt"

	"github.com/peerage-go/peerage/internal/args"
	"github.com/peerage-go/peerage/multiplayer"
)

var (
	errNoRelay   = errors.New("rpc: a relay packet, but the relay is off")
	errDirection = errors.New("rpc: a packet that only a server sends, or only a client")
)

// handleRelay acts on the messages by which a server makes its clients peers of each other.
func (m *SceneMultiplayer) handleRelay(r *remote, msg *message) {
	if m.opts.NoServerRelay {
		if m.IsServer() && m.wires[r.wire()].copies() {
			m.stats.Unreachable++ // an engine whose own server_relay is on, the default, does not know better
			return
		}
		m.malformed(r, errNoRelay)
		return
	}
	if m.IsServer() {
		if msg.kind != kindRelay {
			m.malformed(r, errDirection)
			return
		}
		m.relay(r, msg)
		return
	}
	if r.id != multiplayer.Server {
		m.malformed(r, errDirection)
		return
	}
	switch msg.kind {
	case kindPeerAdded:
		if msg.target < 2 || msg.target == m.UniqueID() || m.remotes[msg.target] != nil {
			m.malformed(r, fmt.Errorf("rpc: peer %d was added again", msg.target))
			return
		}
		o := &remote{id: msg.target, link: r.link, via: r}
		m.wires[o.wire()].joined(o)
		m.admit(o)
	case kindPeerRemoved:
		if o := m.remotes[msg.target]; o != nil && o.via != nil {
			m.depart(o)
		}
	case kindPeerAway, kindPeerBack:
		if o := m.remotes[msg.target]; o != nil && o.via != nil {
			m.tellAway(o, msg.kind == kindPeerAway)
		}
	case kindRelayed:
		o := m.remotes[msg.target]
		switch {
		case o == nil: // the word that it left came first, on a lower channel
			m.stats.FromDeparted++
		case o.via == nil:
			m.malformed(r, fmt.Errorf("rpc: a packet of peer %d, which needs no relay", msg.target))
		default:
			m.handleInner(o, msg)
		}
	default:
		m.malformed(r, errDirection)
	}
}

// handleInner acts, for this peer, on the packet that a relay carried.
func (m *SceneMultiplayer) handleInner(r *remote, relay *message) {
	inner := &m.inner
	*inner = message{delivery: relay.delivery, aside: relay.aside, authorized: relay.authorized}
	ok, err := m.wires[r.wire()].decode(r, nil, relay.data, inner)
	if err != nil {
		m.malformed(r, err)
		return
	}
	if !ok {
		return
	}
	if !inner.kind.relayable() {
		m.malformed(r, fmt.Errorf("%w: a message of kind %d in a relay", ErrMalformed, inner.kind))
		return
	}
	m.handle(r, inner)
}

// relayable tells which messages clients may send to each other.
func (k kind) relayable() bool {
	switch k {
	case kindCall, kindRequest, kindReply, kindFailure, kindCancel, kindRefused, kindRaw, kindReplication:
		return true
	}
	return false
}

// relay passes on a packet from one client to others, and takes it if it is for the server too.
func (m *SceneMultiplayer) relay(r *remote, msg *message) {
	m.stats.Relayed++
	if !m.authorizesRelay(r, msg) {
		return
	}
	m.introduce() // whom the program has admitted meanwhile, too
	target, packet := msg.target, msg.data
	var lists [wireCount][]*remote
	var missed missed
	forServer := target == multiplayer.Server || target <= 0 && target != -multiplayer.Server
	if msg.targets != nil {
		lists, forServer = m.several(r, msg.targets)
	} else if target > multiplayer.Server {
		o := m.remotes[target]
		if o == nil || o == r {
			m.unreachable(r, msg)
			return
		}
		lists[o.wire()] = []*remote{o}
		m.forgiveCopy(r, o, packet)
	} else if target <= 0 {
		lists = m.lists(target, r)
	}
	for w, to := range lists {
		if len(to) == 0 {
			continue
		}
		to, strangers := m.acquainted(r, to)
		for _, id := range strangers {
			missed.add(id, multiplayer.ErrBufferFull)
		}
		if len(to) == 0 {
			continue
		}
		var err error
		if on := multiplayer.Wire(w); on == r.wire() {
			err = m.wires[on].forward(r, msg, packet, to)
		} else {
			err = m.translate(r, msg, on, to)
		}
		before := missed.count
		eachPeer(err, missed.add)
		if err != nil && missed.count == before {
			m.malformed(r, fmt.Errorf("rpc: relay to %d: %w", target, err))
		}
	}
	if missed.count > 0 {
		m.missed(r, msg, missed)
	}
	if forServer {
		m.handleInner(r, &message{data: packet, delivery: msg.delivery, aside: target != multiplayer.Server, authorized: msg.authorized})
	}
}

// several gives the remotes that a relay from r is for, each once, and tells whether the server is one of them.
func (m *SceneMultiplayer) several(r *remote, targets []PeerID) (l [wireCount][]*remote, server bool) {
	for w := range m.passing {
		m.passing[w] = m.passing[w][:0]
	}
	clear(m.seen)
	for _, id := range targets {
		if id == multiplayer.Server {
			server = true
			continue
		}
		o := m.remotes[id]
		if o == nil || o == r {
			m.stats.Unreachable++
			continue
		}
		if m.seen.add(o.slot) {
			m.passing[o.wire()] = append(m.passing[o.wire()], o)
		}
	}
	return m.passing, server
}

// missed are the peers that a packet could not be passed on to.
type missed struct {
	count int
	peer  PeerID // the last of them
	err   error  // and why it was
}

func (l *missed) add(id PeerID, err error) {
	l.count++
	l.peer, l.err = id, err
}

// missed counts peers that a packet could not be passed on to, and says so to its sender if it was to be relied on.
func (m *SceneMultiplayer) missed(r *remote, relay *message, l missed) {
	m.stats.RelayFailures += uint64(l.count)
	m.log.Debug("rpc: a packet could not be passed on", "peer", r.id, "target", l.peer, "peers", l.count, "err", l.err)
	if relay.delivery.Mode != multiplayer.Reliable || !m.wires[r.wire()].replies() {
		return
	}
	var inner message
	if ok, err := m.wires[r.wire()].decode(r, nil, relay.data, &inner); err != nil || !ok {
		return
	}
	inner.target = relay.target
	code, text := CodePeerGone, fmt.Sprintf("peer %d is leaving", l.peer)
	switch {
	case errors.Is(l.err, multiplayer.ErrBufferFull):
		code, text = CodeBusy, fmt.Sprintf("peer %d does not keep up", l.peer)
	case errors.Is(l.err, multiplayer.ErrPacketTooLarge):
		code, text = CodeTooLarge, fmt.Sprintf("peer %d does not read so large a packet", l.peer)
	}
	if l.count > 1 {
		text = fmt.Sprintf("%s, nor do %d others", text, l.count-1)
	}
	switch o := m.remotes[relay.target]; {
	case inner.kind == kindRequest:
		m.fail(r, &inner, code, text)
	case inner.kind == kindReply && o != nil: // it may have room for this
		to := [1]*remote{o}
		m.tell(r, &message{kind: kindFailure, request: inner.request, code: code, text: "the reply could not be passed on"}, o.wire(), to[:])
	case m.loud(r):
		m.say(r, &message{kind: kindRefused, path: inner.path, name: inner.name, code: code, text: text})
	}
}

// unreachable answers a request to a peer that is gone, or was never there.
func (m *SceneMultiplayer) unreachable(r *remote, relay *message) {
	m.stats.Unreachable++
	var inner message
	gone := &remote{id: relay.target, phase: departed}
	ok, err := m.wires[r.wire()].decode(r, gone, relay.data, &inner)
	if err != nil || !ok || inner.kind != kindRequest {
		return
	}
	m.fail(r, &inner, CodePeerGone, fmt.Sprintf("peer %d is not in the session", relay.target))
}

// translate passes on a packet to clients that speak another wire than its sender.
func (m *SceneMultiplayer) translate(r *remote, relay *message, on multiplayer.Wire, to []*remote) error {
	inner := message{delivery: relay.delivery, aside: true}
	ok, err := m.wires[r.wire()].decode(r, to[0], relay.data, &inner)
	if err != nil || !ok {
		return err
	}
	inner.target = relay.target
	switch inner.kind {
	case kindCall:
		if inner.node == nil || inner.method == nil {
			m.refuse(r, &inner, CodeUnknownMethod, "the server does not know %q, so it cannot translate it for a peer that speaks %v", inner.path+"."+inner.name, on)
			return nil
		}
		if !inner.node.allows(inner.method, r.id) {
			m.refuse(r, &inner, CodeNotAllowed, "mode is %q, authority is %d", inner.method.Mode, inner.node.authority)
			return nil
		}
		return m.transcode(r, &inner, on, to)
	case kindRequest:
		if !m.wires[on].replies() {
			m.fail(r, &inner, CodeNoReplies, ErrNoReplies.Error())
			return nil
		}
		return m.transcode(r, &inner, on, to)
	case kindRaw:
		return m.tell(r, &inner, on, to)
	}
	m.stats.Untranslatable++
	return nil
}

// transcode sends a call on in the form of another wire.
func (m *SceneMultiplayer) transcode(r *remote, msg *message, on multiplayer.Wire, to []*remote) error {
	w := m.wires[on]
	enc, err := w.begin(r, msg, to)
	if err != nil {
		return m.noName(r, msg, err)
	}
	argc := 0
	for msg.argc < 0 && msg.args.Len() > 0 || argc < msg.argc {
		argc++
		if err := args.Transcode(msg.args, enc); err != nil {
			w.abort()
			m.refuse(r, msg, CodeBadArguments, "argument %d cannot travel to a peer that speaks %v: %v", argc, on, err)
			return nil
		}
	}
	return w.end(argc)
}

// noName refuses a call that is not passed on because there is no room for its names. Other errors it gives back.
func (m *SceneMultiplayer) noName(r *remote, msg *message, err error) error {
	if !errors.Is(err, errForeignNames) {
		return err
	}
	msg.aside = true // the names of others may be what leaves no room for it
	m.refuse(r, msg, CodeTooMany, "%v", err)
	return nil
}
