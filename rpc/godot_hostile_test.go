package rpc_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// captured are the packets of the captures, each once.
func captured(t testing.TB) (packets [][]byte) {
	seen := map[string]bool{}
	for _, file := range []string{"rpc.jsonl", "sys.jsonl", "norelay.jsonl", "auth.jsonl", "websocket_multiplayer_demo.jsonl"} {
		for _, l := range readLines[captureLine](t, file) {
			if l.Hex != "" && l.Event == "" && !seen[l.Hex] {
				seen[l.Hex] = true
				packets = append(packets, unhex(t, l.Hex))
			}
		}
	}
	return packets
}

// TestHostileGodotPackets truncates and changes every captured packet. The session has to go on.
func TestHostileGodotPackets(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, role := range []rpc.PeerID{1, 7} {
		t.Run(fmt.Sprintf("to %d", role), func(t *testing.T) {
			b := newBench(t, role, nil)
			b.game()
			from := rpc.PeerID(1)
			if role == multiplayer.Server {
				from = 2
				b.connect(7)
			}
			b.connect(from)
			var sent uint64
			send := func(p []byte) {
				if len(p) == 0 {
					return
				}
				sent++
				must(t, b.raw[from].PutPacket(p))
				if sent%256 == 0 {
					b.until("they are handled", func() bool { return b.rpc.Stats().PacketsIn >= sent })
				}
			}
			for _, p := range captured(t) {
				for i := range p {
					send(p[:i])
					for _, flip := range []byte{1 << rnd.IntN(8), 0xff, byte(rnd.Uint32())} {
						p[i] ^= flip
						send(p)
						p[i] ^= flip
					}
				}
				send(append(p[:len(p):len(p)], 0, 0xff))
			}
			b.until("all are handled", func() bool { return b.rpc.Stats().PacketsIn == sent })
			if s := b.rpc.Stats(); s.Malformed < 100 {
				t.Errorf("of %d packets %d were malformed: they did not get anywhere", sent, s.Malformed)
			}
			// A call still arrives, and a call still leaves.
			b.events = nil
			b.feed(from, append(unhex(t, "200900008006010201"), "Game\x00"...))
			if want := fmt.Sprintf("rpc one[1] from %d", from); len(b.events) != 1 || b.events[0] != want {
				t.Errorf("events %q, want %q", b.events, want)
			}
			b.came[from] = nil
			must(t, b.rpc.SendBytes(from, multiplayer.Delivery{}, []byte("still here")))
			b.until("the bytes", func() bool {
				for _, p := range b.came[from] {
					if string(p) == "\x03still here" {
						return true
					}
				}
				return false
			})
		})
	}
}

// TestStoredPaths bounds what a peer can make us remember.
func TestStoredPaths(t *testing.T) {
	b := newBench(t, multiplayer.Server, &rpc.Options{MaxNames: 4})
	n := b.game()
	sum := sumOf(n.Methods()...)
	b.connect(2)
	b.events = nil
	for _, id := range []uint32{4, 0x7fffffff, 1, 9} {
		b.feed(2, unhex(t, "000306010201")) // of an id that it has not told
		b.feed(2, simplifyPacket(id, "Game", sum))
		b.expect(2, hexOf(confirmPacket(id, 1)))
	}
	b.feed(2, simplifyPacket(0xffffffff, "Game", sum))
	b.feed(2, simplifyPacket(3, strings.Repeat("x", 60000), sum))
	if s := b.rpc.Stats(); s.Malformed != 6 || len(b.refuse) != 0 {
		t.Errorf("%d packets were malformed, want 6; refused %v, want none", s.Malformed, b.refuse)
	}
	b.feed(2, simplifyPacket(5, "Game", sum)) // one too many, which is no fault
	b.silent()                                // it is not confirmed
	if s := b.rpc.Stats(); s.Malformed != 6 || len(b.refuse) != 0 {
		t.Errorf("%d packets were malformed, want 6; refused %v, want none", s.Malformed, b.refuse)
	}
	// What is not confirmed carries its path, and works.
	b.feed(2, append(unhex(t, "200900008006010201"), "Game\x00"...))
	if len(b.events) != 1 {
		t.Errorf("events %q, want one call", b.events)
	}
}
