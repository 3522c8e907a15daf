package rpc

import (
	"errors"
	"fmt"

	"github.com/peerage-go/peerage/internal/args"
	"github.com/peerage-go/peerage/multiplayer"
)

// introduce tells those who came last of the others, and everybody of them. Who comes in one Poll is introduced
// together, so that what tells of somebody is framed once: before anything else is sent, so that nobody hears of a
// peer it does not know.
func (m *SceneMultiplayer) introduce() {
	if len(m.newcomers) == 0 {
		return
	}
	newcomers := m.newcomers
	m.newcomers = nil
	var lists [wireCount][]*remote
	for _, r := range newcomers {
		lists[r.wire()] = append(lists[r.wire()], r)
	}
	for _, o := range m.order[:len(m.order)-len(newcomers)] {
		m.announce(&message{kind: kindPeerAdded, target: o.id}, lists)
	}
	for _, r := range newcomers {
		m.announce(&message{kind: kindPeerAdded, target: r.id}, m.lists(multiplayer.Everyone, r))
	}
}

// sayGoodbye tells the other clients that one left.
func (m *SceneMultiplayer) sayGoodbye(r *remote) {
	if !m.IsServer() || m.opts.NoServerRelay {
		return
	}
	m.announce(&message{kind: kindPeerRemoved, target: r.id}, m.byWire)
}

// announce tells clients who came or went.
func (m *SceneMultiplayer) announce(msg *message, lists [wireCount][]*remote) {
	for w, to := range lists {
		if err := m.tell(nil, msg, multiplayer.Wire(w), to); err != nil {
			m.uninformed(err)
		}
	}
}

// uninformed sends away the clients that could not be told who came or went: they would not know their peers any
// more. They may come back.
func (m *SceneMultiplayer) uninformed(err error) {
	switch e := err.(type) {
	case *multiplayer.PeerError:
		if errors.Is(e, multiplayer.ErrNotConnected) {
			return // it is going by itself, and what it sent before comes first
		}
		if p := m.peer.Peer(e.Peer); p != nil {
			p.Disconnect(multiplayer.CloseTryLater, multiplayer.ErrSlowPeer)
		}
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			m.uninformed(one)
		}
	}
}

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
	*inner = message{delivery: relay.delivery, aside: relay.aside}
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
	target, packet := msg.target, msg.data
	var lists [wireCount][]*remote
	if target > multiplayer.Server {
		o := m.remotes[target]
		if o == nil || o == r {
			m.unreachable(r, msg)
			return
		}
		lists[o.wire()] = []*remote{o}
		m.forgiveCopy(r, packet)
	} else if target <= 0 {
		lists = m.lists(target, r)
	}
	for w, to := range lists {
		if len(to) == 0 {
			continue
		}
		var err error
		if on := multiplayer.Wire(w); on == r.wire() {
			err = m.wires[on].forward(r, msg, packet, to)
		} else {
			err = m.translate(r, msg, on, to)
		}
		var late *multiplayer.PeerError
		switch {
		case errors.As(err, &late): // a target that does not keep up, which is not the sender's fault
			m.stats.RelayFailures++
			m.log.Debug("rpc: a packet could not be passed on", "peer", r.id, "target", target, "err", err)
		case err != nil:
			m.malformed(r, fmt.Errorf("rpc: relay to %d: %w", target, err))
		}
	}
	if target == multiplayer.Server || target <= 0 && target != -multiplayer.Server {
		m.handleInner(r, &message{data: packet, delivery: msg.delivery, aside: target != multiplayer.Server})
	}
}

// forgiveCopy has what a client sends once to each of the others count once against its rate limits, whoever it is for:
// where that is how it calls everybody, the limits would otherwise be for fewer calls the more peers there are.
func (m *SceneMultiplayer) forgiveCopy(r *remote, packet []byte) {
	if !m.wires[r.wire()].copies() {
		return
	}
	if r.copies++; r.copies < len(m.order)-1 {
		r.link.WebSocket().Forgive(1, aroundCopy+len(packet))
		return
	}
	r.copies = 0
}

// aroundCopy is what stands around the packet of a small relay, in bytes: the header of its frame, and of the relay.
const aroundCopy = 6 + systemSize

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
		return err
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
