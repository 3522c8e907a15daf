package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// onWires runs a test for a client of each wire, over memory and sockets. The client is connected, the server first in
// the session.
func onWires(t *testing.T, o *rpc.Options, test func(t *testing.T, s *session, c *rpc.SceneMultiplayer)) {
	for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		for name, link := range links {
			t.Run(wire.String()+"/"+name, func(t *testing.T) {
				server, join := link(t, nil)
				s := newSession(t, server, o)
				test(t, s, s.join(join(&multiplayer.Options{Wire: wire}), nil))
			})
		}
	}
}

// TestFaults sends away who does nothing right, and nobody else.
func TestFaults(t *testing.T) {
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, nil))
	for _, c := range []struct {
		name  string
		most  int
		node  string
		value any
		count func(rpc.Stats) uint64
	}{
		{"unknown nodes", 50, "Nowhere", 1, func(s rpc.Stats) uint64 { return s.UnknownNode }},
		{"unknown methods", 50, "Empty", 1, func(s rpc.Stats) uint64 { return s.UnknownMethod }},
		{"not allowed", 50, "Closed", 1, func(s rpc.Stats) uint64 { return s.NotAllowed }},
		{"bad arguments", 50, "Game", "text", func(s rpc.Stats) uint64 { return s.BadArguments }},
		{"any number", -1, "Nowhere", 1, func(s rpc.Stats) uint64 { return s.UnknownNode }},
	} {
		t.Run(c.name, func(t *testing.T) {
			logged.Reset()
			onWires(t, &rpc.Options{MaxFaults: c.most, Logger: log}, func(t *testing.T, s *session, m *rpc.SceneMultiplayer) {
				if s.server.Node("Empty"); c.node == "Empty" && m.MultiplayerPeer().Peer(1).Wire() == multiplayer.Godot {
					t.Skip("a list of methods that differs is another matter there")
				}
				s.server.Node("Game").Handle("f", func(int) {}, anyPeer)
				s.server.Node("Closed").Handle("f", func(int) {}, rpc.Config{})
				m.Node(c.node).DeclareMethod("f", anyPeer)
				if c.name == "not allowed" {
					m.Node(c.node).SetAuthority(m.UniqueID())
				}
				for range 50 {
					must(t, m.Node(c.node).RPCID(1, "f", c.value))
				}
				s.until("they are refused", func() bool { return c.count(s.server.Stats()) >= 50 })
				if st := s.server.Stats(); st.Session.Peers != 1 || st.TooManyFaults != 0 {
					t.Fatalf("%+v", st)
				}
				if st, ok := s.server.PeerStats(2); !ok || st.Refused != 50 || st.CallsIn > 50 {
					t.Errorf("%+v", st)
				}
				for range 50 {
					must(t, m.Node(c.node).RPCID(1, "f", c.value))
				}
				mayBeACopy := c.node == "Nowhere" && m.MultiplayerPeer().Peer(1).Wire() == multiplayer.Godot
				if c.most < 0 || mayBeACopy {
					s.until("they are refused", func() bool { return c.count(s.server.Stats()) == 100 })
					if s.server.Stats().Session.Peers != 1 {
						t.Error("it was disconnected")
					}
					return
				}
				s.until("it is disconnected", func() bool { return m.MultiplayerPeer().ConnectionStatus() == multiplayer.Disconnected })
				var said *transport.CloseError
				if err := m.MultiplayerPeer().Err(); !errors.As(err, &said) || said.Code != multiplayer.ClosePolicy || said.Reason != rpc.ErrTooManyFaults.Error() {
					t.Errorf("it was told %v", err)
				}
				if st := s.server.Stats(); st.TooManyFaults != 1 || c.count(st) > 60 {
					t.Errorf("%+v", st)
				}
				for _, key := range []string{"peer=2", "node=" + c.node, "method=", "code=", "err=", "addr=", "code=1008"} {
					if !strings.Contains(logged.String(), key) {
						t.Errorf("no %s in the log: %.600s", key, logged.String())
					}
				}
			})
		})
	}
}

