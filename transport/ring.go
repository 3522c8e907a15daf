package transport

import (
	"errors"
	"runtime"
	"sync/atomic"
	"syscall"
)

// A ring tries to read, or to write, many sockets in one call of the system.
// What cannot be done without waiting is not waited for. One goroutine at a
// time uses a ring.
type ring struct {
	system ringSystem
	tries  []try
	at     int // tries whose sockets are held
	held   func(fd uintptr)
}

// A try is one socket to be read or written, and what came of it.
type try struct {
	socket syscall.RawConn
	b      []byte
	write  bool

	fd  int // while it is held; -1: it is closed
	n   int
	err error // syscall.EAGAIN if it would have had to wait
}

// ringSize is how many tries fit into one call.
const ringSize = 64

// cannotRing says that the system has no such thing.
var cannotRing atomic.Bool

// newRing returns nil where there is none.
func newRing() *ring {
	if cannotRing.Load() {
		return nil
	}
	r := &ring{tries: make([]try, 0, ringSize)}
	if err := r.system.open(); err != nil {
		cannotRing.Store(!errors.Is(err, syscall.EMFILE) && !errors.Is(err, syscall.ENFILE))
		return nil
	}
	r.held = func(fd uintptr) {
		r.tries[r.at].fd = int(fd)
		r.at++
		r.hold()
	}
	return r
}

func (r *ring) close() { r.system.close() }

// add gives the ring something to try.
func (r *ring) add(socket syscall.RawConn, b []byte, write bool) {
	r.tries = append(r.tries, try{socket: socket, b: b, write: write, fd: -1})
}

func (r *ring) full() bool { return len(r.tries) == ringSize }

// run does what was added.
func (r *ring) run() {
	r.at = 0
	r.hold()
	runtime.KeepAlive(r.tries)
}

// clear makes room for the next tries.
func (r *ring) clear() {
	clear(r.tries)
	r.tries = r.tries[:0]
}

// hold lets all of it happen within the Control of every socket, one inside
// the other: so long none of their numbers can become another socket's.
func (r *ring) hold() {
	for r.at < len(r.tries) {
		at := r.at
		err := r.tries[at].socket.Control(r.held)
		if r.at > at {
			return // what is below was done in there
		}
		r.tries[at].err = err
		r.at++
	}
	r.system.run(r.tries)
}
