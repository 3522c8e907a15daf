package multiplayer

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/peerage-go/peerage/internal/owner"
)

// Poster is a MultiplayerPeer, or what stands on one, such as rpc.SceneMultiplayer.
type Poster interface {
	Post(f func()) bool
	Done() <-chan struct{}
}

// Do has f run inside a Poll of a session, on the goroutine that polls it, waits, and gives what f returns. Any other
// goroutine may call it: one that polls would wait for itself, and gets ErrInPoll inside any session's Poll, or tick of
// rpc's Run. When ctx ends first, or the session, f does not run any more, and the error is the cause of ctx or
// ErrNotConnected. Of an f that panics it is an error that says so.
func Do[T any](ctx context.Context, m Poster, f func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var zero T
	if owner.Inside() {
		return zero, fmt.Errorf("multiplayer: Do: %w", ErrInPoll)
	}
	var taken atomic.Bool // by who runs f, or by who gives it up
	done := make(chan outcome, 1)
	posted := m.Post(func() {
		if taken.Swap(true) {
			return
		}
		o := outcome{err: errPanicked}
		defer func() { done <- o }()
		o.value, o.err = f()
	})
	var err error
	if !posted {
		return zero, ErrNotConnected
	}
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		err = fmt.Errorf("multiplayer: Do: %w", context.Cause(ctx))
	case <-m.Done():
		err = ErrNotConnected
	}
	if !taken.Swap(true) {
		return zero, err
	}
	o := <-done // it runs already
	return o.value, o.err
}

var errPanicked = errors.New("multiplayer: the function of Do panicked")
