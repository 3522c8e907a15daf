package multiplayer_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// TestRateLimits sends 4000 packets a second for a quarter of a minute, to a server and to a client.
func TestRateLimits(t *testing.T) {
	many := &multiplayer.Options{Transport: transport.Options{OutboundBufferSize: 1 << 20, FloodTimeout: time.Hour, WriteTimeout: time.Hour, HeartbeatInterval: -1}}
	strict := &multiplayer.Options{Transport: transport.Options{MaxPacketsPerSecond: 100, FloodTimeout: time.Hour}}
	slow := &multiplayer.Options{Transport: transport.Options{MaxBytesPerSecond: 1000, FloodTimeout: time.Hour}}
	open := &multiplayer.Options{Transport: transport.Options{MaxPacketsPerSecond: -1, MaxBytesPerSecond: -1}}
	for _, c := range []struct {
		name             string
		server, client   *multiplayer.Options
		from, to         int // of the two
		atLeast, atMost  uint64
		waits, noPackets bool
	}{
		{"the server's default", many, many, 1, 0, 30_000, 36_000, true, false},
		{"a client's default", many, many, 0, 1, 60_000, 60_000, false, false},
		{"the server's, set", strict, many, 1, 0, 1_500, 2_600, true, false},
		{"the server's bytes, set", slow, many, 1, 0, 750, 2_300, true, false},
		{"the server's, off", open, many, 1, 0, 60_000, 60_000, false, false},
		{"a client's, set", many, strict, 0, 1, 1_500, 2_600, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := pair(t, c.server, c.client)
				from, to := p.peers[c.from], p.peers[c.to]
				for range 15 * 20 {
					for range 200 {
						err := from.Send(multiplayer.Everyone, multiplayer.Delivery{Mode: multiplayer.Unreliable}, []byte("x"))
						must(t, err)
					}
					from.Poll()
					time.Sleep(time.Second / 20)
					to.Poll()
					for range to.Packets() {
					}
				}
				s := to.Stats()
				if s.PacketsIn < c.atLeast || s.PacketsIn > c.atMost {
					t.Errorf("%d packets came, want %d to %d", s.PacketsIn, c.atLeast, c.atMost)
				}
				if (s.RateWaits > 0) != c.waits || (s.RateWaited > 0) != c.waits || s.Flooded != 0 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// TestFlooding drops what a flooding peer can do without, then the peer.
func TestFlooding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		o := &multiplayer.Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), Transport: transport.Options{MaxPacketsPerSecond: 100, FloodTimeout: 9 * time.Second}}
		p := pair(t, o, &multiplayer.Options{Transport: transport.Options{OutboundBufferSize: 1 << 20, MaxQueuedPackets: 1 << 20}})
		var reason error
		p.server.OnPeerDisconnected = func(_ multiplayer.PeerID, err error) { reason = err }
		c := p.peers[1]
		start := time.Now()
		got := map[multiplayer.TransferMode]int{}
		var early, flooding multiplayer.Stats
		for reason == nil && time.Since(start) < time.Minute {
			for i := range 100 {
				c.Send(1, multiplayer.Delivery{Mode: multiplayer.TransferMode(i % 3)}, []byte("x"))
			}
			c.Poll()
			time.Sleep(time.Second / 10)
			synctest.Wait()                    // what reads has read what it may
			before := p.server.Peer(2).Stats() // the poll tells of what it finds
			p.server.Poll()
			for pkt := range p.server.Packets() {
				got[pkt.Mode]++
			}
			if time.Since(start) < 3*time.Second {
				early = p.server.Stats()
			}
			if before.Flooding && reason == nil {
				flooding = p.server.Stats()
				if before.Transport.RateWaits == 0 {
					t.Fatalf("%+v", before)
				}
				if !warned(&log) {
					t.Fatalf("nobody was warned after %v: %s", time.Since(start), log.String())
				}
			}
		}
		if d := time.Since(start); d < 9*time.Second || d > 12*time.Second {
			t.Errorf("ended after %v", d)
		}
		if !errors.Is(reason, transport.ErrFlood) {
			t.Errorf("the reason is %v", reason)
		}
		if early.DroppedIn != 0 || flooding.DroppedIn < 200 || got[multiplayer.Reliable] < got[multiplayer.Unreliable]*5/4 {
			t.Errorf("dropped %d in three seconds, %d in all; got %v", early.DroppedIn, flooding.DroppedIn, got)
		}
		if s := p.server.Stats(); s.Flooded != 1 || s.Peers != 0 {
			t.Errorf("%+v", s)
		}
		p.until("the client knows", func() bool { return c.ConnectionStatus() == multiplayer.Disconnected })
		var said *transport.CloseError
		if !errors.As(c.Err(), &said) || said.Code != multiplayer.ClosePolicy || !strings.Contains(said.Reason, "MaxPacketsPerSecond") {
			t.Errorf("the client was told %v", c.Err())
		}
	})
}

