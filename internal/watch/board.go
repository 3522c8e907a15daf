// Package watch is for seeing what a session does: a Board shows its numbers to other goroutines, Notices bound the
// lines that it logs.
package watch

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Every is how often a Board is written that somebody writes all the time: what is read from it is not older.
	Every = time.Second
	// Patience is how long Read waits for a Board that has not been written for longer.
	Patience = 100 * time.Millisecond
)

// A Board is where one goroutine puts a value up that others read. The zero Board has none yet.
type Board[T any] struct {
	asked atomic.Bool

	// mu guards what follows.
	mu      sync.Mutex
	value   T
	at      time.Time
	final   bool
	waiting chan struct{} // closed when the value is put up
}

// Asked tells whether somebody waits for a newer value. It costs next to nothing.
func (b *Board[T]) Asked() bool { return b.asked.Load() }

// Put puts a value up. After a final one no newer will come, and nobody waits for it.
func (b *Board[T]) Put(value T, final bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked.Store(false)
	b.value, b.at, b.final = value, time.Now(), final
	if b.waiting != nil {
		close(b.waiting)
		b.waiting = nil
	}
}

// Read gives the value. If it is older than Every it first asks for a newer one, calls wake, and waits for Patience
// at most. Any goroutine may call it; the one that calls Put would wait for itself.
func (b *Board[T]) Read(wake func()) T {
	b.mu.Lock()
	if b.final || time.Since(b.at) < Every {
		defer b.mu.Unlock()
		return b.value
	}
	if b.waiting == nil {
		b.waiting = make(chan struct{})
	}
	waiting := b.waiting
	b.asked.Store(true)
	b.mu.Unlock()
	wake()
	timer := time.NewTimer(Patience)
	defer timer.Stop()
	select {
	case <-waiting:
	case <-timer.C:
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.value
}
