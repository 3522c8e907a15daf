package multiplayer_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// running polls a session until it ends.
func running(m *multiplayer.MultiplayerPeer) {
	for m.ConnectionStatus() != multiplayer.Disconnected {
		m.Wait(context.Background())
		m.Poll()
	}
}

// TestAfter runs functions at their times, in Poll, and none after the end.
func TestAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := multiplayer.NewServer(nil)
		must(t, err)
		start := time.Now()
		var ran []string
		at := func(name string, d time.Duration) *multiplayer.Timer {
			return m.After(d, func() { ran = append(ran, fmt.Sprint(name, " ", time.Since(start))) })
		}
		at("late", time.Hour)
		at("now", 0)
		at("before", -time.Second)
		second := at("second", time.Second)
		stopped := at("stopped", time.Second)
		stoppedNow := at("stopped now", 0)
		m.After(2*time.Second, func() { panic("in a timer") })
		m.After(3*time.Second, func() {
			at("nested", time.Second)
			m.After(5*time.Second, func() { m.Close() })
		})
		if !stopped.Stop() || stopped.Stop() || !stoppedNow.Stop() {
			t.Error("Stop says the wrong thing")
		}
		for range 1000 { // which leave nothing
			at("never", time.Minute).Stop()
		}
		running(m)
		if second.Stop() {
			t.Error("one that has run could be stopped")
		}
		want := []string{"now 0s", "before 0s", "second 1s", "nested 4s"}
		if !slices.Equal(ran, want) {
			t.Errorf("ran %q, want %q", ran, want)
		}
		if n := m.Stats().CallbackPanics; n != 1 {
			t.Errorf("%d panics were counted", n)
		}
		time.Sleep(2 * time.Hour)
		m.Poll()
		if m.After(0, func() { t.Error("it ran after the end") }).Stop() {
			t.Error("a timer of a session that is over is set")
		}
		m.Poll()
	})
}

// TestDo hands work to the goroutine that polls.
func TestDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := multiplayer.NewServer(nil)
		must(t, err)
		done := make(chan struct{})
		peers := 7 // belongs to the goroutine that polls
		go func() {
			defer close(done)
			running(m)
		}()
		ctx := context.Background()
		if n, err := multiplayer.Do(ctx, m, func() (int, error) { peers++; return peers, nil }); n != 8 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		errNo := errors.New("no")
		if _, err := multiplayer.Do(ctx, m, func() (int, error) { return 0, errNo }); err != errNo {
			t.Errorf("%v", err)
		}
		if _, err := multiplayer.Do(ctx, m, func() (int, error) { panic("in Do") }); err == nil {
			t.Error("of a panic there is no error")
		}
		block := make(chan struct{})
		m.Post(func() { <-block })
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		ran := false
		if _, err := multiplayer.Do(short, m, func() (int, error) { ran = true; return 0, nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		close(block)
		synctest.Wait()
		m.Close()
		<-done
		if ran {
			t.Error("it ran though it was given up")
		}
		for range 2 {
			if _, err := multiplayer.Do(ctx, m, func() (int, error) { return 0, nil }); !errors.Is(err, net.ErrClosed) {
				t.Errorf("after the end: %v", err)
			}
			m.Poll()
		}
	})
}

// TestServerTime has a client know its server's clock, though its own is wrong.
func TestServerTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
			s, c, err := multiplayer.Pipe(nil, &multiplayer.Options{Wire: wire})
			must(t, err)
			if _, ok := c.ServerTime(); ok {
				t.Error("a client that is not connected has a clock")
			}
			go running(s)
			done := make(chan struct{})
			go func() {
				defer close(done)
				running(c)
			}()
			synctest.Wait()
			var last time.Time
			for range 20 {
				time.Sleep(time.Second)
				at, ok := ask(t, c)
				if ok != (wire == multiplayer.Peerage) {
					t.Fatalf("%v: a clock: %v", wire, ok)
				}
				if ok && (time.Since(at).Abs() > time.Millisecond || at.Before(last)) {
					t.Errorf("it is %v off", time.Since(at))
				}
				last = at
			}
			if st, want := pings(t, s), map[multiplayer.Wire]bool{multiplayer.Peerage: true}[wire]; (st > 0) != want {
				t.Errorf("%v: %d pings came", wire, st)
			}
			c.Close()
			<-done
			s.Close()
			synctest.Wait()
			if at, ok := s.ServerTime(); !ok || !at.Equal(time.Now()) {
				t.Errorf("the server's own clock is %v, %v", at, ok)
			}
		}
	})
}

func ask(t *testing.T, m *multiplayer.MultiplayerPeer) (time.Time, bool) {
	type answer struct {
		at time.Time
		ok bool
	}
	a, err := multiplayer.Do(context.Background(), m, func() (answer, error) {
		at, ok := m.ServerTime()
		return answer{at, ok}, nil
	})
	must(t, err)
	return a.at, a.ok
}

// pings is how many came from the client, which sends nothing else but its hello.
func pings(t *testing.T, m *multiplayer.MultiplayerPeer) uint64 {
	n, err := multiplayer.Do(context.Background(), m, func() (n uint64, _ error) {
		for p := range m.Peers() {
			n += p.WebSocket().Stats().PacketsIn
		}
		return n, nil
	})
	must(t, err)
	if n > 6 { // a hello, and a ping every five seconds
		t.Errorf("%d messages came in 20 s", n)
	}
	return n - min(n, 1)
}

// TestPacketsDropped tells whoever sends, once, when a peer keeps up again that did not.
func TestPacketsDropped(t *testing.T) {
	for _, mode := range []multiplayer.TransferMode{multiplayer.Unreliable, multiplayer.UnreliableOrdered} {
		t.Run(mode.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, err := multiplayer.NewServer(&multiplayer.Options{Transport: transport.Options{OutboundBufferSize: 20_000}})
				must(t, err)
				p := newParty(t, server, func(o *multiplayer.Options) *multiplayer.MultiplayerPeer {
					c, err := server.Join(o)
					must(t, err)
					return c
				})
				c := p.join(nil)
				told, sum := 0, 0
				server.OnPacketsDropped = func(id multiplayer.PeerID, n int) {
					if id != c.UniqueID() {
						t.Errorf("of peer %d", id)
					}
					told++
					sum += n
				}
				send := func() {
					must(t, server.Send(c.UniqueID(), multiplayer.Delivery{Mode: mode, Key: 5}, make([]byte, 3000)))
				}
				send()
				server.Poll()
				lost := func() uint64 { s := server.Stats(); return s.Dropped + s.Replaced }
				for lost() < 5 { // the client is not polled
					send()
					server.Poll()
					synctest.Wait() // until nobody can read or write any more
				}
				if told != 0 {
					t.Error("told while it does not keep up")
				}
				p.until("it is told", func() bool {
					for range c.Packets() {
					}
					return told > 0
				})
				if told != 1 || uint64(sum) != lost() {
					t.Errorf("told %d times of %d, %d were lost", told, sum, lost())
				}
			})
		})
	}
}
