package rpc_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// TestAuthTimeoutsOfWhoIsDecidedOn has one client admitted and another one leave: neither is thought of again.
func TestAuthTimeoutsOfWhoIsDecidedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := multiplayer.NewServer(nil)
		must(t, err)
		var s *session
		s = newSession(t, server, &rpc.Options{AuthTimeout: 5 * time.Second, AuthCallback: func(id rpc.PeerID, _ []byte) { must(t, s.server.CompleteAuth(id)) }})
		join := func() *rpc.SceneMultiplayer {
			p, err := server.Join(nil)
			must(t, err)
			return s.add(p, &rpc.Options{AuthTimeout: time.Hour, AuthCallback: func(rpc.PeerID, []byte) {}})
		}
		in, out := join(), join()
		in.OnPeerAuthenticating = func(id rpc.PeerID) {
			must(t, in.SendAuth(id, []byte("x")))
			must(t, in.CompleteAuth(id))
		}
		s.until("one is admitted", func() bool { return s.server.HasPeer(in.UniqueID()) && s.server.Stats().Authenticating == 1 })
		out.Close()
		s.until("the other is gone", func() bool { return s.server.Stats().Authenticating == 0 })
		synctest.Wait()
		s.poll()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := s.server.Wait(ctx); err == nil {
			t.Error("the server was woken")
		}
	})
}

// TestIdlersMakeRoom holds every place with clients that never authenticate. One that does comes in, unless they have
// begun just now.
func TestIdlersMakeRoom(t *testing.T) {
	for _, test := range []struct {
		speak  bool
		waited time.Duration
		in     bool
	}{{false, 0, true}, {true, 0, false}, {true, 900 * time.Millisecond, false}, {true, time.Second, true}} {
		in := test.in
		synctest.Test(t, func(t *testing.T) {
			server, err := multiplayer.NewServer(nil)
			must(t, err)
			var s *session
			s = newSession(t, server, &rpc.Options{MaxAuthenticating: 3, AuthTimeout: 6 * time.Second, AuthCallback: func(id rpc.PeerID, word []byte) {
				if string(word) == "let me in" {
					must(t, s.server.CompleteAuth(id))
				}
			}})
			failed := 0
			s.server.OnPeerAuthenticationFailed = func(rpc.PeerID) { failed++ }
			join := func() *rpc.SceneMultiplayer {
				p, err := server.Join(nil)
				must(t, err)
				return s.add(p, &rpc.Options{AuthCallback: func(rpc.PeerID, []byte) {}})
			}
			for range 3 {
				idler := join()
				idler.OnPeerAuthenticating = func(id rpc.PeerID) {
					if test.speak {
						must(t, idler.SendAuth(id, []byte("well")))
					}
				}
			}
			s.until("all places are held", func() bool { return s.server.Stats().Authenticating == 3 })
			for range 3 { // what they say
				synctest.Wait()
				s.poll()
			}
			time.Sleep(test.waited)
			c := join()
			c.OnPeerAuthenticating = func(id rpc.PeerID) {
				if err := errors.Join(c.SendAuth(id, []byte("let me in")), c.CompleteAuth(id)); in { // else it is sent away
					must(t, err)
				}
			}
			s.until("it is in, or away", func() bool {
				return c.UniqueID() != 0 && s.server.HasPeer(c.UniqueID()) || c.MultiplayerPeer().ConnectionStatus() == multiplayer.Disconnected
			})
			if st := s.server.Stats(); s.server.HasPeer(c.UniqueID()) != in || st.AuthRefused != 1 || in && (failed != 1 || st.Authenticating != 2) {
				t.Errorf("%+v: %d failed, %+v", test, failed, st)
			}
		})
	}
}
