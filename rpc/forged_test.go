package rpc_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// TestRelayKeepsTheTargetsRules has clients of both wires call, through the server, what they may not: methods of an
// authority that they are not, and disabled ones. They do not run anywhere, whether the server knows them or not.
func TestRelayKeepsTheTargetsRules(t *testing.T) {
	const (
		open   = "open"   // for everybody
		closed = "closed" // for the authority
		off    = "off"    // for nobody
	)
	for _, knows := range []bool{true, false} {
		t.Run(fmt.Sprintf("server knows %v", knows), func(t *testing.T) {
			s := mixed(t, nil) // 2 and 4 on Godot's wire, 3 and 5 on peerage.v1
			var ran []string
			for _, m := range s.all {
				if m == s.server && !knows {
					continue
				}
				n := m.Node("Door")
				n.SetAuthority(4)
				for _, name := range []string{open, closed, off} {
					c := rpc.Config{Mode: map[string]rpc.Mode{open: rpc.AnyPeer, closed: rpc.Authority, off: rpc.Disabled}[name]}
					n.Handle(name, func(c *rpc.Call) {
						ran = append(ran, fmt.Sprintf("%s of %d by %d", name, m.UniqueID(), c.Sender))
					}, c)
				}
			}
			if !knows {
				s.server.Node("Done").Handle("done", func(*rpc.Call) {}, rpc.Config{Mode: rpc.AnyPeer})
			}
			for _, by := range s.clients {
				id := by.UniqueID()
				for _, target := range []rpc.PeerID{0, 2, 3, 4, 5, -1, -2, -3, -4, -5} {
					if target == id {
						continue
					}
					for _, method := range []string{closed, off, open} {
						must(t, by.Node("Door").RPCID(target, method))
					}
				}
			}
			want := map[string]int{}
			for _, by := range s.clients {
				id := by.UniqueID()
				for _, target := range []rpc.PeerID{0, 2, 3, 4, 5, -1, -2, -3, -4, -5} {
					for _, to := range s.all {
						at := to.UniqueID()
						crosses := to != s.server && to.MultiplayerPeer().Peer(1).Wire() != by.MultiplayerPeer().Peer(1).Wire()
						switch {
						case at == id || target == id || target > 0 && target != at || target < 0 && -target == at:
						case !knows && (to == s.server || crosses): // nobody can translate what the server does not know
						default:
							want[fmt.Sprintf("open of %d by %d", at, id)]++
							if id == 4 {
								want[fmt.Sprintf("closed of %d by %d", at, id)]++
							}
						}
					}
				}
			}
			total := 0
			for _, n := range want {
				total += n
			}
			s.until("every call that may run has run", func() bool { return len(ran) >= total })
			must(t, s.server.SendBytes(multiplayer.Everyone, multiplayer.Delivery{}, []byte("last")))
			last := 0
			for _, c := range s.clients {
				c.OnPeerPacket = func(rpc.PeerID, []byte) { last++ }
			}
			s.until("nothing is under way", func() bool { return last == len(s.clients) })
			got := map[string]int{}
			for _, r := range ran {
				got[r]++
			}
			for _, r := range ran {
				if got[r] != want[r] {
					t.Errorf("%s: %d times, want %d", r, got[r], want[r])
					got[r] = want[r]
				}
			}
			var refused uint64
			for _, m := range s.all {
				refused += m.Stats().NotAllowed
			}
			if refused == 0 {
				t.Error("nothing was refused")
			}
			if knows && s.clients[0].Stats().NotAllowed+s.clients[1].Stats().NotAllowed > 0 {
				t.Error("the server passed on what it could refuse")
			}
		})
	}
}

