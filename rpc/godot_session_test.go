package rpc_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/variant"
)

// mixed is a session of a server, two clients on Godot's wire (2 and 4) and two on peerage.v1 (3 and 5).
func mixed(t testing.TB, o *rpc.Options) *session {
	server, err := multiplayer.NewServer(nil)
	must(t, err)
	s := newSession(t, server, o)
	for i := range 4 {
		c, err := server.Join(&multiplayer.Options{Wire: []multiplayer.Wire{multiplayer.Godot, multiplayer.Peerage}[i%2]})
		must(t, err)
		s.join(c, o)
	}
	s.until("all know each other", func() bool {
		for _, m := range s.all {
			if len(slices.Collect(m.Peers())) != 4 {
				return false
			}
		}
		return true
	})
	return s
}

// values travel in a call of the tests below.
type values struct {
	i int64
	f float64
	s string
	b []byte
	l []any
	m map[string]any
	v variant.Vector3
	n map[int64]string
	d any
}

var someValues = values{-70000, 0.1, "höflich", []byte{0, 255}, []any{int64(1), "two", nil, true}, map[string]any{"k": []any{2.5}}, variant.Vector3{X: 1, Y: 2, Z: -3},
	map[int64]string{1: "one", -1 << 40: "less"}, variant.NewDictionary(int64(7), "b", int64(2), variant.NewDictionary(int64(5), nil), int64(3), variant.NewDictionary(true, int64(1), "x", nil))}

func TestMixedSession(t *testing.T) {
	s := mixed(t, nil)
	var got []string
	s.node("Game", func(n *rpc.Node) {
		at := n.Multiplayer().UniqueID()
		n.Handle("values", func(c *rpc.Call, i int64, f float64, s string, b []byte, l []any, m map[string]any, v variant.Vector3, n map[int64]string, d any) {
			if have, want := fmt.Sprintf("%#v", values{i, f, s, b, l, m, v, n, d}), fmt.Sprintf("%#v", someValues); have != want {
				t.Errorf("%d got from %d\n%s, want\n%s", at, c.Sender, have, want)
			}
			got = append(got, fmt.Sprintf("%d>%d", c.Sender, at))
		}, rpc.Config{Mode: rpc.AnyPeer})
		n.Handle("hello", func(c *rpc.Call) { got = append(got, fmt.Sprintf("%d>%d", c.Sender, at)) }, rpc.Config{Mode: rpc.AnyPeer, CallLocal: true})
		n.Handle("secret", func(c *rpc.Call) { t.Errorf("%d ran an authority method for %d", at, c.Sender) }, rpc.Config{})
		n.Multiplayer().OnPeerPacket = func(id rpc.PeerID, data []byte) {
			if !bytes.Equal(data, []byte{1, 2, 0, 3}) {
				t.Errorf("%d got bytes %x from %d", at, data, id)
			}
			got = append(got, fmt.Sprintf("%d>%d", id, at))
		}
	})
	// each does it from each peer, and waits for whom it has to arrive at.
	each := func(what string, do func(n *rpc.Node) error, arrives func(from, at rpc.PeerID) bool) {
		for _, m := range s.all {
			got = nil
			var want []string
			for _, o := range s.all {
				if arrives(m.UniqueID(), o.UniqueID()) {
					want = append(want, fmt.Sprintf("%d>%d", m.UniqueID(), o.UniqueID()))
				}
			}
			must(t, do(m.Node("Game")))
			s.until(what, func() bool { return len(got) >= len(want) })
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s: got %v, want %v", what, got, want)
			}
		}
	}
	v := someValues
	rounds := []string{"before the paths are confirmed", "after"}
	for _, round := range rounds {
		for target := rpc.PeerID(1); target <= 5; target++ {
			each(fmt.Sprintf("a call to %d %s", target, round), func(n *rpc.Node) error {
				if n.Multiplayer().UniqueID() == target {
					return nil
				}
				return n.RPCID(target, "values", v.i, v.f, v.s, v.b, v.l, v.m, v.v, v.n, v.d)
			}, func(from, at rpc.PeerID) bool { return at == target && from != target })
			each(fmt.Sprintf("a call to all but %d %s", target, round), func(n *rpc.Node) error {
				return n.RPCID(-target, "values", v.i, v.f, v.s, v.b, v.l, v.m, v.v, v.n, v.d)
			}, func(from, at rpc.PeerID) bool { return at != from && at != target })
			each(fmt.Sprintf("bytes for %d", target), func(n *rpc.Node) error {
				if n.Multiplayer().UniqueID() == target {
					return nil
				}
				return n.Multiplayer().SendBytes(target, multiplayer.Delivery{}, []byte{1, 2, 0, 3})
			}, func(from, at rpc.PeerID) bool { return at == target && from != target })
			each(fmt.Sprintf("bytes for all but %d", target), func(n *rpc.Node) error {
				return n.Multiplayer().SendBytes(-target, multiplayer.Delivery{}, []byte{1, 2, 0, 3})
			}, func(from, at rpc.PeerID) bool { return at != from && at != target })
		}
		each("a call to all "+round, func(n *rpc.Node) error { return n.RPC("hello") },
			func(_, _ rpc.PeerID) bool { return true })
		each("bytes for all", func(n *rpc.Node) error {
			return n.Multiplayer().SendBytes(0, multiplayer.Delivery{}, []byte{1, 2, 0, 3})
		}, func(from, at rpc.PeerID) bool { return at != from })
	}
	for _, m := range s.all {
		if st := m.Stats(); st.Malformed != 0 || st.Untranslatable != 0 || st.UnknownMethod != 0 {
			t.Errorf("peer %d counts %+v", m.UniqueID(), st)
		}
	}
	// What only the authority may call is not even passed on.
	for _, c := range s.clients {
		n := c.Node("Game")
		for target := rpc.PeerID(1); target <= 5; target++ {
			if target != c.UniqueID() {
				must(t, n.RPCID(target, "secret"))
			}
		}
	}
	s.until("the calls are refused", func() bool { return s.server.Stats().NotAllowed == 16 })
	for _, c := range s.clients {
		if n := c.Stats().NotAllowed; n != 0 {
			t.Errorf("%d calls went on to %d", n, c.UniqueID())
		}
	}
}

