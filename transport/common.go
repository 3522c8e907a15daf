package transport

import (
	"sync"
	"sync/atomic"

	"github.com/peerage-go/peerage/internal/frame"
	"github.com/peerage-go/peerage/internal/pool"
)

// A commonLog has the messages that peers of a group were sent by SendPrepared
// since the last Flush of the group: each once, however many peers it is for.
// What one peer gets of it is a commonRange, and is written from where it lies.
// A peer that is sent something else in between, or not sent something, has
// its range copied to a batch of its own.
//
// It belongs to the goroutine that uses the group. Those who close a peer read
// buf and ends, with mu.
type commonLog struct {
	frame  *Prepared // what was appended last
	framed uint32    // what it had been set to

	mu   sync.Mutex
	buf  *pool.Buffer // nil: empty
	ends []int        // where message i ends and i+1 starts; [0] is 0
}

// A commonRange is messages of its group's log that a peer gets after its
// batch: from the first, in the upper half, to before the last, in the lower.
// The goroutine that uses the peer writes it; who closes the peer takes it.
type commonRange struct{ atomic.Uint64 }

func packRange(first, last int) uint64       { return uint64(first)<<32 | uint64(last) }
func unpackRange(r uint64) (first, last int) { return int(r >> 32), int(uint32(r)) }

// maxCommon is the size in bytes at which a log is flushed early.
const maxCommon = pool.Largest / 2

// prepare makes what is in f the last of the log.
func (g *Group) prepare(f *Prepared) {
	l := &g.common
	if l.frame == f && l.framed == f.sets {
		return
	}
	if l.buf != nil && len(l.buf.B) >= maxCommon {
		g.Flush()
	}
	l.mu.Lock()
	if l.buf == nil {
		l.buf = pool.GetGrown()
		l.ends = append(l.ends[:0], 0)
	}
	l.frame, l.framed = f, f.sets
	l.buf.B = append(l.buf.B, f.buf...)
	for rest := f.buf; len(rest) > 0; {
		_, _, rest = frame.Cut(rest)
		l.ends = append(l.ends, len(l.buf.B)-len(rest))
	}
	l.mu.Unlock()
}

// reset empties the log, of which no peer has a range any more.
func (l *commonLog) reset() {
	if l.buf == nil {
		return
	}
	l.mu.Lock()
	l.buf.Release()
	l.buf, l.frame = nil, nil
	l.mu.Unlock()
}

// sendCommon queues f by way of the group's log. It tells whether that was
// possible.
func (p *WebSocketPeer) sendCommon(f *Prepared) bool {
	o := &p.out
	if p.group == nil || o.congested.Load() || o.ended.Load() {
		return false
	}
	p.group.prepare(f)
	ends := p.group.common.ends
	r := p.common.Load()
	first, last := unpackRange(r)
	if p.batched.bytes+ends[last]-ends[first]+f.Len() > int(p.outLimit) ||
		p.batched.packets+last-first+f.Count() > int(p.maxPackets) {
		return false
	}
	from, to := len(ends)-1-f.Count(), len(ends)-1 // of f
	if last != from {
		if r != 0 {
			o.mu.Lock()
			p.copyCommonLocked()
			p.batched = o.batchedLocked()
			o.mu.Unlock()
		}
		r, first = 0, from
	}
	p.common.CompareAndSwap(r, packRange(first, to)) // fails if somebody closes p at this moment
	p.list()
	return true
}

// commonAmount is what the peer is still to get of the log. Any goroutine may
// ask.
func (p *WebSocketPeer) commonAmount() amount {
	if p.common.Load() == 0 {
		return amount{}
	}
	l := &p.group.common
	l.mu.Lock()
	defer l.mu.Unlock()
	first, last := unpackRange(p.common.Load())
	if l.buf == nil || last >= len(l.ends) {
		return amount{} // flushed meanwhile
	}
	return amount{l.ends[last] - l.ends[first], last - first}
}

// copyCommonLocked copies the peer's range of the log to its batch.
func (p *WebSocketPeer) copyCommonLocked() {
	r := p.common.Swap(0)
	if r == 0 {
		return
	}
	o, l := &p.out, &p.group.common
	if o.shut || o.broken {
		return
	}
	if o.batch == nil {
		o.batch = pool.GetGrown()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	first, last := unpackRange(r)
	o.batch.B = append(o.batch.B, l.buf.B[l.ends[first]:l.ends[last]]...)
	o.packets += int32(last - first)
	o.sent += uint64(last - first)
}

// packCommonLocked makes a parcel of the peer's range as it lies in the log.
func (p *WebSocketPeer) packCommonLocked() parcel {
	r := p.common.Swap(0)
	if r == 0 || p.out.shut || p.out.broken {
		return parcel{}
	}
	l := &p.group.common
	first, last := unpackRange(r)
	p.out.sent += uint64(last - first)
	return parcel{b: l.buf.B[l.ends[first]:l.ends[last]], packets: int32(last - first)}
}
