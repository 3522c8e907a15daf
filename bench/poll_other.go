//go:build !linux

package main

import (
	"net"
	"time"
)

// poller serves connections with a goroutine each, which hands what it read to the worker.
type poller struct{ events chan event }

// event is something that happened to a connection.
type event struct {
	c   *conn
	nc  net.Conn // it was dialed
	b   []byte   // bytes came
	err error
}

// socket is what a conn has of its own on this system.
type socket struct {
	nc      net.Conn
	ignored bool
}

func newPoller() (*poller, error) { return &poller{events: make(chan event, 1024)}, nil }

// end lets goroutines that are still reading finish.
func (p *poller) end() {
	go func() {
		for {
			select {
			case e := <-p.events:
				if e.nc != nil {
					e.nc.Close()
				}
			case <-time.After(time.Second):
				return
			}
		}
	}()
}

func (p *poller) dial(c *conn) error {
	go func() {
		nc, err := net.Dial("tcp", c.load.addr)
		p.events <- event{c: c, nc: nc, err: err}
		for err == nil {
			b := make([]byte, 16<<10)
			var n int
			n, err = nc.Read(b)
			p.events <- event{c: c, b: b[:n], err: err}
		}
	}()
	return nil
}

func (p *poller) wantWrite(*conn, bool) {}

func (p *poller) ignore(c *conn) { c.ignored = true }

func (p *poller) close(c *conn) {
	if c.nc != nil {
		c.nc.Close()
	}
}

// wait serves what has happened, after waiting for it if nothing has.
func (p *poller) wait(w *worker, timeout time.Duration) bool {
	select {
	case e := <-p.events:
		p.serve(w, e)
	default:
		if timeout == 0 {
			return false
		}
		select {
		case e := <-p.events:
			p.serve(w, e)
		case <-time.After(timeout):
			return false
		}
	}
	return true
}

func (p *poller) serve(w *worker, e event) {
	c := e.c
	if c.dead || c.ignored {
		return
	}
	if e.nc != nil {
		c.nc = e.nc
		c.connected()
	}
	if len(e.b) > 0 {
		have := copy(w.buf, c.pending)
		have += copy(w.buf[have:], e.b)
		c.received(w.buf[:have])
	}
	if e.err != nil {
		c.fail("connection: %w", e.err)
	}
}

// loadWay says how sockets are read and written.
func loadWay() string { return "the load makes a call for each read and write" }

// push writes to a connection.
func (p *poller) push(c *conn, b []byte) {
	n, err := p.write(c, b)
	c.wrote(b, n, err)
}

func (p *poller) settle(*conn) {}

func (p *poller) write(c *conn, b []byte) (int, error) {
	c.nc.SetWriteDeadline(time.Now().Add(stallTimeout))
	return c.nc.Write(b)
}

func nap(d time.Duration) { time.Sleep(d) }
