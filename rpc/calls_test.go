package rpc_test

import (
	"errors"
	"fmt"
	"math"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/variant"
)

var anyPeer = rpc.Config{Mode: rpc.AnyPeer}

func TestCallLocal(t *testing.T) {
	ping := rpc.Method0{Name: "ping", Config: rpc.Config{Mode: rpc.AnyPeer, CallLocal: true}}
	for _, c := range []struct {
		name   string
		from   int
		target rpc.PeerID
		local  bool
		remote int
	}{
		{"everyone", 0, multiplayer.Everyone, true, 2},
		{"oneself", 0, 1, true, 0},
		{"another", 0, 2, false, 1},
		{"all but oneself", 0, multiplayer.Except(1), false, 2},
		{"all but another", 0, multiplayer.Except(2), true, 1},
		{"a client, everyone", 1, multiplayer.Everyone, true, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			everyLink(t, 2, nil, func(t *testing.T, s *session) {
				ran := map[rpc.PeerID]rpc.PeerID{}
				s.node("Game", func(n *rpc.Node) {
					ping.Handle(n, func(c *rpc.Call) {
						ran[n.Multiplayer().UniqueID()] = c.Sender
						if id := n.Multiplayer().RemoteSenderID(); id != c.Sender {
							t.Errorf("RemoteSenderID is %d in a call of %d", id, c.Sender)
						}
					})
				})
				s.until("the clients know each other", func() bool { return s.clients[0].HasPeer(3) && s.clients[1].HasPeer(2) })
				from := s.all[c.from]
				must(t, ping.RPCID(from.Node("Game"), c.target))
				_, local := ran[from.UniqueID()]
				if local != c.local {
					t.Errorf("ran here: %v, want %v", local, c.local)
				}
				want := c.remote
				if local {
					want++
				}
				s.until("the calls arrive", func() bool { return len(ran) >= want })
				for at, sender := range ran {
					if sender != from.UniqueID() {
						t.Errorf("at %d the sender is %d", at, sender)
					}
				}
				if len(ran) != want || from.RemoteSenderID() != 0 {
					t.Errorf("ran at %v; outside of calls the sender is %d", ran, from.RemoteSenderID())
				}
			})
		})
	}
}

