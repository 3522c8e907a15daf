package rpc_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// named is a server that admits everybody as whom the header Player names, and how to join it.
func named(t *testing.T, o *multiplayer.Options, ro *rpc.Options) (s *session, as func(name string, wire multiplayer.Wire, o *rpc.Options) *rpc.SceneMultiplayer) {
	o.Admit = func(r *http.Request) (any, error) { return r.Header.Get("Player"), nil }
	server, err := multiplayer.NewServer(o)
	must(t, err)
	s = newSession(t, server, ro)
	return s, func(name string, wire multiplayer.Wire, o *rpc.Options) *rpc.SceneMultiplayer {
		c, err := server.Join(&multiplayer.Options{Wire: wire, Reconnect: deadline,
			Transport: transport.Options{HandshakeHeaders: http.Header{"Player": {name}}}})
		must(t, err)
		return s.add(c, o)
	}
}

// TestAdmitted asks everywhere who somebody is.
func TestAdmitted(t *testing.T) {
	for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		t.Run(wire.String(), func(t *testing.T) {
			var s *session
			var got []string
			note := func(what string) func(id rpc.PeerID) {
				return func(id rpc.PeerID) { got = append(got, fmt.Sprintf("%s %v", what, s.server.Admitted(id))) }
			}
			s, as := named(t, &multiplayer.Options{ResumeWindow: deadline}, &rpc.Options{AuthCallback: func(id rpc.PeerID, data []byte) {
				note("auth of")(id)
				if string(data) == "word" {
					must(t, s.server.CompleteAuth(id))
				} else {
					must(t, s.server.DisconnectPeerWith(id, 4100, "no"))
				}
			}})
			s.server.OnPeerAuthenticating, s.server.OnPeerAuthenticationFailed = note("authenticating"), note("failed")
			s.server.OnPeerConnected, s.server.OnPeerDisconnected = note("connected"), note("disconnected")
			s.server.Node("Game").Handle("say", func(c *rpc.Call) { got = append(got, fmt.Sprintf("call of %v", c.Admitted())) },
				rpc.Config{Mode: rpc.AnyPeer, CallLocal: true})

			join := func(name, word string) *rpc.SceneMultiplayer {
				var c *rpc.SceneMultiplayer
				c = as(name, wire, &rpc.Options{AuthCallback: func(rpc.PeerID, []byte) {}})
				c.OnPeerAuthenticating = func(id rpc.PeerID) {
					must(t, c.SendAuth(id, []byte(word)))
					must(t, c.CompleteAuth(id))
				}
				return c
			}
			ann := join("ann", "word")
			s.until("she is in", func() bool { return s.server.HasPeer(2) && ann.HasPeer(1) })
			say := ann.Node("Game")
			say.DeclareMethod("say", rpc.Config{Mode: rpc.AnyPeer})
			must(t, say.RPCID(1, "say"))
			s.until("her call came", func() bool { return len(got) == 4 })
			if wire == multiplayer.Peerage {
				s.peers[1].Peer(1).WebSocket().Close(-1, "")
				s.until("she is back", func() bool { return s.server.Stats().Session.Resumed == 1 })
				note("back")(2)
			}
			must(t, s.server.Node("Game").RPCID(1, "say")) // a local call
			bob := join("bob", "nothing")
			s.until("he is not in", func() bool { return bob.MultiplayerPeer().ConnectionStatus() == multiplayer.Disconnected })
			must(t, ann.Close())
			s.until("she is gone", func() bool { return !s.server.HasPeer(2) })
			want := []string{"authenticating ann", "auth of ann", "connected ann", "call of ann", "back ann", "call of <nil>",
				"authenticating bob", "auth of bob", "failed bob", "disconnected ann"}
			if wire == multiplayer.Godot {
				want = slices.DeleteFunc(want, func(w string) bool { return w == "back ann" })
			}
			if !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
			if who := s.server.Admitted(2); who != nil {
				t.Errorf("she is gone, and still %v", who)
			}
		})
	}
}

// TestReplacedInARoom has a player come on another connection while others of both wires are there: to them the id goes
// and comes, and calls reach the new one.
func TestReplacedInARoom(t *testing.T) {
	for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		for _, away := range []bool{false, true} {
			if away && wire == multiplayer.Godot {
				continue
			}
			t.Run(fmt.Sprintf("%v/away %v", wire, away), func(t *testing.T) {
				ids := map[any]rpc.PeerID{"ann": 7, "bob": 8, "cid": 9}
				o := &multiplayer.Options{AssignID: func(who any) (rpc.PeerID, error) { return ids[who], nil }}
				if away {
					o.ResumeWindow = time.Hour
				}
				s, as := named(t, o, nil)
				in := func(c *rpc.SceneMultiplayer) func() bool { return func() bool { return c.HasPeer(1) } }
				others := []*rpc.SceneMultiplayer{as("bob", multiplayer.Peerage, nil), as("cid", multiplayer.Godot, nil)}
				ann := as("ann", wire, nil)
				s.until("all are in", func() bool {
					return in(ann)() && others[0].HasPeer(7) && others[0].HasPeer(9) && others[1].HasPeer(7) && others[1].HasPeer(8)
				})
				if away { // for good, as it is not polled
					s.peers, s.all = s.peers[:3], s.all[:3]
					t.Cleanup(func() { ann.Close() })
					s.peers[0].Peer(7).WebSocket().Close(-1, "")
					s.until("she is away", func() bool { return s.peers[0].Peer(7).Away() })
				}
				events := map[string][]string{}
				for who, m := range map[string]*rpc.SceneMultiplayer{"server": s.server, "bob": others[0], "cid": others[1]} {
					m.OnPeerConnected = func(id rpc.PeerID) { events[who] = append(events[who], fmt.Sprintf("+%d", id)) }
					m.OnPeerDisconnected = func(id rpc.PeerID) { events[who] = append(events[who], fmt.Sprintf("-%d", id)) }
				}
				again := as("ann", wire, nil)
				var from []rpc.PeerID
				again.Node("Game").Handle("say", func(c *rpc.Call) { from = append(from, c.Sender) }, rpc.Config{Mode: rpc.AnyPeer})
				s.until("she is there again", func() bool { return in(again)() && len(events["bob"]) == 2 && len(events["cid"]) == 2 })
				s.until("the first is told", func() bool {
					return away || ann.MultiplayerPeer().ConnectionStatus() == multiplayer.Disconnected
				})
				for _, who := range []string{"server", "bob", "cid"} {
					if !slices.Equal(events[who], []string{"-7", "+7"}) {
						t.Errorf("%s was told %q", who, events[who])
					}
				}
				for _, m := range append(others, s.server) {
					m.Node("Game").DeclareMethod("say", rpc.Config{Mode: rpc.AnyPeer})
				}
				for _, o := range others {
					must(t, o.Node("Game").RPCID(7, "say"))
				}
				s.until("both calls came", func() bool { return len(from) == 2 })
			})
		}
	}
}
