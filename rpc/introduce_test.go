package rpc_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// gathering is a server that holds clients of both wires, of which some could come back, back, so that a test can admit several at one stroke, and what
// each of them was told since.
type gathering struct {
	*session
	told map[rpc.PeerID]*[]string
}

func newGathering(t *testing.T, link string, clients int) *gathering {
	peer, join := links[link](t, &multiplayer.Options{ResumeWindow: time.Minute})
	known := map[rpc.PeerID]bool{}
	g := &gathering{told: map[rpc.PeerID]*[]string{}}
	g.session = newSession(t, peer, &rpc.Options{AuthCallback: func(id rpc.PeerID, _ []byte) { known[id] = true }})
	hear := rpc.Method1[string]{Name: "hear", Config: rpc.Config{Mode: rpc.AnyPeer}}
	for i := range clients {
		o := &multiplayer.Options{Wire: multiplayer.Wire(i % 2)}
		if i%4 == 0 {
			o.Reconnect = time.Minute
		}
		p := join(o)
		// A client with a callback of its own waits with all that it has to say until it is admitted.
		c := g.add(p, &rpc.Options{AuthCallback: func(rpc.PeerID, []byte) {}})
		g.clients = append(g.clients, c)
		var log []string
		c.OnPeerAuthenticating = func(id rpc.PeerID) {
			must(t, c.SendAuth(id, []byte("hello")))
			must(t, c.CompleteAuth(id))
			g.told[c.UniqueID()] = &log
		}
		c.OnPeerConnected = func(id rpc.PeerID) { log = append(log, fmt.Sprint("+", id)) }
		c.OnPeerDisconnected = func(id rpc.PeerID) { log = append(log, fmt.Sprint("-", id)) }
		hear.Handle(c.Node("Hall"), func(call *rpc.Call, what string) {
			log = append(log, fmt.Sprint(call.Sender, " ", what))
			if call.Sender != 1 && !c.HasPeer(call.Sender) {
				t.Errorf("%d hears %q from %d, whom it does not know", c.UniqueID(), what, call.Sender)
			}
		})
	}
	g.server.Node("Hall").Declare(hear)
	g.until("all wait, and have completed", func() bool {
		return len(known) == clients && len(g.told) == clients && g.server.Stats().PacketsIn >= 2*uint64(clients)
	})
	return g
}

// admit admits clients at one stroke.
func (g *gathering) admit(ids ...rpc.PeerID) {
	for _, id := range ids {
		must(g.t, g.server.CompleteAuth(id))
	}
}

// expect waits until a client was told what it should have been, and nothing else.
func (g *gathering) expect(id rpc.PeerID, want ...string) {
	g.t.Helper()
	log := g.told[id]
	g.until(fmt.Sprintf("%d was told %q", id, want), func() bool { return len(*log) >= len(want) })
	if !slices.Equal(*log, want) {
		g.t.Errorf("%d was told %q, want %q", id, *log, want)
	}
	*log = nil
}

// Who comes in one Poll is introduced to those who are there and to each other, and each hears of everybody once.
func TestIntroducedTogether(t *testing.T) {
	for link := range links {
		t.Run(link, func(t *testing.T) {
			g := newGathering(t, link, 6)
			g.server.Post(func() { g.admit(2, 3) })
			g.expect(2, "+1", "+3")
			g.expect(3, "+1", "+2")
			g.server.Post(func() { g.admit(4, 6, 5) })
			g.expect(2, "+4", "+6", "+5")
			g.expect(3, "+4", "+6", "+5")
			g.expect(4, "+1", "+2", "+3", "+6", "+5")
			g.expect(6, "+1", "+2", "+3", "+4", "+5")
			g.expect(5, "+1", "+2", "+3", "+4", "+6")
			g.server.Post(func() { g.admit(7) })
			g.expect(7, "+1", "+2", "+3", "+4", "+6", "+5")
			g.expect(2, "+7")
		})
	}
}

// Nobody hears of a peer, or from it, before the peer was introduced, or after it was said to be gone.
func TestIntroducedFirst(t *testing.T) {
	for link := range links {
		t.Run(link, func(t *testing.T) {
			g := newGathering(t, link, 4)
			hall := g.server.Node("Hall")
			g.server.OnPeerConnected = func(id rpc.PeerID) { must(t, hall.RPC("hear", fmt.Sprint("welcome ", id))) }
			g.server.Post(func() { g.admit(2, 3) })
			g.expect(2, "+1", "1 welcome 2", "+3", "1 welcome 3")
			g.expect(3, "+1", "+2", "1 welcome 3")
			g.server.OnPeerConnected = nil
			g.server.Post(func() {
				g.admit(4)
				must(t, hall.RPCID(2, "hear", "of 4"))
				g.admit(5)
				must(t, g.server.DisconnectPeer(4))
			})
			g.expect(2, "+4", "1 of 4", "+5", "-4")
			g.expect(3, "+4", "+5", "-4")
			g.expect(5, "+1", "+2", "+3", "+4", "-4")
		})
	}
}