func TestWrongTargets(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		n := s.server.Node("Game")
		n.DeclareMethod("f", anyPeer)
		for _, c := range []struct {
			target rpc.PeerID
			method string
			want   error
		}{
			{1, "f", rpc.ErrCallSelf},
			{77, "f", rpc.ErrUnknownPeer},
			{2, "nothing", rpc.ErrUndeclared},
		} {
			err := n.RPCID(c.target, c.method)
			var e *rpc.CallError
			if !errors.Is(err, c.want) || !errors.As(err, &e) || e.Peer != c.target || e.Node != "Game" || e.Method != c.method {
				t.Errorf("call of %s on %d: %v, want %v", c.method, c.target, err, c.want)
			}
		}
		if err := n.RPCID(2, "f", make(chan int)); !errors.Is(err, rpc.ErrArgument) {
			t.Errorf("a channel as an argument: %v", err)
		}
		if err := n.RPCID(2, "f", make([]any, 300)...); !errors.Is(err, rpc.ErrTooManyArguments) {
			t.Errorf("300 arguments: %v", err)
		}
		s.server.Close()
		s.until("the session is closed", func() bool { return !s.clients[0].HasPeer(1) })
		if err := n.RPCID(2, "f"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

// Point is a struct as an argument.
type Point struct {
	X, Y float64
	Tags []string
}

func TestArguments(t *testing.T) {
	now := time.Date(2026, 2, 3, 4, 5, 6, 7000, time.UTC)
	for _, c := range []struct {
		handler any // takes one argument and gives it back
		sent    any
		want    any
	}{
		{func(v bool) bool { return v }, true, true},
		{func(v int) int { return v }, -5, -5},
		{func(v int8) int8 { return v }, int8(-128), int8(-128)},
		{func(v uint64) uint64 { return v }, uint64(math.MaxUint64), uint64(math.MaxUint64)},
		{func(v float32) float32 { return v }, float32(1.5), float32(1.5)},
		{func(v float64) float64 { return v }, 0.1, 0.1},
		{func(v float64) float64 { return v }, 3, 3.0},
		{func(v string) string { return v }, "héllo 🎮", "héllo 🎮"},
		{func(v []byte) []byte { return v }, []byte{0, 255}, []byte{0, 255}},
		{func(v []int) []int { return v }, []int{1, 300}, []int{1, 300}},
		{func(v []string) []string { return v }, []string{"a", ""}, []string{"a", ""}},
		{func(v map[string]int) map[string]int { return v }, map[string]int{"a": 1}, map[string]int{"a": 1}},
		{func(v Point) Point { return v }, Point{1, 2, []string{"x"}}, Point{1, 2, []string{"x"}}},
		{func(v *int) bool { return v == nil }, nil, true},
		{func(v any) any { return v }, []any{1, "x", nil}, []any{int64(1), "x", nil}},
		{func(v time.Time) time.Time { return v }, now, now},
		{func(v variant.Vector2) variant.Vector2 { return v }, variant.Vector2{X: 1, Y: 2}, variant.Vector2{X: 1, Y: 2}},
		{func(c *rpc.Call, v int) int { return v + int(c.Sender) }, 40, 41},
		{func(v ...int) int { return len(v) }, 9, 1},
	} {
		t.Run(fmt.Sprintf("%T", c.handler), func(t *testing.T) {
			everyLink(t, 1, nil, func(t *testing.T, s *session) {
				var got any
				s.clients[0].Node("Game").Handle("f", c.handler, rpc.Config{})
				s.server.Node("Game").DeclareMethod("f", rpc.Config{})
				r := s.server.Node("Game").Call(t.Context(), 2, "f", c.sent)
				done := false
				r.Then(func(v any, err error) {
					must(t, err)
					got, done = v, true
				})
				s.until("the reply", func() bool { return done })
				want := c.want
				if v := reflect.ValueOf(want); v.CanInt() { // an untyped reply comes in its natural type
					want = v.Int()
				} else if f, ok := want.(float32); ok {
					want = float64(f)
				} else {
					want = natural(want)
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("sent %#v, got %#v, want %#v", c.sent, got, want)
				}
			})
		})
	}
}

// natural is what an argument of type any gets for a value.
func natural(v any) any {
	switch v := v.(type) {
	case []int:
		out := []any{}
		for _, n := range v {
			out = append(out, int64(n))
		}
		return out
	case []string:
		out := []any{}
		for _, s := range v {
			out = append(out, s)
		}
		return out
	case map[string]int:
		var out variant.Dictionary
		for k, n := range v {
			out.Append(k, int64(n))
		}
		return out
	case Point:
		return variant.NewDictionary("X", v.X, "Y", v.Y, "Tags", natural(v.Tags))
	}
	return v
}

func TestRefusedCalls(t *testing.T) {
	for _, c := range []struct {
		name   string
		node   string
		method string
		args   []any
		code   rpc.Code
		says   string
		count  func(s rpc.Stats) uint64
	}{
		{"unknown node", "Nowhere", "f", nil, rpc.CodeUnknownNode, `"Nowhere"`, func(s rpc.Stats) uint64 { return s.UnknownNode }},
		{"unknown method", "Game", "g", nil, rpc.CodeUnknownMethod, "authority, f, ok, variadic", func(s rpc.Stats) uint64 { return s.UnknownMethod }},
		{"wrong sender", "Game", "authority", nil, rpc.CodeNotAllowed, "authority is 1", func(s rpc.Stats) uint64 { return s.NotAllowed }},
		{"too few", "Game", "f", []any{1}, rpc.CodeBadArguments, "too few", func(s rpc.Stats) uint64 { return s.BadArguments }},
		{"too many", "Game", "f", []any{1, "a", 2.5, 3}, rpc.CodeBadArguments, "too many", func(s rpc.Stats) uint64 { return s.BadArguments }},
		{"wrong type", "Game", "f", []any{1, 2, 3.5}, rpc.CodeBadArguments, "(int8, string, float64)", func(s rpc.Stats) uint64 { return s.BadArguments }},
		{"out of range", "Game", "f", []any{1000, "a", 0}, rpc.CodeBadArguments, "argument 1", func(s rpc.Stats) uint64 { return s.BadArguments }},
		{"a fraction for an int", "Game", "f", []any{1.5, "a", 0}, rpc.CodeBadArguments, "argument 1", func(s rpc.Stats) uint64 { return s.BadArguments }},
		{"variadic of the wrong type", "Game", "variadic", []any{1, "x"}, rpc.CodeBadArguments, "argument 2", func(s rpc.Stats) uint64 { return s.BadArguments }},
	} {
		t.Run(c.name, func(t *testing.T) {
			everyLink(t, 1, nil, func(t *testing.T, s *session) {
				n := s.server.Node("Game")
				fail := func() { t.Error("it ran") }
				n.Handle("f", func(int8, string, float64) { fail() }, anyPeer)
				n.Handle("authority", fail, rpc.Config{})
				n.Handle("variadic", func(...int) { fail() }, anyPeer)
				ok := 0
				n.Handle("ok", func() { ok++ }, anyPeer)
				client := s.clients[0].Node(c.node)
				client.DeclareMethod(c.method, anyPeer)
				s.clients[0].Node("Game").DeclareMethod("ok", anyPeer)

				var here, there *rpc.Refusal
				s.server.OnCallRefused = func(f rpc.Refusal) { here = &f }
				s.clients[0].OnCallRefused = func(f rpc.Refusal) { there = &f }
				must(t, client.RPCID(1, c.method, c.args...))
				s.until("both sides are told", func() bool { return here != nil && there != nil })
				if here.Code != c.code || here.Sender != 2 || here.Node != c.node || here.Method != c.method || !strings.Contains(here.String(), c.says) {
					t.Errorf("the server reports %v", here)
				}
				if !there.Remote || there.Code != c.code || there.Node != c.node || there.Method != c.method || there.Sender != 1 || there.Reason != here.Reason {
					t.Errorf("the client is told %v", there)
				}
				if got := c.count(s.server.Stats()); got != 1 {
					t.Errorf("the counter is at %d: %+v", got, s.server.Stats())
				}

				var err error
				done := false
				client.Call(t.Context(), 1, c.method, c.args...).Then(func(_ any, e error) { err, done = e, true })
				s.until("the request fails", func() bool { return done })
				if !errors.Is(err, &rpc.Error{Code: c.code}) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("the request fails with %v", err)
				}
				must(t, s.clients[0].Node("Game").RPCID(1, "ok"))
				s.until("the session goes on", func() bool { return ok == 1 })
			})
		})
	}
}

func TestHandlerThatPanics(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		ok := 0
		n := s.server.Node("Game")
		n.Handle("boom", func() { panic("out of dice") }, anyPeer)
		n.Handle("ok", func() { ok++ }, anyPeer)
		c := s.clients[0].Node("Game")
		c.DeclareMethod("boom", anyPeer)
		c.DeclareMethod("ok", anyPeer)
		must(t, c.RPCID(1, "boom"))
		must(t, c.RPCID(1, "ok"))
		s.until("the session goes on", func() bool { return ok == 1 })
		var err error
		done := false
		c.Call(t.Context(), 1, "boom").Then(func(_ any, e error) { err, done = e, true })
		s.until("the request fails", func() bool { return done })
		if !errors.Is(err, &rpc.Error{Code: rpc.CodeHandlerFailed}) || strings.Contains(err.Error(), "dice") {
			t.Errorf("the request fails with %v: it should not carry what the panic said", err)
		}
		if st := s.server.Stats(); st.HandlerPanics != 2 {
			t.Errorf("stats %+v", st)
		}
	})
}

