package multiplayer

import (
	"errors"
	"net"
	"time"

	"github.com/peerage-go/peerage/transport"
)

// What becomes of a packet for a peer: it goes to the connection, waits in the outbox, takes the place of others, or is
// refused.

// budget is what may wait for the peer.
func (p *Peer) budget() amount {
	t := &p.m.opts.Transport
	return amount{t.MaxQueuedPackets, t.OutboundBufferSize}
}

// send queues a packet for the peer.
func (p *Peer) send(s *sending) error {
	if p.phase != connected {
		return ErrNotConnected
	}
	if p.Away() {
		return p.sendAway(s)
	}
	if !p.drained() || p.ws.Congested() || s.source != 0 && !p.passes(amount{1, len(s.data)}) {
		return p.wait(s.keep(p))
	}
	keeps := p.keeps(s.d.Mode)
	if keeps && !p.keepable(s.keep(p)) {
		return p.wait(s.keep(p))
	}
	err := s.transmit(p)
	if err != nil && p.resume != nil && errors.Is(err, net.ErrClosed) {
		err = nil // the connection is lost, which the next Poll will tell; what is kept goes out on another
	}
	switch {
	case err == nil:
		p.full = time.Time{}
		if s.source != 0 {
			p.pass(amount{1, len(s.data)})
		}
		if keeps {
			p.resume.reserve(s.keep(p))
			p.resume.keep(s.keep(p))
		}
		return nil
	case errors.Is(err, transport.ErrBufferFull):
		return p.wait(s.keep(p))
	case errors.Is(err, transport.ErrMessageTooLarge):
		return ErrPacketTooLarge
	case errors.Is(err, net.ErrClosed):
		return ErrNotConnected
	}
	return err
}

// keeps tells whether a packet of this mode is kept until the peer acknowledges it.
func (p *Peer) keeps(mode TransferMode) bool {
	return mode == Reliable && p.resume != nil && p.phase == connected
}

// fitsReplay tells whether there is room to keep a reliable packet.
func (p *Peer) fitsReplay(q queued) bool {
	return p.resume.fits(q, p.m.opts.ReplayBufferSize, p.out.packets)
}

// keepable tells whether there is room to keep a reliable packet, and counts where there is none.
func (p *Peer) keepable(q queued) bool {
	if p.fitsReplay(q) {
		return true
	}
	if q.source == 0 {
		p.m.stats.ReplayOverflows++
	}
	return false
}

// passes tells whether what is passed on may go to the connection, which is not congested. A quarter of the budget is for
// all such packets; more of them leave at once, or wait and are counted by their sources.
func (p *Peer) passes(more amount) bool {
	passed := p.unwrittenRelays()
	if passed.packets > 0 && !passed.plus(more).within(p.budget().part(4)) {
		p.ws.Flush()
		if p.ws.Congested() {
			return false
		}
		p.passed = amount{}
	}
	return true
}

// unwrittenRelays is how much of what is passed on the connection has, and the socket may not have taken yet.
func (p *Peer) unwrittenRelays() amount {
	if p.passAt != p.m.flushes && !p.ws.Congested() {
		p.passAt, p.passed = p.m.flushes, amount{}
	}
	return p.passed
}

// pass notes that so much that is passed on went to the connection.
func (p *Peer) pass(more amount) { p.passed = p.passed.plus(more) }

// wait puts a message into the outbox by the rules of its transfer mode.
func (p *Peer) wait(q queued) error {
	if q.Mode == UnreliableOrdered && p.out.supersede(q) {
		p.stats.Replaced++
		p.m.stats.Replaced++
		p.miss(q)
	}
	reserves := q.source != 0 && p.keeps(q.Mode)
	if reserves && !p.fitsReplay(q) {
		return p.refuse(q)
	}
	for {
		shared := q.source == 0 || p.out.fitsShare(q, p.unwrittenRelays(), p.budget())
		if shared && p.hasRoom(q, len(p.out.packets), p.out.bytes) {
			break
		}
		if p.couldWait(q) {
			if oldest, ok := p.out.dropOldest(q, shared); ok {
				p.dropped(oldest)
				continue
			}
		}
		if q.Mode != Reliable {
			p.dropped(q)
			return nil
		}
		return p.refuse(q)
	}
	if reserves {
		p.resume.reserve(q)
	}
	p.out.push(q)
	return nil
}

