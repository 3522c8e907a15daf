package transport

import (
	"crypto/rand"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/peerage-go/peerage/internal/frame"
	"github.com/peerage-go/peerage/internal/pool"
	"github.com/peerage-go/peerage/internal/socket"
)

// writeChunk is how much the writing goroutine gives to the socket at a time:
// the pace at which CurrentOutboundBufferedAmount goes down.
const writeChunk = 16 << 10

// An outbox has what a peer sends, on its way to the socket: frames gather in
// batch until Flush, which writes them at once if the socket takes them. What
// it does not take becomes rest, and a goroutine writes that. Frames are never
// taken apart by anything but the end of a write.
type outbox struct {
	congested atomic.Bool // the goroutine is at work
	ended     atomic.Bool // nothing more may be queued: shut, broken, or about to be shut
	missed    atomic.Bool // somebody wants to know when it is done

	// mu guards what follows. It is never held during a write that can block.
	mu          sync.Mutex
	nc          net.Conn // nil until the peer is open
	try         socket.TryWriter
	batch       *pool.Buffer
	rest        *pool.Buffer
	restAt      int
	pong, ping  *pool.Buffer // a frame each, for when rest is through
	packets     int32        // messages in batch
	restPackets int32
	flush       bool // batch is to follow rest
	shut        bool // a close frame is in batch, or was; nothing follows it
	broken      bool // nothing can be written any more
	drained     chan struct{}
	rng         *mrand.ChaCha8 // masking keys (client)

	sent, bytes, writes, pings uint64
}

// appendFor appends a frame as this side has to send it.
func appendFor[T []byte | string](p *WebSocketPeer, b []byte, opcode byte, data T) []byte {
	if p.server {
		return frame.Append(b, opcode, data)
	}
	return frame.AppendMasked(b, opcode, data, uint32(p.out.randomLocked()))
}

// randomLocked is unpredictable to who wrote the payload, as a masking key
// has to be.
func (o *outbox) randomLocked() uint64 {
	if o.rng == nil {
		var seed [32]byte
		rand.Read(seed[:])
		o.rng = mrand.NewChaCha8(seed)
	}
	return o.rng.Uint64()
}

// An amount of messages, framed.
type amount struct{ bytes, packets int }

func (o *outbox) batchedLocked() amount {
	if o.batch == nil {
		return amount{}
	}
	return amount{len(o.batch.B), int(o.packets)}
}

func (o *outbox) pendingLocked() int {
	n := 0
	if o.batch != nil {
		n = len(o.batch.B)
	}
	if o.rest != nil {
		n += len(o.rest.B) - o.restAt
	}
	return n
}

// A parcel is what one write gives to the socket.
type parcel struct {
	b       []byte       // empty: there is nothing to write
	buf     *pool.Buffer // what b is all of; nil: b is a part of the group's log
	packets int32
}

// Flush hands what was sent to the socket. It never blocks: what the socket
// does not take is written in the background.
func (p *WebSocketPeer) Flush() {
	if !p.dirty {
		return
	}
	p.dirty = false
	p.out.mu.Lock()
	broke := p.writeLocked(p.packAllLocked())
	p.batched = p.out.batchedLocked()
	p.out.mu.Unlock()
	if broke != nil {
		p.writeFailed(broke)
	}
}

// packAllLocked is packLocked for all that was sent, what is in the group's
// log included.
func (p *WebSocketPeer) packAllLocked() parcel {
	o := &p.out
	if o.batch == nil && o.try != nil && !o.congested.Load() {
		if w := p.packCommonLocked(); w.b != nil {
			return w // it goes from where it lies
		}
	} else {
		p.copyCommonLocked()
	}
	return p.packLocked()
}

// packLocked makes a parcel of the batch, if nothing is being written.
func (p *WebSocketPeer) packLocked() parcel {
	o := &p.out
	switch {
	case o.batch == nil || o.nc == nil || o.broken:
		return parcel{}
	case o.congested.Load():
		o.flush = true
		return parcel{}
	}
	w := parcel{o.batch.B, o.batch, o.packets}
	o.batch, o.packets = nil, 0
	return w
}

// writeLocked writes a parcel, which nothing may be waiting before: now, or
// with a goroutine of its own.
func (p *WebSocketPeer) writeLocked(w parcel) (broke error) {
	if len(w.b) == 0 {
		return nil
	}
	o := &p.out
	if o.try == nil {
		p.restLocked(w, 0)
		return nil
	}
	n, err := o.try.TryWrite(w.b)
	return p.wroteLocked(w, n, err)
}

// wroteLocked takes note of what trying to write a parcel came to.
func (p *WebSocketPeer) wroteLocked(w parcel, n int, err error) (broke error) {
	o := &p.out
	o.bytes += uint64(n)
	o.writes++
	switch {
	case err != nil:
		o.breakLocked()
	case n < len(w.b):
		p.restLocked(w, n)
		return nil
	}
	if w.buf != nil {
		w.buf.Release()
	}
	return err
}