func TestAuthorityOfANode(t *testing.T) {
	everyLink(t, 2, nil, func(t *testing.T, s *session) {
		ran, refused := 0, 0
		s.node("Pawn", func(n *rpc.Node) {
			n.SetAuthority(3)
			n.Handle("move", func(c *rpc.Call) {
				if c.Sender != 3 {
					t.Errorf("%d moved it", c.Sender)
				}
				ran++
			}, rpc.Config{})
		})
		s.server.OnCallRefused = func(rpc.Refusal) { refused++ }
		s.until("the clients know each other", func() bool { return s.clients[0].HasPeer(3) && s.clients[1].HasPeer(2) })
		must(t, s.clients[0].Node("Pawn").RPC("move"))
		must(t, s.clients[1].Node("Pawn").RPC("move"))
		if s.clients[0].Node("Pawn").IsAuthority() || !s.clients[1].Node("Pawn").IsAuthority() {
			t.Error("IsAuthority is wrong")
		}
		s.until("the calls arrive", func() bool { return ran == 2 && refused >= 2 })
	})
}

func TestOptionalParameters(t *testing.T) {
	add := rpc.Method2[rpc.PeerID, string]{Name: "add_player", Config: rpc.Config{Optional: 1}}
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		var got []string
		add.Handle(s.clients[0].Node("Game"), func(_ *rpc.Call, id rpc.PeerID, name string) {
			got = append(got, fmt.Sprintf("%d %q", id, name))
		})
		n := s.server.Node("Game")
		n.Declare(add)
		must(t, n.RPC("add_player", 7))
		must(t, add.RPC(n, 8, "Ann"))
		s.until("both arrive", func() bool { return len(got) == 2 })
		if got[0] != `7 ""` || got[1] != `8 "Ann"` {
			t.Errorf("got %q", got)
		}
	})
}

