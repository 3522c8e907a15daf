package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/refusing"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

func TestEvents(t *testing.T) {
	for link, make := range links {
		t.Run(link, func(t *testing.T) {
			events := map[string][]string{}
			watch := func(who string, m *rpc.SceneMultiplayer) {
				note := func(format string, a ...any) { events[who] = append(events[who], fmt.Sprintf(format, a...)) }
				m.OnConnectedToServer = func() { note("connected_to_server") }
				m.OnServerDisconnected = func(err error) { note("server_disconnected") }
				m.OnConnectionFailed = func(err error) { note("connection_failed") }
				m.OnPeerConnected = func(id rpc.PeerID) { note("peer_connected %d", id) }
				m.OnPeerDisconnected = func(id rpc.PeerID) { note("peer_disconnected %d", id) }
			}
			peer, join := make(t, nil)
			s := newSession(t, peer, nil)
			watch("server", s.server)
			var clients []*rpc.SceneMultiplayer
			for i := range 3 {
				c := s.add(join(nil), nil)
				watch(fmt.Sprint("client ", i+2), c)
				clients = append(clients, c)
				s.until("it is in", func() bool { return c.HasPeer(1) && s.server.HasPeer(c.UniqueID()) })
			}
			s.until("all know all", func() bool {
				return clients[0].HasPeer(4) && clients[1].HasPeer(4) && clients[2].HasPeer(2) && clients[2].HasPeer(3)
			})
			if got := slices.Collect(clients[2].Peers()); !slices.Equal(got, []rpc.PeerID{1, 2, 3}) {
				t.Errorf("peers of 4: %v", got)
			}
			clients[1].Close()
			s.until("3 is gone", func() bool { return !clients[0].HasPeer(3) && !clients[2].HasPeer(3) })
			must(t, s.server.DisconnectPeer(4))
			s.until("4 is gone", func() bool { return !clients[0].HasPeer(4) && len(events["client 4"]) > 4 })
			s.server.Close()
			for _, who := range []string{"client 2", "client 3", "client 4"} {
				s.until("the server is gone", func() bool { return slices.Contains(events[who], "server_disconnected") })
			}
			want := map[string][]string{
				"server":   {"peer_connected 2", "peer_connected 3", "peer_connected 4", "peer_disconnected 3", "peer_disconnected 4", "peer_disconnected 2"},
				"client 2": {"connected_to_server", "peer_connected 1", "peer_connected 3", "peer_connected 4", "peer_disconnected 3", "peer_disconnected 4", "peer_disconnected 1", "server_disconnected"},
				"client 3": {"connected_to_server", "peer_connected 1", "peer_connected 2", "peer_connected 4", "peer_disconnected 4", "peer_disconnected 2", "peer_disconnected 1", "server_disconnected"},
				"client 4": {"connected_to_server", "peer_connected 1", "peer_connected 2", "peer_connected 3", "peer_disconnected 3", "peer_disconnected 2", "peer_disconnected 1", "server_disconnected"},
			}
			for who, w := range want {
				got := events[who]
				if who == "client 4" { // it was sent away while 3's going was on the way
					got = slices.DeleteFunc(slices.Clone(got), func(e string) bool { return e == "peer_disconnected 3" || e == "peer_disconnected 2" })
					w = slices.DeleteFunc(w, func(e string) bool { return e == "peer_disconnected 3" || e == "peer_disconnected 2" })
				}
				if !slices.Equal(got, w) {
					t.Errorf("%s: %q\nwant %q", who, got, w)
				}
			}
		})
	}
}

func TestConnectionFailed(t *testing.T) {
	p, err := multiplayer.Dial("ws://"+refusing.Addr(t), nil)
	must(t, err)
	c, err := rpc.New(p, nil)
	must(t, err)
	var failed error
	c.OnConnectionFailed = func(err error) { failed = err }
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	if err := c.Run(ctx, 0, nil); err == nil || err != failed {
		t.Errorf("Run gives %v, the event says %v", err, failed)
	}
	p.Close()
}

