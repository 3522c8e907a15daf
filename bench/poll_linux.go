package main

import (
	"errors"
	"io"
	"net/netip"
	"syscall"
	"time"
)

// poller serves non-blocking sockets with epoll.
type poller struct {
	ep     int
	events [512]syscall.EpollEvent
	byFD   map[int32]*conn
}

// socket is what a conn has of its own on this system.
type socket struct{ dialing bool }

func newPoller() (*poller, error) {
	ep, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return &poller{ep: ep, byFD: map[int32]*conn{}}, nil
}

func (p *poller) end() { syscall.Close(p.ep) }

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
			p.read(w, c)
		}
	}
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

func (p *poller) read(w *worker, c *conn) {
	have := copy(w.buf, c.pending)
	n, err := syscall.Read(c.fd, w.buf[have:])
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
	case err != nil:
		c.fail("read: %w", err)
	case n == 0:
		c.fail("read: %w", io.EOF)
	default:
		c.received(w.buf[:have+n])
	}
}

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
