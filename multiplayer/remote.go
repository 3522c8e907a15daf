package multiplayer

import (
	"errors"
	"net"
	"time"

	"github.com/google/uuid"
	"github.com/peerage-go/peerage/internal/watch"
	"github.com/peerage-go/peerage/transport"
)

// phase is how far a connection has come.
type phase uint8

const (
	handshaking phase = iota // no peer id yet
	connected
	leaving // closing, its disconnection is still to be told
	gone
)

// Peer is one connected remote peer. It belongs to the goroutine that polls its MultiplayerPeer.
type Peer struct {
	m     *MultiplayerPeer
	ws    *transport.WebSocketPeer
	wire  wire // nil until the WebSocket is open
	id    PeerID
	phase phase
	lost  bool // ws is closed, which was taken note of
	limit int  // the largest message that the remote reads, in bytes; 0: not known

	session uuid.UUID
	timer   *time.Timer // ends the handshake, or the leaving; nil while connected
	reason  error       // why it is leaving, nil if the remote closed
	hangUp  func()      // closes the connection of one that is leaving
	anew    bool        // of a client's server: it is left, and met again as a new peer
	out     outbox
	resume  *resumption // nil: the peer ends with its connection
	full    time.Time   // since when reliable packets do not fit, and nothing leaves; zero: they do
	fullAt  uint64      // how much had left then
	stats   PeerStats
	notices watch.Notices

	admitted     any
	inboxPackets int  // how many of its packets wait for GetPacket
	inboxBytes   int  // and how large they are
	waiting      bool // its connection may have more, for which there is no room

	// Attachment is for the floor above, which may hang there what it knows of this peer.
	Attachment any
}

// ID is the peer's id.
func (p *Peer) ID() PeerID { return p.id }

// Wire is what the peer speaks.
func (p *Peer) Wire() Wire { return p.wire.kind() }

// Session is the id of the peer's session on peerage.v1; it is zero on Godot's wire. It is a secret of the two
// sides: who has it can take the session over.
func (p *Peer) Session() uuid.UUID { return p.session }

// comesBack tells whether a client whose connection ended so should try again: unless it was sent away.
func (p *Peer) comesBack() bool {
	switch p.ws.CloseCode() {
	case -1:
		var broke *transport.ProtocolError
		return !errors.As(p.ws.Err(), &broke)
	case CloseGoingAway, closeInternalError, closeRestart, CloseTryLater, closeRestart + closeForGodot, CloseTryLater + closeForGodot:
		return true
	}
	return false
}

// Admitted is what Options.Admit said of the connection with which the peer came, nil without it. A peer that comes back
// on another connection keeps it.
func (p *Peer) Admitted() any { return p.admitted }

// Flooding tells whether the peer has been over the rate limits for a third of Transport.FloodTimeout, and still is.
// What comes from it is late: its unreliable packets are dropped, and a floor above should drop what it can.
func (p *Peer) Flooding() bool { return p.ws.Flooding() }

// Disconnect closes the connection to the peer with a close code, for a reason that the peer is told. The
// disconnection that a later Poll tells has it as its reason. What was accepted for the peer before is sent first, for
// which it has Transport.CloseTimeout. Codes are those of DisconnectPeerWith and of this package: with one that RFC 6455
// forbids the connection is dropped, and the peer told nothing.
func (p *Peer) Disconnect(code int, why error) { p.leaveInOrder(code, why) }

// Connected tells whether packets can be sent to the peer.
func (p *Peer) Connected() bool { return p.phase == connected }

// WebSocket is the connection under the peer, for its address, its protocol and its counters. Reading from it or
// writing to it takes packets away from the session.
func (p *Peer) WebSocket() *transport.WebSocketPeer { return p.ws }

// largest is how long a message to the peer may be: what it reads, and what its connection takes at all. It is asked
// before a packet has to wait, so that none waits that can never leave.
func (p *Peer) largest() int {
	n := max(p.m.opts.Transport.OutboundBufferSize, minBufferSize)
	if p.limit > 0 {
		n = min(n, p.limit)
	}
	return n
}

// send queues a packet for the peer.
func (p *Peer) send(s *sending) error {
	if p.phase != connected {
		return ErrNotConnected
	}
	if p.Away() {
		return p.sendAway(s)
	}
	if !p.out.empty() || !p.resume.replayed() || p.ws.Congested() {
		return p.wait(queued{s.keep(p), s.d})
	}
	err := s.transmit(p)
	if err != nil && p.resume != nil && errors.Is(err, net.ErrClosed) {
		err = nil // the connection is lost, which the next Poll will tell; what is kept goes out on another
	}
	switch {
	case err == nil:
		p.full = time.Time{}
		if p.resume != nil && s.d.Mode == Reliable {
			p.keep(s.keep(p))
		}
		return nil
	case errors.Is(err, transport.ErrBufferFull):
		return p.wait(queued{s.keep(p), s.d})
	case errors.Is(err, transport.ErrMessageTooLarge):
		return ErrPacketTooLarge
	case errors.Is(err, net.ErrClosed):
		return ErrNotConnected
	}
	return err
}