// TestDefaults leaves out the last arguments.
func TestDefaults(t *testing.T) {
	config := rpc.Config{Mode: rpc.AnyPeer, CallLocal: true, Optional: 3, Defaults: []any{2.5, variant.Vector2i{X: 1}}}
	typed := rpc.Method4[int, string, float64, variant.Vector2]{Name: "typed", Config: config}
	onWires(t, nil, func(t *testing.T, s *session, c *rpc.SceneMultiplayer) {
		var got []string
		n := s.server.Node("Game")
		note := func(a int, b string, f float64, v variant.Vector2, more ...int) {
			got = append(got, fmt.Sprintln(a, b, f, v.X, more))
		}
		typed.Handle(n, func(_ *rpc.Call, a int, b string, f float64, v variant.Vector2) { note(a, b, f, v) })
		n.Handle("plain", func(a int, b string, f float64, v variant.Vector2) { note(a, b, f, v) }, config)
		n.Handle("more", note, config)
		names := []string{"typed", "plain", "more"}
		for _, name := range names {
			c.Node("Game").DeclareMethod(name, config)
		}
		for _, m := range []*rpc.SceneMultiplayer{s.server, c} {
			game := m.Node("Game")
			for _, name := range names {
				got = nil
				for _, args := range [][]any{{1}, {1, "b"}, {1, "b", 3}, {1, "b", 3, variant.Vector2{X: 4}}} {
					must(t, game.RPCID(1, name, args...))
				}
				s.until("the calls have come", func() bool { return len(got) == 4 })
				if want := []string{"1  2.5 1 []\n", "1 b 2.5 1 []\n", "1 b 3 1 []\n", "1 b 3 4 []\n"}; !slices.Equal(got, want) {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
				refused := ""
				s.server.OnCallRefused = func(f rpc.Refusal) { refused = f.Reason }
				must(t, game.RPCID(1, name))
				s.until("too few are refused", func() bool {
					return strings.HasPrefix(refused, "too few arguments; the parameters are (int, string, float64, variant.Vector2")
				})
			}
		}
	})
}

func TestHandlersThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		handler any
		config  rpc.Config
		says    string
	}{
		{nil, rpc.Config{}, "pass a func"},
		{42, rpc.Config{}, "pass a func"},
		{(func())(nil), rpc.Config{}, "nil func"},
		{func(chan int) {}, rpc.Config{}, "parameter 1"},
		{func(int, *rpc.Call) {}, rpc.Config{}, "make it the first"},
		{func() (int, int) { return 0, 0 }, rpc.Config{}, "return a value"},
		{func() func() { return nil }, rpc.Config{}, "the result"},
		{func(int) {}, rpc.Config{Defaults: []any{1, 2}}, "2 Defaults for 1 parameters"},
		{func(...int) {}, rpc.Config{Defaults: []any{1}}, "1 Defaults for 0 parameters"},
		{func(int, bool) {}, rpc.Config{Defaults: []any{1, "x"}}, "Config.Defaults[1]: args: want bool, got string"},
		{func(any) {}, rpc.Config{Defaults: []any{make(chan int)}}, "Config.Defaults[0]: args: cannot travel"},
	} {
		func() {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.Contains(p, c.says) || !strings.Contains(p, "Game.f") {
					t.Errorf("Handle with a %T: %s; it should say %q", c.handler, p, c.says)
				}
			}()
			m, err := rpc.New(multiplayer.Offline(), nil)
			must(t, err)
			m.Node("Game").Handle("f", c.handler, c.config)
		}()
	}
}

