package rpc_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// guarded is a server that admits who knows the word in time, and a client that says a word.
func guarded(t *testing.T, link string, word string, clientAuth bool, timeout time.Duration) (s *session, events *[]string, c *rpc.SceneMultiplayer) {
	events = new([]string)
	note := func(format string, a ...any) { *events = append(*events, fmt.Sprintf(format, a...)) }
	watch := func(who string, m *rpc.SceneMultiplayer) {
		m.OnPeerAuthenticating = func(id rpc.PeerID) { note("%s: authenticating %d", who, id) }
		m.OnPeerAuthenticationFailed = func(id rpc.PeerID) { note("%s: failed %d", who, id) }
		m.OnPeerConnected = func(id rpc.PeerID) { note("%s: connected %d", who, id) }
		m.OnConnectedToServer = func() { note("%s: connected to the server", who) }
		m.OnServerDisconnected = func(error) { note("%s: server disconnected", who) }
	}
	peer, join := links[link](t, nil)
	so := &rpc.Options{AuthTimeout: timeout}
	so.AuthCallback = func(id rpc.PeerID, data []byte) {
		if string(data) == "open sesame" {
			must(t, s.server.SendAuth(id, []byte("welcome")))
			must(t, s.server.CompleteAuth(id))
		}
	}
	s = newSession(t, peer, so)
	watch("server", s.server)
	co := &rpc.Options{}
	if clientAuth {
		co.AuthCallback = func(id rpc.PeerID, data []byte) {
			note("client: told %q", data)
			must(t, c.CompleteAuth(id))
		}
	}
	c = s.add(join(nil), co)
	s.clients = append(s.clients, c)
	watch("client", c)
	if clientAuth {
		authenticating := c.OnPeerAuthenticating
		c.OnPeerAuthenticating = func(id rpc.PeerID) {
			authenticating(id)
			must(t, c.SendAuth(id, []byte(word)))
		}
	}
	return s, events, c
}

func TestAuthentication(t *testing.T) {
	for link := range links {
		t.Run(link, func(t *testing.T) {
			s, events, c := guarded(t, link, "open sesame", true, deadline)
			s.until("the client is admitted", func() bool { return c.HasPeer(1) && s.server.HasPeer(2) })
			want := []string{"client: authenticating 1", `client: told "welcome"`, "client: connected to the server", "client: connected 1",
				"server: authenticating 2", "server: connected 2"}
			got := slices.Clone(*events)
			slices.SortStableFunc(got, func(a, b string) int { return int(a[0]) - int(b[0]) })
			if !slices.Equal(got, want) {
				t.Errorf("events %q\nwant %q", got, want)
			}
			if err := s.server.SendAuth(2, nil); !errors.Is(err, rpc.ErrNotAuthenticating) {
				t.Errorf("SendAuth to an admitted peer: %v", err)
			}
		})
	}
}

func TestAuthenticationThatFails(t *testing.T) {
	for link := range links {
		for _, word := range []string{"please", ""} {
			t.Run(link+" "+word, func(t *testing.T) {
				s, events, c := guarded(t, link, word, true, 300*time.Millisecond)
				s.until("the client waits", func() bool { return slices.Contains(*events, "server: authenticating 2") })
				if got := slices.Collect(s.server.AuthenticatingPeers()); !slices.Equal(got, []rpc.PeerID{2}) {
					t.Errorf("waiting are %v", got)
				}
				// Nothing reaches a peer before it is admitted, nor goes out from it.
				s.server.Node("Game").DeclareMethod("f", anyPeer)
				if err := s.server.Node("Game").RPCID(2, "f"); !errors.Is(err, rpc.ErrUnknownPeer) {
					t.Errorf("a call to it: %v", err)
				}
				s.until("it is sent away", func() bool { return c.MultiplayerPeer().ConnectionStatus() == multiplayer.Disconnected })
				var e *transport.CloseError
				if !errors.As(c.MultiplayerPeer().Err(), &e) || e.Code != multiplayer.CloseNotAuthenticated {
					t.Errorf("it was told %v", c.MultiplayerPeer().Err())
				}
				if st := s.server.Stats(); st.AuthTimeouts != 1 {
					t.Errorf("stats %+v", st)
				}
				for _, must := range []string{"server: failed 2", "client: failed 1"} {
					if !slices.Contains(*events, must) {
						t.Errorf("events %q, without %q", *events, must)
					}
				}
				if slices.Contains(*events, "server: connected 2") {
					t.Error("it was admitted")
				}
			})
		}
	}
}

