package transport

import (
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/peerage-go/peerage/internal/socket"
)

// The shared reader reads all peers on plain TCP connections: one
// goroutine asks the system which of them have something, and reads each of
// those once, many in one call where there is a ring. It is there while there
// are such peers.
//
// It has an epoll instance of its own, level-triggered, beside that of the Go
// runtime, which watches the same sockets for whoever writes to them. The
// runtime also watches that instance, so that the goroutine is parked like any
// other while nothing comes.
type sharedReader struct {
	epoll *os.File
	fd    int
	raw   syscall.RawConn // of epoll

	// Of the reading goroutine.
	events []syscall.EpollEvent
	found  []*sharedConn // behind events
	ring   *socket.Ring  // nil: there is none
	parts  []byte        // what the ring reads into, ringPart for each connection
	buf    []byte
	fill   func(fd uintptr) // reads into buf; made once
	most   int              // of what it may read
	n      int              // what it read
	err    error
	more   bool // something may be left that the system will not speak of again
	news   news
	spare  []*sharedConn // calls, the next time

	isCalled atomic.Bool // calls has something

	// mu guards what follows. It may be taken with an inbox.mu held, or
	// sharedMu.
	mu    sync.Mutex
	calls []*sharedConn

	// Of sharedMu.
	conns []slotted
	free  []int32
	open  int
}

const (
	sharedEvents = socket.RingSize // looked at in one go, before the groups are notified
	// Who has more than ringPart, which is less than leastRead, is read alone
	// after the others.
	ringPart = 2 << 10
)

// newSharedReader asks the system for what it takes.
func newSharedReader() (*sharedReader, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	syscall.SetNonblock(fd, true) // or else NewFile would not let the runtime watch it
	r := &sharedReader{
		epoll: os.NewFile(uintptr(fd), "epoll"), fd: fd,
		events: make([]syscall.EpollEvent, sharedEvents), buf: make([]byte, mostRead),
	}
	if err = r.epoll.SetReadDeadline(time.Time{}); err == nil {
		r.raw, err = r.epoll.SyscallConn()
	}
	if err != nil {
		r.epoll.Close()
		return nil, err
	}
	if r.ring = socket.NewRing(); r.ring != nil {
		r.parts = make([]byte, socket.RingSize*ringPart)
	}
	r.fill = func(fd uintptr) { r.n, r.err = socket.Read(fd, r.buf[:r.most]) }
	return r, nil
}

// run is the reader's goroutine.
func (r *sharedReader) run() {
	defer r.close()
	for {
		// All of the reading happens within one Read of the runtime's, which
		// would forget what it was told of when another one began.
		r.raw.Read(r.poll)
		r.epoll.SetReadDeadline(time.Time{})
		if !r.answer() {
			return
		}
		r.poll(0) // even if there are calls again
	}
}

func (r *sharedReader) close() {
	r.epoll.Close()
	if r.ring != nil {
		r.ring.Close()
	}
}

// poll reads what there is, and reports whether run has something else to do;
// otherwise the runtime calls it again when there is more.
func (r *sharedReader) poll(uintptr) (done bool) {
	for {
		r.more = false
		n, _ := socket.Ready(r.fd, r.events)
		r.lookUp(r.events[:n])
		if r.ring != nil && len(r.found) > 1 {
			r.readTogether()
		}
		for _, c := range r.found {
			r.step(c)
		}
		clear(r.found)
		r.news.notify()
		switch {
		case r.isCalled.Load():
			return true
		case n < len(r.events) && !r.more:
			return false
		}
		runtime.Gosched() // who polls may have the only processor
	}
}

// lookUp makes found the connections that the system speaks of.
func (r *sharedReader) lookUp(events []syscall.EpollEvent) {
	r.found = r.found[:0]
	sharedMu.Lock()
	defer sharedMu.Unlock()
	for _, e := range events {
		if s := r.conns[e.Fd]; s.turn == e.Pad && s.c != nil {
			r.found = append(r.found, s.c)
			r.more = r.more || e.Events&^syscall.EPOLLIN != 0
		}
	}
}

