package multiplayer_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/refusing"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

func TestIDsCountFromTwoAndAreNotUsedAgain(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		if id := p.server.UniqueID(); id != multiplayer.Server || !p.server.IsServer() {
			t.Errorf("the server is %d, IsServer %v", id, p.server.IsServer())
		}
		a, b := p.join(nil), p.join(nil)
		if a.UniqueID() != 2 || b.UniqueID() != 3 || a.IsServer() {
			t.Errorf("the clients are %d and %d, IsServer %v", a.UniqueID(), b.UniqueID(), a.IsServer())
		}
		a.Close()
		p.until("the first client is gone", func() bool { return p.server.Peer(2) == nil })
		if c := p.join(nil); c.UniqueID() != 4 {
			t.Errorf("after 2 left the next one is %d, want 4", c.UniqueID())
		}
	})
}

func TestRandomIDs(t *testing.T) {
	everyLink(t, &multiplayer.Options{RandomIDs: true}, func(t *testing.T, p *party) {
		seen := map[multiplayer.PeerID]bool{}
		for range 4 {
			id := p.join(nil).UniqueID()
			if id < 2 || seen[id] {
				t.Errorf("id %d, after %v", id, slices.Collect(maps.Keys(seen)))
			}
			seen[id] = true
		}
	})
}

func TestSendTargets(t *testing.T) {
	for _, c := range []struct {
		name   string
		from   int // index of the peer: 0 is the server
		target multiplayer.PeerID
		at     []multiplayer.PeerID
		err    error
	}{
		{"server to everyone", 0, multiplayer.Everyone, []multiplayer.PeerID{2, 3, 4}, nil},
		{"server to one", 0, 3, []multiplayer.PeerID{3}, nil},
		{"server to all but one", 0, multiplayer.Except(2), []multiplayer.PeerID{3, 4}, nil},
		{"server to nobody it knows", 0, 9, nil, multiplayer.ErrUnknownPeer},
		{"server to itself", 0, 1, nil, multiplayer.ErrOwnID},
		{"client to the server", 1, multiplayer.Server, []multiplayer.PeerID{1}, nil},
		{"client to everyone", 1, multiplayer.Everyone, []multiplayer.PeerID{1}, nil},
		{"client to a client", 1, 3, nil, multiplayer.ErrUnknownPeer},
	} {
		t.Run(c.name, func(t *testing.T) {
			everyLink(t, nil, func(t *testing.T, p *party) {
				for range 3 {
					p.join(nil)
				}
				from := p.peers[c.from]
				if err := from.Send(c.target, multiplayer.Delivery{Channel: 7, Mode: multiplayer.Unreliable}, []byte("x")); !errors.Is(err, c.err) {
					t.Fatalf("Send: %v, want %v", err, c.err)
				}
				// Behind it a reliable packet to everyone, so that what should not come has had its chance.
				must(t, from.Send(multiplayer.Everyone, multiplayer.Delivery{Channel: 9}, []byte("end")))
				ends := len(p.peers) - 1
				if c.from != 0 {
					ends = 1
				}
				var at []multiplayer.PeerID
				p.until("the last packets are there", func() bool {
					for _, m := range p.peers {
						for pkt := range m.Packets() {
							if string(pkt.Data) == "end" {
								ends--
								continue
							}
							if pkt.Peer != from.UniqueID() || pkt.Channel != 7 || pkt.Mode != multiplayer.Unreliable {
								t.Errorf("got %+v", pkt)
							}
							at = append(at, m.UniqueID())
						}
					}
					return ends == 0
				})
				if slices.Sort(at); !slices.Equal(at, c.at) {
					t.Errorf("arrived at %v, want %v", at, c.at)
				}
			})
		})
	}
}