// TestLeavingMixedSession has nothing of a peer that left come back with the next.
func TestLeavingMixedSession(t *testing.T) {
	s := mixed(t, nil)
	got := map[string]int{}
	declare := func(n *rpc.Node) {
		n.Handle("say", func(_ *rpc.Call, text string) { got[text]++ }, rpc.Config{Mode: rpc.AnyPeer})
	}
	s.node("Game", declare)
	for _, c := range s.clients {
		must(t, c.Node("Game").RPC("say", "one"))
	}
	s.until("the first calls", func() bool { return got["one"] == 16 })
	for i := range 2 {
		must(t, s.clients[i].Close())
		s.until("it is gone everywhere", func() bool { return !s.clients[2].HasPeer(rpc.PeerID(2+i)) && !s.clients[3].HasPeer(rpc.PeerID(2+i)) })
		wire := []multiplayer.Wire{multiplayer.Godot, multiplayer.Peerage}[i]
		p, err := s.peers[0].Join(&multiplayer.Options{Wire: wire})
		must(t, err)
		c := s.join(p, nil)
		declare(c.Node("Game"))
		s.until("the others know it", func() bool { return s.clients[2].HasPeer(c.UniqueID()) && s.clients[3].HasPeer(c.UniqueID()) })
		clear(got)
		must(t, c.Node("Game").RPC("say", "two"))
		must(t, s.clients[2].Node("Game").RPC("say", "three"))
		must(t, s.clients[3].Node("Game").RPC("say", "four"))
		s.until("the calls after", func() bool { return got["two"] == 4 && got["three"] == 4 && got["four"] == 4 })
	}
}

// TestReplication passes on what spawners and synchronizers send, and gives this peer its share.
func TestReplication(t *testing.T) {
	b := newBench(t, multiplayer.Server, nil)
	var got []string
	b.rpc.OnReplication = func(id rpc.PeerID, packet []byte) { got = append(got, fmt.Sprintf("%x from %d", packet, id)) }
	b.connect(2)
	b.connect(7)
	b.next(2)
	b.next(7)
	for _, p := range []string{"04000011", "0522", "8633"} {
		b.feed(2, unhex(t, p))
		b.feed(2, relayPacket(7, unhex(t, p)))
		b.expect(7, hexOf(relayPacket(2, unhex(t, p))))
		b.feed(2, relayPacket(0, unhex(t, p)))
		b.expect(7, hexOf(relayPacket(2, unhex(t, p))))
	}
	// The path of a synchronizer that the server has no node for is between the two.
	b.feed(2, simplifyPacket(3, "Main/2/Sync", sumOf()))
	b.feed(2, relayPacket(7, simplifyPacket(3, "Main/2/Sync", sumOf())))
	b.expect(7, hexOf(relayPacket(2, simplifyPacket(3, "Main/2/Sync", sumOf()))))
	b.feed(7, relayPacket(2, confirmPacket(3, 1)))
	b.expect(2, hexOf(relayPacket(7, confirmPacket(3, 1))))
	b.silent()
	want := []string{"04000011 from 2", "04000011 from 2", "0522 from 2", "0522 from 2", "8633 from 2", "8633 from 2"}
	if !slices.Equal(got, want) {
		t.Errorf("OnReplication got %q, want %q", got, want)
	}
	if s := b.rpc.Stats(); s.Malformed != 0 || s.Replication != 6 {
		t.Errorf("Stats count %d malformed and %d of replication", s.Malformed, s.Replication)
	}
}

