package socket

import (
	"errors"
	"runtime"
	"sync/atomic"
	"syscall"
)

// A Ring tries to read, or to write, many sockets in one call of the system.
// What cannot be done without waiting is not waited for. One goroutine at a
// time uses a Ring.
type Ring struct {
	Tries []Try // what was added; after Run, with what came of it

	system ringSystem
	at     int // tries whose sockets are held
	held   func(fd uintptr)
}

// A Try is one socket to be read or written, and what came of it.
type Try struct {
	B   []byte
	N   int
	Err error // syscall.EAGAIN if it would have had to wait

	socket syscall.RawConn
	write  bool
	fd     int // while it is held; -1: it is closed
}

// RingSize is how many tries fit into one call.
const RingSize = 64

// cannotRing says that the system has no such thing.
var cannotRing atomic.Bool

// CanRing reports whether there may be Rings.
func CanRing() bool { return !cannotRing.Load() }

// WithoutRings does without Rings from now on, for tests.
func WithoutRings() { cannotRing.Store(true) }

// NewRing returns nil where there is none.
func NewRing() *Ring {
	if cannotRing.Load() {
		return nil
	}
	r := &Ring{Tries: make([]Try, 0, RingSize)}
	if err := r.system.open(); err != nil {
		cannotRing.Store(!errors.Is(err, syscall.EMFILE) && !errors.Is(err, syscall.ENFILE))
		return nil
	}
	r.held = func(fd uintptr) {
		r.Tries[r.at].fd = int(fd)
		r.at++
		r.hold()
	}
	return r
}

// Close gives back what the Ring has of the system.
func (r *Ring) Close() { r.system.close() }

// Read adds a socket to be read into b, Write one that b is to be written to.
func (r *Ring) Read(socket syscall.RawConn, b []byte)  { r.add(Try{socket: socket, B: b}) }
func (r *Ring) Write(socket syscall.RawConn, b []byte) { r.add(Try{socket: socket, B: b, write: true}) }

func (r *Ring) add(t Try) {
	t.fd = -1
	r.Tries = append(r.Tries, t)
}

// Full reports whether nothing more can be added before Run and Clear.
func (r *Ring) Full() bool { return len(r.Tries) == RingSize }

// Run does what was added.
func (r *Ring) Run() {
	r.at = 0
	r.hold()
	runtime.KeepAlive(r.Tries)
}

// Clear makes room for the next tries.
func (r *Ring) Clear() {
	clear(r.Tries)
	r.Tries = r.Tries[:0]
}

// hold lets all of it happen within the Control of every socket, one inside
// the other: so long none of their numbers can become another socket's.
func (r *Ring) hold() {
	for r.at < len(r.Tries) {
		at := r.at
		err := r.Tries[at].socket.Control(r.held)
		if r.at > at {
			return // what is below was done in there
		}
		r.Tries[at].Err = err
		r.at++
	}
	r.system.run(r.Tries)
}
