package transport

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// The shared reader reads all server peers on plain TCP connections: one
// goroutine asks the system which of them have something, and reads each of
// those once, into one buffer. It is there while there are such peers.
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
	buf    []byte
	fill   func(fd uintptr) // reads into buf; made once
	most   int              // of what it may read
	n      int              // what it read
	err    error
	more   bool // something may be left that the system will not speak of again
	news   news
	spare  []*sharedConn

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

type slotted struct {
	c    *sharedConn
	turn int32
}

const (
	sharedBuffer = 64 << 10
	sharedEvents = 64 // looked at in one go, before the groups are notified
	// meteredRead is how much is read at once of who has rate limits, and
	// with that how much of it may have to wait here.
	meteredRead = 16 << 10
)

// sharedMu guards theReader, and which connections readers have. It may be
// taken with an inbox.mu held.
var (
	sharedMu    sync.Mutex
	theReader   *sharedReader // nil while there is nothing to read
	cannotShare atomic.Bool   // the system said no
)

func canShare() bool { return !cannotShare.Load() }

// newSharedReader asks the system for what it takes.
func newSharedReader() (*sharedReader, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	syscall.SetNonblock(fd, true) // or else NewFile would not let the runtime watch it
	r := &sharedReader{
		epoll: os.NewFile(uintptr(fd), "epoll"), fd: fd,
		events: make([]syscall.EpollEvent, sharedEvents), buf: make([]byte, sharedBuffer),
	}
	if err = r.epoll.SetReadDeadline(time.Time{}); err == nil {
		r.raw, err = r.epoll.SyscallConn()
	}
	if err != nil {
		r.epoll.Close()
		return nil, err
	}
	r.fill = func(fd uintptr) {
		for {
			if r.n, r.err = syscall.Read(int(fd), r.buf[:r.most]); r.err != syscall.EINTR {
				return
			}
		}
	}
	return r, nil
}

// shareLocked gives the peer to the shared reader if that can read it.
func (p *WebSocketPeer) shareLocked() bool {
	if !p.mayShare() {
		return false
	}
	raw, err := p.nc.(*net.TCPConn).SyscallConn()
	if err != nil {
		return false
	}
	c := &sharedConn{p: p, raw: raw}
	c.frames.limit = p.inLimit
	sharedMu.Lock()
	defer sharedMu.Unlock()
	r := theReader
	if r == nil {
		if r, err = newSharedReader(); err != nil {
			cannotShare.Store(true)
			return false
		}
		theReader = r
		go r.run()
	}
	r.addLocked(c)
	p.in.shared = c
	if c.arm() != nil {
		p.in.shared = nil
		r.forgetLocked(c)
		r.wake()
		return false
	}
	if len(p.gate.early) > 0 {
		c.keep(p.gate.early)
		p.gate.early = nil
		c.paused = true
		c.call()
	}
	return true
}

// addLocked gives c a number.
func (r *sharedReader) addLocked(c *sharedConn) {
	if len(r.free) == 0 {
		r.free = append(r.free, int32(len(r.conns)))
		r.conns = append(r.conns, slotted{})
	}
	last := len(r.free) - 1
	at := r.free[last]
	r.free = r.free[:last]
	r.conns[at].c = c
	c.reader, c.slot = r, sharedSlot{at, r.conns[at].turn}
	r.open++
}

// arm puts the connection into the system's set. That is done in Control so
// that the number of the socket is nobody else's meanwhile.
func (c *sharedConn) arm() error {
	if c.armed {
		return nil
	}
	err := c.control(syscall.EPOLL_CTL_ADD)
	c.armed = err == nil
	return err
}

// disarm takes it out again. A socket that is closed is out already.
func (c *sharedConn) disarm() {
	if c.armed {
		c.armed = false
		c.control(syscall.EPOLL_CTL_DEL)
	}
}

func (c *sharedConn) control(op int) (err error) {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP, Fd: c.slot.at, Pad: c.slot.turn}
	if e := c.raw.Control(func(fd uintptr) { err = syscall.EpollCtl(c.reader.fd, op, int(fd), &event) }); e != nil {
		return e
	}
	return err
}

// call lets the reader look at a connection that it has paused, or that was
// closed on this side. It may be called from any goroutine.
func (c *sharedConn) call() {
	r := c.reader
	r.mu.Lock()
	first := false
	if !c.called {
		c.called = true
		first = len(r.calls) == 0
		r.calls = append(r.calls, c)
		r.isCalled.Store(true)
	}
	r.mu.Unlock()
	if first {
		r.wake()
	}
}

