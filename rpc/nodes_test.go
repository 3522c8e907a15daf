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

// TestNodesComeAndGo makes, calls and frees many more nodes than a peer may name, at everybody's, by everybody.
func TestNodesComeAndGo(t *testing.T) {
	const most = 64
	s := mixed(t, &rpc.Options{MaxNames: most, MaxFaults: 1})
	heard := 0
	s.node("Players/*", func(n *rpc.Node) {
		n.Handle("hit", func(c *rpc.Call, name string) {
			if c.Node.Path() != name {
				t.Errorf("a call on %s came to %s", name, c.Node.Path())
			}
			heard++
		}, anyPeer)
	})
	for i := range 5 * most {
		// At first every second one has the same name, which then goes on where it was.
		name := fmt.Sprint("Players/", i)
		if i%2 == 0 {
			name = "Players/again"
		}
		heard = 0
		s.node(name, func(n *rpc.Node) { must(t, n.RPC("hit", name)) })
		s.node(name, func(n *rpc.Node) {
			n.Free()
			n.Free()
			if err := n.RPC("hit", name); !errors.Is(err, rpc.ErrFreed) {
				t.Errorf("a call on a freed node: %v", err)
			}
		})
		s.until("all calls", func() bool { return heard == 5*4 })
	}
	st := s.server.Stats()
	if st.Peers != 4 || st.Malformed+st.UnknownNode+st.TooManyRequests+st.RelayFailures != 0 {
		t.Errorf("%+v", st)
	}
	for id := range s.server.Peers() {
		if p, _ := s.server.PeerStats(id); p.Names > 2 {
			t.Errorf("peer %d has %d names", id, p.Names)
		}
	}
}

// TestFreedOnTheServer frees a node that clients go on calling: that is refused until it is made again.
func TestFreedOnTheServer(t *testing.T) {
	onWires(t, nil, func(t *testing.T, s *session, c *rpc.SceneMultiplayer) {
		for _, channel := range []uint8{0, 7} {
			heard := 0
			config := rpc.Config{Mode: rpc.AnyPeer, Channel: channel}
			make := func() *rpc.Node {
				n := s.server.Node("Game")
				n.Handle("f", func() { heard++ }, config)
				return n
			}
			n := make()
			at := c.Node("Game")
			at.Handle("f", func() { heard++ }, config)
			for range 3 {
				heard = 0
				must(t, at.RPCID(multiplayer.Server, "f"))
				must(t, n.RPC("f"))
				s.until("both calls", func() bool { return heard == 2 })
				must(t, n.RPC("f")) // on its way when the node goes
				n.Free()
				s.until("it came", func() bool { return heard == 3 })
				refused := s.server.Stats().UnknownNode
				must(t, at.RPCID(multiplayer.Server, "f"))
				s.until("it is refused", func() bool { return s.server.Stats().UnknownNode == refused+1 })
				n = make()
			}
			n.Free()
			at.Free()
		}
		if st := s.server.Stats(); st.Malformed != 0 || st.ChecksumMismatches != 0 {
			t.Errorf("%+v", st)
		}
	})
}

// TestFreedInItsHandler has a node go in a handler of its own, with a reply to give and one to come.
func TestFreedInItsHandler(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		c := s.clients[0]
		ask := rpc.Query0[string]{Name: "ask", Config: anyPeer}
		var later *rpc.Answer[string]
		ask.Handle(c.Node("Game"), func(call *rpc.Call) (string, error) {
			later = rpc.Later[string](call)
			call.Node.Free()
			return "", nil
		})
		n := s.server.Node("Game")
		var local error
		ask.Handle(n, func(call *rpc.Call) (string, error) {
			n.Free()
			local = n.RPC("ask")
			return "from " + call.Node.Path(), nil
		})
		first := ask.Call(context.Background(), n, c.UniqueID())
		s.until("the question", func() bool { return later != nil })
		got := map[string]error{}
		take := func(v string, err error) { got[v] = err }
		first.Then(take)
		ask.Call(context.Background(), c.Node("Game"), multiplayer.Server).Then(take)
		s.until("the reply", func() bool { _, ok := got["from Game"]; return ok })
		if !errors.Is(local, rpc.ErrFreed) {
			t.Errorf("a call on it in its handler: %v", local)
		}
		later.Reply("late")
		s.until("the late one", func() bool { _, ok := got["late"]; return ok })
		if got["late"] != nil || got["from Game"] != nil {
			t.Errorf("%v", got)
		}
	})
}