func TestSendBytes(t *testing.T) {
	everyLink(t, 2, nil, func(t *testing.T, s *session) {
		type got struct{ at, from rpc.PeerID }
		all := map[got]string{}
		for _, m := range s.all {
			m.OnPeerPacket = func(id rpc.PeerID, data []byte) { all[got{m.UniqueID(), id}] = string(data) }
		}
		s.until("the clients know each other", func() bool { return s.clients[0].HasPeer(3) && s.clients[1].HasPeer(2) })
		must(t, s.server.SendBytes(multiplayer.Everyone, multiplayer.Delivery{}, []byte("all")))
		must(t, s.clients[0].SendBytes(3, multiplayer.Delivery{}, []byte("across")))
		must(t, s.clients[1].SendBytes(1, multiplayer.Delivery{Channel: 9, Mode: multiplayer.Unreliable}, []byte("up")))
		s.until("all arrive", func() bool { return len(all) == 4 })
		want := map[got]string{{2, 1}: "all", {3, 1}: "all", {3, 2}: "across", {1, 3}: "up"}
		if !reflect.DeepEqual(all, want) {
			t.Errorf("got %v", all)
		}
		if err := s.server.SendBytes(9, multiplayer.Delivery{}, nil); !errors.Is(err, rpc.ErrUnknownPeer) {
			t.Errorf("to nobody: %v", err)
		}
	})
}

func TestWithoutRelayClientsAreAlone(t *testing.T) {
	everyLink(t, 2, &rpc.Options{NoServerRelay: true}, func(t *testing.T, s *session) {
		ran := 0
		s.node("Game", func(n *rpc.Node) { n.Handle("f", func() { ran++ }, anyPeer) })
		must(t, s.clients[0].Node("Game").RPC("f"))
		s.until("the server runs it", func() bool { return ran == 1 })
		if s.clients[0].HasPeer(3) || s.clients[1].HasPeer(2) {
			t.Error("the clients know each other")
		}
		if err := s.clients[0].Node("Game").RPCID(3, "f"); !errors.Is(err, rpc.ErrUnknownPeer) {
			t.Errorf("a call across: %v", err)
		}
	})
}

func TestUnreliableOrderedCallsOfTwoPeersDoNotGiveWayToEachOther(t *testing.T) {
	aim := rpc.Method1[int]{Name: "aim", Config: rpc.Config{Mode: rpc.AnyPeer, TransferMode: multiplayer.UnreliableOrdered}}
	everyLink(t, 3, nil, func(t *testing.T, s *session) {
		last := map[rpc.PeerID]int{}
		s.node("Game", func(n *rpc.Node) {
			aim.Handle(n, func(c *rpc.Call, v int) { last[c.Sender] = v })
		})
		slow, a, b := s.clients[2], s.clients[0], s.clients[1]
		s.until("they know each other", func() bool { return a.HasPeer(4) && b.HasPeer(4) && slow.HasPeer(2) && slow.HasPeer(3) })
		s.all, s.peers = s.all[:3], s.peers[:3] // 4 is not polled
		link := s.server.MultiplayerPeer().Peer(4)
		filler := make([]byte, 16<<10)
		for sent := 0; sent < 512<<10 || link.Stats().Dropped == 0; sent += len(filler) {
			must(t, s.server.SendBytes(4, multiplayer.Delivery{Mode: multiplayer.Unreliable}, filler))
			s.poll()
		}
		must(t, aim.RPCID(a.Node("Game"), 4, 22))
		must(t, aim.RPCID(b.Node("Game"), 4, 33))
		s.until("both have been passed on", func() bool { return s.server.Stats().Relayed == 2 })
		s.all, s.peers = append(s.all, slow), append(s.peers, slow.MultiplayerPeer())
		s.until("both arrive", func() bool { return len(last) == 2 })
		if last[2] != 22 || last[3] != 33 {
			t.Errorf("arrived %v", last)
		}
	})
}
