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

// Comings and goings are what everybody learns: who cannot be told at once is told later, in order, and stays.

// crowd is a session with a client, 2, that for a time reads nothing, and others that come, go and call it meanwhile.
type crowd struct {
	*session
	slow  *rpc.SceneMultiplayer
	link  *multiplayer.Peer
	heard int                          // by the others
	told  []string                     // to 2, in order: "+3", "-3", and "3" for a call from 3
	open  func() *rpc.SceneMultiplayer // connects another client
}

var shout = rpc.Method1[[]byte]{Name: "shout", Config: rpc.Config{Mode: rpc.AnyPeer}}

// everyCrowd runs a test with a slow client of each wire, in memory and in a bubble of virtual time, where it is certain
// when a connection is full.
func everyCrowd(t *testing.T, o *multiplayer.Options, test func(t *testing.T, c *crowd)) {
	for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		t.Run(wire.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				peer, join := links["memory"](t, o)
				c := &crowd{session: newSession(t, peer, nil)}
				shout.Handle(c.server.Node("Hall"), func(*rpc.Call, []byte) {})
				c.open = func() *rpc.SceneMultiplayer {
					m := c.join(join(&multiplayer.Options{Wire: wire}), nil)
					shout.Handle(m.Node("Hall"), func(*rpc.Call, []byte) { c.heard++ })
					return m
				}
				c.slow = c.join(join(&multiplayer.Options{Wire: wire, Reconnect: deadline, Transport: transport.Options{MaxQueuedPackets: 8}}), nil)
				c.slow.OnPeerConnected = func(id rpc.PeerID) { c.told = append(c.told, fmt.Sprint("+", id)) }
				c.slow.OnPeerDisconnected = func(id rpc.PeerID) { c.told = append(c.told, fmt.Sprint("-", id)) }
				shout.Handle(c.slow.Node("Hall"), func(call *rpc.Call, _ []byte) { c.told = append(c.told, fmt.Sprint(call.Sender)) })
				c.link = peer.Peer(2)
				c.without(c.slow)
				t.Cleanup(func() { c.slow.Close() })
				test(t, c)
			})
		})
	}
}

// without polls one of them no more.
func (c *crowd) without(m *rpc.SceneMultiplayer) {
	i := slices.Index(c.all, m)
	c.all, c.peers = slices.Delete(c.all, i, i+1), slices.Delete(c.peers, i, i+1)
}

func (c *crowd) with(m *rpc.SceneMultiplayer) {
	c.all, c.peers = append(c.all, m), append(c.peers, m.MultiplayerPeer())
}

// leave has a client leave.
func (c *crowd) leave(m *rpc.SceneMultiplayer) {
	id := m.UniqueID()
	m.Close()
	c.until("it has left", func() bool { return !c.server.HasPeer(id) })
	c.without(m)
}

// fill sends so much to the slow client that not even one packet more fits.
func (c *crowd) fill() {
	for full := false; !full; {
		full = true
		for _, size := range []int{8000, 1} {
			for c.server.SendBytes(2, multiplayer.Delivery{}, make([]byte, size)) == nil {
				full = false
			}
		}
		c.poll()
		synctest.Wait()
	}
}

// settle polls until everything that is under way has come.
func (c *crowd) settle() {
	for range 3 {
		synctest.Wait()
		c.poll()
	}
}

// TestToldLater has peers come and go while one cannot be told: it stays, and learns of all that there are in the end, of
// nobody twice, of those it knew that they left, and of nobody by a call before.
func TestToldLater(t *testing.T) {
	everyCrowd(t, nil, func(t *testing.T, c *crowd) {
		early := c.open() // 3, which it knows
		c.with(c.slow)
		c.until("2 knows 3", func() bool { return c.slow.HasPeer(3) && early.HasPeer(2) })
		c.without(c.slow)
		c.fill()
		if !c.link.Connected() {
			t.Fatal("it was sent away")
		}
		passing := c.open() // 4
		stays := c.open()   // 5
		c.leave(passing)
		c.leave(early)
		for range 30 { // 6 to 35
			c.leave(c.open())
		}
		last := c.open() // 36
		failures := c.server.Stats().RelayFailures
		c.until("36 knows 2", func() bool { return last.HasPeer(2) })
		must(t, shout.RPCID(last.Node("Hall"), 2, []byte("too early")))
		c.until("it was not passed on", func() bool { return c.server.Stats().RelayFailures > failures })
		c.settle() // on Godot's wire the path goes first, and is not passed on either
		if !c.link.Connected() || c.server.MultiplayerPeer().Stats().SlowPeers != 0 {
			t.Fatal("it was sent away")
		}
		c.with(c.slow)
		c.until("it was told", func() bool { return c.slow.HasPeer(36) })
		must(t, shout.RPCID(last.Node("Hall"), 2, []byte("now")))
		must(t, shout.RPCID(stays.Node("Hall"), 2, []byte("now")))
		c.until("both calls came", func() bool { return slices.Contains(c.told, "36") && slices.Contains(c.told, "5") })
		calls := func(e string) bool { return e == "36" || e == "5" }
		if got := slices.DeleteFunc(slices.Clone(c.told), calls); !slices.Equal(got, []string{"+3", "+5", "-3", "+36"}) {
			t.Errorf("it was told %q", c.told)
		}
		if n := len(c.told); n != 6 {
			t.Errorf("it was told %q", c.told)
		}
	})
}