// TestFreedDuringARelay frees a node in the event that tells of the refusal of a call of it, in the middle of passing that on.
func TestFreedDuringARelay(t *testing.T) {
	s := mixed(t, nil)
	for _, c := range s.all {
		c.Node("Game").DeclareMethod("f", rpc.Config{})
	}
	freed := 0
	s.server.OnCallRefused = func(f rpc.Refusal) {
		freed++
		s.server.Node("Game").Free()
	}
	for _, c := range s.clients {
		s.server.Node("Game").DeclareMethod("f", rpc.Config{})
		before := freed
		must(t, c.Node("Game").RPC("f"))
		s.until("it is refused", func() bool { return freed > before })
	}
	s.server.OnCallRefused = nil
	heard := 0
	s.node("Other", func(n *rpc.Node) { n.Handle("f", func() { heard++ }, anyPeer) })
	must(t, s.clients[0].Node("Other").RPC("f"))
	s.until("a call after it", func() bool { return heard == 4 })
}

// TestNamesOfTheDeparted gives back what clients that left have named, though nobody else knows it.
func TestNamesOfTheDeparted(t *testing.T) {
	peer, join := links["memory"](t, nil)
	s := newSession(t, peer, &rpc.Options{MaxNames: 64, MaxFaults: 1})
	heard := 0
	target := s.join(join(nil), nil)
	target.Node("Of/*").Handle("f", func() { heard++ }, anyPeer)
	for range 20 {
		c := s.join(join(nil), nil)
		s.until("it knows the other", func() bool { return c.HasPeer(target.UniqueID()) })
		heard = 0
		for i := range 10 {
			n := c.Node(fmt.Sprintf("Of/%d-%d", c.UniqueID(), i))
			n.DeclareMethod("f", anyPeer)
			must(t, n.RPCID(target.UniqueID(), "f"))
		}
		s.until("its calls", func() bool { return heard == 10 })
		must(t, c.Close())
		s.until("it is gone", func() bool { return !s.server.HasPeer(c.UniqueID()) })
	}
	if st, _ := target.PeerStats(multiplayer.Server); st.Names > 12 {
		t.Errorf("%d names are left", st.Names)
	}
	if st := s.server.Stats(); st.TooManyRequests != 0 {
		t.Errorf("%d calls were refused", st.TooManyRequests)
	}
}

