package rpc_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// TestTranslatedPaths has a server confirm paths for a client on peerage.v1, and tell paths in its name.
func TestTranslatedPaths(t *testing.T) {
	b := newBench(t, multiplayer.Server, nil)
	n := b.game()
	sum := sumOf(n.Methods()...)
	b.connect(2)
	b.raw[3], b.came[3] = nil, nil // what AssignID gives to the next
	p, err := multiplayer.Dial(b.peer.URL(), nil)
	must(t, err)
	defer p.Close()
	c, err := rpc.New(p, nil)
	must(t, err)
	var got []string
	game := c.Node("Game")
	game.Handle("one", func(in *rpc.Call, v any) { got = append(got, fmt.Sprintf("%v from %d", v, in.Sender)) }, rpc.Config{Mode: rpc.AnyPeer})
	game.DeclareMethod("ask", rpc.Config{Mode: rpc.AnyPeer})
	until := func(what string, done func() bool) {
		t.Helper()
		end := time.Now().Add(deadline)
		for c.Poll(); !done(); c.Poll() {
			if time.Now().After(end) {
				t.Fatalf("waited %v for: %s", deadline, what)
			}
			b.poll()
		}
	}
	until("the client is in", func() bool { return c.HasPeer(2) })
	delete(b.raw, 3)
	b.expect(2, "070103000000")

	b.feed(2, relayPacket(3, simplifyPacket(4, "Game", sum)))
	b.expect(2, hexOf(relayPacket(3, confirmPacket(4, 1))))
	b.feed(2, relayPacket(3, unhex(t, "000406010246")))
	b.feed(2, relayPacket(3, unhex(t, "000407010246"))) // tell, which only the authority may call
	b.feed(2, relayPacket(3, unhex(t, "000406010247")))
	until("the calls", func() bool { return len(got) == 2 })
	if want := []string{"70 from 2", "71 from 2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := b.rpc.Stats().NotAllowed; n != 1 {
		t.Errorf("%d calls were refused, want 1", n)
	}
	// The server can speak only for nodes that it knows.
	b.feed(2, relayPacket(3, simplifyPacket(5, "Other", sum)))

	call := func(method string, args ...any) {
		t.Helper()
		must(t, game.RPCID(2, method, args...))
		c.Flush()
	}
	call("one", 1)
	b.expect(2, hexOf(relayPacket(3, simplifyPacket(1, "Game", sum))))
	b.expect(2, "070303000000"+"20090000800601020147616d6500")
	b.feed(2, confirmPacket(1, 1)) // of a path that the server itself did not tell
	call("one", 2)
	b.expect(2, "070303000000"+"20090000800601020247616d6500")
	b.feed(2, relayPacket(3, confirmPacket(1, 1)))
	call("ask", 3, 4)
	b.expect(2, "070303000000"+"00010102"+"02030204")
	// The server's own word to the same client begins anew.
	must(t, n.RPCID(2, "one", 5))
	b.expect(2, hexOf(simplifyPacket(1, "Game", sum)))
	b.expect(2, "20090000800601020547616d6500")
	b.silent()
	if s := b.rpc.Stats(); s.Malformed != 1 {
		t.Errorf("%d packets were malformed, want the one confirmation", s.Malformed)
	}
}

// TestClientOrder has a client's broadcast leave in the order of its targets, whatever form each needs.
func TestClientOrder(t *testing.T) {
	b := newBench(t, 5, nil)
	n := b.game()
	b.connect(1)
	for _, id := range []string{"02", "07"} {
		b.feed(1, unhex(t, "0701"+id+"000000"))
	}
	must(t, n.RPC("one", 1))
	for range 6 {
		b.next(1)
	}
	b.feed(1, confirmPacket(1, 1))
	b.feed(1, relayPacket(7, confirmPacket(1, 1)))
	must(t, n.RPC("one", 2))
	b.expect(1, "200100000006010202")
	b.expect(1, hexOf(relayPacket(2, unhex(t, "20090000800601020247616d6500"))))
	b.expect(1, hexOf(relayPacket(7, unhex(t, "200100000006010202"))))
	b.silent()
}

// TestGodotBeforeAuth lets nothing but authentication pass.
func TestGodotBeforeAuth(t *testing.T) {
	var b *bench
	b = newBench(t, multiplayer.Server, &rpc.Options{AuthCallback: func(id rpc.PeerID, _ []byte) { b.rpc.CompleteAuth(id) }})
	n := b.game()
	b.connect(2)
	for _, p := range [][]byte{
		simplifyPacket(1, "Game", sumOf(n.Methods()...)), confirmPacket(1, 1), append(unhex(t, "200900008006010201"), "Game\x00"...),
		relayPacket(1, []byte{3, 1}), {3, 1}, {4, 1},
	} {
		b.feed(2, p)
	}
	if err := b.rpc.SendAuth(2, nil); err == nil {
		t.Error("SendAuth without data would say that authentication is completed")
	}
	b.feed(2, []byte{7, 0, 1})
	b.expect(2, "0700") // and nothing before it
	b.events = nil
	// The first packet after our word admits it, and is handled.
	b.feed(2, simplifyPacket(1, "Game", sumOf(n.Methods()...)))
	b.expect(2, hexOf(confirmPacket(1, 1)))
	b.feed(2, unhex(t, "000106010201"))
	if want := []string{"peer_connected 2", "rpc one[1] from 2"}; !slices.Equal(b.events, want) {
		t.Errorf("events %q, want %q", b.events, want)
	}
	if s := b.rpc.Stats(); s.BeforeAuth != 6 {
		t.Errorf("%d packets came before authentication, want 6", s.BeforeAuth)
	}
}

