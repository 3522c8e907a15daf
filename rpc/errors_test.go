package rpc_test

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/internal/refusing"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

func TestTextsOfCallErrors(t *testing.T) {
	for target, want := range map[rpc.PeerID]string{
		3:                     "rpc: Game.f to peer 3: why",
		multiplayer.Everyone:  "rpc: Game.f to everyone: why",
		multiplayer.Except(7): "rpc: Game.f to everyone but 7: why",
		-1 << 31:              "rpc: Game.f to everyone but 2147483648: why",
	} {
		e := rpc.CallError{Peer: target, Node: "Game", Method: "f", Err: errors.New("why")}
		if e.Error() != want {
			t.Errorf("%q, want %q", e.Error(), want)
		}
	}
}

// TestNotConnected calls before the session stands, after it ended, and a peer that is leaving.
func TestNotConnected(t *testing.T) {
	check := func(t *testing.T, err error, says string) {
		t.Helper()
		if !errors.Is(err, rpc.ErrNotConnected) || !errors.Is(err, net.ErrClosed) || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
		if strings.Contains(err.Error(), "use of closed") && says != "" {
			t.Errorf("nothing was closed: %v", err)
		}
	}
	f := rpc.Method0{Name: "f"}
	p, err := multiplayer.Dial("ws://"+refusing.Addr(t), nil)
	must(t, err)
	defer p.Close()
	m, err := rpc.New(p, nil)
	must(t, err)
	check(t, f.RPC(m.Node("Game")), "not connected yet")
	check(t, m.SendBytes(1, multiplayer.Delivery{}, nil), "not connected yet")
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		n, c := s.server.Node("Game"), s.clients[0]
		must(t, s.server.DisconnectPeer(2))
		check(t, f.RPCID(n, 2), "")
		s.until("it is gone", func() bool { return !c.HasPeer(1) && !s.server.HasPeer(2) })
		check(t, f.RPC(c.Node("Game")), "not connected any more")
		if err := f.RPCID(n, 2); !errors.Is(err, rpc.ErrUnknownPeer) || errors.Is(err, rpc.ErrNotConnected) {
			t.Errorf("to a peer that has left: %v", err)
		}
	})
}

func TestReplyOfAnotherType(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		s.server.Node("Calc").Handle("divide", func(a, b int) string { return "a lot" }, anyPeer)
		_, err := result(s, divide.Call(t.Context(), s.clients[0].Node("Calc"), 1, 9, 3))
		var e *rpc.CallError
		if !errors.Is(err, rpc.ErrReplyType) || !errors.As(err, &e) || e.Peer != 1 || e.Node != "Calc" || e.Method != "divide" {
			t.Errorf("got %v", err)
		}
	})
}

// TestReasonsOfUnknownMethods tells a method that is declared without a handler from one that is not there.
func TestReasonsOfUnknownMethods(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		n := s.server.Node("Game")
		n.DeclareMethod("declared", anyPeer)
		for _, c := range []struct{ method, want string }{
			{"declared", `node "Game" declares "declared" but does not handle it; handled: none`},
			{"absent", `node "Game" has no method "absent"; handled: there`},
		} {
			_, err := result(s, s.clients[0].Node("Game").Call(t.Context(), 1, c.method))
			var e *rpc.Error
			if !errors.As(err, &e) || e.Code != rpc.CodeUnknownMethod || e.Message != c.want {
				t.Errorf("%s: %v", c.method, err)
			}
			if c.method == "declared" {
				n.Handle("there", func() {}, anyPeer)
			}
		}
	})
}
