package transport

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A Group gathers the peers that have news, so that polling many peers costs
// what has come in, not how many there are. A peer belongs to the Group in
// its [Options] from the start, whichever goroutine accepts it, and leaves it
// when Poll has returned it Closed.
//
// One goroutine at a time may call Poll, Flush, Wait and WaitPaced, and it must
// be the one that uses the group's peers. Wake may be called from any goroutine.
type Group struct {
	dirty  []*WebSocketPeer // sent to since the last Flush; of the using goroutine
	polled []*WebSocketPeer // what Poll returned last
	common commonLog        // what many were sent

	pace pace

	rateWaits, rateWaited atomic.Int64

	signal chan struct{} // something was added to ready, or woken was set

	// mu guards what follows. It may be taken with a peer's inbox.mu held.
	mu    sync.Mutex
	ready []*WebSocketPeer
	woken bool
}

// NewGroup returns an empty Group.
func NewGroup() *Group { return &Group{signal: make(chan struct{}, 1)} }

// add lists a peer that has news. It reports whether that is the first one,
// for which Wait has to be notified.
func (g *Group) add(p *WebSocketPeer) (first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ready = append(g.ready, p)
	return len(g.ready) == 1
}

func (g *Group) notify() {
	select {
	case g.signal <- struct{}{}:
	default:
	}
}

// Poll flushes, polls the peers that have news (packets, a change of state,
// a congestion that is over) and returns them, in the order in which the news
// came. The slice is good until the next Poll or Wait. It never blocks.
func (g *Group) Poll() []*WebSocketPeer {
	g.Flush()
	clear(g.polled)
	g.mu.Lock()
	g.polled, g.ready = g.ready, g.polled[:0]
	g.mu.Unlock()
	for _, p := range g.polled {
		p.take(true)
	}
	return g.polled
}

// Flush flushes the peers that were sent something.
func (g *Group) Flush() {
	for _, p := range g.dirty {
		p.listed = false
	}
	flushAll(g.dirty)
	clear(g.dirty)
	g.dirty = g.dirty[:0]
	g.common.reset()
}

// Wait flushes, then waits until Poll would find something, Wake was called
// or ctx is done, in which case it returns ctx's error.
func (g *Group) Wait(ctx context.Context) error {
	g.Flush()
	clear(g.polled) // who waits long keeps nobody who is gone
	g.polled = g.polled[:0]
	for {
		g.mu.Lock()
		found := len(g.ready) > 0 || g.woken
		g.woken = false
		g.mu.Unlock()
		if found {
			return nil
		}
		select {
		case <-g.signal:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Wake makes Wait return, the present one or else the next. It may be called
// from any goroutine.
func (g *Group) Wake() {
	g.mu.Lock()
	g.woken = true
	g.mu.Unlock()
	g.notify()
}

// RateWaits returns how often, and how long in all, the group's peers waited
// for MaxPacketsPerSecond or MaxBytesPerSecond, those that have left the group
// included. It may be called from any goroutine.
func (g *Group) RateWaits() (n uint64, waited time.Duration) {
	return uint64(g.rateWaits.Load()), time.Duration(g.rateWaited.Load())
}
