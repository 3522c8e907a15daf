package rpc_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// TestGroups calls some of the peers, from the server and from clients of both wires, in every way there is.
func TestGroups(t *testing.T) {
	s := mixed(t, nil)
	hit := rpc.Method1[string]{Name: "hit", Config: rpc.Config{Mode: rpc.AnyPeer, CallLocal: true}}
	var got []string
	for _, m := range s.all {
		hit.Handle(m.Node("Game"), func(c *rpc.Call, how string) {
			got = append(got, fmt.Sprintf("%s %d-%d", how, c.Sender, m.UniqueID()))
		})
		m.OnPeerPacket = func(id rpc.PeerID, data []byte) {
			got = append(got, fmt.Sprintf("%s %d-%d", data, id, m.UniqueID()))
		}
	}
	for _, m := range s.all {
		g := m.NewGroup()
		var want []string
		for _, id := range []rpc.PeerID{1, 3, 4, 5} {
			must(t, g.Add(id))
			must(t, g.Add(id))
			want = append(want, fmt.Sprintf("typed %d-%d", m.UniqueID(), id), fmt.Sprintf("plain %d-%d", m.UniqueID(), id))
			if id != m.UniqueID() {
				want = append(want, fmt.Sprintf("bytes %d-%d", m.UniqueID(), id))
			}
		}
		if err := g.Add(99); !errors.Is(err, rpc.ErrUnknownPeer) {
			t.Errorf("a peer that there is not: %v", err)
		}
		if members := slices.Sorted(g.Peers()); !slices.Equal(members, []rpc.PeerID{1, 3, 4, 5}) || g.Len() != 4 || g.Has(2) || !g.Has(5) {
			t.Errorf("in the group are %v", members)
		}
		got = nil
		before, _ := s.server.PeerStats(m.UniqueID())
		must(t, hit.RPCGroup(m.Node("Game"), g, "typed"))
		must(t, m.Node("Game").RPCGroup(g, "hit", "plain"))
		must(t, g.SendBytes(multiplayer.Delivery{}, []byte("bytes")))
		s.until("all of it", func() bool { return len(got) >= len(want) })
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("peer %d: %q, want %q", m.UniqueID(), got, want)
		}
		after, _ := s.server.PeerStats(m.UniqueID())
		if n := after.Session.Transport.PacketsIn - before.Session.Transport.PacketsIn; !m.IsServer() && m.MultiplayerPeer().Peer(1).Wire() == multiplayer.Peerage && n > 5 { // two names, three sends
			t.Errorf("%d packets went to the server for three sends", n)
		}
		g.Remove(1)
		g.Clear()
		got = nil
		must(t, hit.RPCGroup(m.Node("Game"), g, "nobody"))
		if g.Len() != 0 || len(got) != 0 {
			t.Errorf("cleared, it has %d, and %q came", g.Len(), got)
		}
	}
}

// TestGroupOfTheDeparted takes who leaves out of its groups.
func TestGroupOfTheDeparted(t *testing.T) {
	s := mixed(t, nil)
	s.node("Game", func(n *rpc.Node) { n.DeclareMethod("f", anyPeer) })
	var groups []*rpc.Group
	for _, m := range s.all {
		g := m.NewGroup()
		for id := range m.Peers() {
			must(t, g.Add(id))
		}
		groups = append(groups, g)
	}
	leaves := s.clients[1].UniqueID()
	must(t, s.clients[1].Close())
	s.until("it is gone for all", func() bool {
		return !slices.ContainsFunc(s.all, func(m *rpc.SceneMultiplayer) bool { return m.HasPeer(leaves) })
	})
	for i, m := range s.all {
		if m == s.clients[1] {
			continue
		}
		if groups[i].Has(leaves) || groups[i].Len() != 3 {
			t.Errorf("peer %d still has it: %v", m.UniqueID(), slices.Collect(groups[i].Peers()))
		}
		must(t, m.Node("Game").RPCGroup(groups[i], "f"))
	}
}

// TestGroupErrors say that it was a group.
func TestGroupErrors(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		g := s.server.NewGroup()
		must(t, g.Add(2))
		n := s.server.Node("Game")
		n.DeclareMethod("f", anyPeer)
		var e *rpc.CallError
		for _, err := range []error{n.RPCGroup(g, "g"), n.RPCGroup(g, "f", make(chan int)), s.server.Node("a/*").RPCGroup(g, "f")} {
			if !errors.As(err, &e) || !e.Group {
				t.Errorf("%v", err)
			}
		}
		if err := g.SendBytes(multiplayer.Delivery{Mode: 9}, nil); err == nil {
			t.Error("a transfer mode that there is not")
		}
		must(t, s.peers[0].Close())
		s.until("it is over", func() bool { return s.server.MultiplayerPeer().ConnectionStatus() == multiplayer.Disconnected })
		if err := n.RPCGroup(g, "f"); !errors.Is(err, rpc.ErrNotConnected) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// TestHostileRelays to several name targets again and again, themselves, and nobody.
func TestHostileRelays(t *testing.T) {
	a := newArena(t, nil, nil)
	in := a.intrude(multiplayer.Peerage)
	came := 0
	for _, m := range a.all {
		m.OnPeerPacket = func(rpc.PeerID, []byte) { came++ }
	}
	in.packet("\x2f\x05\x02\x02\x02\x01\x01\x26x") // once for the client, once for the server
	in.settled()
	a.until("both", func() bool { return came == 2 })
	in.packet("\x2f\x00\x26x", "\x2f\x03\x63\xff\x00\x26x") // for nobody
	in.settled()
	bad := a.server.Stats().Malformed
	wrong := []string{"\x2f", "\x2f\xff", "\x2f\x02\x02", "\x2f\xce\xff\xff\xff\xff\x02", "\x2f\x01\x02", "\x2f\x01\x02\x2f\x01\x02\x26x", "\x2f\x01\x02\x28\x07"}
	in.packet(wrong...)
	in.settled()
	if s := a.server.Stats(); s.Malformed != bad+uint64(len(wrong)) {
		t.Errorf("%d of %d are malformed", s.Malformed-bad, len(wrong))
	}
	a.play()
	if came != 2 {
		t.Errorf("%d packets came", came)
	}
}