// TestInsist tells a path again while calls wait for the answer, which an engine does not give before the node is in
// its tree.
func TestInsist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client, err := multiplayer.Pipe(nil, &multiplayer.Options{Wire: multiplayer.Godot})
		must(t, err)
		defer server.Close()
		defer client.Close()
		m, err := rpc.New(server, nil)
		must(t, err)
		n := m.Node("N")
		n.DeclareMethod("f", rpc.Config{})
		n.DeclareMethod("fast", rpc.Config{TransferMode: multiplayer.Unreliable})
		n.KnownMethods("old", "g")
		var came []string
		turn := func() {
			m.Flush()
			for range 3 {
				synctest.Wait()
				m.Poll()
				client.Poll()
			}
			for p := range client.Packets() {
				came = append(came, hexOf(p.Data))
			}
		}
		for !m.HasPeer(2) || client.ConnectionStatus() != multiplayer.Connected {
			turn()
		}
		simplify := hexOf(simplifyPacket(1, "N", sumOf("f", "fast")))
		want := func(step string, packets ...string) {
			t.Helper()
			turn()
			if !slices.Equal(came, packets) {
				t.Errorf("%s: got %q, want %q", step, came, packets)
			}
			came = nil
		}
		must(t, n.RPC("f"))
		want("first", simplify)
		must(t, n.RPC("f"))
		want("at once again")
		time.Sleep(time.Second)
		must(t, n.RPC("fast")) // which is not worth keeping
		want("a second later", simplify)
		for range 254 {
			must(t, n.RPC("f"))
		}
		if err := n.RPC("f"); err == nil {
			t.Error("any number of calls may wait")
		}
		turn()
		came = nil
		must(t, client.Send(1, multiplayer.Delivery{}, confirmPacket(1, 1)))
		turn()
		turn()
		if len(came) != 256 || came[0] != "800100" {
			t.Errorf("%d calls were let go, the first is %q; want 256", len(came), came[:min(1, len(came))])
		}
	})
}

// fill sends to a peer that does not read until nothing more goes, though the system may still make room for a while.
func (b *bench) fill(id rpc.PeerID) {
	for range 10 {
		for b.rpc.SendBytes(id, multiplayer.Delivery{}, make([]byte, 60000)) == nil {
			b.rpc.Flush()
		}
		b.poll()
	}
}

// TestRelayedStates replaces, for a client that does not read, only the newer state of the same peer.
func TestRelayedStates(t *testing.T) {
	b := newBench(t, multiplayer.Server, nil)
	n := b.game()
	sum := sumOf(n.Methods()...)
	for _, id := range []rpc.PeerID{2, 3} {
		b.connect(id)
	}
	b.raw[7] = nil // what AssignID gives next
	slow, err := transport.Dial(b.peer.URL(), &transport.Options{MaxQueuedPackets: 1})
	must(t, err)
	b.until("the one that does not read is in, and reads no more", func() bool {
		slow.Poll()
		b.rpc.Wake() // which slow does not
		return b.rpc.HasPeer(7) && slow.AvailablePacketCount() == 1
	})
	b.raw[7] = slow
	for _, id := range []rpc.PeerID{2, 3} {
		b.feed(id, relayPacket(7, simplifyPacket(1, "Game", sum)))
	}
	b.fill(7)
	replaced := func(want uint64) {
		t.Helper()
		if s := b.peer.Peer(7).Stats(); s.Replaced != want || s.Dropped != 0 {
			t.Errorf("%d packets were replaced and %d dropped, want %d and none", s.Replaced, s.Dropped, want)
		}
	}
	aim := unhex(t, "000100010203")
	b.feed(2, relayPacket(7, aim))
	b.feed(3, relayPacket(7, aim))
	replaced(0)
	b.feed(2, relayPacket(7, aim))
	replaced(1)
}

