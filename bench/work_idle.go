package main

import (
	"errors"
	"fmt"
	"time"
)

// idle is one case of clients that are there and do nothing.
type idle struct {
	peers int
	ticks int
	rest  time.Duration // before memory is looked at
}

func (d idle) run(t *trial) (values, error) {
	c, err := t.start(serving{mode: modeRoom, rooms: 1, ticks: d.ticks})
	if err != nil {
		return nil, err
	}
	defer c.stop()
	resident0, heap0, err := c.memory()
	if err != nil {
		return nil, err
	}
	l, err := newLoad(c.addr, t.server.wire, false, 1)
	if err != nil {
		return nil, err
	}
	defer l.close()
	// In portions, so that it is not the crowd at the door that is measured.
	for left := d.peers; left > 0; {
		n := min(left, 250)
		l.connect(n, nil)
		left -= n
		if err := l.join(); err != nil {
			return nil, fmt.Errorf("%w (%d files may be open)", err, fileLimit())
		}
	}
	time.Sleep(d.rest) // what the crowd left to do is done
	cpu0, err := c.cpu()
	if err != nil {
		return nil, err
	}
	woken0, countErr := wakeUpsOf(c.cmd.Process.Pid)
	at := time.Now()
	time.Sleep(d.rest)
	cpu1, err := c.cpu()
	if err != nil {
		return nil, err
	}
	wall := time.Since(at)
	woken1, err := wakeUpsOf(c.cmd.Process.Pid)
	countErr = errors.Join(countErr, err)
	resident, heap, err := c.memory()
	if err != nil {
		return nil, err
	}
	if p := l.progress(); p.err != nil {
		return nil, &void{p.err.Error()}
	}
	v := values{
		"resident": float64(resident-resident0) / float64(d.peers),
		"heap":     float64(heap-heap0) / float64(d.peers),
		"busy":     100 * float64(cpu1-cpu0) / float64(wall),
	}
	if countErr == nil {
		v["woken"] = float64(woken1-woken0) / wall.Seconds()
	}
	return v, nil
}