// TestToldBeforeCalled has a connection get room in the same Poll in which a call comes from a peer that is untold yet: the
// word of it goes first.
func TestToldBeforeCalled(t *testing.T) {
	everyCrowd(t, nil, func(t *testing.T, c *crowd) {
		c.fill()
		last := c.open()
		for range 3 {
			c.leave(c.open())
		}
		c.until("3 knows 2", func() bool { return last.HasPeer(2) })
		must(t, shout.RPCID(last.Node("Hall"), 2, []byte("now")))
		for range 10 { // the server does not poll
			c.slow.Poll()
			synctest.Wait()
		}
		last.Flush()
		synctest.Wait()
		c.with(c.slow)
		c.until("the call came", func() bool { return len(c.told) >= 2 })
		if want := []string{"+3", "3"}; !slices.Equal(c.told, want) || c.slow.Stats().FromDeparted != 0 {
			t.Errorf("it was told %q, and ignored %d", c.told, c.slow.Stats().FromDeparted)
		}
	})
}

// TestNotCalledBeforeTold has more come than there is room for word of, but room for a call of the last of them: it is not
// passed on.
func TestNotCalledBeforeTold(t *testing.T) {
	everyCrowd(t, &multiplayer.Options{ResumeWindow: deadline, ReplayBufferSize: 20_000}, func(t *testing.T, c *crowd) {
		var want []string
		var last *rpc.SceneMultiplayer
		for id := range 60 {
			last = c.open()
			want = append(want, fmt.Sprint("+", id+3))
		}
		c.until("62 knows 2", func() bool { return last.HasPeer(2) })
		failures, relayed := c.server.Stats().RelayFailures, c.server.Stats().Relayed
		must(t, shout.RPCID(last.Node("Hall"), 2, []byte("too early")))
		c.until("it reached the server", func() bool { return c.server.Stats().Relayed > relayed })
		passed := c.server.Stats().RelayFailures == failures
		if c.link.Wire() == multiplayer.Peerage && passed { // the other wire keeps nothing
			t.Error("it was passed on")
		}
		c.with(c.slow)
		c.until("all is told", func() bool { return len(c.told) >= 60 })
		if !slices.Equal(c.told[:60], want) || c.slow.Stats().FromDeparted != 0 {
			t.Errorf("it was told %q, and ignored %d", c.told, c.slow.Stats().FromDeparted)
		}
	})
}

// TestLateListOfPeers gives a client so little room that it cannot be told of all who are there at once.
func TestLateListOfPeers(t *testing.T) {
	for _, queue := range []int{1, 2, 8} {
		everyCrowd(t, &multiplayer.Options{ResumeWindow: deadline, Transport: transport.Options{MaxQueuedPackets: queue}}, func(t *testing.T, c *crowd) {
			c.with(c.slow)
			for range 25 {
				c.open()
			}
			c.until("all know all", func() bool {
				for _, m := range c.all {
					for id := rpc.PeerID(1); id <= 27; id++ {
						if id != m.UniqueID() && !m.HasPeer(id) {
							return false
						}
					}
				}
				return true
			})
			for i, e := range c.told {
				if want := fmt.Sprint("+", i+3); e != want {
					t.Fatalf("it was told %q", c.told)
				}
			}
		})
	}
}

