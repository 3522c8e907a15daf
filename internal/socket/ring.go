package socket

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/peerage-go/peerage/internal/uring"
)

// A Ring reads, or writes, many sockets in one call of the system, without
// waiting for any of them. One goroutine at a time uses a Ring.
type Ring struct {
	Ops []uring.Op // what was added; after Run, with what came of it

	sockets []syscall.RawConn
	system  *uring.Ring
	at      int // Ops whose sockets are held
	held    func(fd uintptr)
}

// RingSize is how many Ops fit into one call.
const RingSize = 64

// cannotRing says that the system has no such thing.
var cannotRing atomic.Bool

// CanRing reports whether there may be Rings.
func CanRing() bool { return !cannotRing.Load() }

// WithoutRings does without Rings from now on, for tests.
func WithoutRings() { cannotRing.Store(true) }

// noRings, in the environment, keeps this package from using io_uring.
const noRings = "PEERAGE_NO_IO_URING"

// NewRing returns nil where there is none.
func NewRing() *Ring {
	if cannotRing.Load() || os.Getenv(noRings) != "" {
		cannotRing.Store(true)
		return nil
	}
	system, err := uring.New(RingSize)
	if err != nil {
		cannotRing.Store(!errors.Is(err, syscall.EMFILE) && !errors.Is(err, syscall.ENFILE))
		return nil
	}
	r := &Ring{Ops: make([]uring.Op, 0, RingSize), sockets: make([]syscall.RawConn, 0, RingSize), system: system}
	r.held = func(fd uintptr) {
		r.Ops[r.at].FD = int(fd)
		r.at++
		r.hold()
	}
	return r
}

// Close gives back what the Ring has of the system.
func (r *Ring) Close() { r.system.Close() }

// Read adds a socket to be read into b, Write one that b is to be written to.
func (r *Ring) Read(socket syscall.RawConn, b []byte)  { r.add(socket, uring.Op{B: b}) }
func (r *Ring) Write(socket syscall.RawConn, b []byte) { r.add(socket, uring.Op{B: b, Write: true}) }

func (r *Ring) add(socket syscall.RawConn, o uring.Op) {
	o.FD = -1
	r.Ops, r.sockets = append(r.Ops, o), append(r.sockets, socket)
}

// Full reports whether nothing more can be added before Run and Clear.
func (r *Ring) Full() bool { return len(r.Ops) == RingSize }

// Run does what was added.
func (r *Ring) Run() {
	r.at = 0
	r.hold()
}

// Clear makes room for more.
func (r *Ring) Clear() {
	clear(r.Ops)
	clear(r.sockets)
	r.Ops, r.sockets = r.Ops[:0], r.sockets[:0]
}

// hold lets all of it happen within the Control of every socket, one inside
// the other: so long none of their numbers can become another socket's.
func (r *Ring) hold() {
	for r.at < len(r.Ops) {
		at := r.at
		err := r.sockets[at].Control(r.held)
		if r.at > at {
			return // what is below was done in there
		}
		r.Ops[at].Err = err
		r.at++
	}
	writes()
	if !r.system.Do(r.Ops) {
		cannotRing.Store(true)
	}
	for _, o := range r.Ops {
		if !o.Write && o.Err == nil {
			didRead(o.FD)
		}
	}
}
