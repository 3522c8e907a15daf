package rpc_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// TestNewNameAndFullBuffer calls a method for the first time while one peer takes nothing: the others are called.
func TestNewNameAndFullBuffer(t *testing.T) {
	fill := rpc.Method1[string]{Name: "fill"}
	fresh := rpc.Method0{Name: "fresh"}
	everyLink(t, 3, nil, func(t *testing.T, s *session) {
		called := map[rpc.PeerID]int{}
		sent, filled := 0, 0
		s.node("Game", func(n *rpc.Node) {
			fill.Handle(n, func(*rpc.Call, string) { filled++ })
			fresh.Handle(n, func(*rpc.Call) { called[n.Multiplayer().UniqueID()]++ })
		})
		n := s.server.Node("Game")
		var err error
		for size := 20_000; size > 0; size /= 2 { // to the brim; nothing is polled, so nothing leaves
			for err = nil; err == nil; sent++ {
				err = fill.RPCID(n, 3, strings.Repeat("x", size))
			}
			sent--
			if !errors.Is(err, multiplayer.ErrBufferFull) {
				t.Fatal(err)
			}
		}
		err = fresh.RPC(n)
		var one *multiplayer.PeerError
		if !errors.Is(err, multiplayer.ErrBufferFull) || !errors.As(err, &one) || one.Peer != 3 {
			t.Errorf("the call gives %v", err)
		}
		s.until("the others are called", func() bool { return called[2] == 1 && called[4] == 1 })
		s.until("the other one can be called again", func() bool { return fresh.RPCID(n, 3) == nil })
		s.until("it is", func() bool { return called[3] == 1 && filled == sent })
	})
}
