package main

import (
	"bytes"
	"fmt"
	"runtime"
	"time"
)

// script is what the clients of a worker do. It runs on the worker's thread.
type script interface {
	// round is called every millisecond of a paced worker.
	round(w *worker)
	// delivered is called for each payload that came, at w.now.
	delivered(c *conn, s stamp)
}

// worker is one thread that serves its connections.
type worker struct {
	load    *load
	poll    *poller
	conns   []*conn
	buf     []byte
	now     int64 // when the bytes that are being read came
	script  script
	paced   bool // works once a millisecond; otherwise whenever something comes
	tasks   chan func()
	stopped bool
	done    chan struct{}
	err     error // the first failure of a connection

	opened, admitted, joined int
	lastOpened, lastAdmitted int64
}

// pace is the time between two rounds of a paced worker.
const pace = time.Millisecond

func (w *worker) run() {
	runtime.LockOSThread()
	defer close(w.done)
	next := time.Now()
	for !w.stopped {
		for more := true; more; {
			select {
			case f := <-w.tasks:
				f()
			default:
				more = false
			}
		}
		if !w.paced {
			w.poll.wait(w, 2*time.Millisecond)
			continue
		}
		w.script.round(w)
		for w.poll.wait(w, 0) {
		}
		next = next.Add(pace)
		if d := time.Until(next); d > 0 {
			nap(d)
		} else {
			next = time.Now()
		}
	}
	for _, c := range w.conns {
		w.poll.close(c)
	}
	w.poll.end()
}

func (w *worker) dial(c *conn) {
	if err := w.poll.dial(c); err != nil {
		c.fail("dial: %v", err)
	}
}

// conn is one client.
type conn struct {
	load   *load
	worker *worker
	socket
	fd     int
	room   int
	index  uint32 // in its room
	silent bool   // says nothing

	sought, open, in, ready, dead bool
	pending                       []byte // a frame that is not whole yet
	out                           []byte // what the socket did not take

	frame   clientFrame // says something
	frameAt int
	seq     uint32   // of the next message said
	seen    []uint32 // of the next message heard, by sender
	stamps  [2 * stampSize]byte

	// Of the wires.
	names  []string
	place  string // where the server has told the client to go
	pathID uint32
	told   int // of how many other clients the server told
}

// fail ends a connection and voids the run.
func (c *conn) fail(format string, args ...any) {
	if c.dead {
		return
	}
	c.dead = true
	if w := c.worker; w.err == nil {
		w.err = fmt.Errorf("client %d of room %d: %w", c.index, c.room, fmt.Errorf(format, args...))
	}
	c.worker.poll.close(c)
}

// connected is called when the TCP connection stands.
func (c *conn) connected() {
	if w, ok := c.load.wire.(seeking); ok {
		c.write([]byte(w.seek(c)))
		return
	}
	c.upgrade()
}

// upgrade asks for the WebSocket.
func (c *conn) upgrade() {
	protocol := ""
	if p := c.load.wire.protocol(); p != "" {
		protocol = "Sec-WebSocket-Protocol: " + p + "\r\n"
	}
	c.write(fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
		c.load.wire.path(c), c.load.addr, protocol))
}

// acceptKey is the answer to the key above (RFC 6455, section 1.3).
var acceptKey = []byte("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")

var headEnd = []byte("\r\n\r\n")

// received takes bytes that came, together with those that were pending. b is the worker's to reuse afterwards.
func (c *conn) received(b []byte) {
	c.worker.now = c.load.now()
	if !c.open {
		i := bytes.Index(b, headEnd)
		if i < 0 {
			c.keep(b)
			return
		}
		if w, ok := c.load.wire.(seeking); ok && !c.sought {
			c.sought = c.answered(w, b, i+len(headEnd))
			return
		}
		if !bytes.HasPrefix(b, []byte("HTTP/1.1 101 ")) || !bytes.Contains(b[:i], acceptKey) {
			c.fail("the handshake was answered with %.80q", b[:i])
			return
		}
		b = b[i+len(headEnd):]
		c.open = true
		c.worker.opened++
		c.worker.lastOpened = c.worker.now
		c.load.wire.opened(c)
	}
	for len(b) > 0 && !c.dead {
		first, payload, size := serverFrame(b)
		if size == 0 {
			break
		}
		b = b[size:]
		c.message(first, payload)
	}
	c.keep(b)
}

