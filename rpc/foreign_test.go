package rpc_test

import (
	"fmt"
	"testing"

	"github.com/peerage-go/peerage/rpc"
)

// TestNamesThatOnlyClientsKnow has one client call another by ever new names: the third finds room for its own, and nobody
// is sent away for what found none.
func TestNamesThatOnlyClientsKnow(t *testing.T) {
	peer, join := links["memory"](t, nil)
	s := newSession(t, peer, &rpc.Options{MaxNames: 200, MaxFaults: 20})
	var clients []*rpc.SceneMultiplayer
	heard := map[rpc.PeerID]int{}
	for range 3 {
		c := s.add(join(nil), nil)
		clients = append(clients, c)
		s.until("it is in", func() bool { return c.HasPeer(1) })
	}
	greedy, honest, target := clients[0], clients[1], clients[2]
	s.until("all know each other", func() bool { return greedy.HasPeer(4) && honest.HasPeer(4) })
	call := func(from *rpc.SceneMultiplayer, node string) {
		n := from.Node(node)
		n.DeclareMethod("f", anyPeer)
		must(t, n.RPCID(4, "f"))
	}
	for i := range 90 {
		node := fmt.Sprint("greedy", i)
		target.Node(node).Handle("f", func(c *rpc.Call) { heard[c.Sender]++ }, anyPeer)
		call(greedy, node)
	}
	for i := range 10 {
		target.Node(fmt.Sprint("honest", i)).Handle("f", func(c *rpc.Call) { heard[c.Sender]++ }, anyPeer)
		call(honest, fmt.Sprint("honest", i))
	}
	s.until("the honest one's calls come, and the others come or are refused", func() bool {
		return heard[3] == 10 && heard[2]+int(s.server.Stats().TooManyRequests) == 90
	})
	if heard[2] < 30 || heard[2] > 60 {
		t.Errorf("%d calls of the greedy one came: its share of 100 names is half", heard[2])
	}
	if !s.server.HasPeer(2) || !s.server.HasPeer(3) || s.server.Stats().TooManyFaults != 0 {
		t.Errorf("somebody was sent away: %+v", s.server.Stats())
	}
}
