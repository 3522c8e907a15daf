package multiplayer_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

var lasting = &multiplayer.Options{ResumeWindow: deadline, Reconnect: deadline}

func cut(p *multiplayer.Peer) { p.WebSocket().Close(-1, "") }

func TestResumedSessionLosesAndDoublesNothing(t *testing.T) {
	everyLink(t, lasting, func(t *testing.T, p *party) {
		rnd := rand.New(rand.NewPCG(1, 2))
		c := p.join(lasting)
		var away, back int
		p.server.OnPeerAway = func(id multiplayer.PeerID) { away++ }
		p.server.OnPeerBack = func(id multiplayer.PeerID) { back++ }
		const packets, cuts = 600, 6
		var up, down []int
		sentUp, sentDown := 0, 0
		number := func(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }
		collect := func(m *multiplayer.MultiplayerPeer, list *[]int) {
			for pkt := range m.Packets() {
				if pkt.Mode == multiplayer.Reliable {
					*list = append(*list, int(binary.LittleEndian.Uint32(pkt.Data)))
				}
			}
		}
		done := 0
		p.until("everything has come", func() bool {
			for range 1 + rnd.IntN(20) {
				if sentUp < packets {
					must(t, c.Send(1, multiplayer.Delivery{}, number(sentUp)))
					sentUp++
				}
				if sentDown < packets {
					must(t, p.server.Send(2, multiplayer.Delivery{}, number(sentDown)))
					sentDown++
					must(t, p.server.Send(2, multiplayer.Delivery{Mode: multiplayer.Unreliable}, number(0)))
				}
			}
			if p.server.Peer(2) == nil || c.Peer(1) == nil {
				t.Fatalf("gone: %q; server %+v; client %v %+v", p.events, p.server.Stats(), c.Err(), c.Stats())
			}
			if done < cuts && sentUp > (done+1)*packets/(cuts+1) && !p.server.Peer(2).Away() && !c.Peer(1).Away() {
				done++
				if done%2 == 0 {
					cut(c.Peer(1))
				} else {
					cut(p.server.Peer(2))
				}
			}
			c.Flush()
			p.server.Flush()
			collect(p.server, &up)
			collect(c, &down)
			c.Wake()
			return len(up) >= packets && len(down) >= packets && done == cuts && back == cuts
		})
		want := make([]int, packets)
		for i := range want {
			want[i] = i
		}
		if !slices.Equal(up, want) {
			t.Errorf("the server got %v", up)
		}
		if !slices.Equal(down, want) {
			t.Errorf("the client got %v", down)
		}
		if !slices.Equal(p.events, []string{"1: connected 2", "2: connected 1"}) && !slices.Equal(p.events, []string{"2: connected 1", "1: connected 2"}) {
			t.Errorf("events %q", p.events)
		}
		if away > back || c.UniqueID() != 2 || p.server.Stats().Resumed != cuts {
			t.Errorf("away %d times, back %d, id %d, stats %+v", away, back, c.UniqueID(), p.server.Stats())
		}
	})
}

func TestPeerThatDoesNotComeBack(t *testing.T) {
	everyLink(t, &multiplayer.Options{ResumeWindow: 30 * time.Millisecond}, func(t *testing.T, p *party) {
		c := p.join(nil)
		away := false
		p.server.OnPeerAway = func(multiplayer.PeerID) { away = true }
		cut(c.Peer(1))
		p.until("the window is over", func() bool {
			return p.server.Peer(2) == nil && c.ConnectionStatus() == multiplayer.Disconnected
		})
		if !away || !slices.Contains(p.events, "1: disconnected 2") {
			t.Errorf("away %v, events %q", away, p.events)
		}
	})
}

