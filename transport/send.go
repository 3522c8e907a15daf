package transport

import (
	"errors"
	"fmt"
	"net"
	"unicode/utf8"

	"github.com/peerage-go/peerage/internal/frame"
	"github.com/peerage-go/peerage/internal/pool"
)

// Send queues a message. It is written at the next Flush or Poll. The error
// is [ErrNotOpen], [ErrClosed] or a [CloseError], [ErrBufferFull],
// [ErrMessageTooLarge] or [ErrInvalidUTF8]; none of these harms the
// connection. data can be used again when Send returns.
func (p *WebSocketPeer) Send(data []byte, m WriteMode) error {
	if m == WriteText {
		if !utf8.Valid(data) {
			return ErrInvalidUTF8
		}
		return send(p, frame.Text, data)
	}
	return send(p, frame.Binary, data)
}

// SendText queues a text message; see Send.
func (p *WebSocketPeer) SendText(s string) error {
	if !utf8.ValidString(s) {
		return ErrInvalidUTF8
	}
	return send(p, frame.Text, s)
}

// PutPacket queues a binary message; see Send.
func (p *WebSocketPeer) PutPacket(data []byte) error { return send(p, frame.Binary, data) }

// SendPrepared queues the message in f, or all that are in it; see Send. They
// are copied: once for all the peers of a [Group] that are sent f one after the
// other.
func (p *WebSocketPeer) SendPrepared(f *Prepared) error {
	if f.bad {
		return ErrInvalidUTF8
	}
	if f.buf == nil {
		return send[[]byte](p, frame.Binary, nil)
	}
	if p.state != Open {
		return p.notOpen()
	}
	if p.server && p.sendCommon(f) {
		return nil
	}
	p.out.mu.Lock()
	err, broke := p.admitLocked(f.Len(), f.Count())
	if err == nil {
		p.out.batch.B = f.appendFor(p, p.out.batch.B)
		p.batched = p.out.batchedLocked()
	}
	p.out.mu.Unlock()
	if broke != nil {
		p.writeFailed(broke)
	}
	return err
}

func send[T []byte | string](p *WebSocketPeer, opcode byte, data T) error {
	if p.state != Open {
		return p.notOpen()
	}
	p.out.mu.Lock()
	err, broke := p.admitLocked(len(data), 1)
	if err == nil {
		p.out.batch.B = appendFor(p, p.out.batch.B, opcode, data)
		p.batched = p.out.batchedLocked()
	}
	p.out.mu.Unlock()
	if broke != nil {
		p.writeFailed(broke)
	}
	return err
}

// notOpen is the error of sending to a peer that is not open.
func (p *WebSocketPeer) notOpen() error {
	if p.state == Connecting {
		return ErrNotOpen
	}
	if p.closeCode != -1 {
		return &CloseError{p.closeCode, p.closeReason}
	}
	return ErrClosed
}

// admitLocked makes a batch ready for so many more messages, of n bytes
// together, or says why they may not be queued. broke is what broke the
// connection meanwhile.
func (p *WebSocketPeer) admitLocked(n, packets int) (err, broke error) {
	o := &p.out
	p.copyCommonLocked()
	if o.ended.Load() {
		return ErrClosed, nil
	}
	if n > int(p.outLimit) {
		return ErrMessageTooLarge, nil
	}
	if !p.fitsLocked(n, packets) {
		if broke = p.writeLocked(p.packLocked()); broke != nil {
			return ErrClosed, broke
		}
		if !p.fitsLocked(n, packets) {
			o.missed.Store(true)
			return ErrBufferFull, nil
		}
	}
	if o.batch == nil {
		o.batch = pool.GetGrown()
	}
	o.packets += int32(packets)
	o.sent += uint64(packets)
	p.list()
	return nil, nil
}

// list notes that there is something to flush.
func (p *WebSocketPeer) list() {
	if p.dirty {
		return
	}
	p.dirty = true
	if p.group != nil && !p.listed {
		p.listed = true
		p.group.dirty = append(p.group.dirty, p)
	}
}

func (p *WebSocketPeer) fitsLocked(n, packets int) bool {
	pending := p.out.pendingLocked()
	return pending == 0 || pending+n <= int(p.outLimit) && p.out.packets+p.out.restPackets+int32(packets) <= p.maxPackets
}

// CurrentOutboundBufferedAmount returns how many bytes were sent but not yet
// taken by the socket.
func (p *WebSocketPeer) CurrentOutboundBufferedAmount() int {
	p.out.mu.Lock()
	defer p.out.mu.Unlock()
	return p.out.pendingLocked() + p.commonAmount().bytes
}

// Congested reports whether the socket did not take everything that was
// flushed. What is sent meanwhile waits in the buffer. The peer's Group
// reports the peer when this is over. Over TLS, and on systems where a write
// cannot be tried without waiting, it is true for a moment after each Flush.
func (p *WebSocketPeer) Congested() bool {
	if !p.out.congested.Load() {
		return false
	}
	p.out.missed.Store(true)
	return p.out.congested.Load()
}

// SetNoDelay turns the delaying of small packets (Nagle's algorithm) off, the
// default, or on. Where there is no such thing, as on a [Pipe], the error is
// [errors.ErrUnsupported].
func (p *WebSocketPeer) SetNoDelay(enabled bool) error {
	if p.state == Connecting {
		return ErrNotOpen
	}
	if p.nc == nil {
		return ErrClosed
	}
	return setNoDelay(p.nc, enabled)
}

func setNoDelay(nc net.Conn, enabled bool) error {
	for {
		switch v := nc.(type) {
		case interface{ SetNoDelay(bool) error }:
			return v.SetNoDelay(enabled)
		case interface{ NetConn() net.Conn }:
			nc = v.NetConn()
		default:
			return fmt.Errorf("transport: SetNoDelay: %w on %T", errors.ErrUnsupported, nc)
		}
	}
}