// TestSendersCannotBeForged has a client of each wire say that packets are another's: of the server, of a player, of
// nobody.
func TestSendersCannotBeForged(t *testing.T) {
	for _, wire := range bothWires {
		t.Run(wire.String(), func(t *testing.T) {
			a := newArena(t, nil, nil)
			var bytes []string
			for _, m := range a.all {
				m.OnPeerPacket = func(id rpc.PeerID, data []byte) {
					bytes = append(bytes, fmt.Sprintf("%s from %d to %d", data, id, m.UniqueID()))
				}
			}
			in := a.intrude(wire)
			a.until("the players know of the intruder", func() bool { return a.clients[0].HasPeer(in.id) && a.clients[1].HasPeer(in.id) })
			before := a.server.Stats()
			for _, id := range []byte{1, byte(anna), byte(bert), byte(in.id), 100} {
				if wire == multiplayer.Peerage {
					raw := "\x26forged"
					in.packet("\x2b"+string(id)+raw, "\x2a\x02\x2b"+string(id)+raw, "\x2a\x00\x2b"+string(id)+raw, "\x2b"+string(id)+"\x2a\x02"+raw,
						"\x2a\x03\x2a\x02"+raw, "\x2a\x02\x28"+string(id), "\x2a\x02\x29"+string(id), "\x2a\x00\x2c"+raw, "\x2a\x00\x2d")
				} else {
					raw := []byte("\x03forged")
					nested := relayPacket(rpc.PeerID(id), raw)
					add, del := []byte{7, 1, id, 0, 0, 0}, []byte{7, 2, id, 0, 0, 0}
					for _, target := range []rpc.PeerID{0, 1, anna, bert} {
						for _, p := range [][]byte{nested, add, del, {7, 0}, {7, 0, 1}, relayPacket(anna, nested)} {
							in.packet(string(relayPacket(target, p)))
						}
					}
					in.packet(string(add), string(del))
				}
			}
			// What is his own arrives as his own.
			if wire == multiplayer.Peerage {
				in.packet("\x2a\x00\x26mine")
			} else {
				in.packet(string(relayPacket(0, []byte("\x03mine"))))
			}
			a.until("his own bytes come", func() bool { return len(bytes) >= 3 })
			a.play()
			slices.Sort(bytes)
			if want := []string{"mine from 4 to 1", "mine from 4 to 2", "mine from 4 to 3"}; !slices.Equal(bytes, want) {
				t.Errorf("came: %q", bytes)
			}
			if s := a.server.Stats(); s.Malformed == before.Malformed {
				t.Errorf("%+v", s)
			}
			for _, c := range a.clients {
				if c.Stats().Malformed > 0 || !c.HasPeer(anna) && c.UniqueID() != anna || !c.HasPeer(bert) && c.UniqueID() != bert || !c.HasPeer(in.id) {
					t.Errorf("%d: %+v", c.UniqueID(), c.Stats())
				}
			}
		})
	}
}

// TestRepliesCannotBeForged answers, and cancels, requests of others.
func TestRepliesCannotBeForged(t *testing.T) {
	a := newArena(t, nil, nil)
	p, err := multiplayer.Dial(a.peers[0].URL(), nil)
	must(t, err)
	carla := a.join(p, nil)
	answers := map[rpc.PeerID]*rpc.Answer[any]{}
	for _, m := range a.all {
		m.Node("Game").Handle("ask", func(c *rpc.Call) error { answers[m.UniqueID()] = rpc.Later[any](c); return nil }, rpc.Config{Mode: rpc.AnyPeer})
	}
	a.until("anna knows carla", func() bool { return a.clients[0].HasPeer(carla.UniqueID()) })
	toServer := a.clients[0].Node("Game").Call(t.Context(), 1, "ask")
	toCarla := a.clients[0].Node("Game").Call(t.Context(), carla.UniqueID(), "ask")
	a.until("both are asked", func() bool { return answers[1] != nil && answers[carla.UniqueID()] != nil })
	in := a.intrude(multiplayer.Peerage)
	for id := range 8 {
		n := string(byte(id))
		in.packet("\x2a\x02\x23"+n+"\xa6forged", "\x2a\x02\x24"+n+"\x05\xa6forged", "\x2a\x00\x23"+n+"\xa6forged",
			"\x25"+n, "\x2a\x01\x25"+n, "\x2a\x04\x25"+n)
	}
	in.settled()
	a.until("anna has them", func() bool { return a.clients[0].Stats().StrayReplies >= 24 })
	answers[1].Reply("true")
	answers[carla.UniqueID()].Reply("true")
	for _, r := range []*rpc.Reply[any]{toServer, toCarla} {
		if v, err := result(a.session, r); err != nil || v != "true" {
			t.Errorf("the reply is %v, %v", v, err)
		}
	}
}

// TestRelayedRequestsThatFail answers, in the target's name, requests that the server does not pass on.
func TestRelayedRequestsThatFail(t *testing.T) {
	s := mixed(t, nil)
	s.node("Game", func(n *rpc.Node) {
		n.Handle("open", func(*rpc.Call) int { return 1 }, rpc.Config{Mode: rpc.AnyPeer})
		n.Handle("closed", func(*rpc.Call) int { return 1 }, rpc.Config{})
	})
	anna := s.clients[1].Node("Game") // 3, on peerage.v1
	for _, test := range []struct {
		target rpc.PeerID
		method string
		code   rpc.Code
	}{
		{2, "open", rpc.CodeNoReplies}, // on Godot's wire
		{5, "closed", rpc.CodeNotAllowed},
		{5, "none", rpc.CodeUnknownMethod},
	} {
		if v, err := result(s, anna.Call(t.Context(), test.target, test.method)); !errors.Is(err, &rpc.Error{Code: test.code}) {
			t.Errorf("%s of %d gives %v, %v", test.method, test.target, v, err)
		}
	}
	must(t, s.clients[3].Close())
	s.server.Poll() // it knows already that 5 is gone
	if v, err := result(s, anna.Call(t.Context(), 5, "open")); !errors.Is(err, rpc.ErrPeerGone) && !errors.Is(err, &rpc.Error{Code: rpc.CodePeerGone}) {
		t.Errorf("open of one who has left gives %v, %v", v, err)
	}
}
