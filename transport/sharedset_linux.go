package transport

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// sharedMu guards theReader, and which connections readers have. It may be
// taken with an inbox.mu held.
var (
	sharedMu    sync.Mutex
	theReader   *sharedReader // nil while there is nothing to read
	cannotShare atomic.Bool   // the system said no
)

func canShare() bool { return !cannotShare.Load() }

// withoutSharing gives each connection a reader of its own from now on, for
// tests.
func withoutSharing() { cannotShare.Store(true) }

// A sharedConn is what the shared reader has of a connection; it has nothing
// else of it, no goroutine and no buffer.
type sharedConn struct {
	intake
	reader *sharedReader
	raw    syscall.RawConn
	slot   sharedSlot
	armed  bool // in the system's set
	gone   bool

	called bool // of reader.mu
}

// A sharedSlot is the number of a connection, and of how many had that number
// before, so that what the system says late of one of them is known as such.
type sharedSlot struct{ at, turn int32 }

// A slotted is the connection that has a number, if one has, and how many had
// it before.
type slotted struct {
	c    *sharedConn
	turn int32
}

// shareLocked gives the peer to the shared reader if that can read it: it is
// on a TCP connection, and nothing above it.
func (p *WebSocketPeer) shareLocked(early []byte) bool {
	nc, ok := p.nc.(*net.TCPConn)
	if !ok || !canShare() {
		return false
	}
	raw, err := nc.SyscallConn()
	if err != nil {
		return false
	}
	sharedMu.Lock()
	defer sharedMu.Unlock()
	r := theReader
	if r == nil {
		if r, err = newSharedReader(); err != nil {
			cannotShare.Store(err != syscall.EMFILE && err != syscall.ENFILE)
			return false
		}
		theReader = r
		go r.run()
	}
	c := &sharedConn{intake: newIntake(p, early), raw: raw}
	r.addLocked(c)
	if c.rest != nil {
		c.paused = true
		c.call()
	} else if c.arm() != nil {
		r.forgetLocked(c)
		r.wake()
		return false
	}
	p.in.reader = c
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
