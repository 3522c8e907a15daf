package main

import (
	"math"
	"time"
)

// slow is a room in which one peer stops reading. First all read, then all but one do, and the two are compared, once
// so much was said that neither the kernel nor the server's budget for that peer holds it.
type slow struct {
	room
	fill int // bytes
}

// slowBudget is what may wait for one peer: a few ticks of what is said here.
const slowBudget = 256 << 10

// kernelHolds is more than what the kernel takes for a socket that nobody reads, the most that its buffers grow to.
const kernelHolds = 6 << 20

func (s slow) run(t *trial) (values, error) {
	c, err := t.start(serving{mode: modeRoom, rooms: 1, ticks: s.ticks, budget: slowBudget})
	if err != nil {
		return nil, err
	}
	defer c.stop()
	l, err := newLoad(c.addr, t.server.wire, true, 1)
	if err != nil {
		return nil, err
	}
	defer l.close()
	l.connect(s.peers, func(c *conn) { c.silent = c.index == 0 })
	if err := l.join(); err != nil {
		return nil, err
	}
	around := watchOthers()
	before := s.talk(l, s.peers)
	if err := before.finish(int64(s.peers - 1)); err != nil {
		return nil, c.explain(err)
	}
	resident0, heap0, err := c.memory()
	if err != nil {
		return nil, err
	}
	l.each(func(w *worker) {
		for _, c := range w.conns {
			if c.silent {
				w.poll.ignore(c)
			}
		}
	})
	cpu0, err := c.cpu()
	if err != nil {
		return nil, err
	}
	full := s.room
	full.warm += time.Duration(float64(time.Second) * float64(s.fill) / (float64(s.peers) * s.rate * float64(s.size)))
	after := full.talk(l, s.peers)
	if err := after.finish(int64(s.peers - 2)); err != nil {
		t.stacks(c)
		return nil, c.explain(err)
	}
	cpu1, err := c.cpu()
	if err != nil {
		return nil, err
	}
	took := around.share(time.Duration(cpu1 - cpu0))
	resident, heap, err := c.memory()
	if err != nil {
		return nil, err
	}
	v := values{
		"others":   took,
		"before":   before.quantile(0.99),
		"after":    after.quantile(0.99),
		"heap":     math.Max(0, float64(heap-heap0)),
		"resident": math.Max(0, float64(resident-resident0)),
	}
	v["change"] = v["after"] / v["before"]
	return v, nil
}
