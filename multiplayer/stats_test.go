package multiplayer_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/internal/rawws"
	"github.com/peerage-go/peerage/multiplayer"
)

// TestStats counts what goes both ways.
func TestStats(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		a, b := p.join(nil), p.join(&multiplayer.Options{Wire: multiplayer.Godot})
		must(t, p.server.Send(multiplayer.Everyone, multiplayer.Delivery{}, []byte("to both")))
		for range 5 {
			must(t, a.Send(1, multiplayer.Delivery{Channel: 3}, []byte("four")))
			must(t, b.Send(1, multiplayer.Delivery{}, []byte("four")))
		}
		p.until("all is there", func() bool {
			return p.server.AvailablePacketCount() == 10 && a.AvailablePacketCount() == 1 && b.AvailablePacketCount() == 1
		})
		s := p.server.Stats()
		if s.PacketsIn != 10 || s.BytesIn != 40 || s.PacketsOut != 2 || s.BytesOut != 14 || s.InboxPackets != 10 ||
			s.Peers != 2 || s.Connections != 2 || s.Connected != 2 || time.Since(s.At) > deadline {
			t.Errorf("%+v", s)
		}
		if s.Polls.Count == 0 || s.Polls.Total <= 0 || s.Polls.Max <= 0 || s.Polls.Max > s.Polls.Total {
			t.Errorf("%+v", s.Polls)
		}
		if s := a.Stats(); s.PacketsIn != 1 || s.PacketsOut != 5 || s.BytesIn != 7 || s.BytesOut != 20 {
			t.Errorf("%+v", s)
		}
	})
}

// TestQueuedIsTheSumOfThePeers for whom something waits.
func TestQueuedIsTheSumOfThePeers(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		a, b := p.join(nil), p.join(nil)
		p.peers = p.peers[:1] // neither reads
		for i, mode := range []multiplayer.TransferMode{multiplayer.Unreliable, multiplayer.UnreliableOrdered, multiplayer.Reliable} {
			for range 2000 {
				p.server.Send(multiplayer.Everyone, multiplayer.Delivery{Mode: mode, Key: uint64(i)}, make([]byte, 4<<10))
				p.server.Flush()
			}
			s, packets := p.server.Stats(), 0
			for peer := range p.server.Peers() {
				packets += peer.Stats().QueuedPackets
			}
			if packets == 0 || s.QueuedPackets != packets || s.QueuedBytes < packets*4<<10 {
				t.Errorf("%v: %d packets, %+v", mode, packets, s)
			}
		}
		must(t, p.server.DisconnectPeer(a.UniqueID(), false))
		p.peers = append(p.peers, a, b)
		p.until("b has it", func() bool {
			for range b.Packets() {
			}
			return p.server.Stats().QueuedPackets == 0
		})
		if s := p.server.Stats(); s.QueuedBytes != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestSnapshot reads a session's counters beside the goroutine that polls.
func TestSnapshot(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		c := p.join(nil)
		ctx, cancel := context.WithCancel(t.Context())
		var polling sync.WaitGroup
		polling.Go(func() {
			for p.server.Wait(ctx) == nil {
				p.server.Poll()
			}
		})
		for i := range 3 {
			must(t, c.Send(1, multiplayer.Delivery{}, []byte("x")))
			c.Flush()
			for end := time.Now().Add(deadline); p.server.Snapshot().PacketsIn != uint64(i+1); {
				if time.Now().After(end) {
					t.Fatalf("%+v", p.server.Snapshot())
				}
			}
		}
		cancel()
		polling.Wait()
		must(t, p.server.Close())
		p.server.Poll()
		start := time.Now()
		for range 100 {
			if s := p.server.Snapshot(); s.PacketsIn != 3 || s.Peers != 0 {
				t.Fatalf("%+v", s)
			}
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("a session that is over was waited for: %v", d)
		}
	})
}

// TestSnapshotOfAStuckSession says since when it is stuck.
func TestSnapshotOfAStuckSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pair(t, nil, nil)
		before := p.server.Snapshot()
		time.Sleep(time.Minute)
		start := time.Now()
		if s := p.server.Snapshot(); s.At != before.At || time.Since(start) > time.Second {
			t.Errorf("taken %v ago, after %v", time.Since(s.At), time.Since(start))
		}
		p.server.Poll() // which was asked for
		if s := p.server.Snapshot(); time.Since(s.At) != 0 {
			t.Errorf("taken %v ago", time.Since(s.At))
		}
		p.server.Poll()
		time.Sleep(500 * time.Millisecond)
		if s := p.server.Snapshot(); time.Since(s.At) != 500*time.Millisecond {
			t.Errorf("taken %v ago", time.Since(s.At))
		}
		must(t, p.server.Close())
		p.server.Poll()
		time.Sleep(time.Minute)
		start = time.Now()
		if s := p.server.Snapshot(); time.Since(s.At) != time.Minute || time.Since(start) != 0 || s.Peers != 0 {
			t.Errorf("after the end it took %v: %+v", time.Since(start), s)
		}
	})
}

func TestTiming(t *testing.T) {
	var timing multiplayer.Timing
	for _, d := range []time.Duration{time.Millisecond, multiplayer.SlowAfter, 3 * time.Millisecond} {
		timing.Add(d)
	}
	if timing != (multiplayer.Timing{Count: 3, Slow: 1, Total: 54 * time.Millisecond, Max: 50 * time.Millisecond}) {
		t.Errorf("%+v", timing)
	}
}

// mute connects a client to a server in memory that reads, and never says anything.
func mute(t *testing.T, s *multiplayer.MultiplayerPeer) net.Conn {
	t.Helper()
	return muteWith(t, s, "")
}

// muteWith is mute for a client that offers a subprotocol.
func muteWith(t *testing.T, s *multiplayer.MultiplayerPeer, protocol string) net.Conn {
	t.Helper()
	near, far := net.Pipe()
	s.Accept(near)
	go func() {
		io.WriteString(far, rawws.Request(protocol))
		io.Copy(io.Discard, far)
	}()
	return far
}

// What Poll costs when there is nothing, and what sending to a room does.
func BenchmarkPollNothing(b *testing.B) {
	m, err := multiplayer.NewServer(nil)
	must(b, err)
	defer m.Close()
	b.ReportAllocs()
	for b.Loop() {
		m.Poll()
	}
}

func BenchmarkSnapshot(b *testing.B) {
	m, err := multiplayer.NewServer(nil)
	must(b, err)
	defer m.Close()
	b.ReportAllocs()
	for b.Loop() {
		m.Poll()
		m.Snapshot()
	}
}