func TestAuthenticationOfOneSideOnly(t *testing.T) {
	for link := range links {
		t.Run(link, func(t *testing.T) {
			// The client has no callback: it admits the server at once, and its calls are refused until it is admitted.
			s, events, c := guarded(t, link, "", false, 2*time.Second)
			s.until("the client admits the server", func() bool { return c.HasPeer(1) })
			c.Node("Game").DeclareMethod("f", anyPeer)
			ran := false
			s.server.Node("Game").Handle("f", func() { ran = true }, anyPeer)
			must(t, c.Node("Game").RPCID(1, "f"))
			s.until("the call is turned away", func() bool { return s.server.Stats().BeforeAuth > 0 })
			s.until("it is sent away", func() bool { return slices.Contains(*events, "server: failed 2") })
			if ran {
				t.Error("a call ran before authentication")
			}
		})
	}
}

// TestAuthDataAfterCompleteAuth sends more once this side has completed: it reaches the AuthCallback of the other, and
// admits nobody.
func TestAuthDataAfterCompleteAuth(t *testing.T) {
	for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		for name, link := range links {
			t.Run(wire.String()+" "+name, func(t *testing.T) {
				server, join := link(t, nil)
				var s *session
				var said []string
				s = newSession(t, server, &rpc.Options{AuthTimeout: deadline, AuthCallback: func(id rpc.PeerID, data []byte) {
					if said = append(said, string(data)); len(said) == 1 {
						must(t, s.server.CompleteAuth(id))
					}
				}})
				c := s.add(join(&multiplayer.Options{Wire: wire}), &rpc.Options{AuthTimeout: deadline, AuthCallback: func(rpc.PeerID, []byte) {}})
				c.OnPeerAuthenticating = func(id rpc.PeerID) {
					for _, data := range []string{"password", "name", "colour"} {
						must(t, c.SendAuth(id, []byte(data)))
					}
				}
				s.until("all of it has come", func() bool { return len(said) == 3 })
				if s.server.HasPeer(2) || c.HasPeer(1) {
					t.Error("somebody was admitted")
				}
				if err := s.server.CompleteAuth(2); !errors.Is(err, rpc.ErrAuthCompleted) {
					t.Errorf("CompleteAuth again: %v", err)
				}
				must(t, c.CompleteAuth(1))
				s.until("both are admitted", func() bool { return s.server.HasPeer(2) && c.HasPeer(1) })
				if st := s.server.Stats(); st.BeforeAuth != 0 || st.Malformed != 0 {
					t.Errorf("stats %+v", st)
				}
			})
		}
	}
}

