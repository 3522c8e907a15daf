package transport

import (
	"fmt"
	"net"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"
)

// A sharedConn is what the shared reader has of a connection; it has nothing
// else of it, no goroutine and no buffer. Where not said otherwise it belongs
// to the reader's goroutine.
//
// The reader pauses a connection whose inbox is full, or which is over its
// rate limits: it does not look at it until call, and keeps what it has read
// of it in rest.
type sharedConn struct {
	p      *WebSocketPeer
	reader *sharedReader
	raw    syscall.RawConn
	frames frameParser
	rest   *message // read, but not parsed yet
	slot   sharedSlot
	armed  bool // in the system's set
	paused bool // until resume
	gone   bool

	called bool // of reader.mu

	halfway atomic.Bool // a large message is on its way; for other goroutines

	waitsSince time.Duration // for the rate limit; 0 if not
	timer      *time.Timer   // of that; set under inbox.mu
}

// A sharedSlot is the number of a connection, and of how many had that number
// before, so that what the system says late of one of them is known as such.
type sharedSlot struct{ at, turn int32 }

// sharing turns the shared reader off, for tests.
var sharing atomic.Bool

func init() { sharing.Store(true) }

// mayShare reports whether the shared reader is to read the peer: it is a
// server's, on a TCP connection and nothing above it.
func (p *WebSocketPeer) mayShare() bool {
	_, ok := p.nc.(*net.TCPConn)
	return ok && p.server && sharing.Load() && canShare()
}

// callReader lets the shared reader look at the peer, if it reads it.
func (p *WebSocketPeer) callReader() {
	p.in.mu.Lock()
	c := p.in.shared
	p.in.mu.Unlock()
	if c != nil {
		c.call()
	}
}

// news are the groups to be notified when the reader has read for a while.
type news []*Group

func (n *news) notify() {
	for i, g := range *n {
		g.notify()
		(*n)[i] = nil
	}
	*n = (*n)[:0]
}

// take hands on what is in b, which it changes, and reports whether the
// connection has ended, and how. If it was paused meanwhile rest has the rest.
// Of several pings in b it answers the last.
func (c *sharedConn) take(b []byte, n *news) (over bool, e ending, reply int) {
	p := c.p
	var ping [maxControl]byte
	pinged := -1
	for len(b) > 0 {
		used, found := c.frames.next(b)
		b = b[used:]
		switch found.op {
		case opText:
			notify, full := p.deliver(found.msg)
			if notify {
				*n = append(*n, p.group)
			}
			found.msg = nil
			if full {
				c.pauseForRoom()
			}
		case opPing:
			if p.pinged() {
				pinged = copy(ping[:], found.data)
			}
		case opPong:
			p.onPong(found.data)
		case opClose:
			over = true
			e, reply = closeFrameEnding(found.data)
		case opBroken:
			over = true
			e, reply = brokenEnding(found.bad)
		}
		if found.msg != nil {
			found.msg.release()
		}
		if m := p.meter; m != nil && m.packets.over() && !over && !c.paused {
			if err := c.pace(); err != nil {
				over = true
				e, reply = brokenEnding(&ProtocolError{codePolicy, err})
			}
		}
		switch {
		case over:
			b = nil
		case c.paused:
			c.keep(b)
			b = nil
		}
	}
	if pinged >= 0 {
		p.sendControl(opPong, ping[:pinged])
	}
	if halfway := c.frames.inside && c.frames.large; halfway != c.halfway.Load() {
		c.halfway.Store(halfway)
	}
	return over, e, reply
}

func (c *sharedConn) keep(b []byte) {
	if len(b) > 0 {
		c.rest = newMessage(len(b))
		c.rest.data = append(c.rest.data, b...)
	}
}

// takeRest is take for what was read before.
func (c *sharedConn) takeRest(n *news) (over bool, e ending, reply int) {
	if rest := c.rest; rest != nil {
		c.rest = nil
		over, e, reply = c.take(rest.data, n)
		rest.release()
	}
	return over, e, reply
}

// pauseForRoom pauses the connection, unless there is room again.
func (c *sharedConn) pauseForRoom() {
	p, in := c.p, &c.p.in
	in.mu.Lock()
	defer in.mu.Unlock()
	in.waiting.Store(true) // before looking; see onMessage
	in.paused = in.phase == Open && p.full()
	if !in.paused {
		in.waiting.Store(false)
	}
	c.paused = in.paused
}

// pace pauses the connection if it is over its rate limits. The error is
// ErrFlood if it has to end.
func (c *sharedConn) pace() error {
	p := c.p
	if p.meter == nil || !p.meter.over() {
		return nil
	}
	t := now()
	d, err := p.rateWait(t, func() { p.in.paused = true })
	if d == 0 {
		return err
	}
	c.paused, c.waitsSince = true, t
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		p.in.mu.Lock()
		defer p.in.mu.Unlock()
		if c.timer == timer {
			p.wakeReaderLocked()
		}
	})
	c.timer = timer
	return nil
}

// paced ends what pace began.
func (c *sharedConn) paced() {
	if c.waitsSince == 0 {
		return
	}
	c.p.rateWaited(c.waitsSince)
	c.waitsSince = 0
	c.p.in.mu.Lock()
	c.timer.Stop()
	c.timer = nil
	c.p.in.mu.Unlock()
}

// end lets the connection end, and wait for the other side on a goroutine of
// its own if it has to.
func (c *sharedConn) end(e ending, reply int) {
	c.frames.release()
	if c.rest != nil {
		c.rest.release()
		c.rest = nil
	}
	p := c.p
	ended := func() {
		defer p.unref()
		p.ended(e, reply)
	}
	if reply == 0 {
		ended()
	} else {
		go ended()
	}
}

// panicked is how a connection ends that made the reader panic.
func (c *sharedConn) panicked(v any) (ending, int) {
	stack := string(debug.Stack())
	go c.p.logError("panic while reading", "panic", fmt.Sprint(v), "stack", stack)
	return brokenEnding(&ProtocolError{codeProtocolError, fmt.Errorf("panic while reading: %v", v)})
}