func TestPacketPeerHabit(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		c := p.join(nil)
		p.server.SetTargetPeer(2)
		p.server.SetTransferMode(multiplayer.UnreliableOrdered)
		p.server.SetTransferChannel(200)
		must(t, p.server.PutPacket([]byte("abc")))
		if m, ch := p.server.TransferMode(), p.server.TransferChannel(); m != multiplayer.UnreliableOrdered || ch != 200 {
			t.Errorf("set mode and channel are %v and %d", m, ch)
		}
		if _, err := c.GetPacket(); !errors.Is(err, multiplayer.ErrNoPacket) {
			t.Errorf("GetPacket before anything came: %v", err)
		}
		p.until("the packet is there", func() bool { return c.AvailablePacketCount() == 1 })
		if c.PacketPeer() != 1 || c.PacketChannel() != 200 || c.PacketMode() != multiplayer.UnreliableOrdered {
			t.Errorf("next packet is from %d on channel %d, %v", c.PacketPeer(), c.PacketChannel(), c.PacketMode())
		}
		pkt, err := c.GetPacket()
		must(t, err)
		if string(pkt.Data) != "abc" {
			t.Errorf("got %q", pkt.Data)
		}
	})
}

func TestGodotWireCarriesOnlyTheBytes(t *testing.T) {
	o := &multiplayer.Options{GodotProtocols: []string{"ludus"}}
	for name, client := range map[string]*multiplayer.Options{
		"no protocol": {Wire: multiplayer.Godot},
		"ludus":       {Wire: multiplayer.Godot, GodotProtocols: []string{"ludus"}},
	} {
		t.Run(name, func(t *testing.T) {
			everyLink(t, o, func(t *testing.T, p *party) {
				c := p.join(client)
				if w := p.server.Peer(2).Wire(); w != multiplayer.Godot {
					t.Errorf("the server takes it for %v", w)
				}
				must(t, c.Send(1, multiplayer.Delivery{Channel: 5, Mode: multiplayer.Unreliable}, []byte("up")))
				must(t, p.server.Send(2, multiplayer.Delivery{Channel: 5}, []byte("down")))
				p.until("both packets are there", func() bool {
					return c.AvailablePacketCount() == 1 && p.server.AvailablePacketCount() == 1
				})
				up, _ := p.server.GetPacket()
				down, _ := c.GetPacket()
				if string(up.Data) != "up" || string(down.Data) != "down" || up.Delivery != (multiplayer.Delivery{}) {
					t.Errorf("got %+v and %+v", up, down)
				}
				err := p.server.Send(2, multiplayer.Delivery{}, make([]byte, 65536))
				if !errors.Is(err, multiplayer.ErrPacketTooLarge) {
					t.Errorf("a packet larger than the engine reads: %v", err)
				}
			})
		})
	}
}

func TestPeerageOnlyRefusesGodot(t *testing.T) {
	everyLink(t, &multiplayer.Options{PeerageOnly: true}, func(t *testing.T, p *party) {
		c := p.start(&multiplayer.Options{Wire: multiplayer.Godot})
		p.until("the client is refused", func() bool { return c.ConnectionStatus() == multiplayer.Disconnected })
		var h *transport.HandshakeError
		if !errors.As(c.Err(), &h) {
			t.Errorf("the client's error is %v", c.Err())
		}
		p.join(nil)
	})
}

