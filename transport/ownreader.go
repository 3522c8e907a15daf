package transport

import (
	"io"

	"github.com/peerage-go/peerage/internal/pool"
)

// An ownReader is a goroutine that reads one connection: over TLS, in memory,
// and where the system has nothing for a shared reader.
type ownReader struct {
	intake
	called chan struct{}
	buf    *pool.Buffer
	news   news
}

// restingRead is how many bytes are set aside for a connection on which nothing
// comes.
const restingRead = 512

func newOwnReader(p *WebSocketPeer, early []byte) *ownReader {
	return &ownReader{intake: newIntake(p, early), called: make(chan struct{}, 1)}
}

func (r *ownReader) call() {
	select {
	case r.called <- struct{}{}:
	default:
	}
}

// run is the goroutine.
func (r *ownReader) run() {
	defer r.p.unref()
	r.p.ended(r.readAll())
}

// readAll reads until the connection ends.
func (r *ownReader) readAll() (end *ending) {
	r.buf = pool.Get(restingRead)
	defer func() {
		if v := recover(); v != nil {
			end = r.panicked(v)
		}
		r.release()
		r.buf.Release()
		r.news.notify()
	}()
	for end = r.resume(&r.news); end == nil; {
		r.news.notify()
		if !r.paused {
			end = r.pace()
		}
		switch {
		case end != nil:
		case r.paused:
			<-r.called
			end = r.resume(&r.news)
		default:
			end = r.step()
		}
	}
	return end
}

// step reads once, into a buffer that is the larger the more comes and can be
// handed on.
func (r *ownReader) step() *ending {
	b := r.buf.B[:min(cap(r.buf.B), r.most())]
	n, err := r.p.nc.Read(b)
	switch {
	case n > 0: // and err the next time
		err = nil
	case err == nil:
		err = io.ErrNoProgress
	}
	end := r.read(b[:n], err, &r.news)
	switch {
	case n == len(b) && !r.paused:
		if n < r.most() {
			r.resize(2 * n)
		}
	case len(b) > restingRead:
		r.resize(restingRead)
	}
	return end
}

func (r *ownReader) resize(n int) {
	r.buf.Release()
	r.buf = pool.Get(n)
}
