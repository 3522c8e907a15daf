package rpc_test

import (
	"errors"
	"fmt"
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

// TestNamesThatCannotTravel makes and calls what no peer could be told of, and then what it could.
func TestNamesThatCannotTravel(t *testing.T) {
	for what, bad := range map[string]string{
		"empty": "", "too long": strings.Repeat("x", 1025), "not UTF-8": "a\xffb", "NUL": "a\x00b",
	} {
		t.Run(what, func(t *testing.T) {
			everyLink(t, 1, nil, func(t *testing.T, s *session) {
				ran := 0
				s.server.Node("Game").Handle("f", func() { ran++ }, anyPeer)
				c := s.clients[0]
				n := c.Node("Game")
				for name, f := range map[string]func(){
					"Node":          func() { c.Node(bad) },
					"DeclareMethod": func() { n.DeclareMethod(bad, anyPeer) },
					"Handle":        func() { n.Handle(bad, func() {}, anyPeer) },
				} {
					if p := fmt.Sprint(panicOf(f)); !strings.Contains(p, "give one") {
						t.Errorf("%s panics with %s", name, p)
					}
				}
				method := rpc.Method0{Name: bad}
				if err := method.RPCID(n, 1); err == nil || !strings.Contains(err.Error(), "give one") {
					t.Errorf("RPCID: %v", err)
				}
				if _, err := result(s, n.Call(t.Context(), 1, bad)); err == nil || !strings.Contains(err.Error(), "give one") {
					t.Errorf("Call: %v", err)
				}
				n.DeclareMethod("f", anyPeer)
				must(t, n.RPCID(1, "f"))
				s.until("a good call arrives", func() bool { return ran == 1 })
			})
		})
	}
}

func panicOf(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}

func TestTransferModesThatAreNone(t *testing.T) {
	everyLink(t, 1, nil, func(t *testing.T, s *session) {
		const none = multiplayer.TransferMode(3)
		n := s.server.Node("Game")
		if p := fmt.Sprint(panicOf(func() { n.DeclareMethod("f", rpc.Config{TransferMode: none}) })); !strings.Contains(p, "use the constants") {
			t.Errorf("DeclareMethod panics with %s", p)
		}
		g := rpc.Method0{Name: "g", Config: rpc.Config{TransferMode: none}}
		for name, err := range map[string]error{
			"SendBytes": s.server.SendBytes(2, multiplayer.Delivery{Mode: none}, []byte("x")),
			"RPCID":     g.RPCID(n, 2),
		} {
			if err == nil || !strings.Contains(err.Error(), "use the constants") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
