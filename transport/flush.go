package transport

import (
	"runtime"
	"sync"
	"syscall"

	"github.com/peerage-go/peerage/internal/socket"
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
	ring  *socket.Ring
	sends []flushed // by the ring's tries
}

// flushed is a peer, and what of it is to be written.
type flushed struct {
	p      *WebSocketPeer
	parcel parcel
	broke  error
}

// add flushes a peer, or leaves it to write.
func (f *flusher) add(p *WebSocketPeer) {
	if !p.dirty {
		return
	}
	p.dirty = false
	o := &p.out
	o.mu.Lock()
	w := p.packAllLocked()
	if to, ok := o.try.(socket.Writer); ok && len(w.b) > 0 {
		f.sends = append(f.sends, flushed{p: p, parcel: w})
		f.ring.Write(to.Socket(), w.b)
		if f.ring.Full() {
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
	f.ring.Run()
	for i := range f.sends {
		s, t := &f.sends[i], &f.ring.Ops[i]
		if t.Err == syscall.EAGAIN || t.Err == syscall.EINTR {
			t.Err = nil
		}
		s.broke = s.p.wroteLocked(s.parcel, t.N, t.Err)
		s.p.batched = s.p.out.batchedLocked()
		s.p.out.mu.Unlock()
	}
	for _, s := range f.sends { // when no mu is held any more
		if s.broke != nil {
			s.p.writeFailed(s.broke)
		}
	}
	f.ring.Clear()
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
	if !socket.CanRing() {
		return nil
	}
	flushers.mu.Lock()
	defer flushers.mu.Unlock()
	if last := len(flushers.free) - 1; last >= 0 {
		f := flushers.free[last]
		flushers.free = flushers.free[:last]
		return f
	}
	if r := socket.NewRing(); r != nil {
		return &flusher{ring: r, sends: make([]flushed, 0, socket.RingSize)}
	}
	return nil
}

// giveBack is for who took the flusher.
func (f *flusher) giveBack() {
	flushers.mu.Lock()
	defer flushers.mu.Unlock()
	if len(flushers.free) >= runtime.GOMAXPROCS(0) {
		f.ring.Close()
		return
	}
	flushers.free = append(flushers.free, f)
}
