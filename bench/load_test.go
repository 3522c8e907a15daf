package main

import (
	"net"
	"testing"
	"time"
)

// TestLoadTakesWhatDoesNotFit has clients say much and little to an echo, with one call for many sockets and with one for each.
func TestLoadTakesWhatDoesNotFit(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go serveGWS(ln, serving{mode: modeEcho, rooms: 1})
	for _, plain := range []bool{false, true} {
		for _, size := range []int{16, 70_000, 200_000} { // of which the last two are more than a slot and half of the buffer
			plainLoad = plain
			if done, err := echoFor(ln.Addr().String(), size, 200*time.Millisecond); err != nil || done == 0 {
				t.Errorf("plain %v, %d bytes: %d echoes, %v", plain, size, done, err)
			}
		}
	}
	plainLoad = false
}

// echoFor has ten clients in a closed loop, and tells how many echoes came.
func echoFor(addr string, size int, during time.Duration) (done int64, err error) {
	l, err := newLoad(addr, plainWire{}, true, 1)
	if err != nil {
		return 0, err
	}
	defer l.close()
	l.connect(10, nil)
	if err := l.join(); err != nil {
		return 0, err
	}
	l.each(func(w *worker) {
		s := &echoScript{stop: l.now() + nanos(during)}
		w.script = s
		s.begin(w, size)
	})
	err = l.until("the echo", func() (int64, bool, error) {
		open, wrong := 0, int64(0)
		var failed error
		done = 0
		l.each(func(w *worker) {
			s := w.script.(*echoScript)
			open += s.open
			done += s.done
			wrong += s.disorder
			if w.err != nil {
				failed = w.err
			}
		})
		return done + wrong, open == 0, failed
	})
	return done, err
}
