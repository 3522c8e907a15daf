package rpc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
)

// Run is the loop of a game server: rate times a second it polls, calls tick, and flushes, until ctx ends or the
// session does. tick is told how much time has passed since the last tick: after a stall it is several periods, and the
// missed ticks are not made up for by calling again. Without a tick, nil, there is nothing to do at fixed times: Run polls as
// soon as something has arrived while little does, and rate times a second when much does (transport.Group.WaitPaced), so
// that a quiet session answers at once and costs nothing, and a busy one batches. A rate of 0 is an event loop: it polls, and calls tick, whenever
// something has arrived. A tick that panics is logged and counted, and called again at the next tick.
// Inside Poll, Run does nothing and gives multiplayer.ErrInPoll.
//
// When ctx ends Run returns its cause (context.Cause). When the session ends it returns nil if this side ended it, with
// Close, Shutdown or a client's DisconnectPeer; on a client that could not connect, that lost its server or was sent
// away, it returns what OnConnectionFailed or OnServerDisconnected is told: MultiplayerPeer().Err().
func (m *SceneMultiplayer) Run(ctx context.Context, rate int, tick func(elapsed time.Duration)) error {
	if rate < 0 || rate > int(time.Second) {
		return fmt.Errorf("rpc: Run with %d ticks a second: give 0 for an event loop, or at most %d", rate, int(time.Second))
	}
	if m.owner.Polling() {
		return multiplayer.ErrInPoll
	}
	wait := func() { m.Wait(ctx) }
	if rate > 0 {
		period := time.Second / time.Duration(rate)
		if tick == nil {
			wait = func() { m.WaitPaced(ctx, period) }
		} else {
			ticks := time.NewTicker(period)
			defer ticks.Stop()
			wait = func() {
				select {
				case <-ticks.C:
				case <-ctx.Done():
				}
			}
		}
	}
	last := time.Now()
	for {
		wait()
		if ctx.Err() != nil { // though there is something to do as well
			return context.Cause(ctx)
		}
		m.Poll()
		if m.status == multiplayer.Disconnected {
			return m.lostBy()
		}
		if tick != nil {
			now := time.Now()
			m.tick(tick, now.Sub(last))
			last = now
		}
		m.Flush()
	}
}

// lostBy is why the session ended, nil if this side wanted it to.
func (m *SceneMultiplayer) lostBy() error {
	if m.IsServer() || m.leaving || m.peer.RefusesNewConnections() { // Close sets it, on whichever goroutine it is called
		return nil
	}
	return m.peer.Err()
}

// Shutdown ends a server well: it takes no more peers, refuses new requests with CodeShuttingDown, waits until those
// that wait for an Answer have one, and then is multiplayer.MultiplayerPeer.Shutdown: everything queued is written,
// every client is told. A quarter of the time until ctx's deadline is left for that: requests without an Answer by
// then get none, and are an error. When ctx ends first, who is left is dropped, and
// Shutdown gives the error of ctx. It polls meanwhile: call it on the goroutine that polls, after Run has returned. Inside
// Poll it does nothing and gives multiplayer.ErrInPoll.
func (m *SceneMultiplayer) Shutdown(ctx context.Context, g multiplayer.Goodbye) error {
	if m.owner.Polling() {
		return multiplayer.ErrInPoll
	}
	m.closing = true
	m.peer.SetRefuseNewConnections(true)
	answers, cancel := ctx, context.CancelFunc(func() {})
	if end, ok := ctx.Deadline(); ok {
		answers, cancel = context.WithDeadline(ctx, end.Add(-time.Until(end)/goodbyePart))
	}
	defer cancel()
	for m.answering() > 0 && answers.Err() == nil {
		m.Wait(answers)
		m.Poll()
	}
	var late error
	if n := m.answering(); n > 0 {
		late = fmt.Errorf("rpc: %d requests were not answered in time: %w", n, context.Cause(answers))
	}
	var err error
	m.owner.Poll(func() { err = m.peer.Shutdown(ctx, g) }) // events come
	m.Poll()
	return errors.Join(late, err)
}

// goodbyePart is the part of Shutdown's time that is kept for what comes after the answers.
const goodbyePart = 4

// answering is how many requests wait for their Answer.
func (m *SceneMultiplayer) answering() (n int) {
	for _, r := range m.order {
		n += len(r.run)
	}
	return n
}

// After has f run inside a Poll once d is over: see multiplayer.MultiplayerPeer.After.
func (m *SceneMultiplayer) After(d time.Duration, f func()) *multiplayer.Timer {
	return m.peer.After(d, f)
}

// ServerTime is the server's clock: see multiplayer.MultiplayerPeer.ServerTime.
func (m *SceneMultiplayer) ServerTime() (t time.Time, ok bool) { return m.peer.ServerTime() }

// FixedStep makes a tick for Run of one that takes the same time at each step, as a simulation wants it that is to come
// out the same at any rate: it is called once for each step that is over since the last tick, and what is left counts for
// the next. After a stall it is called as often as most says, and the rest is dropped: a server that cannot keep up runs
// slower, and does not fall ever further behind. FixedStep panics on a step of 0 or less, and on less than one step.
func FixedStep(step time.Duration, most int, tick func(step time.Duration)) func(elapsed time.Duration) {
	if step <= 0 || most < 1 {
		panic(fmt.Sprintf("rpc: FixedStep with a step of %v, %d of them at most: give both more than 0", step, most))
	}
	var left time.Duration
	return func(elapsed time.Duration) {
		left += elapsed
		for n := 0; left >= step; n++ {
			if n == most {
				left %= step
				return
			}
			left -= step
			tick(step)
		}
	}
}
