package chaos

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// excuses tells whether a call could not but fail: one to a peer that is leaving, over a connection that is cut, or to
// one that reads nothing.
func (w *World) excuses(a *actor, err error) bool {
	var one *multiplayer.PeerError
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return !w.excuses(a, err) })
	case *multiplayer.PeerError:
		return errors.Is(e.Err, multiplayer.ErrNotConnected) && (a == w.server || a.wire == multiplayer.Godot && a.spared) || !w.honest[e.Peer]
	case interface{ Unwrap() error }:
		if errors.As(err, &one) {
			return w.excuses(a, e.Unwrap())
		}
	}
	return false
}

// concerns tells whether an error says that something did not go to a peer.
func concerns(err error, id rpc.PeerID) bool {
	var one *multiplayer.PeerError
	switch e := err.(type) {
	case nil:
		return false
	case *multiplayer.PeerError:
		return e.Peer == id
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), func(err error) bool { return concerns(err, id) })
	case interface{ Unwrap() error }:
		if !errors.As(err, &one) {
			return true // of all
		}
		return concerns(e.Unwrap(), id)
	}
	return true
}

// patience is how long a World that rests waits at least, however fast it steps.
const patience = 30 * time.Second

// Rest stops all mischief, and steps until everything has arrived that must, or there were as many steps; then, for
// acknowledgements and the like, as many more as still says. What was sent is judged then, and forgotten.
func (w *World) Rest(steps, still int) {
	w.calm = true
	for _, a := range append(w.clients, w.server) {
		a.stalled = 0
	}
	for _, x := range w.wild {
		x.nc.Close()
	}
	for n, start := 0, time.Now(); n < steps || time.Since(start) < patience; n++ {
		w.Step()
		if len(w.wild) == 0 && w.settled() {
			break
		}
	}
	for range still {
		w.Step()
	}
	w.judge()
	w.calm = false
}

// judge finds fault with what is missing.
func (w *World) judge() {
	w.ledger.judge()
	if len(w.asked) > 0 {
		w.fault("requests without a reply: %v", slices.Sorted(maps.Keys(w.asked)))
	}
	for _, q := range w.denied {
		if w.ledger.both(q.asker, q.target) {
			w.fault("%d asked %d and was told that it is gone", q.asker, q.target)
		}
	}
	for _, q := range w.mute {
		if w.waits(q) {
			w.fault("%d asked %d and gave up, which it was not told", q.asker, q.target)
		}
	}
	w.denied, w.mute = nil, nil
	clear(w.asking)
	here := map[rpc.PeerID]bool{}
	for _, a := range w.clients {
		here[a.id] = true
	}
	if !maps.Equal(here, w.server.knows) {
		w.fault("the server knows %v, want %v", slices.Sorted(maps.Keys(w.server.knows)), slices.Sorted(maps.Keys(here)))
	}
	w.clean(w.server)
	for _, a := range w.clients {
		w.clean(a)
		if a.id == 0 {
			w.fault("a client on %v is %v: %v", a.wire, a.peer.ConnectionStatus(), a.peer.Err())
			continue
		}
		want := maps.Clone(w.server.knows)
		delete(want, a.id)
		want[multiplayer.Server] = true
		if !maps.Equal(a.knows, want) {
			w.fault("%d knows %v, want %v", a.id, slices.Sorted(maps.Keys(a.knows)), slices.Sorted(maps.Keys(want)))
		}
	}
}

// clean finds fault with an actor that has ignored packets of another one.
func (w *World) clean(a *actor) {
	for id := range a.knows {
		if s, _ := a.rpc.PeerStats(id); (id == multiplayer.Server || w.honest[id]) && s.Malformed > 0 {
			w.fault("%d has ignored %d packets of %d as malformed", a.id, s.Malformed, id)
		}
	}
}

// waits tells whether the handler of a request that was given up does not know it yet.
func (w *World) waits(q *question) bool {
	return w.ledger.both(q.asker, q.target) && q.ctx.Err() == nil
}

// settled tells whether nothing is under way any more.
func (w *World) settled() bool {
	if len(w.asked) > 0 || len(w.server.knows) != len(w.clients) || slices.ContainsFunc(w.mute, w.waits) || !w.ledger.complete() {
		return false
	}
	for _, a := range w.clients {
		if a.id == 0 || len(a.knows) != len(w.clients) || len(a.answers) > 0 {
			return false
		}
	}
	return true
}
