package transport

import (
	"runtime"
	"sync"
	"syscall"
)

// flushAll flushes peers, those on sockets many in one call of the system
// where there is a way to do so.
func flushAll(peers []*WebSocketPeer) {
	if len(peers) > 1 {
		if f := takeFlusher(); f != nil {
			for _, p := range peers {
				f.add(p)
			}
			f.write()
			f.giveBack()
			return
		}
	}
	for _, p := range peers {
		p.Flush()
	}
}

// A flusher flushes peers by a ring. Between add and write it holds their
// outbox.mu, of several at once, which nobody else does.
type flusher struct {
	ring  *ring
	sends []flushed // by the ring's tries
}

// flushed is a peer, and what of it is to be written.
type flushed struct {
	p      *WebSocketPeer
	parcel parcel
	broke  error
}

// A socketWriter is a tryWriter that writes to a socket of the system.
type socketWriter interface{ socket() syscall.RawConn }

// add flushes a peer, or leaves it to write.
func (f *flusher) add(p *WebSocketPeer) {
	if !p.dirty {
		return
	}
	p.dirty = false
	o := &p.out
	o.mu.Lock()
	w := p.packAllLocked()
	if to, ok := o.try.(socketWriter); ok && len(w.b) > 0 {
		f.sends = append(f.sends, flushed{p: p, parcel: w})
		f.ring.add(to.socket(), w.b, true)
		if f.ring.full() {
			f.write()
		}
		return
	}
	broke := p.writeLocked(w)
	p.batched = o.batchedLocked()
	o.mu.Unlock()
	if broke != nil {
		p.writeFailed(broke)
	}
}

// write writes what was added.
func (f *flusher) write() {
	f.ring.run()
	for i := range f.sends {
		s, t := &f.sends[i], &f.ring.tries[i]
		if t.err == syscall.EAGAIN || t.err == syscall.EINTR {
			t.err = nil
		}
		s.broke = s.p.wroteLocked(s.parcel, t.n, t.err)
		s.p.batched = s.p.out.batchedLocked()
		s.p.out.mu.Unlock()
	}
	for _, s := range f.sends { // when no mu is held any more
		if s.broke != nil {
			s.p.writeFailed(s.broke)
		}
	}
	f.ring.clear()
	clear(f.sends)
	f.sends = f.sends[:0]
}

// flushers are those that nobody uses at the moment: as many as there were in
// use at once, but no more than can be of use.
var flushers struct {
	mu   sync.Mutex
	free []*flusher
}

// takeFlusher returns nil where there is no ring.
func takeFlusher() *flusher {
	if cannotRing.Load() {
		return nil
	}
	flushers.mu.Lock()
	defer flushers.mu.Unlock()
	if last := len(flushers.free) - 1; last >= 0 {
		f := flushers.free[last]
		flushers.free = flushers.free[:last]
		return f
	}
	if r := newRing(); r != nil {
		return &flusher{ring: r, sends: make([]flushed, 0, ringSize)}
	}
	return nil
}

// giveBack is for who took the flusher.
func (f *flusher) giveBack() {
	flushers.mu.Lock()
	defer flushers.mu.Unlock()
	if len(flushers.free) >= runtime.GOMAXPROCS(0) {
		f.ring.close()
		return
	}
	flushers.free = append(flushers.free, f)
}
