package transport

import (
	"context"
	"time"
)

// A pace decides how often WaitPaced returns: with each thing that comes while
// little does, and once a period while much does.
type pace struct {
	found  int     // messages that Polls have found since WaitPaced returned
	recent float64 // messages in a period, as of late
	last   time.Time
	began  time.Time // when a period began
	n      int       // how often WaitPaced has returned in it
	timer  *time.Timer
}

const (
	// much is how many messages have to come in a period for it to be worth while
	// to gather them: with less, next to nothing is saved.
	much = 2.5
	// lately is how many periods are looked back at.
	lately = 16
	// atOnce is how often WaitPaced returns in a period before it is known that
	// much comes.
	atOnce = 4
)

// WaitPaced is Wait for who answers many at once for less. While little comes
// it returns as soon as there is something; while more than two or three
// messages come in a period, it returns once a period. So a quiet group is
// polled without delay and costs nothing, and what comes to a busy one gathers,
// to be answered in one write for each peer. Without a period, 0, it is Wait.
func (g *Group) WaitPaced(ctx context.Context, period time.Duration) error {
	if period <= 0 {
		return g.Wait(ctx)
	}
	p := &g.pace
	g.Flush()
	busy := p.recent > much
	if busy {
		if err := p.sleep(ctx, beat(p.last, period)); err != nil {
			return err
		}
	}
	if err := g.Wait(ctx); err != nil {
		return err
	}
	end := p.began.Add(period)
	switch t := time.Now(); {
	case busy, !t.Before(end):
		p.began, p.n = t, 0
	case p.n >= atOnce:
		if err := p.sleep(ctx, end); err != nil {
			return err
		}
		p.began, p.n = end, 0
	}
	p.n++
	p.returns(period)
	return nil
}

// beat is the end of the period that t is in. Periods of one length are the same
// for all groups: those that are busy are polled one behind the other, and what
// they read and write can be read and written together.
func beat(t time.Time, period time.Duration) time.Time {
	passed := t.Sub(epoch) % period
	if passed < 0 {
		passed += period
	}
	return t.Add(period - passed)
}

// returns takes note of a return, and of what came since the last one.
func (p *pace) returns(period time.Duration) {
	t := time.Now()
	back := (lately * period).Seconds()
	p.recent *= max(0, 1-t.Sub(p.last).Seconds()/back)
	p.recent += float64(min(p.found, lately)) / lately // one large burst is not much
	p.last, p.found = t, 0
}

func (p *pace) sleep(ctx context.Context, until time.Time) error {
	left := time.Until(until)
	if left <= 0 {
		return nil
	}
	if p.timer == nil {
		p.timer = time.NewTimer(left)
	} else {
		p.timer.Reset(left)
	}
	select {
	case <-p.timer.C:
		return nil
	case <-ctx.Done():
		p.timer.Stop()
		return ctx.Err()
	}
}
