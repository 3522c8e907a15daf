package main

import (
	"fmt"
	"time"
)

// storm is one case of clients that come all at once. Servers that have peers tell each of every other.
type storm struct{ peers int }

func (s storm) run(t *trial) (values, error) {
	c, err := t.start(serving{mode: modeRoom, rooms: 1, ticks: 60, relay: true})
	if err != nil {
		return nil, err
	}
	defer c.stop()
	l, err := newLoad(c.addr, t.server.wire, false, 1)
	if err != nil {
		return nil, err
	}
	defer l.close()
	t.profile(c, true)
	cpu0, err := c.cpu()
	if err != nil {
		return nil, err
	}
	around := watchOthers()
	began := l.now()
	l.connect(s.peers, nil)
	if err := l.join(); err != nil {
		t.stacks(c)
		return nil, c.explain(err)
	}
	p := l.progress()
	v := values{
		"admitted": float64(p.lastAdmitted-began) / 1e6,
		"open":     float64(p.lastOpened-began) / 1e6,
	}
	if t.server.kind == "peerage" {
		// Each of every other, once.
		want := uint64(s.peers) * uint64(s.peers-1)
		if err := l.until("telling of each other", func() (int64, bool, error) {
			p = l.progress()
			return int64(p.told), p.told >= want, p.err
		}); err != nil {
			return nil, &void{fmt.Sprintf("%v; of %d tellings %d came", c.explain(err), want, p.told)}
		}
		if p.told > want {
			return nil, &void{"peers were told of each other twice"}
		}
		v["told"] = float64(l.now()-began) / 1e6
	}
	cpu1, err := c.cpu()
	if err != nil {
		return nil, err
	}
	v["others"] = around.share(time.Duration(cpu1 - cpu0))
	v["cpu"] = float64(cpu1-cpu0) / float64(s.peers) / 1e3
	t.profile(c, false)
	return v, nil
}
