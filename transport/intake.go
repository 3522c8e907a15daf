package transport

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/peerage-go/peerage/internal/frame"
	"github.com/peerage-go/peerage/internal/pool"
)

// An intake is what a reader has of a connection: it takes what was read apart
// and hands it on. It belongs to the reader's goroutine.
//
// It is paused while the inbox is full, or the other side over its rate
// limits. Then the reader does not read, and what was read already is rest,
// until wakeReaderLocked calls the reader.
type intake struct {
	p      *WebSocketPeer
	frames frame.Parser
	rest   *pool.Buffer // read, but not taken yet
	paused bool

	waitsSince time.Duration // for the rate limit; 0 if not
	timer      *time.Timer   // of that; set under inbox.mu
}

// A reader reads connections: an ownReader one, the shared one many.
type reader interface {
	// call lets the reader go on with a connection that was paused, or look at
	// one that was closed. It may be called from any goroutine.
	call()
}

// newIntake is that of a connection of which early has come.
func newIntake(p *WebSocketPeer, early []byte) intake {
	c := intake{p: p, frames: frame.NewParser(p.inLimit, p.server)}
	c.keep(early)
	return c
}

const (
	// A connection is not read further than InboundBufferSize at once, because
	// what it cannot hand on waits here, nor, if it has rate limits, than what
	// may come in meteredTime. The others are for large and for small limits.
	mostRead    = 64 << 10
	leastRead   = 4 << 10
	meteredTime = 100 * time.Millisecond
	meteredRead = 16 << 10
)

// most is how much of the connection is read at once, in bytes.
func (c *intake) most() int {
	n := min(mostRead, max(int(c.p.inLimit), leastRead))
	if m := c.p.meter; m != nil {
		n = min(n, meteredRead)
		if m.bytes.rate > 0 {
			n = min(n, max(int(m.bytes.rate*meteredTime.Seconds()), restingRead))
		}
	}
	return n
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

// read takes what reading the connection has brought: b, or err. It returns
// how the connection has ended, if it has.
func (c *intake) read(b []byte, err error, n *news) *ending {
	c.p.readsDone.Add(1)
	if err != nil {
		return lostEnding(err)
	}
	c.p.bytesIn.Add(uint64(len(b)))
	if m := c.p.meter; m != nil {
		m.read(c.p, len(b))
	}
	return c.take(b, n)
}

// take hands on what is in b, which it changes. If it was paused meanwhile
// rest has the rest. Of several pings in b it answers the last.
func (c *intake) take(b []byte, n *news) (end *ending) {
	p := c.p
	var ping [frame.MaxControl]byte
	pinged := -1
	for len(b) > 0 {
		used, found := c.frames.Next(b)
		b = b[used:]
		switch found.Op {
		case frame.Text, frame.Binary:
			notify, full := p.deliver(message{found.Buf, found.Op == frame.Text})
			if notify {
				*n = append(*n, p.group)
			}
			found.Buf = nil
			if full {
				c.pauseForRoom()
			}
		case frame.Ping:
			if p.pinged() {
				pinged = copy(ping[:], found.Data)
			}
		case frame.Pong:
			p.onPong(found.Data)
		case frame.Close:
			end = closedEnding(found.Data)
		case frame.Broken:
			end = brokenEnding((*ProtocolError)(found.Fault))
		}
		if found.Buf != nil {
			found.Buf.Release()
		}
		if m := p.meter; m != nil && m.packets.over() && end == nil && !c.paused {
			end = c.pace()
		}
		switch {
		case end != nil:
			b = nil
		case c.paused:
			c.keep(b)
			b = nil
		}
	}
	if pinged >= 0 {
		p.sendControl(frame.Pong, ping[:pinged])
	}
	if halfway := c.frames.Halfway(); halfway != p.in.halfway.Load() {
		p.in.halfway.Store(halfway)
	}
	return end
}

func (c *intake) keep(b []byte) {
	if len(b) > 0 {
		c.rest = pool.Get(len(b))
		c.rest.B = append(c.rest.B, b...)
	}
}

// resume goes on after a pause.
func (c *intake) resume(n *news) (end *ending) {
	c.paused = false
	c.paced()
	if rest := c.rest; rest != nil {
		c.rest = nil
		end = c.take(rest.B, n)
		rest.Release()
	}
	return end
}

// pauseForRoom pauses, unless there is room again.
func (c *intake) pauseForRoom() {
	p, in := c.p, &c.p.in
	in.mu.Lock()
	defer in.mu.Unlock()
	// Who takes a packet counts first and looks at waiting then; here it is
	// the other way round, so that one of the two sees the other.
	in.waiting.Store(true)
	in.paused = in.phase == Open && p.full()
	if !in.paused {
		in.waiting.Store(false)
	}
	c.paused = in.paused
}

// pace pauses if the other side is over its rate limits, or ends what has been
// so for too long.
func (c *intake) pace() *ending {
	p := c.p
	if p.meter == nil || !p.meter.over() {
		return nil
	}
	t := now()
	d, err := p.rateWait(t)
	if err != nil {
		return brokenEnding(&ProtocolError{frame.CodePolicy, err})
	}
	if d == 0 {
		return nil
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
func (c *intake) paced() {
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

// release gives up what has come and not been handed on.
func (c *intake) release() {
	c.frames.Release()
	if c.rest != nil {
		c.rest.Release()
		c.rest = nil
	}
}

// panicked is how a connection ends that made its reader panic, which hostile
// bytes might. No other ends with it.
func (c *intake) panicked(v any) *ending {
	c.p.logError("panic while reading", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	return brokenEnding(&ProtocolError{frame.CodeProtocolError, fmt.Errorf("panic while reading: %v", v)})
}
