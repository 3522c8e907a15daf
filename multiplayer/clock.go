package multiplayer

import (
	"slices"
	"time"
)

// clock is what a client knows of its server's clock. It asks when it is looked at, and not more often than every askEvery.
type clock struct {
	known   bool
	offset  time.Duration // of the server's clock to this machine's
	samples []sample      // the last ones
	asked   time.Time     // when the last ping went out that was not answered; zero: none
	next    time.Time     // before which it is not asked again
	told    time.Time     // the last that ServerTime said
}

// sample is what one ping and its pong said.
type sample struct{ trip, offset time.Duration }

const (
	askEvery    = 5 * time.Second
	keptSamples = 8
	clockStep   = time.Second           // the clock goes back only where it was wrong by more
	clockDrift  = 20 * time.Millisecond // that two clocks may drift apart while samples are kept
)

// ServerTime is the server's clock as well as it is known, on the server its own. ok is false on a client that is not
// connected, and on Godot's wire, which does not tell it. It goes back only where it was wrong by more than a second. The
// welcome tells it first; who asks more than once has it measured, every five seconds at most.
func (m *MultiplayerPeer) ServerTime() (t time.Time, ok bool) {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	if m.server {
		return time.Now(), true
	}
	c := &m.clock
	now := time.Now()
	p := m.peers[Server]
	if p == nil || !c.known {
		return time.Time{}, false
	}
	if p.phase == connected && !p.Away() && !now.Before(c.next) {
		c.asked, c.next = now, now.Add(askEvery)
		if p.control(opPing, now.UnixMicro()) != nil {
			c.asked = time.Time{}
		}
	}
	t = now.Add(c.offset)
	if t.Before(c.told) && c.told.Sub(t) <= clockStep {
		return c.told, true
	}
	c.told = t
	return t, true
}

// begin takes what a welcome says.
func (c *clock) begin(microseconds int64) {
	if microseconds <= 0 {
		return
	}
	c.known, c.samples, c.asked, c.next = true, nil, time.Time{}, time.Time{}
	c.offset = time.UnixMicro(microseconds).Sub(time.Now().Round(0))
}

// pong takes an answer: when the ping was sent, and the server's clock as it answered.
func (c *clock) pong(sent, server int64) {
	if c.asked.IsZero() || c.asked.UnixMicro() != sent {
		return // nobody asked
	}
	now := time.Now()
	s := sample{trip: now.Sub(c.asked)}
	s.offset = time.UnixMicro(server).Sub(now.Round(0)) + s.trip/2
	c.asked = time.Time{}
	// Samples that cannot both be right are of clocks that did not run alike in between.
	c.samples = slices.DeleteFunc(c.samples, func(old sample) bool {
		return (old.offset - s.offset).Abs() > (old.trip+s.trip)/2+clockDrift
	})
	c.samples = append(c.samples, s)
	if len(c.samples) > keptSamples {
		c.samples = slices.Delete(c.samples, 0, 1)
	}
	// The shortest trip waited least, so it says most about the clock.
	c.offset = slices.MinFunc(c.samples, func(a, b sample) int { return int(a.trip - b.trip) }).offset
}