// TestRelayedRules has the server check what goes from one Godot client to another.
func TestRelayedRules(t *testing.T) {
	b := newBench(t, multiplayer.Server, &rpc.Options{MaxNames: 2})
	n := b.game()
	sum := sumOf(n.Methods()...)
	b.connect(2)
	b.connect(7)
	b.next(2)
	b.next(7)
	pass := func(packet []byte) {
		t.Helper()
		b.feed(2, relayPacket(7, packet))
		b.expect(7, hexOf(relayPacket(2, packet)))
	}
	pass(simplifyPacket(1, "Game", sum))
	pass(unhex(t, "000106010248"))                                      // one(72)
	pass(append(unhex(t, "2009000080060102"+"48"), "Game\x00"...))      // with the path
	pass(append(unhex(t, "2009000080060102"+"48"), "Elsewhere\x00"...)) // of no node of the server's
	b.feed(2, relayPacket(7, unhex(t, "0001070102"+"01")))              // tell is for the authority
	b.feed(2, relayPacket(7, append(unhex(t, "200900008007010201"), "Game\x00"...)))
	b.feed(2, relayPacket(7, unhex(t, "0001080102"+"01")))     // no such method
	b.feed(2, relayPacket(7, unhex(t, "0005060102"+"01")))     // no such path id
	b.feed(2, relayPacket(7, simplifyPacket(1, "Other", sum))) // the id is Game's
	b.feed(2, relayPacket(7, unhex(t, "0700")))                // no system commands
	b.feed(2, relayPacket(7, relayPacket(7, unhex(t, "03aa"))))
	pass(simplifyPacket(2, "Another", sum))
	b.feed(2, relayPacket(7, simplifyPacket(9, "Game", sum))) // beyond MaxNames
	b.feed(2, relayPacket(8, simplifyPacket(2, "Game", sum))) // nobody has this id, so nobody answers
	pass(simplifyPacket(9, "Other", sum))                     // but not of the server's nodes
	pass(unhex(t, "000906010248"))
	n.SetAuthority(2)
	pass(unhex(t, "000107010201"))
	b.silent()
	if s := b.rpc.Stats(); s.NotAllowed != 2 || s.UnknownMethod != 1 || s.Malformed != 4 {
		t.Errorf("Stats count %d not allowed, %d unknown methods, %d malformed; want 2, 1 and 4", s.NotAllowed, s.UnknownMethod, s.Malformed)
	}
}

// TestArguments refuses what does not fit, and says why.
func TestGodotArguments(t *testing.T) {
	b := newBench(t, multiplayer.Server, nil)
	n := b.rpc.Node("N")
	var got []string
	n.Handle("a", func(c *rpc.Call, i int, s string) { got = append(got, fmt.Sprint(i, s)) }, rpc.Config{Mode: rpc.AnyPeer, Optional: 1})
	n.Handle("b", func(c *rpc.Call, all ...int) { got = append(got, fmt.Sprint(len(all))) }, rpc.Config{Mode: rpc.AnyPeer})
	n.Handle("c", func(c *rpc.Call) {
		if c.Delivery != (multiplayer.Delivery{Channel: 3, Mode: multiplayer.Unreliable}) {
			t.Errorf("the call has %+v, want what its method is configured with", c.Delivery)
		}
	}, rpc.Config{Mode: rpc.AnyPeer, Channel: 3, TransferMode: multiplayer.Unreliable})
	b.connect(2)
	b.feed(2, simplifyPacket(1, "N", sumOf("a", "b", "c")))
	b.next(2)
	b.feed(2, unhex(t, "800102"))
	if b.rpc.Stats().CallsIn != 1 {
		t.Error("c was not called")
	}
	for _, p := range []string{
		"0001000202050400000001000000" + "78000000", // a(5, "x")
		"000100010205",                           // a(5)
		"800100",                                 // a(): too few
		"0001000302050201" + "0201",              // a(5, 1, 1)
		"00010001" + "040000000100000078000000",  // a("x")
		"000100020205",                           // a count of two, one value
		"000101ff" + strings.Repeat("0201", 255), // b of 255
		"800101",                                 // b()
	} {
		b.feed(2, unhex(t, p))
	}
	if want := []string{"5x", "5", "255", "0"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	var reasons []string
	for _, f := range b.refuse {
		if f.Code != rpc.CodeBadArguments || f.Sender != 2 || f.Node != "N" || f.Method != "a" {
			t.Errorf("refused: %+v", f)
		}
		reasons = append(reasons, f.Reason)
	}
	for i, want := range []string{"too few", "argument 2: args: want string, got int", "argument 1: args: want int, got string", "argument 2:"} {
		if i >= len(reasons) || !strings.Contains(reasons[i], want) {
			t.Errorf("refusal %d of %q does not say %q", i, reasons, want)
		}
	}
}
