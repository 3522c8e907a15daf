package main

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// load is the clients of one run: connections spread over a few workers, each of which is one thread.
type load struct {
	base    time.Time
	addr    string
	wire    wire
	calls   bool // clients get ready to call
	rooms   int
	workers []*worker
	conns   []*conn
}

// plainLoad keeps the load from using a ring.
var plainLoad bool

// newLoad starts the workers; there are no connections yet.
func newLoad(addr string, w wire, calls bool, rooms int) (*load, error) {
	l := &load{base: time.Now(), addr: addr, wire: w, calls: calls, rooms: rooms}
	for range max(1, runtime.GOMAXPROCS(0)) {
		p, err := newPoller()
		if err != nil {
			l.close()
			return nil, err
		}
		k := &worker{load: l, poll: p, buf: make([]byte, 256<<10), tasks: make(chan func(), 16), done: make(chan struct{})}
		l.workers = append(l.workers, k)
		go k.run()
	}
	return l, nil
}

func (l *load) close() {
	for _, w := range l.workers {
		w.tasks <- func() { w.stopped = true }
	}
	for _, w := range l.workers {
		<-w.done
	}
}

// now is the time since the load began, in nanoseconds: the one clock of all stamps.
func (l *load) now() int64 { return int64(time.Since(l.base)) }

// each runs f on every worker, one after the other, and waits.
func (l *load) each(f func(w *worker)) {
	for _, w := range l.workers {
		ran := make(chan struct{})
		w.tasks <- func() { f(w); close(ran) }
		<-ran
	}
}

// connect dials n connections at once, spread over the rooms. adjust may change each before it dials.
func (l *load) connect(n int, adjust func(c *conn)) {
	first := len(l.conns)
	for i := first; i < first+n; i++ {
		c := &conn{load: l, worker: l.workers[i%len(l.workers)], room: i % l.rooms, index: uint32(i / l.rooms), fd: -1}
		if adjust != nil {
			adjust(c)
		}
		l.conns = append(l.conns, c)
	}
	fresh := l.conns[first:]
	for _, w := range l.workers {
		w.tasks <- func() {
			for _, c := range fresh {
				if c.worker == w {
					w.conns = append(w.conns, c)
					w.dial(c)
				}
			}
		}
	}
}

// progress is how far the connections have come.
type progress struct {
	opened, admitted, joined int
	lastOpened, lastAdmitted int64
	told                     uint64
	err                      error
}

func (l *load) progress() (p progress) {
	l.each(func(w *worker) {
		p.opened += w.opened
		p.admitted += w.admitted
		p.joined += w.joined
		p.lastOpened = max(p.lastOpened, w.lastOpened)
		p.lastAdmitted = max(p.lastAdmitted, w.lastAdmitted)
		for _, c := range w.conns {
			p.told += uint64(c.told)
		}
		p.err = errors.Join(p.err, w.err)
	})
	return p
}

// stallTimeout is how long a run may go without any progress before it is given up.
var stallTimeout = 15 * time.Second

// join waits until every connection has joined.
func (l *load) join() error {
	return l.until("joining", func() (int64, bool, error) {
		p := l.progress()
		return int64(p.joined + p.admitted + p.opened), p.joined == len(l.conns), p.err
	})
}

// until asks f every few milliseconds until it says that it is done, fails, or makes no progress any more.
func (l *load) until(what string, f func() (progress int64, done bool, err error)) error {
	last, at := int64(-1), time.Now()
	for {
		n, done, err := f()
		switch {
		case err != nil:
			return err
		case done:
			return nil
		case n != last:
			last, at = n, time.Now()
		case time.Since(at) > stallTimeout:
			return fmt.Errorf("%s stalled for %v", what, stallTimeout)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
