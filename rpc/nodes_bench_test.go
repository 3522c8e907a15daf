package rpc_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// crowdOfNodes is a session with clients of both wires whose nodes come and go.
type crowdOfNodes struct {
	*session
	heard int
	count int // of nodes that were made
}

func newCrowdOfNodes(t testing.TB, clients int) *crowdOfNodes {
	server, err := multiplayer.NewServer(&multiplayer.Options{Transport: transport.Options{
		MaxPacketsPerSecond: 1 << 30, MaxBytesPerSecond: 1 << 40, OutboundBufferSize: 1 << 20}})
	must(t, err)
	c := &crowdOfNodes{session: newSession(t, server, nil)}
	for i := range clients {
		p, err := server.Join(&multiplayer.Options{Wire: multiplayer.Wire(i % 2)})
		must(t, err)
		c.join(p, nil)
	}
	c.until("all know each other", func() bool {
		for _, m := range c.clients {
			n := 0
			for range m.Peers() {
				n++
			}
			if n != clients {
				return false
			}
		}
		return true
	})
	c.node("Players/*", func(n *rpc.Node) {
		n.Handle("hit", func(*rpc.Call, int) { c.heard++ }, anyPeer)
	})
	return c
}

// round has a node made, called by the server and by one of the clients, for everybody, and freed.
func (c *crowdOfNodes) round(tick int) {
	c.heard = 0
	for range tick {
		path := fmt.Sprint("Players/", c.count)
		caller := c.clients[c.count%len(c.clients)]
		c.count++
		for _, m := range []*rpc.SceneMultiplayer{c.server, caller} {
			n := m.Node(path)
			must(c.t, n.RPC("hit", c.count))
			n.Free()
		}
	}
	c.until("the calls", func() bool { return c.heard == 2*tick*len(c.clients) })
}

// TestAMillionNodes leaves nothing of nodes that come and go. PEERAGE_NODES says how many there are.
func TestAMillionNodes(t *testing.T) {
	nodes := 8000
	if v := os.Getenv("PEERAGE_NODES"); v != "" {
		n, err := strconv.Atoi(v)
		must(t, err)
		nodes = n
	}
	const tick = 50
	c := newCrowdOfNodes(t, 20)
	// What a client of Godot's wire names is kept, up to MaxNames: until then it grows.
	for c.count < min(nodes/2, 100_000) {
		c.round(tick)
	}
	before := heap()
	for c.count < nodes {
		c.round(tick)
	}
	grown := heap() - before
	t.Logf("%d nodes: %d KB more than after %d", nodes, grown>>10, min(nodes/2, 100_000))
	if limit := int64(2 << 20); grown > limit {
		t.Errorf("it grew by %d bytes, %d at most", grown, limit)
	}
	s := c.server.Stats()
	if s.Peers != 20 || s.Malformed+s.UnknownNode+s.TooManyRequests+s.RelayFailures != 0 {
		t.Errorf("%+v", s)
	}
}

// BenchmarkNodes makes a node, calls it from the server and from a client, for 20 peers of both wires, and frees it.
func BenchmarkNodes(b *testing.B) {
	c := newCrowdOfNodes(b, 20)
	b.ReportAllocs()
	for b.Loop() {
		c.round(1)
	}
}