// TestPatterns has one declaration for nodes that nobody has made.
func TestPatterns(t *testing.T) {
	s := mixed(t, nil)
	var got []string
	for _, m := range s.all {
		p := m.Node("Players/*/Gun")
		p.Handle("fire", func(c *rpc.Call) {
			got = append(got, fmt.Sprintf("%s at %d", c.Node.Path(), m.UniqueID()))
			if m.IsServer() {
				if err := c.Node.RPCID(c.Sender, "fire"); err != nil {
					t.Error(err)
				}
			}
		}, anyPeer)
		if err := p.RPC("fire"); !errors.Is(err, rpc.ErrPattern) {
			t.Errorf("a call on a pattern: %v", err)
		}
	}
	for i, c := range s.clients {
		got = nil
		path := fmt.Sprintf("Players/%d/Gun", i)
		must(t, c.Node(path).RPCID(multiplayer.Server, "fire"))
		s.until("there and back", func() bool { return len(got) == 2 })
		if want := []string{path + " at 1", fmt.Sprintf("%s at %d", path, c.UniqueID())}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	// A node of one's own comes before the pattern, and may handle things in its own way.
	got = nil
	own := s.server.Node("Players/0/Gun")
	own.Handle("fire", func() { got = append(got, "own") }, anyPeer)
	must(t, s.clients[0].Node("Players/0/Gun").RPCID(multiplayer.Server, "fire"))
	s.until("its own", func() bool { return len(got) == 1 })
	if got[0] != "own" {
		t.Errorf("%q", got)
	}
	own.Free()
	got = nil
	must(t, s.clients[0].Node("Players/0/Gun").RPCID(multiplayer.Server, "fire"))
	s.until("the pattern's again", func() bool { return len(got) == 2 })
	// What does not match is refused.
	for _, path := range []string{"Players/0", "Players/0/Gun/Barrel", "Player/0/Gun", "Players//Gun/"} {
		before := s.server.Stats().UnknownNode
		n := s.clients[0].Node(path)
		n.DeclareMethod("fire", anyPeer)
		must(t, n.RPCID(multiplayer.Server, "fire"))
		s.until("it is refused", func() bool { return s.server.Stats().UnknownNode == before+1 })
	}
	s.server.Node("Players/*/Gun").Free()
	before := s.server.Stats().UnknownNode
	must(t, s.clients[1].Node("Players/1/Gun").RPCID(multiplayer.Server, "fire"))
	s.until("nothing stands for it any more", func() bool { return s.server.Stats().UnknownNode == before+1 })
}

// TestPatternMethodsOfOnesOwn gives nodes of a pattern more methods, and others than the pattern's.
func TestPatternMethodsOfOnesOwn(t *testing.T) {
	m := newSession(t, offline(t), nil).server
	p := m.Node("Players/*")
	p.DeclareMethod("b", anyPeer)
	plain, own := m.Node("Players/1"), m.Node("Players/2")
	own.DeclareMethod("a", anyPeer)
	p.DeclareMethod("c", anyPeer) // of those that have no methods of their own
	for _, c := range []struct {
		n    *rpc.Node
		want []string
	}{{p, []string{"b", "c"}}, {plain, []string{"b", "c"}}, {own, []string{"a", "b"}}} {
		if got := c.n.Methods(); !slices.Equal(got, c.want) {
			t.Errorf("%s has %q, want %q", c.n.Path(), got, c.want)
		}
	}
	own.Free()
	if got := own.Methods(); len(got) != 0 {
		t.Errorf("freed, it has %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a freed node took a method")
		}
	}()
	own.DeclareMethod("d", anyPeer)
}

func offline(t *testing.T) *multiplayer.MultiplayerPeer {
	p, err := multiplayer.NewServer(nil)
	must(t, err)
	return p
}

// TestManyStandIns calls more nodes of a pattern than are kept.
func TestManyStandIns(t *testing.T) {
	onWires(t, &rpc.Options{MaxNames: 64}, func(t *testing.T, s *session, c *rpc.SceneMultiplayer) {
		heard := 0
		s.server.Node("N/*").Handle("f", func() { heard++ }, anyPeer)
		for i := range 3000 {
			n := c.Node(fmt.Sprint("N/", i))
			n.DeclareMethod("f", anyPeer)
			must(t, n.RPCID(multiplayer.Server, "f"))
			n.Free()
			if i%100 == 99 {
				s.until("they came", func() bool { return heard == i+1 })
			}
		}
	})
}

// TestPeersThatForgetNoNames are told names in the order of their numbers, with those that are gone, and no word of it.
func TestPeersThatForgetNoNames(t *testing.T) {
	a := newArena(t, nil, nil)
	for i := range 3 {
		n := a.server.Node(fmt.Sprint("Old", i))
		n.DeclareMethod("f", rpc.Config{})
		must(t, n.RPC("f"))
		n.Free()
	}
	a.poll()
	in := a.intrude(multiplayer.Peerage)
	n := a.server.Node("New")
	n.DeclareMethod("g", rpc.Config{})
	must(t, n.RPC("g"))
	n.Free()
	a.play()
	in.settled()
}
