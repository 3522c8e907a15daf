package rpc_test

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// TestMethodLists pins the numbers of methods and the md5 of their names on those that an engine sent.
func TestMethodLists(t *testing.T) {
	type list struct {
		Methods      []string
		RPCPacket    map[string]string `json:"rpc_packet"`
		SimplifyPath string            `json:"simplify_path"`
	}
	for _, l := range readLines[list](t, "md5.jsonl") {
		t.Run(strings.Join(l.Methods, ","), func(t *testing.T) {
			b := newBench(t, multiplayer.Server, nil)
			n := b.rpc.Node("N")
			for _, name := range l.Methods {
				n.DeclareMethod(name, rpc.Config{})
			}
			b.connect(2)
			for i, name := range l.Methods {
				must(t, n.RPC(name))
				if i == 0 {
					b.expect(2, l.SimplifyPath)
				}
				b.expect(2, l.RPCPacket[name])
			}
			b.silent()
		})
	}
}

// The packets of a test's own, as an engine writes them.

func sumOf(names ...string) string {
	sum := md5.Sum([]byte(strings.Join(names, "")))
	return hex.EncodeToString(sum[:])
}

func simplifyPacket(id uint32, path, sum string) []byte {
	p := append(append([]byte{1}, sum...), 0)
	return append(append(binary.LittleEndian.AppendUint32(p, id), path...), 0)
}

func confirmPacket(id uint32, ok byte) []byte {
	return binary.LittleEndian.AppendUint32([]byte{2, ok}, id)
}

func relayPacket(peer rpc.PeerID, packet []byte) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte{7, 3}, uint32(peer)), packet...)
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// TestOnNodeMethods counts what is configured on the node itself apart. The engine reads that configuration before the
// script's, so its names come first in the md5.
func TestOnNodeMethods(t *testing.T) {
	b := newBench(t, multiplayer.Server, nil)
	n := b.rpc.Node("N")
	var ran []string
	note := func(c *rpc.Call) { ran = append(ran, c.Method) }
	n.Handle("b", note, rpc.Config{Mode: rpc.AnyPeer})
	n.Handle("a_node", note, rpc.Config{Mode: rpc.AnyPeer, OnNode: true})
	n.Handle("z_node", note, rpc.Config{Mode: rpc.AnyPeer, OnNode: true})
	n.Handle("a", note, rpc.Config{Mode: rpc.AnyPeer})
	b.connect(2)
	must(t, n.RPC("z_node"))
	b.expect(2, hexOf(simplifyPacket(1, "N", sumOf("a_node", "z_node", "a", "b"))))
	b.expect(2, "e0070000800180"+"4e00")
	must(t, n.RPC("b"))
	b.expect(2, "a00600008001"+"4e00")
	b.feed(2, confirmPacket(1, 1))
	must(t, n.RPC("a_node"))
	b.expect(2, "c0010080")
	b.feed(2, simplifyPacket(9, "N", sumOf("a_node", "z_node", "a", "b")))
	b.expect(2, hexOf(confirmPacket(9, 1)))
	for _, p := range []string{"c0090180", "8009" + "00", "c0090080", "c0090280", "800902"} {
		b.feed(2, unhex(t, p))
	}
	if want := []string{"z_node", "a", "a_node"}; !slices.Equal(ran, want) {
		t.Errorf("ran %q, want %q", ran, want)
	}
	if len(b.refuse) != 2 {
		t.Errorf("refused %v, want the numbers beyond the lists, 0x8002 and 2", b.refuse)
	}
}

