package main

import "time"

// roomScript has every client of a worker say something at a steady rate, evenly spread over time, and checks that
// everybody hears all of it in order. Times are of the load's clock.
type roomScript struct {
	speakers []*conn
	size     int   // of a payload
	period   int64 // between two messages of one client
	start    int64
	measure  int64 // latencies count for what is said from here
	stop     int64 // nothing is said from here

	said      int64 // by these clients
	heard     int64
	missing   int64
	disorder  int64
	latencies histogram
}

// prepare gives each connection what it needs to speak and to check what it hears.
func (r *roomScript) prepare(w *worker, peers int) {
	r.speakers = r.speakers[:0]
	for _, c := range w.conns {
		if c.seen == nil {
			c.seen = make([]uint32, peers)
			c.frame, c.frameAt = c.load.wire.say(c, r.size)
		}
		if !c.silent {
			r.speakers = append(r.speakers, c)
		}
	}
}

func (r *roomScript) round(w *worker) {
	if len(r.speakers) == 0 {
		return
	}
	now := w.load.now()
	for {
		n := int64(len(r.speakers))
		due := r.start + r.said*r.period/n
		if due > now || due >= r.stop {
			return
		}
		r.speakers[r.said%n].say(due)
		r.said++
	}
}

func (r *roomScript) delivered(c *conn, s stamp) {
	switch {
	case s.sender == c.index: // the floor has everybody hear themselves
		return
	case int(s.sender) >= len(c.seen):
		c.fail("a message of client %d", s.sender)
		return
	}
	expected := c.seen[s.sender]
	if s.seq < expected {
		r.disorder++
		return
	}
	r.missing += int64(s.seq - expected)
	c.seen[s.sender] = s.seq + 1
	r.heard++
	if s.at >= r.measure {
		r.latencies.add(c.worker.now - s.at)
	}
}

// echoScript has every client of a worker say the next thing as soon as it has heard the last.
type echoScript struct {
	measure int64
	stop    int64

	done      int64
	open      int // clients that wait for an echo
	disorder  int64
	latencies histogram
}

func (e *echoScript) begin(w *worker, size int) {
	for _, c := range w.conns {
		c.frame, c.frameAt = c.load.wire.say(c, size)
		e.open++
		c.say(w.load.now())
	}
}

func (*echoScript) round(*worker) {}

func (e *echoScript) delivered(c *conn, s stamp) {
	w := c.worker
	if s.seq != c.seq-1 || s.sender != c.index {
		e.disorder++
		return
	}
	e.done++
	if s.at >= e.measure {
		e.latencies.add(w.now - s.at)
	}
	if w.now >= e.stop {
		e.open--
		return
	}
	c.say(w.now)
}

// nanos is a time on the load's clock.
func nanos(d time.Duration) int64 { return int64(d) }