func TestDisconnectPeer(t *testing.T) {
	for _, c := range []struct {
		name   string
		do     func(s *multiplayer.MultiplayerPeer) error
		code   int
		reason string
		told   bool
	}{
		{"clean", func(s *multiplayer.MultiplayerPeer) error { return s.DisconnectPeer(2, false) }, multiplayer.CloseDisconnected, "", true},
		{"forced", func(s *multiplayer.MultiplayerPeer) error { return s.DisconnectPeer(2, true) }, multiplayer.CloseDisconnected, "", false},
		{"with a reason", func(s *multiplayer.MultiplayerPeer) error { return s.DisconnectPeerWith(2, 4321, "cheating") }, 4321, "cheating", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			everyLink(t, nil, func(t *testing.T, p *party) {
				client := p.join(nil)
				must(t, p.server.Send(2, multiplayer.Delivery{}, []byte("last words")))
				must(t, c.do(p.server))
				if err := p.server.Send(2, multiplayer.Delivery{}, []byte("too late")); err == nil {
					t.Error("a packet could be sent after DisconnectPeer")
				}
				p.until("both sides know", func() bool {
					return client.ConnectionStatus() == multiplayer.Disconnected && p.server.Peer(2) == nil
				})
				pkt, err := client.GetPacket()
				if err != nil || string(pkt.Data) != "last words" || client.AvailablePacketCount() != 0 {
					t.Errorf("the client got %q, %v", pkt.Data, err)
				}
				var e *transport.CloseError
				if !errors.As(client.Err(), &e) || e.Code != c.code || e.Reason != c.reason {
					t.Errorf("the client was told %v, want %d %q", client.Err(), c.code, c.reason)
				}
				if told := slices.Contains(p.events, "1: disconnected 2"); told != c.told {
					t.Errorf("events %q", p.events)
				}
				if err := p.server.DisconnectPeer(2, false); !errors.Is(err, multiplayer.ErrUnknownPeer) {
					t.Errorf("again: %v", err)
				}
			})
		})
	}
}

func TestEventsComeInOrder(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		c := p.join(nil)
		c.Close()
		p.until("the server knows", func() bool { return p.server.Peer(2) == nil })
		want := []string{"1: connected 2", "1: disconnected 2", "2: connected 1", "2: disconnected 1"}
		if slices.Sort(p.events); !slices.Equal(p.events, want) {
			t.Errorf("events %q, want %q", p.events, want)
		}
	})
}

func TestRefuseNewConnections(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		p.server.SetRefuseNewConnections(true)
		if !p.server.RefusesNewConnections() {
			t.Error("it does not say that it refuses")
		}
		c := p.start(nil)
		p.until("the client is refused", func() bool { return c.ConnectionStatus() == multiplayer.Disconnected })
		if c.Err() == nil {
			t.Error("the client is not told why")
		}
		p.server.SetRefuseNewConnections(false)
		p.join(nil)
	})
}

func TestMaxPeers(t *testing.T) {
	for name, o := range map[string]*multiplayer.Options{
		"in all":      {MaxPeers: 1},
		"per address": {MaxPeersPerAddress: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := multiplayer.Listen("127.0.0.1:0", o)
			must(t, err)
			p := newParty(t, s, func(o *multiplayer.Options) *multiplayer.MultiplayerPeer {
				c, err := multiplayer.Dial(s.URL(), o)
				must(t, err)
				return c
			})
			first := p.join(nil)
			c := p.start(nil)
			p.until("the second is refused", func() bool { return c.ConnectionStatus() == multiplayer.Disconnected })
			var r *multiplayer.Refusal
			if !errors.As(c.Err(), &r) || r.Code != multiplayer.CloseRefused || r.RetryAfter == 0 || s.Stats().TurnedAway != 1 {
				t.Errorf("it was told %v; stats %+v", c.Err(), s.Stats())
			}
			engine := p.start(&multiplayer.Options{Wire: multiplayer.Godot})
			p.until("the third is refused", func() bool { return engine.ConnectionStatus() == multiplayer.Disconnected })
			if !errors.As(engine.Err(), &r) || r.Code != multiplayer.CloseRefused || s.Stats().TurnedAway != 2 {
				t.Errorf("it was told %v; stats %+v", engine.Err(), s.Stats())
			}
			first.Close()
			p.until("the first is gone", func() bool { return s.Peer(2) == nil })
			p.join(nil)
		})
	}
}