// TestFieldSizes sends and takes path ids and method numbers of every size.
func TestFieldSizes(t *testing.T) {
	b := newBench(t, multiplayer.Server, &rpc.Options{MaxNames: 70000})
	ran := map[string]int{}
	path := func(i int) string {
		return "N" + string(rune('a'+i%26)) + hexOf(binary.BigEndian.AppendUint32(nil, uint32(i)))
	}
	const nodes = 65537
	for i := range nodes {
		b.rpc.Node(path(i)).Handle("f", func(c *rpc.Call) { ran[c.Node.Path()]++ }, rpc.Config{Mode: rpc.AnyPeer})
	}
	big := b.rpc.Node("Big")
	for i := range 300 {
		big.Handle("m"+hexOf(binary.BigEndian.AppendUint16(nil, uint16(i))), func(c *rpc.Call) { ran[c.Method]++ }, rpc.Config{Mode: rpc.AnyPeer})
	}
	b.connect(2)
	// Our ids are counted by first use.
	for i := range nodes {
		must(t, b.rpc.Node(path(i)).RPC("f"))
		if i%512 == 0 {
			b.until("the packets are read", func() bool { return len(b.came[2]) == 2*(i+1) })
		}
	}
	b.until("the packets are read", func() bool { return len(b.came[2]) == 2*nodes })
	b.came[2] = nil
	for _, c := range []struct {
		id   uint32
		call string
	}{
		{1, "800100"}, {255, "80ff00"}, {256, "90000100"}, {65535, "90ffff00"}, {65536, "a00000010000"},
	} {
		n := b.rpc.Node(path(int(c.id) - 1))
		b.feed(2, confirmPacket(c.id, 1))
		must(t, n.RPC("f"))
		b.expect(2, c.call)
		// The same packet means the same here, once the id is told.
		b.feed(2, simplifyPacket(c.id, n.Path(), sumOf("f")))
		b.expect(2, hexOf(confirmPacket(c.id, 1)))
		b.feed(2, unhex(t, c.call))
		if ran[n.Path()] != 1 {
			t.Errorf("%s did not call %s", c.call, n.Path())
		}
	}
	must(t, big.RPC("m0100"))
	b.next(2)
	b.expect(2, "e007000080"+"0001"+"42696700")
	b.feed(2, append(unhex(t, "e007000080"+"0001"), "Big\x00"...))
	if ran["m0100"] != 1 {
		t.Error("a method number of two bytes did not call method 256")
	}
}

func TestChecksumMismatch(t *testing.T) {
	var log bytes.Buffer
	b := newBench(t, multiplayer.Server, &rpc.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	b.game()
	var told []rpc.ChecksumMismatch
	b.rpc.OnChecksumMismatch = func(c rpc.ChecksumMismatch) { told = append(told, c) }
	b.connect(2)
	b.connect(7)
	b.next(2) // that 7 came
	b.next(7)
	theirs := sumOf("cheat", "tell")
	b.feed(2, simplifyPacket(1, "Game", theirs))
	b.expect(2, hexOf(confirmPacket(1, 0)))
	b.feed(2, unhex(t, "80010506"))                               // by the id
	b.feed(2, append(unhex(t, "a006000080"+"05"), "Game\x00"...)) // by the path
	b.feed(2, simplifyPacket(2, "Game", sumOf("cheat")))          // and again: it is told once
	b.expect(2, hexOf(confirmPacket(2, 0)))
	for _, f := range b.refuse {
		if !strings.Contains(f.Reason, "its methods have the md5 "+theirs) {
			t.Errorf("refused with %q", f.Reason)
		}
	}
	if len(b.events) != 2 {
		t.Errorf("events %q, want the two peers' coming alone", b.events)
	}
	n := b.rpc.Node("Game")
	if len(told) != 1 || told[0].Peer != 2 || told[0].Node != "Game" || told[0].Theirs != theirs ||
		told[0].Known != "" || !slices.Equal(told[0].Methods, n.Methods()) || told[0].Ours != sumOf(n.Methods()...) {
		t.Errorf("OnChecksumMismatch was told %+v", told)
	}
	if s := b.rpc.Stats(); s.ChecksumMismatches != 1 || s.UnknownMethod != 2 {
		t.Errorf("Stats count %d mismatches and %d calls of unknown methods, want 1 and 2", s.ChecksumMismatches, s.UnknownMethod)
	}
	for _, want := range []string{"peer=2", "node=Game", "theirs=" + theirs, "aim, ask, hello, many, move, none_, one, tell", "KnownMethods"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not have %q:\n%s", want, log.String())
		}
	}
	// Calls of ours would run another method there, too. The others get theirs.
	if err := n.RPCID(2, "one", 1); !errors.Is(err, rpc.ErrMethodsDiffer) {
		t.Errorf("a call to the peer gives %v", err)
	}
	if err := n.RPC("one", 1); !errors.Is(err, rpc.ErrMethodsDiffer) {
		t.Errorf("a call to all gives %v", err)
	}
	b.expect(2, hexOf(simplifyPacket(1, "Game", sumOf(n.Methods()...))))
	b.expect(7, hexOf(simplifyPacket(1, "Game", sumOf(n.Methods()...))))
	b.expect(7, "20090000800601020147616d6500")
	b.silent()
}