func TestRunTicksAndStops(t *testing.T) {
	m, err := rpc.New(multiplayer.Offline(), nil)
	must(t, err)
	stop := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	ticks, total := 0, time.Duration(0)
	err = m.Run(ctx, 200, func(elapsed time.Duration) {
		total += elapsed
		if ticks++; ticks == 5 {
			cancel(stop)
		}
	})
	if !errors.Is(err, stop) || ticks != 5 || total < 20*time.Millisecond {
		t.Errorf("Run gives %v after %d ticks and %v", err, ticks, total)
	}
	if err := m.Run(ctx, 0, nil); !errors.Is(err, stop) {
		t.Errorf("an event loop gives %v", err)
	}
	for _, rate := range []int{-1, 1_000_000_001} {
		if err := m.Run(ctx, rate, nil); err == nil || errors.Is(err, stop) {
			t.Errorf("a rate of %d: %v", rate, err)
		}
	}
}

// TestRunStopsAtOnce ends a loop that has the next thing to do already.
func TestRunStopsAtOnce(t *testing.T) {
	for _, rate := range []int{0, 1000} {
		for range 20 {
			m, err := rpc.New(multiplayer.Offline(), nil)
			must(t, err)
			ctx, cancel := context.WithCancel(context.Background())
			ticks := 0
			m.Wake()
			err = m.Run(ctx, rate, func(time.Duration) {
				ticks++
				cancel()
				m.Wake()
				time.Sleep(2 * time.Millisecond) // the next tick is due
				if ticks > 1 {
					t.Fatalf("rate %d: tick %d after the end", rate, ticks)
				}
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("rate %d: Run gives %v", rate, err)
			}
		}
	}
}

// TestLastWordsOfWhoLeaves has a client leave just after another one: what it sent before comes, though it can no longer
// be told that the other is gone.
func TestLastWordsOfWhoLeaves(t *testing.T) {
	for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		for name, link := range links {
			t.Run(wire.String()+" "+name, func(t *testing.T) {
				server, join := link(t, nil)
				s := newSession(t, server, nil)
				o := &multiplayer.Options{Wire: wire}
				first, second := s.join(join(o), nil), s.join(join(o), nil)
				var events []string
				s.server.OnPeerPacket = func(id rpc.PeerID, data []byte) { events = append(events, fmt.Sprintf("%d says %s", id, data)) }
				s.server.OnPeerDisconnected = func(id rpc.PeerID) { events = append(events, fmt.Sprintf("%d is gone", id)) }
				first.Close()
				must(t, second.SendBytes(multiplayer.Server, multiplayer.Delivery{}, []byte("goodbye")))
				second.Flush()
				second.Close()
				s.until("both are gone", func() bool { return !s.server.HasPeer(2) && !s.server.HasPeer(3) })
				if want := []string{"2 is gone", "3 says goodbye", "3 is gone"}; !slices.Equal(events, want) {
					t.Errorf("%q, want %q", events, want)
				}
			})
		}
	}
}

// TestNewOnASessionThatStands makes both ends once they are connected, and after the client has sent something.
func TestNewOnASessionThatStands(t *testing.T) {
	for name, link := range links {
		t.Run(name, func(t *testing.T) {
			server, join := link(t, nil)
			client := join(nil)
			s := &session{t: t, peers: []*multiplayer.MultiplayerPeer{server, client}}
			t.Cleanup(s.close)
			poll := func(what string, done func() bool) {
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				for !done() {
					if ctx.Err() != nil {
						t.Fatalf("waited for: %s", what)
					}
					s.wait(ctx)
					server.Poll()
					client.Poll()
				}
			}
			poll("they are connected", func() bool { return server.Peer(2) != nil && client.Peer(1) != nil })
			cm, err := rpc.New(client, nil)
			must(t, err)
			var events []string
			cm.OnConnectedToServer = func() { events = append(events, "connected") }
			cm.OnPeerConnected = func(id rpc.PeerID) { events = append(events, fmt.Sprint("peer ", id)) }
			cm.Poll()
			if want := []string{"connected", "peer 1"}; !slices.Equal(events, want) {
				t.Errorf("events %q, want %q", events, want)
			}
			cm.Node("Game").DeclareMethod("f", anyPeer)
			must(t, cm.Node("Game").RPCID(1, "f"))
			cm.Flush()
			poll("the server has its packets", func() bool { return server.AvailablePacketCount() == 3 }) // two names, one call
			sm, err := rpc.New(server, nil)
			must(t, err)
			ran := 0
			sm.Node("Game").Handle("f", func(c *rpc.Call) { ran++ }, anyPeer)
			sm.Poll()
			if ran != 1 || !sm.HasPeer(2) {
				t.Errorf("it ran %d times; the server has %v", ran, slices.Collect(sm.Peers()))
			}
		})
	}
	if _, err := rpc.New(nil, nil); err == nil {
		t.Error("New takes no session at all")
	}
}

