// Package owner finds calls on another goroutine than the one that polls a session: one that polls as well by itself, at no
// cost, any other by the race detector.
package owner

import (
	"runtime"
	"sync/atomic"
)

// A Goroutine is the one that polls a session. The zero value is ready.
type Goroutine struct {
	polling atomic.Bool
	mark    mark
}

// OnlyThePollingGoroutineElsePostOrDo has the race detector, where it is on, tell of a second goroutine, by this name.
func (g *Goroutine) OnlyThePollingGoroutineElsePostOrDo() { g.mark.set() }

// Poll runs f, which polls. Inside it, on the same goroutine, it does nothing; on another one it panics, unless that is
// inside of a Run of its own: there it does nothing, too.
func (g *Goroutine) Poll(f func()) {
	g.OnlyThePollingGoroutineElsePostOrDo()
	if !g.polling.CompareAndSwap(false, true) {
		if !Inside() {
			panic("multiplayer: two goroutines poll one session at the same time: let one of them poll it, or Run it, and the others use Post or Do")
		}
		return
	}
	defer func() {
		g.OnlyThePollingGoroutineElsePostOrDo() // first, as the next line is seen by all
		g.polling.Store(false)
	}()
	Run(f)
}

// Polling tells whether f of Poll runs.
func (g *Goroutine) Polling() bool { return g.polling.Load() }

// Run runs f so that Inside is true in it.
//
//go:noinline
func Run(f func()) { f() }

// Inside tells whether this goroutine is inside of a Run.
func Inside() bool {
	var pcs [64]uintptr
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		if n == 0 {
			return false
		}
		frames := runtime.CallersFrames(pcs[:n])
		for more := true; more; {
			var f runtime.Frame
			if f, more = frames.Next(); f.Function == name {
				return true
			}
		}
	}
}

const name = "github.com/peerage-go/peerage/internal/owner.Run"