// TestSameIDAgain has a peer go, and another one come under its id, while a third cannot be told.
func TestSameIDAgain(t *testing.T) {
	next := rpc.PeerID(1)
	free := func() rpc.PeerID { next++; return next }
	everyCrowd(t, &multiplayer.Options{AssignID: func(any) (multiplayer.PeerID, error) { return free(), nil }}, func(t *testing.T, c *crowd) {
		defer func() { next = 1 }()
		three := c.open()
		c.with(c.slow)
		c.until("2 knows 3", func() bool { return c.slow.HasPeer(3) })
		c.without(c.slow)
		c.fill()
		for range 4 {
			c.leave(three)
			next = 2
			three = c.open()
		}
		c.with(c.slow)
		c.until("it was told", func() bool { return len(c.told) == 3 })
		c.until("they know each other", func() bool { return three.HasPeer(2) && c.slow.HasPeer(3) })
		if !slices.Equal(c.told, []string{"+3", "-3", "+3"}) {
			t.Errorf("it was told %q", c.told)
		}
	})
}

// TestStrangersWhilePeerIsAway has more come and go than a replay buffer holds word of, while a peer is away: it comes back
// with its session, to all of the server's own, and knows who is there.
func TestStrangersWhilePeerIsAway(t *testing.T) {
	o := &multiplayer.Options{ResumeWindow: deadline, ReplayBufferSize: 20_000}
	for name, link := range links {
		t.Run(name, func(t *testing.T) {
			peer, join := link(t, o)
			c := &crowd{session: newSession(t, peer, nil)}
			c.slow = c.join(join(&multiplayer.Options{Reconnect: deadline}), nil)
			own := 0
			c.slow.OnPeerPacket = func(id rpc.PeerID, data []byte) {
				if id != 1 || int(data[0]) != own {
					t.Errorf("%d sent %d in the place of %d", id, data[0], own)
				}
				own++
			}
			known := map[rpc.PeerID]bool{1: true}
			c.slow.OnPeerConnected = func(id rpc.PeerID) {
				if known[id] {
					t.Errorf("%d came twice", id)
				}
				known[id] = true
			}
			c.slow.OnPeerDisconnected = func(id rpc.PeerID) {
				if !known[id] {
					t.Errorf("%d left, and had not come", id)
				}
				delete(known, id)
			}
			link := peer.Peer(2)
			link.WebSocket().Close(-1, "")
			c.without(c.slow)
			c.until("it is away", link.Away)
			const strangers = 150
			for range strangers {
				c.leave(c.join(join(nil), nil))
			}
			stays := c.join(join(nil), nil)
			if kept := link.Stats().UnackedBytes; kept > 10_000 {
				t.Errorf("%d bytes are kept of strangers", kept)
			}
			n := 0
			for c.server.SendBytes(2, multiplayer.Delivery{}, append([]byte{byte(n)}, make([]byte, 700)...)) == nil {
				n++
			}
			if n < 9 {
				t.Errorf("%d packets of the server's own were accepted", n)
			}
			c.with(c.slow)
			c.until("it is back, and knows who is there", func() bool { return c.slow.HasPeer(stays.UniqueID()) && own >= n })
			c.until("it was told all", func() bool { return len(known) == 2 })
			if s := peer.Stats(); s.Resumed != 1 || own != n {
				t.Errorf("%d of %d came, %+v", own, n, s)
			}
		})
	}
}

// TestCrowdAndFlood keeps a peer that reads slowly, though others flood it and come and go.
func TestCrowdAndFlood(t *testing.T) {
	everyCrowd(t, &multiplayer.Options{SlowPeerTimeout: time.Millisecond}, func(t *testing.T, c *crowd) {
		attacker := c.open()
		c.until("they know each other", func() bool { return attacker.HasPeer(2) })
		load := make([]byte, 3000)
		for range 30 {
			for range 20 {
				shout.RPCID(attacker.Node("Hall"), 2, load)
			}
			c.poll()
			c.leave(c.open())
		}
		for range 5 {
			must(t, shout.RPCID(c.server.Node("Hall"), 2, []byte("the server's own")))
		}
		if !c.link.Connected() || c.server.MultiplayerPeer().Stats().SlowPeers != 0 {
			t.Fatal("it was sent away")
		}
		c.with(c.slow)
		c.until("it hears the server", func() bool {
			n := 0
			for _, e := range c.told {
				if e == "1" {
					n++
				}
			}
			return n == 5
		})
	})
}
