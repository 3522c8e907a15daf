package rpc_test

import (
	"slices"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

func TestTargets(t *testing.T) {
	hello := rpc.Method1[string]{Name: "hello", Config: rpc.Config{Mode: rpc.AnyPeer}}
	type got struct {
		at, from rpc.PeerID
		what     string
	}
	for _, c := range []struct {
		name   string
		from   rpc.PeerID
		target rpc.PeerID
		want   []rpc.PeerID
	}{
		{"server to all", 1, multiplayer.Everyone, []rpc.PeerID{2, 3, 4}},
		{"server to one", 1, 3, []rpc.PeerID{3}},
		{"server to all but one", 1, multiplayer.Except(3), []rpc.PeerID{2, 4}},
		{"client to the server", 2, 1, []rpc.PeerID{1}},
		{"client to a client", 2, 4, []rpc.PeerID{4}},
		{"client to all", 2, multiplayer.Everyone, []rpc.PeerID{1, 3, 4}},
		{"client to all but the server", 2, multiplayer.Except(1), []rpc.PeerID{3, 4}},
		{"client to all but a client", 2, multiplayer.Except(4), []rpc.PeerID{1, 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			everyLink(t, 3, nil, func(t *testing.T, s *session) {
				var all []got
				s.node("Game", func(n *rpc.Node) {
					hello.Handle(n, func(c *rpc.Call, what string) {
						all = append(all, got{n.Multiplayer().UniqueID(), c.Sender, what})
					})
				})
				s.until("the clients know each other", func() bool {
					return s.clients[0].HasPeer(4) && s.clients[2].HasPeer(2) && s.clients[1].HasPeer(4)
				})
				must(t, hello.RPCID(s.all[c.from-1].Node("Game"), c.target, "hi"))
				s.until("the calls arrive", func() bool { return len(all) >= len(c.want) })
				var at []rpc.PeerID
				for _, g := range all {
					if g.from != c.from || g.what != "hi" {
						t.Errorf("got %+v", g)
					}
					at = append(at, g.at)
				}
				slices.Sort(at)
				if !slices.Equal(at, c.want) {
					t.Errorf("called at %v, want %v", at, c.want)
				}
			})
		})
	}
}
