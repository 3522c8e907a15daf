package main

import "time"

// echo is one case of clients that each wait for the echo of what they said before they say the next.
type echo struct {
	loops, size  int
	warm, during time.Duration
}

func (e echo) run(t *trial) (values, error) {
	c, err := t.start(serving{mode: modeEcho, rooms: 1, ticks: 60})
	if err != nil {
		return nil, err
	}
	defer c.stop()
	l, err := newLoad(c.addr, t.server.wire, true, 1)
	if err != nil {
		return nil, err
	}
	defer l.close()
	l.connect(e.loops, nil)
	if err := l.join(); err != nil {
		return nil, err
	}
	start := l.now()
	measure := start + nanos(e.warm)
	stop := measure + nanos(e.during)
	l.each(func(w *worker) {
		s := &echoScript{measure: measure, stop: stop}
		w.script = s
		s.begin(w, e.size)
	})
	time.Sleep(e.warm)
	t.profile(c, true)
	around := watchOthers()
	cpu0, done0, wall0, err := echoReading(l, c)
	if err != nil {
		return nil, err
	}
	time.Sleep(time.Duration(stop - l.now()))
	cpu1, done1, wall1, err := echoReading(l, c)
	if err != nil {
		return nil, err
	}
	took, load := around.share(time.Duration(cpu1-cpu0)), around.load()
	t.profile(c, false)
	var h histogram
	var disorder int64
	err = l.until("the echo", func() (int64, bool, error) {
		open, done := 0, int64(0)
		var failed error
		disorder = 0
		l.each(func(w *worker) {
			s := w.script.(*echoScript)
			open += s.open
			done += s.done
			disorder += s.disorder
			if w.err != nil {
				failed = w.err
			}
		})
		return done, open == 0, failed
	})
	if err != nil {
		return nil, &void{err.Error()}
	}
	if disorder > 0 {
		return nil, &void{"echoes came out of order"}
	}
	l.each(func(w *worker) { h.merge(&w.script.(*echoScript).latencies) })
	return values{
		"others": took,
		"load":   load,
		"rate":   float64(done1-done0) / (wall1 - wall0).Seconds(),
		"cpu":    float64(cpu1-cpu0) / float64(done1-done0) / 1e3,
		"busy":   100 * float64(cpu1-cpu0) / float64(wall1-wall0),
		"p50":    float64(h.quantile(0.50)) / 1e3,
		"p99":    float64(h.quantile(0.99)) / 1e3,
	}, nil
}

func echoReading(l *load, c *child) (cpu, done int64, wall time.Duration, err error) {
	cpu, err = c.cpu()
	l.each(func(w *worker) { done += w.script.(*echoScript).done })
	return cpu, done, time.Duration(l.now()), err
}