// Who comes in a crowd, in which others are told later of each other, has been told of everybody when something else is
// said, and soon if nothing is, though nobody does anything for it.
func TestIntroducedInACrowd(t *testing.T) {
	for link, clients := range map[string]int{"memory": 320, "socket": 60} {
		t.Run(link, func(t *testing.T) {
			g := newGathering(t, link, clients)
			last := rpc.PeerID(clients + 1)
			var ids []rpc.PeerID
			come := func(until rpc.PeerID) {
				for id := rpc.PeerID(len(ids) + 2); id <= until; id++ {
					ids = append(ids, id)
					g.admit(id)
				}
			}
			// told is what one of them is told when it comes, those behind it included.
			told := func(id rpc.PeerID, then ...string) []string {
				want := []string{"+1"}
				for _, other := range ids {
					if other != id {
						want = append(want, fmt.Sprint("+", other))
					}
				}
				return append(want, then...)
			}
			g.server.Post(func() {
				come(20)
				g.server.Post(func() { come(last - 30) })
			})
			g.until("all have come", func() bool { return len(ids) == clients-30 })
			for _, id := range ids {
				g.expect(id, told(id)...)
			}
			g.server.Post(func() {
				come(last)
				must(t, g.server.Node("Hall").RPC("hear", "all"))
			})
			g.until("all have come", func() bool { return len(ids) == clients })
			g.expect(2, append(told(2)[clients-30:], "1 all")...)
			for _, id := range ids[clients-30:] {
				g.expect(id, told(id, "1 all")...)
			}
		})
	}
}

// While others come all the time, who is there is told of them now and then.
func TestIntroducedNowAndThen(t *testing.T) {
	const there, polls, each = 160, 20, 4
	synctest.Test(t, func(t *testing.T) {
		g := newGathering(t, "memory", there+polls*each)
		id := rpc.PeerID(2)
		come := func(n int) {
			g.server.Post(func() {
				for range n {
					g.admit(id)
					id++
				}
			})
		}
		come(there)
		log := g.told[2]
		g.until("those who were there know each other", func() bool { return len(*log) == there })
		time.Sleep(time.Second)
		heard := 0
		for range polls {
			come(each)
			before := len(*log)
			g.poll()
			if len(*log) > before {
				heard++
			}
			time.Sleep(2 * time.Millisecond)
		}
		if heard < polls/6 || heard > polls/2 {
			t.Errorf("it was told in %d of %d polls, want one in four", heard, polls)
		}
		g.until("it knows all", func() bool { return len(*log) == there+polls*each })
	})
}

// A crowd that comes right behind others waits no longer than any other.
func TestIntroducedOnce(t *testing.T) {
	const there, crowd = 160, 40
	synctest.Test(t, func(t *testing.T) {
		g := newGathering(t, "memory", there+crowd)
		come := func(from, to rpc.PeerID) {
			g.server.Post(func() {
				for id := from; id <= to; id++ {
					g.admit(id)
				}
			})
		}
		log := g.told[2]
		come(2, there+1)
		g.until("those who were there know each other", func() bool { return len(*log) == there })
		come(there+2, there+crowd+1)
		began := time.Now()
		for len(*log) == there {
			g.poll()
			time.Sleep(time.Millisecond)
		}
		if d := time.Since(began); d > 11*time.Millisecond {
			t.Errorf("it was told of the crowd after %v, want 10 ms", d)
		}
	})
}

// Whom a hook of the program admits has been told of everybody, too, when the call comes that the hook was asked about.
func TestIntroducedByHooks(t *testing.T) {
	for _, test := range []struct {
		name string
		hook func(o *rpc.Options, admit func())
		call func(s *session) error
	}{
		{"Authorize", func(o *rpc.Options, admit func()) {
			o.Authorize = func(rpc.Attempt) error { admit(); return nil }
		}, func(s *session) error { return s.clients[0].Node("Hall").RPC("hear", "it") }},
		{"Observe", func(o *rpc.Options, admit func()) {
			o.Observe = func(s rpc.Span) func(error) {
				if s.Kind == rpc.SpanCall {
					admit()
				}
				return nil
			}
		}, func(s *session) error { return s.server.Node("Hall").RPC("hear", "it") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			peer, join := links["memory"](t, nil)
			var s *session
			o := &rpc.Options{}
			waits, calling := rpc.PeerID(0), false
			o.AuthCallback = func(id rpc.PeerID, _ []byte) {
				if waits = id; id < 4 {
					must(t, s.server.CompleteAuth(id))
				}
			}
			test.hook(o, func() {
				if calling {
					calling = false
					must(t, s.server.CompleteAuth(4))
				}
			})
			s = newSession(t, peer, o)
			hear := rpc.Method1[string]{Name: "hear", Config: rpc.Config{Mode: rpc.AnyPeer}}
			hear.Handle(s.server.Node("Hall"), func(*rpc.Call, string) {})
			var log []string
			for id := rpc.PeerID(2); id <= 4; id++ {
				c := s.add(join(nil), &rpc.Options{AuthCallback: func(rpc.PeerID, []byte) {}})
				s.clients = append(s.clients, c)
				c.OnPeerAuthenticating = func(id rpc.PeerID) {
					must(t, c.SendAuth(id, []byte("hello")))
					must(t, c.CompleteAuth(id))
				}
				hear.Handle(c.Node("Hall"), func(_ *rpc.Call, what string) {
					if id == 4 {
						log = append(log, what)
					}
				})
				if id == 4 {
					c.OnPeerConnected = func(id rpc.PeerID) { log = append(log, fmt.Sprint("+", id)) }
				}
				s.until("it is there", func() bool { return waits == id && (id == 4 || s.server.HasPeer(id) && c.HasPeer(1)) })
			}
			s.until("4 has completed", func() bool { return s.server.Stats().PacketsIn >= 6 && s.clients[0].HasPeer(3) })
			calling = true
			must(t, test.call(s))
			s.until("4 hears it", func() bool { return len(log) == 4 })
			if want := []string{"+1", "+2", "+3", "it"}; !slices.Equal(log, want) {
				t.Errorf("4 was told %q, want %q", log, want)
			}
		})
	}
}
