package main

import (
	"fmt"
	"time"
)

// The modes of a server.
const (
	modeRoom = "room"
	modeEcho = "echo"
)

// room is one case of clients that talk to each other.
type room struct {
	rooms, peers int // peers of each room
	rate         float64
	size         int
	warm, during time.Duration
	ticks        int
}

func (r room) run(t *trial) (values, error) {
	c, err := t.start(serving{mode: modeRoom, rooms: r.rooms, ticks: r.ticks})
	if err != nil {
		return nil, err
	}
	defer c.stop()
	l, err := newLoad(c.addr, t.server.wire, true, r.rooms)
	if err != nil {
		return nil, err
	}
	defer l.close()
	l.connect(r.rooms*r.peers, nil)
	if err := l.join(); err != nil {
		return nil, err
	}
	talk := r.talk(l, r.peers)
	time.Sleep(talk.untilMeasure())
	t.profile(c, true)
	around := watchOthers()
	cpu0, heard0, wall0, err := talk.reading(c)
	if err != nil {
		return nil, err
	}
	if err := talk.finish(int64(r.peers - 1)); err != nil {
		t.stacks(c)
		return nil, c.explain(err)
	}
	cpu1, heard1, wall1, err := talk.reading(c)
	if err != nil {
		return nil, err
	}
	took, load := around.share(time.Duration(cpu1-cpu0)), around.load()
	t.profile(c, false)
	return values{
		"others": took,
		"load":   load,
		"cpu":    float64(cpu1-cpu0) / float64(heard1-heard0) / 1e3,
		"rate":   float64(heard1-heard0) / (wall1 - wall0).Seconds(),
		"busy":   100 * float64(cpu1-cpu0) / float64(wall1-wall0),
		"p50":    talk.quantile(0.50),
		"p99":    talk.quantile(0.99),
	}, nil
}

// talk is a room in which the talking goes on.
type talk struct {
	l       *load
	scripts []*roomScript
	measure int64
}

// talk has the clients begin to talk.
func (r room) talk(l *load, peers int) *talk {
	k := &talk{l: l, scripts: make([]*roomScript, len(l.workers))}
	start := l.now() + nanos(5*time.Millisecond)
	k.measure = start + nanos(r.warm)
	i := 0
	l.each(func(w *worker) {
		s := &roomScript{size: r.size, period: int64(float64(time.Second) / r.rate),
			start: start, measure: k.measure, stop: k.measure + nanos(r.during)}
		s.prepare(w, peers)
		k.scripts[i] = s
		i++
	})
	i = 0
	l.each(func(w *worker) {
		w.script, w.paced = k.scripts[i], true
		i++
	})
	return k
}

func (k *talk) untilMeasure() time.Duration { return time.Duration(k.measure - k.l.now()) }

// reading is the server's CPU time and what was heard until now.
func (k *talk) reading(c *child) (cpu, heard int64, wall time.Duration, err error) {
	cpu, err = c.cpu()
	k.l.each(func(w *worker) { heard += w.script.(*roomScript).heard })
	return cpu, heard, time.Duration(k.l.now()), err
}

// finish waits until all was said and each message came to as many as should hear it.
func (k *talk) finish(hearers int64) error {
	var said, heard, missing, disorder int64
	err := k.l.until("the talking", func() (int64, bool, error) {
		said, heard, missing, disorder = 0, 0, 0, 0
		over := false
		var failed error
		k.l.each(func(w *worker) {
			s := w.script.(*roomScript)
			said += s.said
			heard += s.heard
			missing += s.missing
			disorder += s.disorder
			over = k.l.now() > s.stop+nanos(5*time.Millisecond)
			if w.err != nil {
				failed = w.err
			}
		})
		return said + heard, over && heard+missing >= said*hearers, failed
	})
	if missing+disorder > 0 || err != nil {
		why := fmt.Sprintf("of %d deliveries %d came, %d are missing, %d came out of order", said*hearers, heard,
			max(missing, said*hearers-heard), disorder)
		if err != nil {
			why = err.Error() + "; " + why
		}
		return &void{why}
	}
	return nil
}

// quantile of the latencies, in milliseconds.
func (k *talk) quantile(q float64) float64 {
	var h histogram
	for _, s := range k.scripts {
		h.merge(&s.latencies)
	}
	return float64(h.quantile(q)) / 1e6
}
