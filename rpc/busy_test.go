package rpc_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// Who calls a peer that does not keep up is told so, and nobody else pays for it.

var fetch = rpc.Query1[int, []byte]{Name: "fetch", Config: rpc.Config{Mode: rpc.AnyPeer}}

// TestBusyPeer has one client call another that reads nothing, in every form, far more often than fits and than it may
// make faults: it is told a bounded number of times, its requests fail, and it stays. So does the other, which then gets all
// that was accepted, and the server's own calls among it.
func TestBusyPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, join := links["memory"](t, nil)
		s := newSession(t, peer, &rpc.Options{MaxFaults: 10, MaxNotices: 6})
		caller, slow := s.join(join(nil), nil), s.join(join(nil), nil)
		heard := map[rpc.PeerID]int{}
		s.node("Hall", func(n *rpc.Node) {
			shout.Handle(n, func(c *rpc.Call, _ []byte) {
				if n == slow.Node("Hall") {
					heard[c.Sender]++
				}
			})
			fetch.Handle(n, func(_ *rpc.Call, size int) ([]byte, error) { return make([]byte, size), nil })
		})
		var refused []rpc.Refusal
		caller.OnCallRefused = func(r rpc.Refusal) { refused = append(refused, r) }
		s.until("they know each other", func() bool { return caller.HasPeer(3) && slow.HasPeer(2) })
		s.all, s.peers = s.all[:2], s.peers[:2] // slow is not polled
		const n = 400
		hall := caller.Node("Hall")
		for range n {
			must(t, shout.RPCID(hall, 3, make([]byte, 2000)))
			must(t, caller.SendBytes(3, multiplayer.Delivery{}, make([]byte, 2000)))
			s.poll()
			synctest.Wait()
		}
		for range n { // what those of 2000 bytes leave room for
			must(t, caller.SendBytes(3, multiplayer.Delivery{}, []byte{1}))
		}
		s.until("all was tried", func() bool { return s.server.Stats().Relayed >= 3*n })
		for range 3 {
			_, err := result(s, fetch.Call(t.Context(), hall, 3, 1000))
			var e *rpc.Error
			if !errors.As(err, &e) || e.Code != rpc.CodeBusy {
				t.Errorf("a request: %v", err)
			}
		}
		for range 6 {
			must(t, shout.RPCID(s.server.Node("Hall"), 3, make([]byte, 3000)))
		}
		s.until("it was told", func() bool { return len(refused) >= 6 })
		named := 0
		for _, r := range refused {
			if !r.Remote || r.Sender != 1 || r.Code != rpc.CodeBusy || r.Node != "" && (r.Node != "Hall" || r.Method != "shout") {
				t.Errorf("%+v", r)
			}
			if r.Node != "" {
				named++
			}
		}
		st := s.server.Stats()
		if len(refused) > 6 || named == 0 || st.RelayFailures < n || st.TooManyFaults != 0 || st.Session.SlowPeers != 0 || st.Session.Peers != 2 {
			t.Errorf("it was told %d times; %+v", len(refused), st)
		}
		s.all, s.peers = append(s.all, slow), append(s.peers, slow.MultiplayerPeer())
		s.until("it hears the server", func() bool { return heard[1] == 6 })
		if heard[2] == 0 {
			t.Error("it heard nothing of the other")
		}
	})
}

// TestBusyForReply has the reply to a request be more than can be passed on: the caller, who did not read in time, is told
// so.
func TestBusyForReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, join := links["memory"](t, nil)
		s := newSession(t, peer, nil)
		answers, slow := s.join(join(nil), nil), s.join(join(nil), nil)
		s.node("Hall", func(n *rpc.Node) {
			fetch.Handle(n, func(_ *rpc.Call, size int) ([]byte, error) { return make([]byte, size), nil })
		})
		s.until("they know each other", func() bool { return answers.HasPeer(3) && slow.HasPeer(2) })
		s.all, s.peers = s.all[:2], s.peers[:2] // slow is not polled
		link := peer.Peer(3)
		for range 100 {
			if !link.WebSocket().Congested() {
				must(t, s.server.SendBytes(3, multiplayer.Delivery{}, make([]byte, 9000)))
			}
			s.poll()
			synctest.Wait()
		}
		large := fetch.Call(t.Context(), slow.Node("Hall"), 2, 20_000)
		slow.Flush()
		s.until("the reply was not passed on", func() bool { return s.server.Stats().RelayFailures == 1 })
		s.all, s.peers = append(s.all, slow), append(s.peers, slow.MultiplayerPeer())
		_, err := result(s, large)
		var e *rpc.Error
		if !errors.As(err, &e) || e.Code != rpc.CodeBusy {
			t.Errorf("a large reply: %v", err)
		}
	})
}

// TestBusyAmongMany relays for everybody: those who keep up hear it, and the sender is told once of those who do not.
func TestBusyAmongMany(t *testing.T) {
	everyCrowd(t, nil, func(t *testing.T, c *crowd) {
		caller, other := c.open(), c.open()
		c.until("they know each other", func() bool { return caller.HasPeer(2) && caller.HasPeer(4) && other.HasPeer(3) })
		c.fill()
		var refused []rpc.Refusal
		caller.OnCallRefused = func(r rpc.Refusal) { refused = append(refused, r) }
		must(t, shout.RPC(caller.Node("Hall"), []byte("all")))
		c.until("the other heard it", func() bool { return c.heard == 1 })
		c.until("it was counted", func() bool { return c.server.Stats().RelayFailures > 0 })
		for range 10 {
			c.poll()
			synctest.Wait()
		}
		want := 1
		if c.link.Wire() == multiplayer.Godot {
			want = 0 // which has no word for it
		}
		if len(refused) != want || c.heard != 1 || !c.link.Connected() {
			t.Errorf("%v; heard %d times", refused, c.heard)
		}
	})
}