// TestPeersOfWhoIsAdmittedLate has a client that says more than it must, and takes its time over the server's proof: it
// hears of the others all the same.
func TestPeersOfWhoIsAdmittedLate(t *testing.T) {
	for name, link := range links {
		t.Run(name, func(t *testing.T) {
			server, join := link(t, nil)
			var s *session
			s = newSession(t, server, &rpc.Options{AuthTimeout: deadline, AuthCallback: func(id rpc.PeerID, data []byte) {
				if string(data) == "password" {
					must(t, s.server.SendAuth(id, []byte("proof")))
					must(t, s.server.CompleteAuth(id))
				}
			}})
			var last *rpc.SceneMultiplayer
			for range 2 {
				var c *rpc.SceneMultiplayer
				c = s.add(join(nil), &rpc.Options{AuthTimeout: deadline, AuthCallback: func(id rpc.PeerID, _ []byte) {
					c.Post(func() { c.Post(func() { c.Post(func() { must(t, c.CompleteAuth(id)) }) }) })
				}})
				c.OnPeerAuthenticating = func(id rpc.PeerID) {
					must(t, c.SendAuth(id, []byte("password")))
					must(t, c.SendAuth(id, []byte("name")))
				}
				s.until("it is in", func() bool { return c.HasPeer(1) && s.server.HasPeer(c.UniqueID()) })
				last = c
			}
			s.until("the second knows the first", func() bool { return last.HasPeer(2) })
			if st := last.Stats(); st.Malformed != 0 {
				t.Errorf("it dropped %d packets", st.Malformed)
			}
		})
	}
}

// TestRefusedWithAReason sends a client away that said the wrong word.
func TestRefusedWithAReason(t *testing.T) {
	for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		for name, link := range links {
			t.Run(wire.String()+" "+name, func(t *testing.T) {
				server, join := link(t, nil)
				var s *session
				s = newSession(t, server, &rpc.Options{AuthTimeout: deadline, AuthCallback: func(id rpc.PeerID, _ []byte) {
					must(t, s.server.DisconnectPeerWith(id, multiplayer.CloseNotAuthenticated, "wrong word"))
				}})
				var failed []rpc.PeerID
				s.server.OnPeerAuthenticationFailed = func(id rpc.PeerID) { failed = append(failed, id) }
				c := s.add(join(&multiplayer.Options{Wire: wire}), &rpc.Options{AuthCallback: func(rpc.PeerID, []byte) {}})
				c.OnPeerAuthenticating = func(id rpc.PeerID) { must(t, c.SendAuth(id, []byte("please"))) }
				var told error
				c.OnServerDisconnected = func(err error) { told = err }
				c.OnConnectionFailed = func(err error) { told = err }
				s.until("both know", func() bool { return len(failed) == 1 && told != nil })
				var e *transport.CloseError
				if !errors.As(told, &e) || e.Code != multiplayer.CloseNotAuthenticated || e.Reason != "wrong word" {
					t.Errorf("the client is told %v", told)
				}
				if st := s.server.Stats(); failed[0] != 2 || st.Authenticating != 0 || st.AuthTimeouts != 0 {
					t.Errorf("failed: %v; stats %+v", failed, st)
				}
			})
		}
	}
}

// TestCompleteAuthAgain completes while the peer can take nothing, and again when it can.
func TestCompleteAuthAgain(t *testing.T) {
	for name, link := range links {
		t.Run(name, func(t *testing.T) {
			server, join := link(t, nil)
			s := newSession(t, server, &rpc.Options{AuthTimeout: deadline, AuthCallback: func(rpc.PeerID, []byte) {}})
			c := s.add(join(nil), &rpc.Options{AuthTimeout: deadline, AuthCallback: func(rpc.PeerID, []byte) {}})
			s.until("they wait for each other", func() bool { return s.server.Stats().Authenticating == 1 && c.Stats().Authenticating == 1 })
			must(t, c.CompleteAuth(1))
			for size := 20_000; ; size /= 2 { // to the brim; nothing is polled, so nothing leaves
				for s.server.SendAuth(2, make([]byte, size)) == nil {
				}
				if size == 0 {
					break
				}
			}
			if err := s.server.CompleteAuth(2); !errors.Is(err, multiplayer.ErrBufferFull) {
				t.Fatalf("CompleteAuth gives %v", err)
			}
			s.until("it can be completed", func() bool { return s.server.CompleteAuth(2) == nil })
			s.until("both are admitted", func() bool { return s.server.HasPeer(2) && c.HasPeer(1) })
		})
	}
}
