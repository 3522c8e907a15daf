package transport

import (
	"iter"

	"github.com/peerage-go/peerage/internal/pool"
)

// keptQueue is the longest queue, in packets, that an idle peer keeps the
// memory of.
const keptQueue = 128

// A Packet is one received message. Data belongs to who took the packet:
// until Release, or for good if Release is never called.
type Packet struct {
	Data []byte
	Text bool // it was sent as text

	buf *pool.Buffer
}

// Release gives the memory of Data back for reuse; Data is nil afterwards.
// It is optional: without it the garbage collector does the work. Call it on
// one copy of the Packet, once, when nothing holds on to Data any more.
func (p *Packet) Release() {
	if p.buf != nil {
		p.buf.Release()
		p.buf, p.Data = nil, nil
	}
}

// A message is one that has come, on its way to the user.
type message struct {
	buf  *pool.Buffer
	text bool
}

// unreadOf packs one message into what inbox.unread counts: the number of
// messages above bit 40, their bytes below.
func unreadOf(m message) uint64 { return 1<<unreadShift | uint64(len(m.buf.B)) }

const unreadShift = 40

// enqueueLocked moves what came to the user's queue.
func (p *WebSocketPeer) enqueueLocked() {
	in := &p.in
	if p.queueAt == len(p.queue) {
		spare := p.queue[:0]
		if cap(spare) > keptQueue {
			spare = nil
		}
		p.queue, p.queueAt, in.msgs = in.msgs, 0, spare
		return
	}
	if p.queueAt > len(p.queue)/2 {
		n := copy(p.queue, p.queue[p.queueAt:])
		clear(p.queue[n:])
		p.queue, p.queueAt = p.queue[:n], 0
	}
	p.queue = append(p.queue, in.msgs...)
	clear(in.msgs)
	in.msgs = in.msgs[:0]
}

// AvailablePacketCount returns how many packets GetPacket has to give.
func (p *WebSocketPeer) AvailablePacketCount() int { return len(p.queue) - p.queueAt }

// next takes the first packet, which must be there.
func (p *WebSocketPeer) next() Packet {
	m := p.queue[p.queueAt]
	p.queue[p.queueAt] = message{}
	p.queueAt++
	if p.queueAt == len(p.queue) && cap(p.queue) > keptQueue {
		p.queue, p.queueAt = nil, 0
	}
	p.in.unread.Add(-unreadOf(m))
	if p.in.waiting.Load() {
		p.makeRoom()
	}
	p.wasText = m.text
	b := m.buf.B
	return Packet{Data: b[:len(b):len(b)], Text: m.text, buf: m.buf}
}

// GetPacket takes the next packet. The bytes belong to the caller. It works
// in state Closed too: what came before the close can be read.
func (p *WebSocketPeer) GetPacket() ([]byte, error) {
	if p.AvailablePacketCount() == 0 {
		return nil, ErrNoPacket
	}
	packet := p.next()
	return packet.Data, nil
}

// WasStringPacket reports whether the packet taken last was sent as text.
func (p *WebSocketPeer) WasStringPacket() bool { return p.wasText }

// Packets returns an iterator that takes the packets that are there.
func (p *WebSocketPeer) Packets() iter.Seq[Packet] {
	return func(yield func(Packet) bool) {
		for p.AvailablePacketCount() > 0 {
			if !yield(p.next()) {
				return
			}
		}
	}
}
