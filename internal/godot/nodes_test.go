package godot_test

import (
	"fmt"
	"testing"

	"github.com/peerage-go/peerage/internal/godot"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// TestEngineNodes has more nodes come and go than a peer may number, each called there and back. Every third has a name
// that was there before, and the server frees and makes some again whose node in the engine stays.
func TestEngineNodes(t *testing.T) {
	const nodes, atOnce = 20_000, 200
	hit := rpc.Method1[int]{Name: "hit"}
	struck := rpc.Method1[int]{Name: "struck", Config: anyPeer}
	left := nodes
	var begin func(s *session, n int)
	s := serve(t, &multiplayer.Options{Transport: transport.Options{MaxPacketsPerSecond: 1 << 20}}, &rpc.Options{Logger: slogt(t)}, func(s *session) {
		for _, name := range []string{"make", "unmake", "done"} {
			s.node.DeclareMethod(name, rpc.Config{})
		}
		players := s.game.Node("Main/Game/*")
		players.Declare(hit)
		came := map[int]int{}
		struck.Handle(players, func(c *rpc.Call, n int) {
			path := c.Node.Path()
			s.game.Node(path).Free()
			if came[n]++; came[n] == 1 { // made again here; the engine's goes on
				if err := hit.RPCID(s.game.Node(path), c.Sender, n); err != nil {
					t.Error(err)
				}
				return
			}
			delete(came, n)
			if err := s.node.RPCID(c.Sender, "unmake", nameOf(n, atOnce)); err != nil {
				t.Error(err)
			}
			if n+atOnce < nodes {
				begin(s, n+atOnce)
			}
			if left--; left == 0 {
				s.node.RPC("done")
			}
		})
	})
	begin = func(s *session, n int) {
		if err := s.node.RPC("make", nameOf(n, atOnce)); err != nil {
			t.Error(err)
		}
		if err := hit.RPC(s.game.Node("Main/Game/"+nameOf(n, atOnce)), n); err != nil {
			t.Error(err)
		}
	}
	e := godot.Start(t, "probe", "nodes", s.url())
	s.expect("connected 2")
	e.Expect("connected_to_server", "peer_connected 1")
	s.do(func() {
		for n := range atOnce {
			begin(s, n)
		}
	})
	e.Expect("0 left")
	s.do(func() {
		if st := s.game.Stats(); st.Malformed+st.UnknownNode+st.ChecksumMismatches != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func nameOf(n, atOnce int) string {
	if n%3 == 0 {
		return fmt.Sprint("Again", n%atOnce)
	}
	return fmt.Sprint("Player", n)
}