// wait puts a message into the outbox by the rules of its transfer mode.
func (p *Peer) wait(q queued) error {
	o := &p.m.opts.Transport
	if q.Mode == UnreliableOrdered && p.out.replace(q) {
		p.stats.Replaced++
		p.m.stats.Replaced++
		return nil
	}
	over := func() bool {
		return p.out.bytes+q.cost()+p.ws.CurrentOutboundBufferedAmount() > o.OutboundBufferSize ||
			len(p.out.packets) >= o.MaxQueuedPackets
	}
	alone := q.cost() + p.ws.CurrentOutboundBufferedAmount()
	for over() {
		if alone <= o.OutboundBufferSize && p.out.dropOldest() { // else it would be in vain
			p.stats.Dropped++
			p.m.stats.Dropped++
			continue
		}
		if q.Mode != Reliable {
			p.stats.Dropped++
			p.m.stats.Dropped++
			return nil
		}
		return p.refuse()
	}
	p.out.push(q)
	return nil
}

// refuse counts a reliable packet that does not fit, and ends a peer that has not taken any for too long.
func (p *Peer) refuse() error {
	p.stats.Refused++
	p.m.stats.Refused++
	now := time.Now()
	if out := p.ws.Stats().BytesOut; out != p.fullAt { // it is slow, but it reads
		p.full, p.fullAt = time.Time{}, out
	}
	switch {
	case p.full.IsZero():
		p.full = now
		p.m.warn(p, "multiplayer: a peer does not keep up, reliable packets to it fail", "queued", len(p.out.packets))
	case now.Sub(p.full) >= p.m.opts.SlowPeerTimeout:
		p.m.stats.SlowPeers++
		p.leave(CloseTryLater, ErrSlowPeer)
	}
	return ErrBufferFull
}

// drain sends on what waited, when the connection takes something again.
func (p *Peer) drain() {
	switch {
	case p.phase == connected:
		p.drainWhile(func() bool { return !p.ws.Congested() })
	case p.phase == leaving && p.hangUp != nil:
		if p.drainAll(); p.drained() {
			p.hangUp()
		}
	}
}

// drainAll sends on what waited before the connection is closed, as much as its buffer takes.
func (p *Peer) drainAll() { p.drainWhile(func() bool { return true }) }

// drained tells whether the connection has had everything that was accepted for the peer.
func (p *Peer) drained() bool { return p.out.empty() && p.resume.replayed() }

// drainWhile sends on what waited: first what a resumed session sends again.
func (p *Peer) drainWhile(more func() bool) {
	if p.Away() {
		return
	}
	for r := p.resume; !r.replayed(); r.replay++ {
		if !more() || p.ws.SendPrepared(r.unacked[r.replay]) != nil {
			return
		}
	}
	if p.out.empty() {
		return
	}
	p.out.drain(func(q queued) bool {
		if !more() || errors.Is(p.ws.SendPrepared(q.frame), transport.ErrBufferFull) {
			return false
		}
		if p.resume != nil && q.Mode == Reliable {
			p.keep(q.frame)
		}
		return true
	})
	if p.out.empty() {
		p.full = time.Time{}
	}
}

// leave closes the connection from this side, and does not wait for a peer that does not read. Its disconnection is told
// when the WebSocket is closed.
func (p *Peer) leave(code int, why error) {
	if p.depart(code, why) {
		p.hangUp()
		p.out.clear()
	}
}

// leaveInOrder is leave once everything that was accepted for the peer has left, or after CloseTimeout.
func (p *Peer) leaveInOrder(code int, why error) {
	switch {
	case !p.depart(code, why):
	case p.drained():
		p.hangUp()
	default:
		p.timer = time.AfterFunc(p.m.opts.Transport.CloseTimeout, p.hangUp)
	}
}

// depart begins to leave. It tells whether there is a connection that hangUp closes, from any goroutine.
func (p *Peer) depart(code int, why error) bool {
	if p.phase >= leaving {
		return false
	}
	if p.phase == connected {
		p.drainAll()
		p.phase = leaving
	} else {
		p.phase = gone
	}
	p.reason = why
	p.forgetSession()
	p.m.readOn(p) // what is left of it is thrown away
	if p.Away() {
		p.out.clear()
		p.m.Post(p.endAway)
		return false
	}
	reason := ""
	if why != nil {
		reason = why.Error()
	}
	if p.wire != nil {
		code = p.wire.closeCode(code)
	}
	ws := p.ws
	p.hangUp = func() {
		if ws.Close(code, reason) != nil {
			ws.Close(-1, "")
		}
	}
	return true
}
