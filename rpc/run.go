package rpc

import (
	"context"
	"fmt"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
)

// Run is the loop of a game server: rate times a second it polls, calls tick, and flushes, until ctx ends or the
// session does. tick is told how much time has passed since the last tick: after a stall it is several periods, and the
// missed ticks are not made up for by calling again. A rate of 0 is an event loop: it polls, and calls tick, whenever
// something has arrived. tick may be nil.
//
// Run returns nil when the session was closed or lost, or the error of ctx.
func (m *SceneMultiplayer) Run(ctx context.Context, rate int, tick func(elapsed time.Duration)) error {
	if rate < 0 {
		return fmt.Errorf("rpc: Run with %d ticks a second: give 0 for an event loop, or more", rate)
	}
	var ticks *time.Ticker
	if rate > 0 {
		ticks = time.NewTicker(time.Second / time.Duration(rate))
		defer ticks.Stop()
	}
	last := time.Now()
	for {
		if ticks == nil {
			if err := m.Wait(ctx); err != nil {
				return err
			}
		} else {
			select {
			case <-ticks.C:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		m.Poll()
		if m.status == multiplayer.Disconnected {
			return nil
		}
		if tick != nil {
			now := time.Now()
			tick(now.Sub(last))
			last = now
		}
		m.Flush()
	}
}
