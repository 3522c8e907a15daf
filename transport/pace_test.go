package transport

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// paced polls a group at a pace for a while, while something comes every so
// often, and returns how often WaitPaced has returned and how late the latest
// message was.
func paced(t *testing.T, g *Group, from, to *WebSocketPeer, every, during, period time.Duration) (polls int, late time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), during)
	defer cancel()
	start := time.Now()
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				from.SendText(time.Since(start).String())
				from.Poll()
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		if err := g.WaitPaced(ctx, period); err != nil {
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != during {
				t.Errorf("ended with %v after %v", err, time.Since(start))
			}
			return polls, late
		}
		polls++
		g.Poll()
		for packet := range to.Packets() {
			said, err := time.ParseDuration(string(packet.Data))
			check(t, err)
			late = max(late, time.Since(start)-said)
		}
	}
}

func TestWaitPaced(t *testing.T) {
	const period = time.Second / 60
	for name, test := range map[string]struct {
		every       time.Duration
		most, least int // polls in ten seconds
		late        time.Duration
	}{
		"silent":      {time.Hour, 0, 0, 0},
		"seldom":      {time.Second, 10, 9, 0},
		"quiet":       {10 * time.Millisecond, 1000, 999, 0},
		"hardly busy": {period / 3, 720, 590, period},
		"busy":        {period / 50, 600 + 1 + 4*(atOnce-1), 598, period}, // it is known to be busy after four periods at the latest
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, other := NewGroup(), NewGroup()
				s, c := Pipe(&Options{Group: g}, &Options{Group: other})
				for s.ReadyState() != Open || c.ReadyState() != Open {
					synctest.Wait()
					g.Poll()
					other.Poll()
				}
				// What went before makes no difference.
				paced(t, g, c, s, period/50, time.Second, period)
				paced(t, g, c, s, time.Hour, time.Second, period)
				polls, late := paced(t, g, c, s, test.every, 10*time.Second, period)
				if polls > test.most || polls < test.least || late > test.late {
					t.Errorf("polled %d times, the latest message was %v late", polls, late)
				}
				c.Close(-1, "")
				s.Close(-1, "")
			})
		})
	}
}

// Wake and the end of ctx count in every state.
func TestWaitPacedIsWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGroup()
		start := time.Now()
		for range 10 {
			g.Wake()
			check(t, g.WaitPaced(t.Context(), time.Second))
			g.Poll()
		}
		if d := time.Since(start); d < time.Second || d > 10*time.Second {
			t.Errorf("ten times in %v", d)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		for range 3 {
			g.Wake()
			g.WaitPaced(ctx, time.Hour)
		}
		if err := g.WaitPaced(ctx, time.Hour); err != context.Canceled {
			t.Error(err)
		}
	})
}