// TestClientStates has a client that cannot send replace only the newer state for the same peer.
func TestClientStates(t *testing.T) {
	b := newBench(t, 5, nil)
	n := b.game()
	nc, err := b.ln.Accept()
	must(t, err)
	g := transport.NewGroup()
	slow := transport.Accept(nc, &transport.Options{Group: g, MaxQueuedPackets: 1}) // which nobody reads from
	b.raw[1] = slow
	for slow.ReadyState() != transport.Open {
		must(t, g.Wait(t.Context()))
		g.Poll()
	}
	for _, p := range []string{"05000000", "070102000000", "070107000000"} {
		must(t, slow.PutPacket(unhex(t, p)))
	}
	slow.Flush()
	b.until("the others are there", func() bool { return b.rpc.HasPeer(7) })
	must(t, n.RPC("aim", 1))
	b.until("it reads no more", func() bool {
		b.rpc.Wake()
		return slow.Stats().PacketsIn == 1
	})
	b.fill(1)
	must(t, n.RPC("aim", 1))
	s := b.peer.Peer(1).Stats()
	if s.Replaced != 0 || s.QueuedPackets < 3 {
		t.Errorf("%d packets were replaced, %d wait; want none, and three or more", s.Replaced, s.QueuedPackets)
	}
	must(t, n.RPC("aim", 1))
	if s := b.peer.Peer(1).Stats(); s.Replaced != 3 {
		t.Errorf("%d packets were replaced, want three", s.Replaced)
	}
}

// TestRelayedCallsKeepTheirChannel passes calls on to a client that does not keep up: the first ones of a node, which
// carry its path, do not overtake those of another node.
func TestRelayedCallsKeepTheirChannel(t *testing.T) {
	for name, link := range links {
		t.Run(name, func(t *testing.T) {
			server, join := link(t, &multiplayer.Options{Transport: transport.Options{OutboundBufferSize: 8 << 20, MaxQueuedPackets: 1 << 16}})
			s := newSession(t, server, nil)
			o := &multiplayer.Options{Wire: multiplayer.Godot}
			from, to := s.join(join(o), nil), s.join(join(o), nil)
			s.until("they know each other", func() bool { return from.HasPeer(to.UniqueID()) && to.HasPeer(from.UniqueID()) })
			var got []int
			move := rpc.Method1[int]{Name: "move", Config: rpc.Config{Mode: rpc.AnyPeer, Channel: 5}}
			for _, path := range []string{"Near", "Far"} {
				s.node(path, func(n *rpc.Node) { move.Handle(n, func(_ *rpc.Call, i int) { got = append(got, i) }) })
			}
			call := func(path string, i int) {
				t.Helper()
				must(t, move.RPCID(from.Node(path), to.UniqueID(), i))
			}
			known := from.Stats().PacketsIn + 1
			call("Near", 0)
			s.until("the path is confirmed", func() bool { return len(got) == 1 && from.Stats().PacketsIn == known })
			for server.Peer(to.UniqueID()).Stats().QueuedPackets == 0 {
				must(t, s.server.SendBytes(to.UniqueID(), multiplayer.Delivery{Channel: 9}, make([]byte, 4096)))
				s.server.Flush()
			}
			relayed := s.server.Stats().Relayed + 3
			call("Near", 1)
			call("Far", 2)
			end := time.Now().Add(deadline)
			for s.server.Stats().Relayed < relayed {
				if time.Now().After(end) {
					t.Fatal("the calls do not come to the server")
				}
				from.Poll()
				s.server.Poll()
			}
			s.until("the calls", func() bool { return len(got) == 3 })
			if want := []int{0, 1, 2}; !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestCallsFromOnCallRefused has the server call somebody while a call for everyone is being passed on: that one still
// reaches whom it is for.
func TestCallsFromOnCallRefused(t *testing.T) {
	for name, link := range links {
		t.Run(name, func(t *testing.T) {
			server, join := link(t, nil)
			s := newSession(t, server, nil)
			godot := &multiplayer.Options{Wire: multiplayer.Godot}
			for _, o := range []*multiplayer.Options{godot, godot, godot, nil} {
				s.join(join(o), nil)
			}
			ran := map[rpc.PeerID]int{}
			for _, c := range s.clients {
				c.Node("Elsewhere").Handle("f", func() { ran[c.UniqueID()]++ }, anyPeer)
			}
			s.node("Game", func(n *rpc.Node) { n.DeclareMethod("g", rpc.Config{}) })
			s.server.OnCallRefused = func(rpc.Refusal) { must(t, s.server.Node("Game").RPCID(multiplayer.Except(3), "g")) }
			// The server cannot translate it for the one on peerage.v1, and passes it on to the others.
			call := relayPacket(multiplayer.Everyone, []byte("\xa0\x06\x00\x00\x80\x00Elsewhere\x00"))
			must(t, s.clients[0].MultiplayerPeer().Send(1, multiplayer.Delivery{}, call))
			s.clients[0].Flush()
			s.until("both run it", func() bool { return ran[3] > 0 && ran[4] > 0 })
			if len(ran) != 2 || ran[3] != 1 || ran[4] != 1 {
				t.Errorf("ran %v", ran)
			}
		})
	}
}