// TestMismatchByAnswer learns from the confirmation that the other side has another list.
func TestMismatchByAnswer(t *testing.T) {
	b := newBench(t, multiplayer.Server, nil)
	n := b.game()
	var told []rpc.ChecksumMismatch
	b.rpc.OnChecksumMismatch = func(c rpc.ChecksumMismatch) { told = append(told, c) }
	b.connect(2)
	must(t, n.RPC("one", 1))
	b.next(2)
	b.next(2)
	b.feed(2, confirmPacket(1, 0))
	if len(told) != 1 || told[0].Theirs != "" {
		t.Errorf("OnChecksumMismatch was told %+v", told)
	}
	if err := n.RPC("one", 1); !errors.Is(err, rpc.ErrMethodsDiffer) {
		t.Errorf("a call gives %v", err)
	}
}

// oldGame declares a node whose older build lacked "gift" and had "zz", which is gone.
func oldGame(b *bench, ran *[]string) *rpc.Node {
	n := b.rpc.Node("Game")
	for _, name := range []string{"ask", "gift", "zap"} {
		n.Handle(name, func(c *rpc.Call, v int) { *ran = append(*ran, c.Method) }, rpc.Config{Mode: rpc.AnyPeer})
	}
	n.KnownMethods("0.9", "zap", "ask", "zz")
	n.KnownMethods("0.8", "zap")
	return n
}

func TestKnownListByChecksum(t *testing.T) {
	b := newBench(t, multiplayer.Server, nil)
	var ran []string
	n := oldGame(b, &ran)
	var told []rpc.ChecksumMismatch
	b.rpc.OnChecksumMismatch = func(c rpc.ChecksumMismatch) { told = append(told, c) }
	b.connect(2)
	b.connect(7)
	b.next(2)
	b.next(7)
	b.feed(2, simplifyPacket(1, "Game", sumOf("ask", "zap", "zz")))
	b.expect(2, hexOf(confirmPacket(1, 1)))
	b.feed(7, simplifyPacket(1, "Game", sumOf("ask", "gift", "zap")))
	b.expect(7, hexOf(confirmPacket(1, 1)))
	for _, p := range []string{"000100010201", "000101010201", "000102010201", "000103010201"} {
		b.feed(2, unhex(t, p))
	}
	if want := []string{"ask", "zap"}; !slices.Equal(ran, want) {
		t.Errorf("ran %q, want %q", ran, want)
	}
	if len(told) != 1 || told[0].Known != "0.9" || told[0].Peer != 2 {
		t.Errorf("OnChecksumMismatch was told %+v", told)
	}
	// A broadcast splits: zap is 1 for the one, 2 for the other, and gift is only known to that.
	for _, id := range []rpc.PeerID{2, 7} {
		must(t, n.RPCID(id, "zap", 1))
		b.next(id)
		b.next(id)
		b.feed(id, confirmPacket(1, 1))
	}
	must(t, n.RPC("zap", 5))
	b.expect(2, "000101010205")
	b.expect(7, "000102010205")
	if err := n.RPC("gift", 6); !errors.Is(err, rpc.ErrMethodsDiffer) {
		t.Errorf("a call of what an older build lacks gives %v", err)
	}
	b.expect(7, "000101010206")
	b.silent()
}