// answered takes an answer over HTTP, whose body starts at an offset, and asks for the WebSocket then; it tells whether
// the answer was whole.
func (c *conn) answered(w seeking, b []byte, body int) bool {
	var size int
	head := bytes.ToLower(b[:body])
	_, length, _ := bytes.Cut(head, []byte("\r\ncontent-length:"))
	if _, err := fmt.Sscan(string(length), &size); err != nil || !bytes.HasPrefix(b, []byte("HTTP/1.1 200 ")) {
		c.fail("the request was answered with %.200q", b)
		return false
	}
	if len(b) < body+size {
		c.keep(b)
		return false
	}
	c.keep(nil)
	if w.found(c, b[body:body+size]); !c.dead {
		c.upgrade()
	}
	return true
}

func (c *conn) keep(b []byte) {
	if len(b) == 0 {
		c.pending = nil
		return
	}
	c.pending = append(c.pending[:0], b...)
}

func (c *conn) message(first byte, payload []byte) {
	switch first {
	case 0x80 | opText, 0x80 | opBinary:
		if said := c.load.wire.message(c, first&0xf, payload); said != nil {
			c.heard(said)
		}
	case 0x80 | opPing:
		c.send(opPong, payload)
	case 0x80 | opPong:
	case 0x80 | opClose:
		c.fail("the server closed: %q", payload)
	default:
		c.fail("a frame that starts with %#02x", first)
	}
}

// heard takes a payload that a client said.
func (c *conn) heard(said []byte) {
	if c.worker.script == nil {
		return
	}
	s, ok := c.load.wire.unstamp(said)
	if !ok {
		c.fail("a payload of %d bytes", len(said))
		return
	}
	c.worker.script.delivered(c, s)
}

// admitted notes that the server took the client in, joined that the client can call.
func (c *conn) admitted() {
	if !c.in {
		c.in = true
		c.worker.admitted++
		c.worker.lastAdmitted = c.worker.now
	}
}

func (c *conn) joined() {
	if !c.ready {
		c.ready = true
		c.worker.joined++
	}
}

// say says the next message, as if at the time at.
func (c *conn) say(at int64) {
	c.worker.poll.settle(c) // the frame is to be patched
	w := c.load.wire
	c.frame.patch(c.frameAt, w.stamp(c.stamps[:0], stamp{c.index, c.seq, at}))
	c.seq++
	c.write(c.frame.b)
}

// send sends a message that is not measured.
func (c *conn) send(opcode byte, payload []byte) { c.write(newFrame(opcode, payload).b) }

// write writes what the socket takes, and keeps the rest for when it takes more.
func (c *conn) write(b []byte) {
	c.worker.poll.settle(c)
	if c.dead {
		return
	}
	if len(c.out) > 0 {
		c.out = append(c.out, b...)
		return
	}
	c.worker.poll.push(c, b)
}

// wrote is called when the socket took n bytes of b.
func (c *conn) wrote(b []byte, n int, err error) {
	if c.dead {
		return
	}
	if err != nil {
		c.fail("write: %v", err)
		return
	}
	if n < len(b) {
		c.out = append(c.out, b[n:]...)
		c.worker.poll.wantWrite(c, true)
	}
}

// writable is called when the socket takes something again.
func (c *conn) writable() {
	n, err := c.worker.poll.write(c, c.out)
	if err != nil {
		c.fail("write: %v", err)
		return
	}
	if c.out = c.out[n:]; len(c.out) == 0 {
		c.out = nil
		c.worker.poll.wantWrite(c, false)
	}
}