// TestRateLimitsOverAResume has a client send as much as one connection may at once, lose it and come back, over and over:
// the limits are its own, not its connections'.
func TestRateLimitsOverAResume(t *testing.T) {
	const rate, each, cuts, read = 100, 1000, 30, 75 // read: what one read of a socket can hold of these packets
	synctest.Test(t, func(t *testing.T) {
		p := pair(t, &multiplayer.Options{ResumeWindow: time.Hour, Transport: transport.Options{MaxPacketsPerSecond: rate, FloodTimeout: time.Hour}},
			&multiplayer.Options{Reconnect: time.Hour, Transport: transport.Options{OutboundBufferSize: 1 << 20}})
		s, c := p.peers[0], p.peers[1]
		began := time.Now()
		for cut := range cuts {
			for range each {
				must(t, c.Send(multiplayer.Server, multiplayer.Delivery{Mode: multiplayer.Unreliable}, []byte("x")))
			}
			for range 3 {
				c.Poll()
				synctest.Wait()
				s.Poll()
			}
			for range s.Packets() {
			}
			s.Peer(2).WebSocket().Close(-1, "")
			for s.Stats().Resumed <= uint64(cut) || c.Peer(1).Away() {
				c.Poll()
				s.Poll()
				synctest.Wait()
				time.Sleep(10 * time.Millisecond)
			}
		}
		most := uint64(2*rate + cuts*read + rate*int(time.Since(began)/time.Second+1))
		if got := s.Stats().PacketsIn; got > most || got < rate {
			t.Errorf("%d packets came in %v over %d connections, at most %d should", got, time.Since(began), cuts, most)
		}
	})
}

// TestFloodOverAResume has a client that sends too much all the time lose its connection and come back: it is sent away all
// the same.
func TestFloodOverAResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		p := pair(t, &multiplayer.Options{ResumeWindow: time.Hour, Logger: slog.New(slog.NewTextHandler(&log, nil)), Transport: transport.Options{MaxPacketsPerSecond: 100, FloodTimeout: 9 * time.Second}},
			&multiplayer.Options{Reconnect: time.Hour, Transport: transport.Options{OutboundBufferSize: 1 << 20}})
		s, c := p.peers[0], p.peers[1]
		began, cut := time.Now(), time.Now()
		for s.Stats().Flooded == 0 && time.Since(began) < time.Minute {
			for range 100 {
				c.Send(multiplayer.Server, multiplayer.Delivery{Mode: multiplayer.Unreliable}, []byte("x"))
			}
			c.Poll()
			synctest.Wait()
			s.Poll()
			for range s.Packets() {
			}
			if q := s.Peer(2); q != nil && !q.Away() && time.Since(cut) > 3*time.Second {
				cut = time.Now()
				q.WebSocket().Close(-1, "")
			}
			time.Sleep(50 * time.Millisecond)
		}
		if !warned(&log) {
			t.Errorf("nobody was warned: %s", log.String())
		}
		if st := s.Stats(); st.Flooded != 1 || st.Resumed < 2 {
			t.Errorf("after %v: %+v", time.Since(began), st)
		}
	})
}

// warned tells whether a log warns, once, that a peer floods, and says the mend.
func warned(log *journal) bool {
	const line = `level=WARN msg="multiplayer: a peer sends more than MaxPacketsPerSecond or MaxBytesPerSecond`
	return strings.Count(log.String(), line) == 1 && strings.Contains(log.String(), "raise Options.Transport's limits")
}
