// Package watch is for seeing what a session does: a Board shows its numbers to other goroutines, Notices bound the
// lines that it logs.
package watch

import (
	"sync"
	"time"
)

const (
	// Every is how often a Board is written that somebody writes all the time: what is read from it is not older.
	Every = time.Second
	// Patience is how long Read waits for a Board that has not been written for longer.
	Patience = 100 * time.Millisecond
)

// A Board is where one goroutine puts a value up that others read. It does so whenever it is awake and what it has put
// up is older than Every. The zero Board has no value yet.
type Board[T any] struct {
	// mu guards what follows.
	mu      sync.Mutex
	value   T
	at      time.Time
	final   bool
	waiting chan struct{} // closed when the value is put up
}

// Put puts a value up. After a final one no newer will come, and nobody waits for it.
func (b *Board[T]) Put(value T, final bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.value, b.at, b.final = value, time.Now(), final
	if b.waiting != nil {
		close(b.waiting)
		b.waiting = nil
	}
}

// Read gives the value. If it is older than Every it first calls wake, and waits for a newer one, for Patience at most. Any goroutine may call it; the one that calls Put would wait for itself.
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
