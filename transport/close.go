package transport

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/peerage-go/peerage/internal/frame"
	"github.com/peerage-go/peerage/internal/pool"
)

// Close ends the connection. What was sent before still goes out, then the
// code and the reason; the peer is Closing until the other side has answered
// or CloseTimeout is over, and Closed then. What comes in meanwhile is
// discarded. Closing goes on without polling, but shows only in Poll.
//
// Codes are 1000 for a normal end, 1001 for going away, 3000-4999 as the
// application likes, and the others of RFC 6455, section 7.4; an error says
// that a code cannot be used. A reason longer than 123 bytes is cut. With a
// negative code the connection is dropped at once and the other side is not
// told; so is one that is still connecting, with any code.
//
// Close may be called from any goroutine, and more than once: the first code
// counts, and a negative one cuts an orderly close short.
func (p *WebSocketPeer) Close(code int, reason string) error {
	if code < 0 {
		p.drop(ErrClosed)
		return nil
	}
	if !frame.ValidCode(code) {
		return fmt.Errorf("%w (not %d)", ErrCloseCode, code)
	}
	in := &p.in
	in.mu.Lock()
	if in.phase != Open {
		connecting := in.phase == Connecting
		in.mu.Unlock()
		if connecting {
			p.drop(ErrClosed)
		}
		return nil
	}
	in.phase = Closing
	p.wakeReaderLocked()
	p.startTimerLocked(p.closeTimeout, ErrCloseTimeout)
	p.newsLocked()
	in.mu.Unlock()
	p.sendFarewell(code, strings.ToValidUTF8(reason, "\uFFFD"))
	return nil
}

// startTimerLocked drops the connection after d, for the reason err, unless
// something else ends it first. A later call changes nothing.
func (p *WebSocketPeer) startTimerLocked(d time.Duration, err error) {
	if p.in.timer == nil && !p.in.gone {
		p.in.timer = time.AfterFunc(d, func() { p.drop(err) })
	}
}

func (p *WebSocketPeer) stopTimerLocked() {
	if p.in.timer != nil {
		p.in.timer.Stop()
		p.in.timer = nil
	}
}

// endLocked makes the peer Closed, as the next Poll will show. The first
// ending counts.
func (p *WebSocketPeer) endLocked(e ending) {
	in := &p.in
	if in.phase == Closed {
		return
	}
	in.phase, in.end = Closed, e
	in.beat.stop()
	in.beat = nil
	if in.farewell != nil {
		in.farewell.timer.Stop()
		in.farewell = nil
	}
	p.wakeReaderLocked()
	p.newsLocked()
}

// drop ends the connection without a word. The goroutines of the peer notice
// that the socket is closed, and end.
func (p *WebSocketPeer) drop(err error) {
	in := &p.in
	in.mu.Lock()
	p.endLocked(ending{code: -1, err: err})
	nc, cancel := p.nc, in.cancel
	in.mu.Unlock()
	p.out.mu.Lock()
	p.out.shut = true
	p.out.breakLocked()
	p.out.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	if nc != nil {
		closeHard(nc)
	}
	p.callReader()
}

// closeHard closes a connection without anything that could wait, as the
// farewell of TLS can.
func closeHard(nc net.Conn) {
	if v, ok := nc.(interface{ NetConn() net.Conn }); ok {
		v.NetConn().Close()
		return
	}
	nc.Close()
}

// ended is called once, when no more can be read: with how the connection
// ended.
func (p *WebSocketPeer) ended(e *ending) {
	in := &p.in
	p.sayFarewell() // the first code counts
	if e.reply != 0 {
		reason := ""
		var violation *ProtocolError
		if errors.As(e.err, &violation) {
			reason = violation.Err.Error()
			p.logDebug("protocol violation", "addr", p.remoteAddr(), "err", e.err)
		}
		p.sendClose(e.reply, reason)
	}
	in.mu.Lock()
	p.endLocked(*e)
	if e.reply != 0 {
		p.startTimerLocked(p.closeTimeout, ErrCloseTimeout)
	}
	in.mu.Unlock()
	if e.reply != 0 {
		p.linger(e.code != -1)
	}
	p.finish()
}

// linger waits until everything is written and the other side has closed too.
// Closing a socket with unread data in it would make the system throw away
// what is still on its way out, the close frame first of all. heard says that
// the other side has sent its last frame. The timer of startTimerLocked ends
// it.
func (p *WebSocketPeer) linger(heard bool) {
	o := &p.out
	o.mu.Lock()
	if o.congested.Load() {
		if o.drained == nil {
			o.drained = make(chan struct{})
		}
		drained := o.drained
		o.mu.Unlock()
		<-drained
	} else {
		o.mu.Unlock()
	}
	if v, ok := p.nc.(interface{ CloseWrite() error }); ok {
		if v.CloseWrite() != nil {
			return
		}
	} else if heard && p.server {
		return // a client waits for the server to be the first to close
	}
	b := pool.Get(leastRead)
	defer b.Release()
	for {
		if _, err := p.nc.Read(b.B[:cap(b.B)]); err != nil {
			return
		}
	}
}

// finish gives back what the peer has of the system.
func (p *WebSocketPeer) finish() {
	if p.nc != nil {
		p.nc.Close()
	}
	p.out.mu.Lock()
	p.out.shut = true
	p.out.breakLocked()
	p.out.mu.Unlock()
	p.in.mu.Lock()
	p.in.gone = true
	p.stopTimerLocked()
	if p.in.cancel != nil {
		p.in.cancel()
		p.in.cancel = nil
	}
	p.in.mu.Unlock()
}

// closedEnding is how a connection ends on which a close frame with this
// payload has come.
func closedEnding(payload []byte) *ending {
	code, reason, fault := frame.ParseClose(payload)
	if fault != nil {
		return brokenEnding((*ProtocolError)(fault))
	}
	return &ending{code: code, reason: reason, reply: code}
}

// brokenEnding is how a connection ends whose other side broke the protocol.
func brokenEnding(e *ProtocolError) *ending { return &ending{code: -1, err: e, reply: e.Code} }

// lostEnding is how a connection ends that cannot be read any more.
func lostEnding(readErr error) *ending {
	if readErr == io.EOF {
		readErr = io.ErrUnexpectedEOF
	}
	return &ending{code: -1, err: fmt.Errorf("%w: %w", ErrConnectionLost, readErr)}
}
