package rpc

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/peerage-go/peerage/internal/owner"
)

// The program's functions that run inside Poll, handlers apart. One that panics is logged with its name and counted; it
// ends neither the session nor the process, and what comes after it goes on.

// call runs a function of the program's, and tells whether it returned.
func (m *SceneMultiplayer) call(name string, f func()) (returned bool) {
	m.mark = 0 // it may take its time
	defer m.caught(name)
	f()
	return true
}

// caught ends a panic of a function of the program's. It is to be deferred.
func (m *SceneMultiplayer) caught(name string) {
	v := recover()
	if v == nil {
		return
	}
	m.stats.CallbackPanics++
	if m.loud(nil) {
		m.log.Error("rpc: a callback panicked", "callback", name, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	}
}

// event calls an event that has an id, if the program wants it.
func (m *SceneMultiplayer) event(name string, f func(PeerID), id PeerID) {
	if f != nil {
		m.call(name, func() { f(id) })
	}
}

// eventBytes calls an event that has an id and bytes.
func (m *SceneMultiplayer) eventBytes(name string, f func(PeerID, []byte), id PeerID, data []byte) {
	if f != nil {
		m.call(name, func() { f(id, data) })
	}
}

// eventError calls an event that has an error.
func (m *SceneMultiplayer) eventError(name string, f func(error), err error) {
	if f != nil {
		m.call(name, func() { f(err) })
	}
}

// tick calls the function of Run.
func (m *SceneMultiplayer) tick(f func(elapsed time.Duration), elapsed time.Duration) {
	defer m.caught("tick")
	owner.Run(func() { f(elapsed) })
}