func TestHandshakeTimeout(t *testing.T) {
	everyLink(t, &multiplayer.Options{HandshakeTimeout: 50 * time.Millisecond}, func(t *testing.T, p *party) {
		c := p.start(nil)
		// The client is not polled, so it never says hello.
		p.peers = p.peers[:1]
		p.until("the server gives up", func() bool { return p.server.Stats().HandshakeTimeouts == 1 })
		p.peers = append(p.peers, c)
		p.until("the client knows", func() bool { return c.ConnectionStatus() == multiplayer.Disconnected })
		if len(p.events) != 0 {
			t.Errorf("events %q for a peer that never was", p.events)
		}
	})
}

func TestConnectionThatFails(t *testing.T) {
	addr := refusing.Addr(t)
	c, err := multiplayer.Dial("ws://"+addr, nil)
	must(t, err)
	p := newParty(t, c, nil)
	p.until("the client gives up", func() bool { return c.ConnectionStatus() == multiplayer.Disconnected })
	if err := c.Err(); err == nil || !strings.Contains(err.Error(), addr) {
		t.Errorf("the error does not say where: %v", err)
	}
	if err := c.Send(1, multiplayer.Delivery{}, nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send: %v", err)
	}
	if _, err := multiplayer.Dial("http://"+addr, nil); err == nil {
		t.Error("an http URL was taken")
	}
	if _, err := multiplayer.NewServer(&multiplayer.Options{MaxPeers: -1}); err == nil {
		t.Error("MaxPeers -1 was taken")
	}
}

func TestMountedOnAMux(t *testing.T) {
	s, err := multiplayer.NewServer(nil)
	must(t, err)
	mux := http.NewServeMux()
	mux.Handle("/play", s)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "a page") })
	hs := httptest.NewServer(mux)
	defer hs.Close()
	p := newParty(t, s, func(o *multiplayer.Options) *multiplayer.MultiplayerPeer {
		c, err := multiplayer.Dial("ws"+strings.TrimPrefix(hs.URL, "http")+"/play", o)
		must(t, err)
		return c
	})
	p.join(nil)
	if host, port := s.PeerAddress(2), s.PeerPort(2); host != "127.0.0.1" || port == 0 {
		t.Errorf("peer 2 is at %q %d", host, port)
	}
	resp, err := http.Get(hs.URL + "/play")
	must(t, err)
	resp.Body.Close()
	if resp.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("a plain GET is answered with %s", resp.Status)
	}
}

func TestOffline(t *testing.T) {
	m := multiplayer.Offline()
	m.Poll()
	if m.UniqueID() != 1 || !m.IsServer() || m.ConnectionStatus() != multiplayer.Connected {
		t.Errorf("offline is %d, server %v, %v", m.UniqueID(), m.IsServer(), m.ConnectionStatus())
	}
	must(t, m.Send(multiplayer.Everyone, multiplayer.Delivery{}, []byte("to nobody")))
}

func TestPostRunsInPoll(t *testing.T) {
	m := multiplayer.Offline()
	var ran []int
	done := make(chan struct{})
	go func() {
		for i := range 3 {
			m.Post(func() { ran = append(ran, i) })
		}
		close(done)
	}()
	<-done
	must(t, m.Wait(context.Background()))
	m.Poll()
	if !slices.Equal(ran, []int{0, 1, 2}) {
		t.Errorf("ran %v", ran)
	}
}

func TestCloseTellsEverybody(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		a, b := p.join(nil), p.join(nil)
		must(t, p.server.Close())
		p.until("everybody knows", func() bool {
			return a.ConnectionStatus() == multiplayer.Disconnected && b.ConnectionStatus() == multiplayer.Disconnected &&
				p.server.ConnectionStatus() == multiplayer.Disconnected
		})
		for _, c := range []*multiplayer.MultiplayerPeer{a, b} {
			var e *transport.CloseError
			if !errors.As(c.Err(), &e) || e.Code != multiplayer.CloseGoingAway {
				t.Errorf("a client was told %v", c.Err())
			}
		}
		if n := len(p.events); n != 8 {
			t.Errorf("events %q", p.events)
		}
	})
}
