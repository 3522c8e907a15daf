package multiplayer

import (
	"errors"
	"net/netip"
	"strings"
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
	m       *MultiplayerPeer
	ws      *transport.WebSocketPeer
	wire    wire // nil until the WebSocket is open
	id      PeerID
	network netip.Addr // that the remote comes from, on a server
	phase   phase
	lost    bool   // ws is closed, which was taken note of
	limit   int    // the largest message that the remote reads, in bytes; 0: not known
	knows   string // opcodes, on peerage.v1

	session uuid.UUID
	timer   *time.Timer // ends the handshake, or the leaving; nil while connected
	reason  error       // why it is leaving, nil if the remote closed
	hangUp  func()      // closes the connection of one that is leaving
	out     outbox
	resume  *resumption // nil: the peer ends with its connection
	full    time.Time   // since when reliable packets do not fit, and nothing leaves; zero: they do
	fullAt  uint64      // how much had left, or was acknowledged, then
	passed  amount      // packets passed on that went to ws, and may be there still
	passAt  uint64      // in which m.flushes
	missed  int         // how many of this side's own packets were dropped or replaced since that was told
	stats   PeerStats
	notices watch.Notices

	admitted     any
	refusal      *Refusal // it is not let in, and is to be told so
	inboxPackets int      // how many of its packets wait for GetPacket
	inboxBytes   int      // and how large they are
	flooding     bool     // it was said that it is
	waiting      bool     // its connection may have more, for which there is no room

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

// Knows tells whether the peer has said that it knows an opcode of packets that is not in the first version of
// peerage.v1: see MultiplayerPeer.SetKnown.
func (p *Peer) Knows(opcode byte) bool { return strings.IndexByte(p.knows, opcode) >= 0 }

// learns takes in which opcodes the peer knows.
func (p *Peer) learns(opcodes token) {
	if p.knows = p.m.knows; string(opcodes) != p.knows { // else both are kept once
		p.knows = string(opcodes)
	}
}

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
func (p *Peer) Disconnect(code int, why error) {
	p.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	p.leaveInOrder(code, why)
}

// Connected tells whether packets can be sent to the peer.
func (p *Peer) Connected() bool {
	p.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	return p.phase == connected
}

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
		p.phase = leaving
		p.drainAll()
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
	reason := toldReason(why)
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
