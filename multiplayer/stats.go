package multiplayer

import (
	"errors"
	"fmt"
	"time"

	"github.com/peerage-go/peerage/transport"
)

// Stats count what happened in a session since it began. docs/operations.md says what to watch.
type Stats struct {
	// At is when they were taken.
	At time.Time

	// Peers are connected now, those that are away included; Connections are WebSockets, those in their handshake
	// included. Connected peers there have ever been.
	Peers, Connections int
	Connected          uint64

	// Packets from and to peers, and their bytes without what the wires put around them. A packet to ten peers counts
	// ten times.
	PacketsIn, PacketsOut uint64
	BytesIn, BytesOut     uint64

	// QueuedPackets wait for peers whose connection is congested, in QueuedBytes of memory. InboxPackets wait for GetPacket; InboxWaits is how
	// often reading from a peer stopped because it had too many of them.
	QueuedPackets, QueuedBytes int
	InboxPackets               int
	InboxWaits                 uint64

	// Dropped unreliable packets, Replaced unreliable ordered ones, Refused reliable ones, of all peers that did not
	// keep up; SlowPeers were disconnected for it.
	Dropped, Replaced, Refused uint64
	SlowPeers                  uint64

	// RateWaits is how often reading waited because a peer was over its rate limits, RateWaited how long in all;
	// DroppedIn unreliable packets were dropped because their sender was flooding; Flooded peers were disconnected.
	RateWaits  uint64
	RateWaited time.Duration
	DroppedIn  uint64
	Flooded    uint64

	// Connections that were turned away: TurnedAway because of MaxPeers or MaxPeersPerAddress, TurnedAwayClosed by
	// SetRefuseNewConnections, TurnedAwayOrigin as a page of another origin, NotAdmitted by Admit, BadHandshakes
	// because they were none.
	TurnedAway, TurnedAwayClosed, TurnedAwayOrigin, NotAdmitted, BadHandshakes uint64

	// NotAccepted is how often the system could not give Listen a connection, most likely because too many files are
	// open.
	NotAccepted uint64

	// HandshakeTimeouts did not become peers in time; ProtocolErrors broke the rules of their wire, or of WebSocket.
	HandshakeTimeouts, ProtocolErrors uint64
	// Lost connections ended without a word; HeartbeatTimeouts are those that did not answer a ping.
	Lost, HeartbeatTimeouts uint64

	// Away is how often a connection was lost that could be resumed, Resumed how often it was. ReplayOverflows are reliable
	// packets of this side's own that waited, or were refused, because too much was not acknowledged.
	Away, Resumed, ReplayOverflows uint64
	// SessionsDenied were asked for by somebody else than their peer; see Options.SameAdmitted.
	SessionsDenied uint64
	// UnknownOpcodes are messages of a later version of peerage.v1.
	UnknownOpcodes uint64
	// Silenced log lines were left out because peers caused too many.
	Silenced uint64

	// CallbackPanics are callbacks and posted functions that panicked.
	CallbackPanics uint64

	// Polls tells how long Poll took.
	Polls Timing
}

// Timing tells how often something ran, and how long it took.
type Timing struct {
	// Count is how often; Slow is how often it took SlowAfter or longer.
	Count, Slow uint64
	// Total is how long in all, Max how long at most.
	Total, Max time.Duration
}

// SlowAfter is a tick of a game that has 20 a second.
const SlowAfter = 50 * time.Millisecond

// Add counts something that took d.
func (t *Timing) Add(d time.Duration) {
	t.Count++
	t.Total += d
	t.Max = max(t.Max, d)
	if d >= SlowAfter {
		t.Slow++
	}
}

// Stats gives the session's counters. Only the goroutine that polls may call it; others call Snapshot.
func (m *MultiplayerPeer) Stats() Stats {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	s := m.stats
	s.At = time.Now()
	s.Peers = len(m.peers)
	s.InboxPackets = len(m.inbox)
	s.QueuedPackets, s.QueuedBytes = m.queued.packets, m.queued.bytes
	s.RateWaits, s.RateWaited = m.group.RateWaits()
	m.mu.Lock()
	defer m.mu.Unlock()
	s.Connections = m.taken + m.telling.Len()
	s.TurnedAway, s.TurnedAwayClosed, s.TurnedAwayOrigin = m.turned.full, m.turned.closed, m.turned.origin
	s.NotAccepted = m.turned.accept
	s.NotAdmitted, s.BadHandshakes = m.turned.admit, m.turned.handshake
	s.Silenced += m.turned.silenced
	return s
}

// Snapshot is Stats for other goroutines than the one that polls. It is at most a second old: Poll puts one up each
// second, and where none has run for longer Snapshot wakes Wait and waits for a tenth of a second. After that the
// session is stuck, closed or not polled, and At tells since when.
func (m *MultiplayerPeer) Snapshot() Stats { return m.board.Read(m.group.Wake) }

// show puts a Snapshot up.
func (m *MultiplayerPeer) show() {
	m.shown = m.now()
	m.board.Put(m.Stats(), m.status == Disconnected)
}