func TestWhatRunReturns(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(server, client *rpc.SceneMultiplayer) error
		code int // that Run's error says, 0 for none
	}{
		{"Close", func(_, c *rpc.SceneMultiplayer) error { return c.Close() }, 0},
		{"Close of the session", func(_, c *rpc.SceneMultiplayer) error { return c.MultiplayerPeer().Close() }, 0},
		{"DisconnectPeer", func(_, c *rpc.SceneMultiplayer) error { return c.DisconnectPeer(1) }, 0},
		{"sent away", func(s, _ *rpc.SceneMultiplayer) error { return s.DisconnectPeer(2) }, multiplayer.CloseDisconnected},
		{"the server goes", func(s, _ *rpc.SceneMultiplayer) error { return s.Close() }, multiplayer.CloseGoingAway},
	} {
		t.Run(c.name, func(t *testing.T) {
			everyLink(t, 1, nil, func(t *testing.T, s *session) {
				client := s.clients[0]
				must(t, c.end(s.server, client))
				s.server.Flush()
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				err := client.Run(ctx, 0, nil)
				var e *transport.CloseError
				if errors.As(err, &e) != (c.code != 0) || c.code == 0 && err != nil || c.code != 0 && e.Code != c.code {
					t.Errorf("Run gives %v", err)
				}
			})
		})
	}
}

// TestEventsOfALostSession has a client lose its session, and come back as a new peer: what it knew goes, the server last,
// then it is told of that, then all is new.
func TestEventsOfALostSession(t *testing.T) {
	for link, make := range links {
		t.Run(link, func(t *testing.T) {
			peer, join := make(t, nil)
			s := newSession(t, peer, nil)
			asked := false
			for id := range rpc.PeerID(2) {
				o := s.add(join(nil), nil)
				o.Node("Hall").Handle("think", func(call *rpc.Call) { asked = rpc.Later[any](call) != nil }, anyPeer)
				s.until("it is in", func() bool { return o.UniqueID() == 2+id && o.HasPeer(1) })
			}
			c := s.add(join(&multiplayer.Options{Reconnect: time.Minute}), nil)
			var events []string
			note := func(format string, a ...any) { events = append(events, fmt.Sprintf(format, a...)) }
			c.OnConnectedToServer = func() { note("connected_to_server as %d", c.UniqueID()) }
			c.OnServerDisconnected = func(err error) {
				note("server_disconnected, %v", c.MultiplayerPeer().ConnectionStatus() == multiplayer.Connecting && err != nil)
			}
			c.OnConnectionFailed = func(err error) { note("connection_failed") }
			c.OnPeerConnected = func(id rpc.PeerID) { note("peer_connected %d", id) }
			c.OnPeerDisconnected = func(id rpc.PeerID) { note("peer_disconnected %d", id) }
			s.until("it is in", func() bool { return c.HasPeer(2) && c.HasPeer(3) })
			var failed error
			c.Node("Hall").Call(context.Background(), 2, "think").Then(func(_ any, err error) { failed = err })
			s.until("it was asked", func() bool { return asked })
			s.server.MultiplayerPeer().Peer(4).WebSocket().Close(-1, "")
			s.until("it is back", func() bool { return c.UniqueID() == 5 && c.HasPeer(2) && c.HasPeer(3) })
			want := []string{"connected_to_server as 4", "peer_connected 1", "peer_connected 2", "peer_connected 3",
				"peer_disconnected 3", "peer_disconnected 2", "peer_disconnected 1", "server_disconnected, true",
				"connected_to_server as 5", "peer_connected 1", "peer_connected 2", "peer_connected 3"}
			if !slices.Equal(events, want) {
				t.Errorf("got  %q\nwant %q", events, want)
			}
			if !errors.Is(failed, rpc.ErrPeerGone) {
				t.Errorf("the call fails with %v", failed)
			}
			if err := c.MultiplayerPeer().Err(); err != nil {
				t.Errorf("it is back, and Err is %v", err)
			}
		})
	}
}