func TestClientThatComesBackTooLateIsANewPeer(t *testing.T) {
	everyLink(t, &multiplayer.Options{ResumeWindow: time.Millisecond}, func(t *testing.T, p *party) {
		c := p.join(lasting)
		cut(c.Peer(1))
		p.peers = p.peers[:1] // who is not polled does not come back
		p.until("the window is over", func() bool { return p.server.Peer(2) == nil })
		p.peers = append(p.peers, c)
		p.until("it is somebody new", func() bool { return c.UniqueID() == 3 && p.server.Peer(3) != nil })
		want := []string{"2: connected 1", "2: disconnected 1", "3: connected 1"}
		got := slices.DeleteFunc(slices.Clone(p.events), func(e string) bool { return e[0] == '1' })
		if !slices.Equal(got, want) {
			t.Errorf("events %q", p.events)
		}
	})
}

func TestClientComesBackAsANewPeerWithoutAWindow(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		c := p.join(lasting)
		cut(p.server.Peer(2))
		p.until("it is somebody new", func() bool { return c.UniqueID() == 3 && p.server.Peer(3) != nil })
	})
}

func TestClosingIsNotLosing(t *testing.T) {
	everyLink(t, lasting, func(t *testing.T, p *party) {
		a, b := p.join(lasting), p.join(lasting)
		a.Close()
		p.until("who closes is gone at once", func() bool { return p.server.Peer(2) == nil })
		must(t, p.server.DisconnectPeer(3, false))
		p.until("who is sent away stays away", func() bool {
			return p.server.Peer(3) == nil && b.ConnectionStatus() == multiplayer.Disconnected
		})
	})
}

func TestStolenSession(t *testing.T) {
	// Another connection resumes a session whose connection is alive: the old one is told, and there is one peer.
	everyLink(t, lasting, func(t *testing.T, p *party) {
		c := p.join(lasting)
		old := p.server.Peer(2).WebSocket()
		dead := c.Peer(1).WebSocket()
		cut(c.Peer(1)) // only the client knows
		p.until("it is back", func() bool { return p.server.Stats().Resumed == 1 && !c.Peer(1).Away() })
		if p.server.Peer(2).WebSocket() == old || c.Peer(1).WebSocket() == dead || p.server.Stats().Peers != 1 {
			t.Errorf("stats %+v", p.server.Stats())
		}
		must(t, p.server.Send(2, multiplayer.Delivery{}, []byte("still you")))
		p.until("a packet comes", func() bool { return c.AvailablePacketCount() == 1 })
	})
}

func TestShutdown(t *testing.T) {
	everyLink(t, lasting, func(t *testing.T, p *party) {
		c := p.join(nil)
		g := p.join(&multiplayer.Options{Wire: multiplayer.Godot})
		must(t, p.server.Send(multiplayer.Everyone, multiplayer.Delivery{}, []byte("bye")))
		p.server.OnPeerDisconnected = nil // it is polled on another goroutine from here on
		done := make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), deadline)
			defer cancel()
			done <- p.server.Shutdown(ctx, multiplayer.Goodbye{Reason: "maintenance", After: time.Minute})
		}()
		p.peers = p.peers[1:]
		p.until("the clients know", func() bool {
			return c.ConnectionStatus() == multiplayer.Disconnected && g.ConnectionStatus() == multiplayer.Disconnected
		})
		must(t, <-done)
		for _, m := range []*multiplayer.MultiplayerPeer{c, g} {
			pkt, _ := m.GetPacket()
			var e *transport.CloseError
			if !errors.As(m.Err(), &e) || e.Code != multiplayer.CloseGoingAway || e.Reason != "maintenance" || string(pkt.Data) != "bye" {
				t.Errorf("it got %q and %v", pkt.Data, m.Err())
			}
		}
		if p.server.ConnectionStatus() != multiplayer.Disconnected || p.server.Stats().Peers != 0 {
			t.Errorf("the server is %v with %d peers", p.server.ConnectionStatus(), p.server.Stats().Peers)
		}
	})
}

func TestShutdownEndsInTime(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		c := p.join(nil)
		p.peers = p.peers[:1]
		stall(p, multiplayer.Delivery{}, func(_ multiplayer.PeerStats, err error) bool { return err != nil })
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		if err := p.server.Shutdown(ctx, multiplayer.Goodbye{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown: %v", err)
		}
		if p.server.Stats().Peers != 0 {
			t.Error("a peer is left")
		}
		c.Close()
	})
}