// readTogether reads the connections that were found in one call, and leaves
// in found those that may have more.
func (r *sharedReader) readTogether() {
	at := 0
	for _, c := range r.found {
		if r.admit(c) {
			r.found[at] = c
			r.ring.Read(c.raw, r.parts[at*ringPart:][:ringPart])
			at++
		}
	}
	r.ring.Run()
	more := r.found[:0]
	for i, c := range r.found[:at] {
		t := r.ring.Ops[i]
		r.take(c, t.B, t.N, t.Err)
		if t.N == ringPart {
			more = append(more, c)
		}
	}
	r.ring.Clear()
	clear(r.found[len(more):])
	r.found = more
}

// answer looks at the connections that called. It reports false if there are
// none left at all.
func (r *sharedReader) answer() bool {
	r.mu.Lock()
	r.isCalled.Store(false)
	calls := r.calls
	r.calls, r.spare = r.spare[:0], calls
	for _, c := range calls {
		c.called = false
	}
	r.mu.Unlock()
	for _, c := range calls {
		r.resume(c)
	}
	clear(calls)
	r.news.notify()
	sharedMu.Lock()
	defer sharedMu.Unlock()
	if r.open > 0 {
		return true
	}
	theReader = nil
	return false
}

// step reads a connection, once.
func (r *sharedReader) step(c *sharedConn) {
	if !r.admit(c) {
		return
	}
	r.most = c.most()
	if err := c.raw.Control(r.fill); err != nil {
		r.n, r.err = 0, err
	}
	r.more = r.more || r.n == r.most
	r.take(c, r.buf, r.n, r.err)
}

// admit reports whether a connection is to be read.
func (r *sharedReader) admit(c *sharedConn) bool {
	if c.gone || c.paused {
		return false
	}
	if end := c.pace(); end != nil {
		r.remove(c, end)
		return false
	}
	if c.paused {
		c.disarm()
	}
	return !c.paused
}

// take hands on what reading a connection has brought: the first n bytes of
// b, or err.
func (r *sharedReader) take(c *sharedConn, b []byte, n int, err error) {
	defer r.guard(c)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return
	}
	if err != nil || n <= 0 {
		n, err = 0, c.readError(err)
	}
	if end := c.read(b[:n], err, &r.news); end != nil {
		r.remove(c, end)
	} else if c.paused {
		c.disarm()
	}
}

// resume goes on with a connection that was paused, or that may have been
// closed.
func (r *sharedReader) resume(c *sharedConn) {
	defer r.guard(c)
	if c.gone {
		return
	}
	if end := c.resume(&r.news); end != nil {
		r.remove(c, end)
		return
	}
	r.step(c)
	if !c.gone && !c.paused {
		if err := c.arm(); err != nil {
			r.remove(c, lostEnding(err))
		}
	}
}

// readError is the error that Read of a connection gives.
func (c *sharedConn) readError(err error) error {
	switch err := err.(type) {
	case nil:
		return io.EOF
	case syscall.Errno:
		nc := c.p.nc
		return &net.OpError{Op: "read", Net: "tcp", Source: nc.LocalAddr(), Addr: nc.RemoteAddr(), Err: os.NewSyscallError("read", err)}
	default:
		return err
	}
}

// guard ends a connection that made the reader panic.
func (r *sharedReader) guard(c *sharedConn) {
	if v := recover(); v != nil && !c.gone {
		r.remove(c, c.panicked(v))
	}
}

// remove lets a connection end. Run ends with the last.
func (r *sharedReader) remove(c *sharedConn, end *ending) {
	c.gone = true
	c.disarm()
	sharedMu.Lock()
	r.forgetLocked(c)
	sharedMu.Unlock()
	c.release()
	ended := func() {
		defer c.p.unref()
		c.p.ended(end)
	}
	if end.reply == 0 {
		ended()
	} else {
		go ended() // it may have to wait for the other side
	}
}