// dropped counts an unreliable packet that the peer will not get.
func (p *Peer) dropped(q queued) {
	p.stats.Dropped++
	p.m.stats.Dropped++
	p.miss(q)
}

// miss notes that the peer will not get a packet, if it is this side's own.
func (p *Peer) miss(q queued) {
	if q.source == 0 {
		p.missed++
	}
}

// tellMissed tells the program, once the peer keeps up again, how many packets it will not get.
func (p *Peer) tellMissed() {
	if n := p.missed; n > 0 && p.phase == connected && !p.Away() && p.drained() {
		p.missed = 0
		p.m.tellDropped(p, n)
	}
}

// hasRoom tells whether a packet may wait beside others.
func (p *Peer) hasRoom(q queued, packets, bytes int) bool {
	return amount{packets + 1, bytes + q.cost() + p.unwritten(q)}.within(p.budget())
}

// couldWait tells whether a packet might if no other did: else it would be in vain to drop one.
func (p *Peer) couldWait(q queued) bool {
	var empty outbox
	return (q.source == 0 || empty.fitsShare(q, p.unwrittenRelays(), p.budget())) && p.hasRoom(q, 0, 0)
}

// unwritten is what the socket has not taken yet, in bytes. What of it is passed on, and over the half of the budget
// that such packets have, is not held against this side's own.
func (p *Peer) unwritten(q queued) int {
	n := p.ws.CurrentOutboundBufferedAmount()
	if q.source == 0 {
		n -= max(0, min(n, p.unwrittenRelays().bytes)-p.budget().bytes/2)
	}
	return n
}

// refuse counts a reliable packet that does not fit, and ends a peer that has not taken any of this side's own for too
// long. One that is away is no slow peer.
func (p *Peer) refuse(q queued) error {
	p.stats.Refused++
	p.m.stats.Refused++
	if q.source != 0 || p.Away() {
		return ErrBufferFull
	}
	now := time.Now()
	if at := p.progress(); at != p.fullAt { // it is slow, but it reads
		p.full, p.fullAt = time.Time{}, at
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

// progress grows as the peer takes what it is waited for to take: bytes, or, if it has taken them, what it acknowledges.
func (p *Peer) progress() uint64 {
	if p.resume != nil && !p.ws.Congested() {
		return p.resume.acked()
	}
	return p.ws.Stats().BytesOut
}

// drain sends on what waited, when the connection takes something again.
func (p *Peer) drain() {
	switch {
	case p.phase == connected:
		p.drainWhile(func() bool { return !p.ws.Congested() })
		p.tellMissed()
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
	send := func(q queued) bool {
		if !more() || q.source != 0 && p.phase == connected && !p.passes(amount{1, q.frame.Len()}) ||
			errors.Is(p.ws.SendPrepared(q.frame), transport.ErrBufferFull) {
			return false
		}
		if q.source != 0 {
			p.pass(amount{1, q.frame.Len()})
		}
		return true
	}
	for r := p.resume; !r.replayed(); r.replay++ {
		if !send(r.unacked[r.replay]) {
			return
		}
	}
	if p.out.empty() {
		return
	}
	p.out.drain(func(q queued) bool {
		keeps := p.keeps(q.Mode)
		if keeps && q.source == 0 && !p.fitsReplay(q) || !send(q) {
			return false
		}
		if keeps {
			if q.source == 0 {
				p.resume.reserve(q)
			}
			p.resume.keep(q)
		}
		return true
	})
	if p.out.empty() {
		p.full = time.Time{}
	}
}