// TestCallsForEveryoneAreNoFaults calls others through a server that knows nothing of it.
func TestCallsForEveryoneAreNoFaults(t *testing.T) {
	everyLink(t, 2, &rpc.Options{MaxFaults: 10}, func(t *testing.T, s *session) {
		m := s.clients[0]
		s.until("they know each other", func() bool { return m.HasPeer(3) })
		m.Node("Theirs").DeclareMethod("f", anyPeer)
		for range 100 {
			must(t, m.Node("Theirs").RPC("f"))
		}
		s.until("they are refused", func() bool { return s.server.Stats().UnknownNode == 100 })
		if s.server.Stats().TooManyFaults != 0 || s.server.Stats().Session.Peers != 2 {
			t.Errorf("%+v", s.server.Stats())
		}
	})
}

// TestCopiesAreNoFaults calls everyone on Godot's wire, on which the server gets a copy of its own that looks like a call
// for it alone.
func TestCopiesAreNoFaults(t *testing.T) {
	for link := range links {
		t.Run(link, func(t *testing.T) {
			var logged bytes.Buffer
			server, join := links[link](t, nil)
			s := newSession(t, server, &rpc.Options{MaxFaults: 10, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
			s.server.OnCallRefused = func(f rpc.Refusal) {
				if f.Node != "Nowhere" {
					t.Errorf("refused: %+v", f)
				}
			}
			s.server.Node("Game").DeclareMethod("f", anyPeer)
			s.server.Node("Game").DeclareMethod("g", rpc.Config{})
			for range 2 {
				s.join(join(&multiplayer.Options{Wire: multiplayer.Godot}), nil)
			}
			a, b, heard := s.clients[0], s.clients[1], 0
			s.until("they know each other", func() bool { return a.HasPeer(3) })
			for _, path := range []string{"Game", "Nowhere"} {
				b.Node(path).Handle("f", func() { heard++ }, anyPeer)
				a.Node(path).DeclareMethod("f", anyPeer)
				for _, m := range s.clients {
					m.Node("Game").DeclareMethod("g", rpc.Config{})
				}
				for range 100 {
					must(t, a.Node(path).RPC("f"))
				}
			}
			s.until("they are heard", func() bool { return heard == 200 && s.server.Stats().UnknownNode == 100 })
			st := s.server.Stats()
			if st.TooManyFaults != 0 || st.Session.Peers != 2 || st.Ignored != 100 || st.UnknownMethod != 0 {
				t.Errorf("%+v", st)
			}
			if n := strings.Count(logged.String(), "it is ignored"); n != 1 {
				t.Errorf("said %d times", n)
			}
			// What it may not call is refused as ever.
			s.server.OnCallRefused = nil
			a.Node("Game").SetAuthority(2)
			must(t, a.Node("Game").RPCID(1, "g"))
			s.until("it is refused", func() bool { return s.server.Stats().UnknownMethod == 1 })
		})
	}
}

// TestQuiet has a peer cause many notices. Requests are answered all the same.
func TestQuiet(t *testing.T) {
	var logged bytes.Buffer
	for name, link := range links {
		t.Run(name, func(t *testing.T) {
			logged.Reset()
			server, join := link(t, nil)
			s := newSession(t, server, &rpc.Options{MaxNotices: 5, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
			c := s.join(join(nil), nil)
			told := 0
			s.server.OnCallRefused = func(rpc.Refusal) { told++ }
			panics := s.server.Node("Game")
			panics.Handle("panics", func() { panic("oops") }, anyPeer)
			panics.Handle("fails", func() error { return errors.New("no") }, anyPeer)
			c.Node("Game").DeclareMethod("panics", anyPeer)
			c.Node("Game").DeclareMethod("fails", anyPeer)
			c.Node("Game").DeclareMethod("f", anyPeer)
			for range 50 {
				must(t, c.Node("Game").RPCID(1, "f"))
				must(t, c.Node("Game").RPCID(1, "panics"))
				must(t, c.Node("Game").RPCID(1, "fails"))
			}
			answered := 0
			for range 50 {
				c.Node("Game").Call(t.Context(), 1, "f").Then(func(_ any, err error) {
					if errors.Is(err, &rpc.Error{Code: rpc.CodeUnknownMethod}) {
						answered++
					}
				})
			}
			s.until("the requests are answered", func() bool { return answered == 50 })
			st := s.server.Stats()
			lines := uint64(strings.Count(logged.String(), "level=WARN") + strings.Count(logged.String(), "level=ERROR"))
			notices := 250 + st.Handlers.Slow // which a handler is at times where the machine is busy
			if lines < 5 || lines > 20 || lines+st.Silenced != notices || told > int(lines) {
				t.Errorf("%d lines, %d silenced, %d told", lines, st.Silenced, told)
			}
			if st.HandlerPanics != 50 || st.HandlerErrors != 100 || st.UnknownMethod != 100 {
				t.Errorf("%+v", st)
			}
			if n := c.Stats().RefusedByRemote; n > uint64(told) {
				t.Errorf("%d refusals were sent", n)
			}
		})
	}
}

// TestMaxAuthenticating turns away whom there is no room to authenticate, as those who are being authenticated have begun.
func TestMaxAuthenticating(t *testing.T) {
	for name, link := range links {
		t.Run(name, func(t *testing.T) {
			server, join := link(t, nil)
			heard := 0
			s := newSession(t, server, &rpc.Options{MaxAuthenticating: 2, AuthTimeout: 6 * deadline, AuthCallback: func(rpc.PeerID, []byte) { heard++ }})
			add := func() *rpc.SceneMultiplayer {
				c := s.add(join(nil), &rpc.Options{AuthTimeout: deadline, AuthCallback: func(rpc.PeerID, []byte) {}})
				c.OnPeerAuthenticating = func(id rpc.PeerID) { c.SendAuth(id, []byte("I am")) }
				return c
			}
			add()
			add()
			s.until("two are held back", func() bool { return heard == 2 })
			third := add()
			failed, lost := 0, 0
			third.OnConnectionFailed = func(error) { failed++ }
			third.OnServerDisconnected = func(error) { lost++ }
			s.until("the third is gone", func() bool { return third.MultiplayerPeer().ConnectionStatus() == multiplayer.Disconnected })
			var said *transport.CloseError
			if !errors.As(third.MultiplayerPeer().Err(), &said) || said.Code != multiplayer.ClosePolicy || said.Reason != rpc.ErrTooManyAuthenticating.Error() || failed != 1 || lost != 0 {
				t.Errorf("it was told %v, %d times that it failed, %d that it lost its server", third.MultiplayerPeer().Err(), failed, lost)
			}
			if st := s.server.Stats(); st.AuthRefused != 1 || st.Authenticating != 2 || st.Peers != 0 {
				t.Errorf("%+v", st)
			}
			for _, c := range s.all[1:3] {
				if c.UniqueID() == 2 {
					must(t, c.CompleteAuth(1))
				}
			}
			must(t, s.server.CompleteAuth(2))
			s.until("one is in", func() bool { return s.server.HasPeer(2) })
			add()
			s.until("there is room again", func() bool { return heard == 3 && s.server.Stats().Authenticating == 2 })
		})
	}
}

func TestMaxDepth(t *testing.T) {
	for _, most := range []int{0, 3} {
		onWires(t, &rpc.Options{MaxDepth: most}, func(t *testing.T, s *session, m *rpc.SceneMultiplayer) {
			var got []int
			s.server.Node("Game").Handle("f", func(depth int, _ any) { got = append(got, depth) }, anyPeer)
			m.Node("Game").DeclareMethod("f", anyPeer)
			var v any = 7
			for depth := range 64 {
				if depth > 0 {
					v = []any{v}
				}
				must(t, m.Node("Game").RPCID(1, "f", depth, v))
			}
			s.until("all came", func() bool { st := s.server.Stats(); return st.CallsIn == 64 })
			want := 64
			if most > 0 {
				want = most + 1
			}
			if len(got) != want || s.server.Stats().BadArguments != uint64(64-want) {
				t.Errorf("ran with depths %v, %+v", got, s.server.Stats())
			}
		})
	}
}

// TestHandlersAreTimed in made-up time.
func TestHandlersAreTimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		server, join := links["memory"](t, nil)
		s := newSession(t, server, &rpc.Options{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		c := s.join(join(nil), nil)
		n := s.server.Node("Game")
		n.Handle("quick", func() { time.Sleep(time.Millisecond) }, anyPeer)
		n.Handle("slow", func() { time.Sleep(time.Second); must(t, n.RPCID(1, "inner")) }, anyPeer)
		n.Handle("inner", func() { time.Sleep(10 * time.Millisecond) }, rpc.Config{CallLocal: true})
		s.server.OnPeerPacket = func(rpc.PeerID, []byte) { time.Sleep(time.Hour) } // which is nobody's time
		for _, name := range []string{"quick", "slow"} {
			c.Node("Game").DeclareMethod(name, anyPeer)
		}
		for range 3 {
			must(t, c.Node("Game").RPCID(1, "quick"))
			must(t, c.Node("Game").RPCID(1, "slow"))
			must(t, c.Node("Game").RPCID(1, "quick"))
			must(t, c.SendBytes(1, multiplayer.Delivery{}, []byte("x")))
		}
		for s.server.Stats().CallsIn < 12 { // until would give up: more time passes here than it waits
			synctest.Wait()
			s.poll()
		}
		for name, want := range map[string]multiplayer.Timing{
			"quick":   {Count: 6, Total: 6 * time.Millisecond, Max: time.Millisecond},
			"inner":   {Count: 3, Total: 30 * time.Millisecond, Max: 10 * time.Millisecond},
			"slow":    {Count: 3, Slow: 3, Total: 3030 * time.Millisecond, Max: 1010 * time.Millisecond},
			"unknown": {},
		} {
			if got := n.Timing(name); got != want {
				t.Errorf("%s: %+v, want %+v", name, got, want)
			}
		}
		if h := s.server.Stats().Handlers; h.Count != 12 || h.Slow != 3 || h.Total != 3066*time.Millisecond {
			t.Errorf("%+v", h)
		}
		if n := strings.Count(logged.String(), "a handler was slow"); n != 3 || !strings.Contains(logged.String(), "peer=2 node=Game method=slow took=1.01s") {
			t.Errorf("logged %d: %s", n, logged.String())
		}
	})
}

// TestProfileLabels looks at the labels of the goroutine that runs a handler.
func TestProfileLabels(t *testing.T) {
	labels := func() string {
		var b bytes.Buffer
		must(t, pprof.Lookup("goroutine").WriteTo(&b, 1))
		return b.String()
	}
	for _, on := range []bool{true, false} {
		everyLink(t, 1, &rpc.Options{ProfileHandlers: on}, func(t *testing.T, s *session) {
			var outer, inner, after string
			n := s.server.Node("Game")
			n.Handle("outer", func() { outer = labels(); must(t, n.RPCID(1, "inner")); after = labels() }, anyPeer)
			n.Handle("inner", func() { inner = labels(); panic("which changes nothing") }, rpc.Config{CallLocal: true})
			s.clients[0].Node("Game").DeclareMethod("outer", anyPeer)
			must(t, s.clients[0].Node("Game").RPCID(1, "outer"))
			s.until("it ran", func() bool { return after != "" })
			for _, c := range []struct{ got, method string }{{outer, "outer"}, {inner, "inner"}, {after, "outer"}} {
				if got := strings.Contains(c.got, `"method":"`+c.method+`", "node":"Game"`); got != on {
					t.Errorf("%s: %v, want %v", c.method, got, on)
				}
			}
			if strings.Contains(labels(), `"method":"`) {
				t.Error("the labels stay")
			}
		})
	}
}

// TestSnapshotBesidePolling reads the counters on another goroutine.
func TestSnapshotBesidePolling(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		s.server.Node("Game").Handle("f", func() {}, anyPeer)
		c := s.clients[0]
		c.Node("Game").DeclareMethod("f", anyPeer)
		ctx, cancel := context.WithCancel(t.Context())
		var polling sync.WaitGroup
		polling.Go(func() { s.server.Run(ctx, 0, nil) })
		must(t, c.Node("Game").RPCID(1, "f"))
		c.Flush()
		for end := time.Now().Add(deadline); ; {
			if st := s.server.Snapshot(); st.CallsIn == 1 && st.Session.PacketsIn >= 1 && st.Peers == 1 {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%+v", s.server.Snapshot())
			}
		}
		cancel()
		polling.Wait()
	})
}

// TestFloodingOnGodotsWire drops calls of methods that are unreliable here: the wire does not say what they are.
func TestFloodingOnGodotsWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, join := links["memory"](t, &multiplayer.Options{Transport: transport.Options{MaxPacketsPerSecond: 100, FloodTimeout: 9 * time.Second}})
		s := newSession(t, server, nil)
		c := s.join(join(&multiplayer.Options{Wire: multiplayer.Godot, Transport: transport.Options{OutboundBufferSize: 1 << 20, WriteTimeout: time.Hour}}), nil)
		aim, fire := 0, 0
		s.node("Game", func(n *rpc.Node) {
			n.Handle("aim", func() { aim++ }, rpc.Config{Mode: rpc.AnyPeer, TransferMode: multiplayer.UnreliableOrdered})
			n.Handle("fire", func() { fire++ }, anyPeer)
		})
		for range 60 {
			for range 50 {
				c.Node("Game").RPCID(1, "aim")
				c.Node("Game").RPCID(1, "fire")
			}
			c.Poll()
			time.Sleep(time.Second / 10)
			s.server.Poll()
		}
		st := s.server.Stats()
		if !s.server.MultiplayerPeer().Peer(2).Flooding() || st.DroppedIn < 100 || aim == 0 || fire < aim*5/4 || uint64(aim)+st.DroppedIn < uint64(fire)-10 {
			t.Errorf("aimed %d times, fired %d times, %+v", aim, fire, st)
		}
	})
}

