package rpc_test

import (
	"context"
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
