package rpc_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// did is what a peer of the captures did by itself in a step; by says which one.
type did struct {
	by rpc.PeerID
	do func(b *bench, n *rpc.Node) error
}

// calls makes a did of one call.
func calls(by, target rpc.PeerID, method string, args ...any) did {
	return did{by, func(_ *bench, n *rpc.Node) error { return n.RPCID(target, method, args...) }}
}

func sends(by, target rpc.PeerID, d multiplayer.Delivery, bytes ...byte) did {
	return did{by, func(b *bench, _ *rpc.Node) error { return b.rpc.SendBytes(target, d, bytes) }}
}

// joins and leaves are the steps in which a connection begins or ends.
var (
	joins = map[string]rpc.PeerID{
		"connect 2": 2, "connect 7": 7, "relay off: connect 2": 2, "relay off: connect 7": 7,
		"connect 2 with auth on both sides": 2,
	}
	leaves = map[string]rpc.PeerID{"7 leaves": 7, "2 leaves": 2}
)

// deeds says what was done in each other step.
var deeds = map[string]did{
	`client 2 calls ask(5,"x") on the server, path not yet confirmed`: calls(2, 1, "ask", 5, "x"),
	"the same call again, path confirmed":                             calls(2, 1, "ask", 5, "x"),
	"two calls back to back from 7 before the confirmation arrives": {7, func(_ *bench, n *rpc.Node) error {
		if err := n.RPCID(1, "ask", 1, 2); err != nil {
			return err
		}
		return n.RPCID(1, "ask", 3, 4)
	}},
	"no arguments":                                                           calls(2, 1, "none_"),
	"one PackedByteArray argument":                                           calls(2, 1, "one", []byte{1, 2, 3}),
	"one empty PackedByteArray argument":                                     calls(2, 1, "one", []byte{}),
	"one null argument":                                                      calls(2, 1, "one", nil),
	"PackedByteArray beside another argument":                                calls(2, 1, "ask", []byte{9}, 1),
	"server tells 2 (authority), path not yet confirmed":                     calls(1, 2, "tell", "hi"),
	"server tells all: 2 confirmed, 7 not":                                   calls(1, 0, "tell", "all"),
	"server tells all, both confirmed":                                       calls(1, 0, "tell", "all"),
	"server tells all but 2":                                                 calls(1, -2, "tell", "not 2"),
	"client 2 broadcasts hello with call_local (relayed through the server)": calls(2, 0, "hello", "two"),
	"the same again, paths confirmed":                                        calls(2, 0, "hello", "two"),
	"client 2 calls client 7 directly (relayed)":                             calls(2, 7, "one", 70),
	"client 2 calls everyone but the server":                                 calls(2, -1, "one", 71),
	"client 2 calls everyone but 7":                                          calls(2, -7, "one", 72),
	"client 2 calls an authority method (must be refused by the server)":     calls(2, 1, "tell", "cheat"),
	"unreliable on channel 3":                                                calls(2, 1, "move", 1.5, -2),
	"unreliable_ordered on channel 5":                                        calls(1, 2, "aim", 0.25),
	"five arguments":                                                         calls(2, 1, "many", true, false, -1, 300, 70000),
	"server broadcasts hello with call_local":                                calls(1, 0, "hello", "srv"),

	"2 sends bytes to the server":                sends(2, 1, multiplayer.Delivery{}, 0xde, 0xad),
	"2 sends bytes to 7":                         sends(2, 7, multiplayer.Delivery{}, 0xbe),
	"2 sends bytes to all, unreliable channel 2": sends(2, 0, multiplayer.Delivery{Channel: 2, Mode: multiplayer.Unreliable}, 0xef),
	"server sends bytes to all":                  sends(1, 0, multiplayer.Delivery{}, 1, 2, 3, 4),
	"server sends bytes to all but 7":            sends(1, -7, multiplayer.Delivery{}, 5),

	"relay off: 2 calls one on the server": calls(2, 1, "one", 1),
	"relay off: 2 broadcasts":              calls(2, 0, "one", 2),

	"2 sends its secret": {2, func(b *bench, _ *rpc.Node) error { return b.rpc.SendAuth(1, []byte("secret")) }},
	"call after auth":    calls(2, 1, "one", 1),
}

// TestStandIn puts our peer in the place of each of the engines of a capture. It is given what the others sent and
// does what was done, and has to send the very bytes that the engine sent and to raise the same events.
func TestStandIn(t *testing.T) {
	for _, c := range []struct {
		file  string
		roles []rpc.PeerID
	}{
		{"rpc.jsonl", []rpc.PeerID{1, 2, 7}},
		{"sys.jsonl", []rpc.PeerID{1, 2, 7}},
		{"norelay.jsonl", []rpc.PeerID{1, 2, 7}},
		{"auth.jsonl", []rpc.PeerID{1, 2}},
	} {
		for _, role := range c.roles {
			t.Run(fmt.Sprintf("%s as %d", c.file, role), func(t *testing.T) { standIn(t, c.file, role) })
		}
	}
}

func standIn(t *testing.T, file string, role rpc.PeerID) {
	o := &rpc.Options{NoServerRelay: file == "norelay.jsonl"}
	var b *bench
	if file == "auth.jsonl" {
		o.AuthCallback = func(id rpc.PeerID, data []byte) {
			b.events = append(b.events, fmt.Sprintf("auth %x from %d", data, id))
			if role == multiplayer.Server {
				must(t, b.rpc.SendAuth(id, []byte("ok")))
			}
			must(t, b.rpc.CompleteAuth(id))
		}
	}
	b = newBench(t, role, o)
	game := b.game()
	lines := readLines[captureLine](t, file)
	there := map[rpc.PeerID]bool{} // the raw peers
	for len(lines) > 0 {
		n := 1
		for n < len(lines) && lines[n].Step == lines[0].Step {
			n++
		}
		step, of := lines[0].Step, lines[:n]
		lines = lines[n:]
		if id, ok := joins[step]; ok && (role == multiplayer.Server || id == role) {
			other := id
			if id == role {
				other = multiplayer.Server
			}
			b.connect(other)
			there[other] = true
		}
		if id, ok := leaves[step]; ok {
			if id == role {
				must(t, b.peer.Close())
				return
			}
			if there[id] {
				b.raw[id].Close(1000, "")
			}
		}
		d, known := deeds[step]
		if _, joined := joins[step]; !known && !joined && leaves[step] == 0 {
			t.Fatalf("the capture has a step that this test does not know: %q", step)
		}
		if known && d.by == role {
			must(t, d.do(b, game))
		}
		var want []string
		for _, l := range of {
			switch {
			case l.Event != "" && l.At == role:
				want = append(want, l.what())
			case l.Event == "" && l.To == role && there[l.From]:
				b.feed(l.From, unhex(t, l.Hex))
			case l.Event == "" && l.From == role:
				b.expect(l.To, l.Hex)
			}
		}
		b.until(fmt.Sprintf("%q: the events %q, has %q", step, want, b.events), func() bool { return len(b.events) >= len(want) })
		if !slices.Equal(b.events, want) {
			t.Errorf("%s: events\n%q, want\n%q", step, b.events, want)
		}
		b.events = nil
	}
	b.silent()
	if len(b.events) > 0 {
		t.Errorf("events %q too many", b.events)
	}
	if s := b.rpc.Stats(); s.Malformed != 0 {
		t.Errorf("%d packets were malformed", s.Malformed)
	}
}
