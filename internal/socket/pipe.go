package socket

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipeSize is what a pipe holds in each direction, like a socket's buffers.
const pipeSize = 64 << 10

// Pipe returns the two ends of a connection in memory. Other than those of
// net.Pipe they have buffers, so that a write does not wait for its read.
func Pipe() (a, b *PipeConn) {
	x, y := newPipeHalf(), newPipeHalf()
	return &PipeConn{in: x, out: y}, &PipeConn{in: y, out: x}
}

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// A PipeConn is one end: it reads one half and writes the other. It is a
// [TryWriter], and works in testing/synctest bubbles.
type PipeConn struct{ in, out *pipeHalf }

func (c *PipeConn) LocalAddr() net.Addr                { return pipeAddr{} }
func (c *PipeConn) RemoteAddr() net.Addr               { return pipeAddr{} }
func (c *PipeConn) Read(b []byte) (int, error)         { return c.in.read(b) }
func (c *PipeConn) Write(b []byte) (int, error)        { return c.out.write(b, true) }
func (c *PipeConn) TryWrite(b []byte) (int, error)     { return c.out.write(b, false) }
func (c *PipeConn) SetReadDeadline(t time.Time) error  { return c.in.setDeadline(&c.in.reader, t) }
func (c *PipeConn) SetWriteDeadline(t time.Time) error { return c.out.setDeadline(&c.out.writer, t) }

func (c *PipeConn) SetDeadline(t time.Time) error {
	c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

// CloseWrite lets the other side read what is there, then EOF.
func (c *PipeConn) CloseWrite() error { return c.out.close(&c.out.writer) }

func (c *PipeConn) Close() error {
	c.out.close(&c.out.writer)
	c.out.setDeadline(&c.out.writer, time.Time{})
	c.in.setDeadline(&c.in.reader, time.Time{})
	return c.in.close(&c.in.reader)
}

// A pipeHalf is one direction.
type pipeHalf struct {
	mu             sync.Mutex
	changed        *sync.Cond
	buf            []byte
	at             int // what of buf has been read
	reader, writer pipeSide
}

type pipeSide struct {
	closed bool
	late   bool // the deadline is over
	timer  *time.Timer
}

func newPipeHalf() *pipeHalf {
	h := &pipeHalf{}
	h.changed = sync.NewCond(&h.mu)
	return h
}

func (h *pipeHalf) read(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.reader.closed:
			return 0, net.ErrClosed
		case h.reader.late:
			return 0, os.ErrDeadlineExceeded
		case len(b) == 0:
			return 0, nil
		case len(h.buf) > 0:
			n := copy(b, h.buf[h.at:])
			if h.at += n; h.at == len(h.buf) {
				h.buf, h.at = h.buf[:0], 0
			}
			h.changed.Broadcast()
			return n, nil
		case h.writer.closed:
			return 0, io.EOF
		}
		h.changed.Wait()
	}
}

func (h *pipeHalf) write(b []byte, wait bool) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.writer.closed:
			return n, net.ErrClosed
		case h.reader.closed:
			return n, io.ErrClosedPipe
		case h.writer.late:
			return n, os.ErrDeadlineExceeded
		}
		if room := min(len(b)-n, pipeSize-len(h.buf)+h.at); room > 0 {
			if len(h.buf)+room > pipeSize {
				h.buf, h.at = h.buf[:copy(h.buf, h.buf[h.at:])], 0
			}
			h.buf = append(h.buf, b[n:n+room]...)
			n += room
			h.changed.Broadcast()
		}
		if n == len(b) || !wait {
			return n, nil
		}
		h.changed.Wait()
	}
}

func (h *pipeHalf) close(s *pipeSide) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.closed = true
	if h.reader.closed {
		h.buf, h.at = nil, 0
	}
	h.changed.Broadcast()
	return nil
}

func (h *pipeHalf) setDeadline(s *pipeSide, t time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	s.late = false
	if t.IsZero() {
		return nil
	}
	var timer *time.Timer
	timer = time.AfterFunc(time.Until(t), func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if s.timer == timer {
			s.late = true
			h.changed.Broadcast()
		}
	})
	s.timer = timer
	return nil
}
