package transport

import (
	"context"
	"time"
)

// A pace decides how often WaitPaced returns. While little comes it returns
// with each thing that does; when more comes than atOnce in a period it is
// busy, and returns once a period, until that has gathered next to nothing.
type pace struct {
	busy  bool
	found int       // messages that the last Poll has found
	began time.Time // when the period began; busy: when WaitPaced returned last
	n     int       // how often it has returned since
	timer *time.Timer
}

// atOnce is how often WaitPaced may return in a period while it is not busy. To
// gather no more than this would save next to nothing.
const atOnce = 2

// WaitPaced is Wait for who answers many at once for less: it returns as soon as
// there is something, but twice in a period at most, and once a period for as
// long as more comes than that. So a quiet group is polled without delay and
// costs nothing, and what comes to a busy one gathers, to be answered in one
// write for each peer.
func (g *Group) WaitPaced(ctx context.Context, period time.Duration) error {
	p := &g.pace
	if p.busy && p.found >= atOnce {
		g.Flush()
		if err := p.sleep(ctx, p.began.Add(period)); err != nil {
			return err
		}
	} else {
		p.busy = false
	}
	if err := g.Wait(ctx); err != nil {
		return err
	}
	t, end := time.Now(), p.began.Add(period)
	switch {
	case p.busy, !t.Before(end):
		p.began, p.n = t, 1
		return nil
	case p.n < atOnce:
		p.n++
		return nil
	}
	p.busy, p.began = true, end
	return p.sleep(ctx, end)
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