// PeerStats counts what happened to one peer's packets.
type PeerStats struct {
	// Dropped unreliable packets, Replaced unreliable ordered ones, Refused reliable ones: what the outbound
	// budget did.
	Dropped, Replaced, Refused uint64
	// DroppedIn unreliable packets came while the peer was flooding.
	DroppedIn uint64
	// QueuedPackets wait because the connection is congested; QueuedBytes are the memory that they take, and
	// what the socket has not taken yet.
	QueuedPackets, QueuedBytes int
	// UnackedPackets are kept until the peer acknowledges them, where it may resume, in UnackedBytes of memory.
	UnackedPackets, UnackedBytes int
	// InboxPackets and InboxBytes wait for GetPacket.
	InboxPackets, InboxBytes int
	// Flooding and Away tell how it stands with the peer.
	Flooding, Away bool
	// Transport counts what the WebSocket did. Its RoundTrip is that of the last heartbeat, on either wire.
	Transport transport.Stats
}

// Stats gives the peer's counters. Only the goroutine that polls may call it; others ask it to, with Post.
func (p *Peer) Stats() PeerStats {
	p.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	s := p.stats
	s.QueuedPackets = len(p.out.packets)
	s.Transport = p.ws.Stats()
	s.QueuedBytes = p.out.bytes + s.Transport.Unwritten
	if r := p.resume; r != nil {
		s.UnackedPackets, s.UnackedBytes = len(r.unacked), r.bytes
	}
	s.InboxPackets, s.InboxBytes = p.inboxPackets, p.inboxBytes
	s.Flooding, s.Away = p.Flooding(), p.Away()
	return s
}

// turnedAway counts connections that did not come in, by cause.
type turnedAway struct{ accept, full, closed, origin, admit, handshake, silenced uint64 }

// The log lines that peers can cause: a burst, then so many a second.
const (
	warnBurst, warnRate         = 200, 20   // of a session
	peerWarnBurst, peerWarnRate = 8, 1      // of one peer
	comingBurst, comingRate     = 1000, 100 // of a session, for peers that come and go
)

// warn logs something that a peer has done, if not too much was.
func (m *MultiplayerPeer) warn(p *Peer, msg string, args ...any) {
	if !p.notices.Allow(peerWarnBurst, peerWarnRate) || !m.notices.Allow(warnBurst, warnRate) {
		m.stats.Silenced++
		return
	}
	m.log.Warn(msg, append([]any{"peer", p.id}, args...)...)
}

// info logs that a peer comes or goes, if not too many do.
func (m *MultiplayerPeer) info(p *Peer, msg string, args ...any) {
	if !m.comings.Allow(comingBurst, comingRate) {
		m.stats.Silenced++
		return
	}
	m.log.Info(msg, append([]any{"peer", p.id}, args...)...)
}

// turnAway counts and logs a connection that did not come in. Any goroutine may call it.
func (m *MultiplayerPeer) turnAway(addr any, err error) {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		err = refusal // however it is told
	}
	m.mu.Lock()
	t := &m.turned
	switch {
	case errors.Is(err, ErrRefused):
		t.closed++
	case errors.Is(err, ErrFull), errors.Is(err, ErrTooManyFromAddress):
		t.full++
	case errors.Is(err, transport.ErrOrigin):
		t.origin++
	case errors.Is(err, transport.ErrNotAdmitted), refusal != nil:
		t.admit++
	default:
		t.handshake++
	}
	loud := m.doorbell.rings(networkOf(fmt.Sprint(addr)), err.Error(), m.now())
	if !loud {
		t.silenced++
	}
	m.mu.Unlock()
	if loud {
		m.log.Warn("multiplayer: a connection was refused", "addr", addr, "err", err)
	}
}

// countEnd counts how a connection ended that this side did not end.
func (m *MultiplayerPeer) countEnd(p *Peer) {
	if p.phase >= leaving {
		return
	}
	var handshake *transport.HandshakeError
	var protocol *transport.ProtocolError
	switch err := p.ws.Err(); {
	case errors.As(err, &handshake):
		if m.server {
			m.turnAway(p.ws.RemoteAddr(), err)
		}
	case errors.Is(err, transport.ErrHandshakeTimeout):
		m.stats.HandshakeTimeouts++
	case errors.Is(err, transport.ErrFlood):
		m.stats.Flooded++
		m.warn(p, "multiplayer: a peer is disconnected", "addr", p.ws.RemoteAddr(), "code", ClosePolicy, "err", err)
	case errors.As(err, &protocol):
		m.stats.ProtocolErrors++
		m.warn(p, "multiplayer: a peer is disconnected", "addr", p.ws.RemoteAddr(), "code", protocol.Code, "err", err)
	case errors.Is(err, transport.ErrHeartbeat):
		m.stats.HeartbeatTimeouts++
	case errors.Is(err, transport.ErrWriteTimeout):
		m.stats.SlowPeers++
	case errors.Is(err, transport.ErrConnectionLost):
		m.stats.Lost++
	}
}
