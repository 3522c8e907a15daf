package transport

import (
	"sync/atomic"
	"time"
)

// Rate limits: a connection's reader has a budget of packets and of bytes,
// which fills up steadily. Where it is used up the reader waits, so that TCP
// slows the other side down. See Options.MaxPacketsPerSecond.

const (
	// rateBurst is how many seconds' worth a budget holds.
	rateBurst = 2
	// rateQuantum is the shortest wait: who is slowed down is read in steps
	// of this length.
	rateQuantum = 10 * time.Millisecond
	// calmAfter is how long the reader must not have had to wait for a flood
	// to be over.
	calmAfter = time.Second
	// floodingAt is the part of FloodTimeout after which Flooding is true.
	floodingAt = 3
)

// A meter is what one connection may still send. It belongs to the reading
// goroutine. The nil meter limits nothing.
type meter struct {
	packets, bytes budget
	filled         time.Duration // when the budgets were filled up last
	waited         time.Duration // when the last wait ended; 0: there was none
	since          time.Duration // when the flood of that wait began

	forgivenPackets, forgivenBytes atomic.Int64
	charged                        atomic.Bool // those are to be looked at though nothing seems to be over

	// What InheritRate reads, on another goroutine: how it stood when the
	// reader looked last.
	leftPackets, leftBytes, at atomic.Int64
	flood                      atomic.Pointer[flood]
	inherited                  atomic.Pointer[flood]
}

// A flood is how long a reader has had to wait.
type flood struct{ waited, since time.Duration }

// A budget is a token bucket. A rate of 0 is no limit.
type budget struct{ rate, left float64 }

func newMeter(packets, bytes int) *meter {
	if packets <= 0 && bytes <= 0 {
		return nil
	}
	m := &meter{filled: now()}
	m.packets.rate, m.bytes.rate = float64(max(packets, 0)), float64(max(bytes, 0))
	m.packets.left, m.bytes.left = rateBurst*m.packets.rate, rateBurst*m.bytes.rate
	return m
}

// epoch is what now counts from: a Duration is smaller than a Time, and the
// monotonic clock is all that is needed.
var epoch = time.Now().Add(-time.Nanosecond)

func now() time.Duration { return time.Since(epoch) }

func (b *budget) over() bool { return b.left < 0 }

func (b *budget) fill(d time.Duration) {
	b.left = min(b.left+b.rate*d.Seconds(), rateBurst*b.rate)
}

// missing is how long it takes until there is something left.
func (b *budget) missing() time.Duration {
	if !b.over() {
		return 0
	}
	return time.Duration(-b.left / b.rate * float64(time.Second))
}

// take counts what has come. Where there is no limit nothing is counted.
func (b *budget) take(n int) {
	if b.rate > 0 {
		b.left -= float64(n)
	}
}

// packet counts a message, a ping or a pong.
func (m *meter) packet() {
	if m != nil {
		m.packets.take(1)
	}
}

// over reports whether a budget is used up, having looked at the clock only
// if it seems so.
func (m *meter) over() bool {
	m.show()
	if !m.packets.over() && !m.bytes.over() && !m.charged.Load() {
		return false
	}
	if m.charged.Swap(false) {
		if f := m.inherited.Swap(nil); f != nil {
			m.waited, m.since = f.waited, f.since
		}
	}
	packets, bytes := m.forgivenPackets.Load(), m.forgivenBytes.Load()
	m.packets.left += float64(packets)
	m.bytes.left += float64(bytes)
	t := now()
	m.packets.fill(t - m.filled)
	m.bytes.fill(t - m.filled)
	m.filled = t
	m.show()
	m.forgivenPackets.Add(-packets)
	m.forgivenBytes.Add(-bytes)
	return m.packets.over() || m.bytes.over()
}

// show writes down what InheritRate reads.
func (m *meter) show() {
	m.leftPackets.Store(int64(m.packets.left))
	m.leftBytes.Store(int64(m.bytes.left))
	m.at.Store(int64(m.filled))
}

// Forgive takes packets, and bytes, that came off what MaxPacketsPerSecond and
// MaxBytesPerSecond count, for who knows that they had to be so many. It may
// be called from any goroutine.
func (p *WebSocketPeer) Forgive(packets, bytes int) {
	if m := p.meter; m != nil {
		m.forgivenPackets.Add(int64(packets))
		m.forgivenBytes.Add(int64(bytes))
	}
}

// InheritRate has the peer go on with what its other side has left of the rate
// limits on another connection, with the same limits, which it gave up. It may
// be called from any goroutine.
func (p *WebSocketPeer) InheritRate(from *WebSocketPeer) {
	m, old := p.meter, from.meter
	if m == nil || old == nil {
		return
	}
	passed := (now() - time.Duration(old.at.Load())).Seconds()
	charge := func(b *budget, left, forgiven int64) int64 {
		had := min(float64(left+forgiven)+passed*b.rate, rateBurst*b.rate)
		return int64(had - rateBurst*b.rate) // a new connection has it all
	}
	m.forgivenPackets.Add(charge(&m.packets, old.leftPackets.Load(), old.forgivenPackets.Load()))
	m.forgivenBytes.Add(charge(&m.bytes, old.leftBytes.Load(), old.forgivenBytes.Load()))
	m.inherited.Store(old.flood.Load())
	m.charged.Store(true)
	p.flooding.Store(from.flooding.Load())
}

// rateWait says how long the reader has to wait from t, which is now, and
// pauses it. 0 is that it must not wait any more: the peer closes, or has to be
// closed.
func (p *WebSocketPeer) rateWait(t time.Duration) (d time.Duration, err error) {
	m, in := p.meter, &p.in
	if m.waited == 0 || t-m.waited > calmAfter {
		m.since = t
	}
	if t-m.since >= p.floodTimeout {
		return 0, ErrFlood
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.phase != Open {
		return 0, nil
	}
	if in.rateWaits++; m.since == t {
		p.logDebug("over the rate limit, reading is slowed down", "addr", p.remoteAddr())
	}
	m.flood.Store(&flood{t, m.since})
	in.paused = true
	return max(m.packets.missing(), m.bytes.missing(), rateQuantum), nil
}

// rateWaited takes note of a wait that began at t and is over.
func (p *WebSocketPeer) rateWaited(t time.Duration) {
	m := p.meter
	m.waited = now()
	m.flood.Store(&flood{m.waited, m.since})
	if p.group != nil {
		p.group.rateWaits.Add(1)
		p.group.rateWaited.Add(int64(m.waited - t))
	}
	p.flooding.Store(m.waited-m.since >= p.floodTimeout/floodingAt)
	p.in.mu.Lock()
	p.in.rateWaited += m.waited - t
	p.in.mu.Unlock()
}

// read counts what came, and sees whether a flood is over.
func (m *meter) read(p *WebSocketPeer, n int) {
	m.bytes.take(n)
	if p.flooding.Load() && now()-m.waited > calmAfter {
		p.flooding.Store(false)
	}
}

// Flooding reports whether the other side has been over the rate limits for
// a third of FloodTimeout and still is. What comes from it now is late: who can
// leave something of it out should. It may be called from any goroutine.
func (p *WebSocketPeer) Flooding() bool { return p.flooding.Load() }
