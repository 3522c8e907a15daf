package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// TestAuthorize asks about every call once, also about those that the server only passes on.
func TestAuthorize(t *testing.T) {
	var asked []string
	watchers := map[rpc.PeerID]bool{}
	o := &rpc.Options{Authorize: func(a rpc.Attempt) error {
		asked = append(asked, fmt.Sprintf("%d-%d %s.%s %v", a.Sender, a.Target, a.Node, a.Method, a.Request))
		switch {
		case a.Method == "boom":
			panic("boom")
		case watchers[a.Sender]:
			return rpc.Errorf(rpc.CodeApplication+7, "you only watch")
		case a.Method == "odd":
			return errors.New("no")
		}
		return nil
	}}
	server, err := multiplayer.NewServer(nil)
	must(t, err)
	s := newSession(t, server, o)
	for i := range 4 {
		c, err := server.Join(&multiplayer.Options{Wire: multiplayer.Wire(1 - i%2)})
		must(t, err)
		s.join(c, nil)
	}
	s.until("all know each other", func() bool {
		return !slices.ContainsFunc(s.clients, func(c *rpc.SceneMultiplayer) bool { return len(slices.Collect(c.Peers())) != 4 })
	})
	heard := 0
	for _, m := range s.all {
		n := m.Node("Game")
		for _, name := range []string{"even", "odd", "boom"} {
			n.Handle(name, func() int { heard++; return heard }, anyPeer)
		}
	}
	for _, c := range s.clients {
		id := c.UniqueID()
		n := c.Node("Game")
		others := 4
		heard, asked = 0, nil
		must(t, n.RPC("even"))
		s.until("everybody has it", func() bool { return heard == others })
		first := fmt.Sprintf("%d-0 Game.even false", id)
		if c.MultiplayerPeer().Peer(1).Wire() == multiplayer.Peerage && !slices.Equal(asked, []string{first}) {
			t.Errorf("asked %q, want %q", asked, first)
		}
		if c.MultiplayerPeer().Peer(1).Wire() == multiplayer.Godot && len(asked) != 4 { // a packet for each, as an engine does
			t.Errorf("asked %q", asked)
		}
		heard = 0
		before := s.server.Stats().NotAllowed
		must(t, n.RPCID(multiplayer.Server, "odd"))
		must(t, n.RPCID(multiplayer.Server, "boom"))
		must(t, n.RPC("odd"))
		watchers[id] = true
		must(t, n.RPC("even"))
		must(t, n.RPCID(multiplayer.Server, "even"))
		least := uint64(5)
		if c.MultiplayerPeer().Peer(1).Wire() == multiplayer.Godot {
			least = 11
		}
		s.until("all are refused", func() bool { return s.server.Stats().NotAllowed >= before+least })
		if heard != 0 {
			t.Errorf("%d ran that were refused", heard)
		}
		delete(watchers, id)
	}
	// A request is refused with the program's code and words, whoever it was for.
	c := s.clients[1]
	watchers[c.UniqueID()] = true
	for _, target := range []rpc.PeerID{multiplayer.Server, 5} {
		var got error
		c.Node("Game").Call(context.Background(), target, "even").Then(func(_ any, err error) { got = err })
		s.until("the answer", func() bool { return got != nil })
		var e *rpc.Error
		if !errors.As(got, &e) || e.Code != rpc.CodeApplication+7 || e.Message != "you only watch" {
			t.Errorf("to %d: %v", target, got)
		}
	}
	if st := s.server.Stats(); st.CallbackPanics != 4 || st.Malformed != 0 {
		t.Errorf("%+v", st)
	}
}

// TestObserve sees handlers and calls begin and end.
func TestObserve(t *testing.T) {
	var seen []string
	observe := func(who string) *rpc.Options {
		return &rpc.Options{Observe: func(s rpc.Span) func(error) {
			what := fmt.Sprintf("%s %d %d %s.%s", who, s.Kind, s.Peer, s.Node, s.Method)
			if s.Group {
				what += " group"
			}
			if s.Request {
				what += " request"
			}
			seen = append(seen, what)
			return func(err error) { seen = append(seen, fmt.Sprintf("%s: %v", what, err)) }
		}}
	}
	server, err := multiplayer.NewServer(nil)
	must(t, err)
	s := newSession(t, server, observe("server"))
	p, err := server.Join(nil)
	must(t, err)
	c := s.join(p, observe("client"))
	ask := rpc.Query1[int, int]{Name: "ask", Config: anyPeer}
	ask.Handle(s.server.Node("Game"), func(c *rpc.Call, n int) (int, error) {
		if n < 0 {
			return 0, errors.New("below 0")
		}
		return n, nil
	})
	tell := rpc.Method0{Name: "tell"}
	tell.Handle(c.Node("Game"), func(*rpc.Call) {})
	want := func(what string, lines ...string) {
		t.Helper()
		s.until(what, func() bool { return len(seen) >= len(lines) })
		if !slices.Equal(seen, lines) {
			t.Errorf("%s: saw\n%q, want\n%q", what, seen, lines)
		}
		seen = nil
	}
	ask.Call(context.Background(), c.Node("Game"), 1, 5)
	want("a request", "client 2 1 Game.ask request", "server 0 2 Game.ask request", "server 0 2 Game.ask request: <nil>", "client 2 1 Game.ask request: <nil>")
	ask.Call(context.Background(), c.Node("Game"), 1, -5)
	want("one that fails", "client 2 1 Game.ask request", "server 0 2 Game.ask request", "server 0 2 Game.ask request: below 0",
		"client 2 1 Game.ask request: rpc: handler failed: below 0")
	g := s.server.NewGroup()
	must(t, g.Add(2))
	must(t, tell.RPCGroup(s.server.Node("Game"), g))
	want("a group", "server 1 0 Game.tell group", "server 1 0 Game.tell group: <nil>", "client 0 1 Game.tell", "client 0 1 Game.tell: <nil>")
	err = c.Node("Nowhere").RPC("f")
	if err == nil {
		t.Error("a method that nobody declared")
	}
	ask.Call(context.Background(), c.Node("Game"), 9, 5)
	want("nobody", "client 2 9 Game.ask request", "client 2 9 Game.ask request: rpc: Game.ask to peer 9: rpc: no connected peer has this id")
}