// restLocked has a goroutine write what is in a parcel from at on.
func (p *WebSocketPeer) restLocked(w parcel, at int) {
	o := &p.out
	left := w.b[at:]
	switch {
	case w.buf == nil:
		w.buf, at = pool.GetGrown(), 0
		w.buf.B = append(w.buf.B, left...)
	case cap(w.b)-len(left) > pool.Grown: // it may take long: hold no more than is needed
		tight := &pool.Buffer{B: append([]byte(nil), left...)}
		w.buf.Release()
		w.buf, at = tight, 0
	}
	o.rest, o.restAt, o.restPackets = w.buf, at, w.packets
	o.congested.Store(true)
	p.refs.Add(1)
	go p.write()
}

// write is the goroutine that writes what the socket did not take at once. It
// ends when nothing is left.
func (p *WebSocketPeer) write() {
	defer p.unref()
	o := &p.out
	for {
		o.mu.Lock()
		if !p.pickLocked() {
			break
		}
		b := o.rest.B[o.restAt:]
		b = b[:min(len(b), writeChunk)]
		o.mu.Unlock()

		o.nc.SetWriteDeadline(time.Now().Add(p.writeTimeout))
		n, err := o.nc.Write(b)

		o.mu.Lock()
		o.bytes += uint64(n)
		o.writes++
		o.restAt += n
		o.mu.Unlock()
		if err != nil {
			p.writeFailed(err)
		}
	}
	o.nc.SetWriteDeadline(time.Time{})
	o.congested.Store(false)
	if o.drained != nil {
		close(o.drained)
		o.drained = nil
	}
	o.mu.Unlock()
	if o.missed.Swap(false) {
		p.in.mu.Lock()
		p.newsLocked()
		p.in.mu.Unlock()
	}
}

// pickLocked makes rest what is to be written next, if there is anything.
func (p *WebSocketPeer) pickLocked() bool {
	o := &p.out
	if o.rest != nil && o.restAt == len(o.rest.B) {
		o.rest.Release()
		o.rest, o.restPackets = nil, 0
	}
	switch {
	case o.broken:
		if o.rest != nil {
			o.rest.Release()
			o.rest, o.restPackets = nil, 0
		}
		return false
	case o.rest != nil:
	case o.pong != nil:
		o.rest, o.restAt, o.pong = o.pong, 0, nil
	case o.ping != nil:
		o.rest, o.restAt, o.ping = o.ping, 0, nil
	case o.flush && o.batch != nil:
		o.rest, o.restAt, o.restPackets = o.batch, 0, o.packets
		o.batch, o.packets, o.flush = nil, 0, false
	}
	return o.rest != nil
}

// breakLocked gives up what waits to be written. What the writing goroutine
// has in hand is that goroutine's to give up, in pickLocked.
func (o *outbox) breakLocked() {
	o.broken = true
	o.ended.Store(true)
	for _, b := range []*pool.Buffer{o.batch, o.pong, o.ping} {
		if b != nil {
			b.Release()
		}
	}
	o.batch, o.pong, o.ping = nil, nil, nil
	o.packets, o.flush = 0, false
}

// sendControl sends a ping or a pong past what is queued, at once if the
// socket is free. If it is not, only the newest of each waits.
func (p *WebSocketPeer) sendControl(opcode byte, payload []byte) {
	o := &p.out
	o.mu.Lock()
	var broke error
	if !o.shut && !o.broken && o.nc != nil {
		b := pool.GetGrown()
		b.B = appendFor(p, b.B, opcode, payload)
		if o.congested.Load() {
			waiting := &o.pong
			if opcode == frame.Ping {
				waiting = &o.ping
			}
			if *waiting != nil {
				(*waiting).Release()
			}
			*waiting = b
		} else {
			broke = p.writeLocked(parcel{b.B, b, 0})
		}
	}
	if opcode == frame.Ping {
		o.pings++
	}
	o.mu.Unlock()
	if broke != nil {
		p.writeFailed(broke)
	}
}

// sendClose puts the last frame behind what was sent, and flushes. Only the
// first one counts. frame.CodeNoStatus makes a frame without a code.
func (p *WebSocketPeer) sendClose(code int, reason string) {
	o := &p.out
	o.mu.Lock()
	var broke error
	if !o.shut && !o.broken && o.nc != nil {
		p.copyCommonLocked()
		o.shut = true
		o.ended.Store(true)
		if o.batch == nil {
			o.batch = pool.GetGrown()
		}
		o.batch.B = appendFor(p, o.batch.B, frame.Close, frame.ClosePayload(code, reason))
		broke = p.writeLocked(p.packLocked())
	}
	o.mu.Unlock()
	if broke != nil {
		p.writeFailed(broke)
	}
}

// writeFailed takes note of a write that failed. If the other side is gone
// the reader finds out by itself, after what is still there to be read; it
// gets CloseTimeout for that.
func (p *WebSocketPeer) writeFailed(err error) {
	p.out.mu.Lock()
	p.out.breakLocked()
	p.out.mu.Unlock()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		p.drop(ErrWriteTimeout)
		return
	}
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	p.startTimerLocked(p.closeTimeout, fmt.Errorf("%w: %w", ErrConnectionLost, err))
}
