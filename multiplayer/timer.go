package multiplayer

import "time"

// Timer runs a function in Poll once its time has come. It belongs to the goroutine that polls.
type Timer struct {
	m *MultiplayerPeer
	f func()
	t *time.Timer
}

// After has f run inside a Poll, on the goroutine that polls, once d is over; Wait returns for it. With d of 0 or less that
// is the next Poll. It ends with the session: then f does not run any more. In a testing/synctest bubble its time is virtual.
func (m *MultiplayerPeer) After(d time.Duration, f func()) *Timer {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	t := &Timer{m: m, f: f}
	if m.timers == nil {
		return t // the session is over
	}
	m.timers[t] = struct{}{}
	if d <= 0 {
		m.Post(t.fire)
	} else {
		t.t = time.AfterFunc(d, func() { m.Post(t.fire) })
	}
	return t
}

// Stop has the function not run. It returns false if it has run already, or was stopped.
func (t *Timer) Stop() bool {
	t.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	if _, ok := t.m.timers[t]; !ok {
		return false
	}
	delete(t.m.timers, t)
	if t.t != nil {
		t.t.Stop()
	}
	return true
}

func (t *Timer) fire() {
	if t.Stop() {
		t.f()
	}
}

// stopTimers ends all timers of the session.
func (m *MultiplayerPeer) stopTimers() {
	for t := range m.timers {
		t.Stop()
	}
	m.timers = nil
}
