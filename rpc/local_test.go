package rpc_test

import (
	"testing"

	"github.com/peerage-go/peerage/rpc"
)

// TestCallLocalWithoutHandler calls everybody with a method that this side only declares: nothing runs here, and nothing is
// wrong. For a call to oneself it is.
func TestCallLocalWithoutHandler(t *testing.T) {
	peer, join := links["memory"](t, nil)
	s := newSession(t, peer, nil)
	var refused []rpc.Refusal
	s.server.OnCallRefused = func(f rpc.Refusal) { refused = append(refused, f) }
	local := rpc.Config{Mode: rpc.AnyPeer, CallLocal: true}
	heard := 0
	client := s.add(join(nil), nil)
	client.Node("N").Handle("all", func() { heard++ }, local)
	n := s.server.Node("N")
	n.DeclareMethod("all", local)
	s.until("it is in", func() bool { return client.HasPeer(1) && s.server.HasPeer(2) })
	must(t, n.RPC("all"))
	must(t, n.RPCID(-7, "all"))
	s.until("it came", func() bool { return heard == 2 })
	if len(refused) > 0 {
		t.Errorf("refused: %v", refused)
	}
	must(t, n.RPCID(1, "all"))
	if len(refused) != 1 || refused[0].Code != rpc.CodeUnknownMethod {
		t.Errorf("a call to oneself of a method without a handler: refused %v", refused)
	}
	n.Handle("all", func() { heard++ }, local)
	must(t, n.RPC("all"))
	s.until("it ran on both", func() bool { return heard == 4 })
}