// wake lets poll return.
func (r *sharedReader) wake() {
	r.isCalled.Store(true)
	r.epoll.SetReadDeadline(time.Unix(1, 0))
}

// run is the reader's goroutine.
func (r *sharedReader) run() {
	defer r.epoll.Close()
	for {
		// All of the reading happens within one Read of the runtime's, which
		// would forget what it was told of when another one began.
		r.raw.Read(r.poll)
		r.epoll.SetReadDeadline(time.Time{})
		if !r.answer() {
			return
		}
	}
}

// poll reads what there is, and reports whether run has something else to do;
// otherwise the runtime calls it again when there is more.
func (r *sharedReader) poll(uintptr) (done bool) {
	for {
		r.more = false
		n, err := syscall.EpollWait(r.fd, r.events, 0)
		if err == syscall.EINTR {
			continue
		}
		for _, c := range r.lookUp(r.events[:max(n, 0)]) {
			if c != nil {
				r.step(c)
			}
		}
		clear(r.found)
		r.news.notify()
		switch {
		case r.isCalled.Load():
			return true
		case n < len(r.events) && !r.more:
			return false
		}
	}
}

// lookUp finds the connections that the system speaks of.
func (r *sharedReader) lookUp(events []syscall.EpollEvent) []*sharedConn {
	r.found = r.found[:0]
	sharedMu.Lock()
	defer sharedMu.Unlock()
	for _, e := range events {
		if s := r.conns[e.Fd]; s.turn == e.Pad && s.c != nil {
			r.found = append(r.found, s.c)
			r.more = r.more || e.Events&^syscall.EPOLLIN != 0
		}
	}
	return r.found
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

// step reads a connection once, and goes through what was there.
func (r *sharedReader) step(c *sharedConn) {
	defer r.guard(c)
	if !c.gone && !c.paused {
		r.read(c)
	}
}

// resume goes on with a connection that was paused, or that may have been
// closed.
func (r *sharedReader) resume(c *sharedConn) {
	defer r.guard(c)
	if c.gone {
		return
	}
	c.paused = false
	c.paced()
	if over, e, reply := c.takeRest(&r.news); over {
		r.remove(c, e, reply)
		return
	}
	if !c.paused {
		r.read(c)
	}
	if !c.gone && !c.paused {
		if err := c.arm(); err != nil {
			e, reply := lostEnding(err)
			r.remove(c, e, reply)
		}
	}
}

func (r *sharedReader) read(c *sharedConn) {
	p := c.p
	if err := c.pace(); err != nil {
		e, reply := brokenEnding(&ProtocolError{codePolicy, err})
		r.remove(c, e, reply)
		return
	}
	if c.paused {
		c.disarm()
		return
	}
	if r.most = len(r.buf); p.meter != nil {
		r.most = meteredRead
	}
	if err := c.raw.Control(r.fill); err != nil {
		r.n, r.err = 0, err
	}
	if r.err == syscall.EAGAIN {
		return
	}
	p.readsDone.Add(1)
	if r.err != nil || r.n <= 0 {
		e, reply := lostEnding(c.readError(r.err))
		r.remove(c, e, reply)
		return
	}
	p.bytesIn.Add(uint64(r.n))
	if p.meter != nil {
		p.meter.read(p, r.n)
	}
	r.more = r.more || r.n == r.most
	over, e, reply := c.take(r.buf[:r.n], &r.news)
	if over {
		r.remove(c, e, reply)
	} else if c.paused {
		c.disarm()
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

// guard ends a connection that made the reader panic, which hostile bytes
// might, and no other.
func (r *sharedReader) guard(c *sharedConn) {
	if v := recover(); v != nil && !c.gone {
		e, reply := c.panicked(v)
		r.remove(c, e, reply)
	}
}

// remove lets a connection end. Run ends with the last.
func (r *sharedReader) remove(c *sharedConn, e ending, reply int) {
	c.gone = true
	c.disarm()
	sharedMu.Lock()
	r.forgetLocked(c)
	sharedMu.Unlock()
	c.end(e, reply)
}

// forgetLocked takes c's number back.
func (r *sharedReader) forgetLocked(c *sharedConn) {
	s := &r.conns[c.slot.at]
	s.c = nil
	s.turn++
	r.free = append(r.free, c.slot.at)
	if r.open--; r.open == 0 {
		r.isCalled.Store(true)
	}
}