// TestKnownListByAsking calls first: the call waits until it is known which list the peer has.
func TestKnownListByAsking(t *testing.T) {
	ours, v9, v8 := sumOf("ask", "gift", "zap"), sumOf("ask", "zap", "zz"), sumOf("zap")
	for _, c := range []struct {
		name    string
		answers []byte // to the md5 of ours, of 0.9, of 0.8
		call    string
		known   string
	}{
		{"ours", []byte{1}, "000102010205", ""},
		{"0.9", []byte{0, 1}, "000101010205", "0.9"},
		{"0.8", []byte{0, 0, 1}, "000100010205", "0.8"},
		{"none", []byte{0, 0, 0}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, multiplayer.Server, nil)
			var ran []string
			n := oldGame(b, &ran)
			var told []rpc.ChecksumMismatch
			b.rpc.OnChecksumMismatch = func(c rpc.ChecksumMismatch) { told = append(told, c) }
			b.connect(2)
			must(t, n.RPC("zap", 5))
			other := b.rpc.Node("Other")
			other.DeclareMethod("f", rpc.Config{})
			other.KnownMethods("0.9", "g")
			for i, answer := range c.answers {
				b.expect(2, hexOf(simplifyPacket([]uint32{1, 3, 4}[i], "Game", []string{ours, v9, v8}[i])))
				if i == 0 { // a call on another node waits for its own
					must(t, other.RPC("f"))
					b.expect(2, hexOf(simplifyPacket(2, "Other", sumOf("f"))))
				}
				id := []uint32{1, 3, 4}[i]
				b.feed(2, confirmPacket(id, answer))
			}
			if c.call != "" {
				b.expect(2, c.call)
			}
			b.silent()
			b.feed(2, confirmPacket(2, 1))
			b.expect(2, "800200")
			b.silent()
			if mismatch := c.name != "ours"; mismatch != (len(told) == 1) {
				t.Errorf("OnChecksumMismatch was told %+v", told)
			} else if mismatch && told[0].Known != c.known {
				t.Errorf("the list is known as %q, want %q", told[0].Known, c.known)
			}
		})
	}
}

// TestNodeAfterItsPath makes a node when a client with another list has told its path already, and is not asked again.
func TestNodeAfterItsPath(t *testing.T) {
	for _, how := range []string{"by path", "by id", "by path, known"} {
		t.Run(how, func(t *testing.T) {
			b := newBench(t, multiplayer.Server, nil)
			b.connect(2)
			b.feed(2, simplifyPacket(1, "Game", sumOf("a", "one")))
			b.poll()
			var ran []string
			n := b.rpc.Node("Game")
			n.Handle("one", func() { ran = append(ran, "one") }, anyPeer)
			n.Handle("two", func() { ran = append(ran, "two") }, anyPeer)
			if strings.HasSuffix(how, "known") {
				n.KnownMethods("old", "a", "one")
			}
			call := []byte{0x80, 1, 1}
			if how != "by id" {
				call = append([]byte{0xa0, 6, 0, 0, 0x80, 1}, "Game\x00"...)
			}
			b.feed(2, call) // the second of its methods is the first of ours
			b.until("it is heard of", func() bool { return b.rpc.Stats().ChecksumMismatches == 1 })
			b.poll()
			want := []string(nil)
			if strings.HasSuffix(how, "known") {
				want = []string{"one"}
			}
			if !slices.Equal(ran, want) {
				t.Errorf("%v ran, want %v", ran, want)
			}
		})
	}
}

// TestRenamedNode tells one path id with two paths that the server does not know, as an engine does whose node was given
// another name in between.
func TestRenamedNode(t *testing.T) {
	b := newBench(t, multiplayer.Server, nil)
	b.connect(2)
	b.connect(7)
	b.next(2) // of each other
	b.next(7)
	for _, path := range []string{"Enemy", "Enemy2"} {
		p := simplifyPacket(1, path, sumOf("f"))
		b.feed(2, relayPacket(7, p))
		b.expect(7, hexOf(relayPacket(2, p)))
	}
	if n := b.rpc.Stats().Malformed; n != 0 {
		t.Errorf("%d are malformed", n)
	}
}

// TestRelayThatIsOff takes what an engine sends all the same that does not know.
func TestRelayThatIsOff(t *testing.T) {
	b := newBench(t, multiplayer.Server, &rpc.Options{NoServerRelay: true, MaxFaults: 1})
	b.connect(2)
	for range 10 {
		b.feed(2, relayPacket(0, []byte{3, 1}))
	}
	b.until("they came", func() bool { return b.rpc.Stats().Unreachable == 10 })
	if st := b.rpc.Stats(); st.Malformed != 0 || st.Session.Peers != 1 {
		t.Errorf("%+v", st)
	}
}

// TestEmptyBytes are refused where an engine would.
func TestEmptyBytes(t *testing.T) {
	b := newBench(t, multiplayer.Server, nil)
	b.connect(2)
	if err := b.rpc.SendBytes(2, multiplayer.Delivery{}, nil); err == nil {
		t.Error("no bytes were sent")
	}
	b.silent()
}
