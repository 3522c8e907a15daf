package main

import (
	"errors"
	"io"
	"net/netip"
	"syscall"
	"time"

	"github.com/peerage-go/peerage/internal/uring"
)

// poller serves non-blocking sockets: epoll tells which are ready, and a ring reads and writes many in one call. Without
// a ring there is a call for each.
type poller struct {
	ep     int
	events [512]syscall.EpollEvent
	byFD   map[int32]*conn

	ring    *uring.Ring
	readers []*conn    // are ready
	writers []*conn    // wait to be written to
	writes  []uring.Op // to each of the writers
	reads   [batch]uring.Op
	slots   []byte // where the ring reads to
}

// socket is what a conn has of its own on this system.
type socket struct{ dialing, queued bool }

const (
	ringSize = 128      // so many reads or writes in one call
	batch    = 64       // as many connections are read in one call
	slotSize = 32 << 10 // and so much of each
	slotStep = slotSize + 192
)

func newPoller() (*poller, error) {
	ep, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	p := &poller{ep: ep, byFD: map[int32]*conn{}}
	if !plainLoad {
		if p.ring, err = uring.New(ringSize); err == nil {
			p.slots = make([]byte, batch*slotStep)
		}
	}
	return p, nil
}

// loadWay says how sockets are read and written.
func loadWay() string {
	if plainLoad {
		return "the load makes a call for each read and write"
	}
	r, err := uring.New(ringSize)
	if err != nil {
		return "the load makes a call for each read and write: " + err.Error()
	}
	r.Close()
	return "the load reads and writes many sockets in a call, by io_uring"
}

func (p *poller) end() {
	if p.ring != nil {
		p.ring.Close()
	}
	syscall.Close(p.ep)
}

func (p *poller) dial(c *conn) error {
	to, err := netip.ParseAddrPort(c.load.addr)
	if err != nil {
		return err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	c.fd, c.dialing = fd, true
	p.byFD[int32(fd)] = c
	syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	err = syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
	if err != nil && err != syscall.EINPROGRESS {
		return err
	}
	return p.control(syscall.EPOLL_CTL_ADD, c, syscall.EPOLLIN|syscall.EPOLLOUT)
}

func (p *poller) control(op int, c *conn, events uint32) error {
	return syscall.EpollCtl(p.ep, op, c.fd, &syscall.EpollEvent{Events: events, Fd: int32(c.fd)})
}

func (p *poller) wantWrite(c *conn, want bool) {
	if c.dialing {
		return
	}
	events := uint32(syscall.EPOLLIN)
	if want {
		events |= syscall.EPOLLOUT
	}
	if err := p.control(syscall.EPOLL_CTL_MOD, c, events); err != nil {
		c.fail("epoll: %v", err)
	}
}

// ignore stops reading a connection.
func (p *poller) ignore(c *conn) { p.control(syscall.EPOLL_CTL_DEL, c, 0) }

func (p *poller) close(c *conn) {
	if c.fd >= 0 {
		delete(p.byFD, int32(c.fd))
		syscall.Close(c.fd)
		c.fd = -1
	}
}

// wait serves what is ready, after waiting for it if nothing is. It tells whether there may be more.
func (p *poller) wait(w *worker, timeout time.Duration) bool {
	p.flush()
	n, err := syscall.EpollWait(p.ep, p.events[:], int(timeout.Milliseconds()))
	if err != nil {
		return false
	}
	for _, e := range p.events[:n] {
		c := p.byFD[e.Fd]
		if c == nil {
			continue
		}
		if c.dialing {
			p.dialed(c)
			continue
		}
		if e.Events&syscall.EPOLLOUT != 0 {
			c.writable()
		}
		if e.Events&^syscall.EPOLLOUT != 0 && !c.dead {
			p.readers = append(p.readers, c)
		}
	}
	p.readAll(w)
	p.flush()
	return n == len(p.events)
}

func (p *poller) dialed(c *conn) {
	if e, err := syscall.GetsockoptInt(c.fd, syscall.SOL_SOCKET, syscall.SO_ERROR); err != nil || e != 0 {
		c.fail("dial: %w", errors.Join(err, syscall.Errno(e)))
		return
	}
	c.dialing = false
	p.wantWrite(c, false)
	c.connected()
}

// readAll reads the readers, so many at a time.
func (p *poller) readAll(w *worker) {
	for left := p.readers; len(left) > 0; {
		now := left[:min(batch, len(left))]
		left = left[len(now):]
		if p.ring == nil || len(now) == 1 {
			for _, c := range now {
				p.read(w, c)
			}
			continue
		}
		var slots [batch][]byte
		for i, c := range now {
			slots[i] = p.slots[i*slotStep:][:slotSize]
			if len(c.pending) > slotSize/2 {
				slots[i] = make([]byte, 2*len(c.pending)) // a large frame
			}
			have := copy(slots[i], c.pending)
			p.reads[i] = uring.Op{FD: c.fd, B: slots[i][have:]}
		}
		p.ring.Do(p.reads[:len(now)])
		for i, c := range now {
			if o := &p.reads[i]; !c.dead {
				p.came(c, slots[i][:len(slots[i])-len(o.B)+o.N], o.N, o.Err)
			}
		}
	}
	p.readers = p.readers[:0]
}

func (p *poller) read(w *worker, c *conn) {
	if c.dead {
		return
	}
	have := copy(w.buf, c.pending)
	n, err := syscall.Read(c.fd, w.buf[have:])
	p.came(c, w.buf[:have+max(n, 0)], n, err)
}

// came takes the outcome of a read: b is what was pending and what came, which is n bytes.
func (p *poller) came(c *conn, b []byte, n int, err error) {
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
	case err != nil:
		c.fail("read: %w", err)
	case n == 0:
		c.fail("read: %w", io.EOF)
	default:
		c.received(b)
	}
}

// push writes to a connection: at once, or together with other writes no later than before the next wait. b is the
// poller's until then.
func (p *poller) push(c *conn, b []byte) {
	if p.ring == nil {
		n, err := p.write(c, b)
		c.wrote(b, n, err)
		return
	}
	c.queued = true
	p.writers = append(p.writers, c)
	p.writes = append(p.writes, uring.Op{FD: c.fd, B: b, Write: true})
	if len(p.writes) == ringSize {
		p.flush()
	}
}

// settle has done with what was pushed to a connection.
func (p *poller) settle(c *conn) {
	if c.queued {
		p.flush()
	}
}

// flush does the writes that wait.
func (p *poller) flush() {
	if len(p.writes) == 0 {
		return
	}
	for i, c := range p.writers {
		if c.dead { // its number may be another's by now
			p.writes[i].FD = -1
		}
	}
	p.ring.Do(p.writes)
	for i, c := range p.writers {
		o := &p.writes[i]
		if o.Err == syscall.EAGAIN || o.Err == syscall.EINTR {
			o.N, o.Err = 0, nil
		}
		c.queued = false
		c.wrote(o.B, o.N, o.Err)
	}
	p.writers, p.writes = p.writers[:0], p.writes[:0]
}

// write writes to a connection at once.
func (p *poller) write(c *conn, b []byte) (int, error) {
	n, err := syscall.Write(c.fd, b)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return 0, nil
	}
	return max(n, 0), err
}

// nap sleeps without giving the thread away.
func nap(d time.Duration) {
	t := syscall.NsecToTimespec(int64(d))
	syscall.Nanosleep(&t, nil)
}