// TestCopiesAndRateLimits has a Godot client call everybody, which is a packet for each of them, half as often as the
// limits let it send packets; and one peer all the time, as often as it could call everybody, which counts each time.
func TestCopiesAndRateLimits(t *testing.T) {
	const clients, rate = 20, 100
	for name, c := range map[string]struct {
		target   rpc.PeerID
		each     int // calls, ten times a second
		slowDown bool
	}{
		"to all":            {multiplayer.Everyone, rate / 10 / 2, false}, // the server's own copy counts too
		"to all too often":  {multiplayer.Everyone, rate / 4, true},
		"to one":            {3, rate / 10, false},
		"to one, for all":   {3, rate / 10 * (clients - 2), true},
		"to one, and again": {3, rate / 4 * (clients - 2), true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, join := links["memory"](t, &multiplayer.Options{
					Transport: transport.Options{MaxPacketsPerSecond: rate, MaxBytesPerSecond: 3_000, FloodTimeout: time.Hour, MaxQueuedPackets: 1 << 16}})
				s := newSession(t, server, nil)
				for range clients {
					s.join(join(&multiplayer.Options{Wire: multiplayer.Godot, Transport: transport.Options{OutboundBufferSize: 1 << 24, MaxQueuedPackets: 1 << 20}}), nil)
				}
				s.node("Game", func(n *rpc.Node) { n.Handle("f", func() {}, anyPeer) })
				talks := s.clients[0]
				for range 100 {
					time.Sleep(100 * time.Millisecond)
					for range c.each {
						if err := talks.Node("Game").RPCID(c.target, "f"); !c.slowDown {
							must(t, err)
						}
					}
					s.poll()
				}
				if waits := s.server.Stats().Session.RateWaits; waits > 0 != c.slowDown {
					t.Errorf("slowed down %d times", waits)
				}
			})
		})
	}
}
