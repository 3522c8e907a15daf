package rpc_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// demoPath and demoMethods are the node of the engine's multiplayer demo, by the numbers of its methods.
const demoPath = "Main/Panel/VBoxContainer/Game"

var demoMethods = []string{"_log", "add_player", "del_player", "request_action", "set_player_name", "set_turn", "update_player_name"}

// demoCall reads a captured call by hand: its method, and its arguments, which are ints and strings.
func demoCall(t *testing.T, p []byte) (method string, args []any) {
	at := 1 + 1
	if p[0] == 0x20 {
		at = 1 + 4
		if node := binary.LittleEndian.Uint32(p[1:]); node&(1<<31) != 0 {
			p = p[:node&^(1<<31)]
		}
	}
	method = demoMethods[p[at]]
	n := int(p[at+1])
	for p = p[at+2:]; n > 0; n-- {
		switch p[0] {
		case 0x02:
			args, p = append(args, int64(int8(p[1]))), p[2:]
		case 0x82:
			args, p = append(args, int64(int32(binary.LittleEndian.Uint32(p[1:])))), p[5:]
		case 0x04:
			size := int(binary.LittleEndian.Uint32(p[4:]))
			args, p = append(args, string(p[8:8+size])), p[(8+size+3)/4*4:]
		default:
			t.Fatalf("an argument of type %#x", p[0])
		}
	}
	return method, args
}

// demoGame declares the node on our peer; calls has what ran.
func demoGame(b *bench, calls *[]string) *rpc.Node {
	n := b.rpc.Node(demoPath)
	for _, name := range demoMethods {
		c := rpc.Config{Mode: rpc.AnyPeer}
		if strings.Contains(name, "player") && name != "set_player_name" {
			c.Mode = rpc.Authority
		}
		n.Handle(name, func(c *rpc.Call, args ...any) {
			*calls = append(*calls, c.Method+godotText(args...))
			if name == "set_player_name" {
				must(b.t, n.RPC("update_player_name", c.Sender, args[0]))
			}
		}, c)
	}
	return n
}

// demoPackets are the packets of the demo that come after the ids, in order.
func demoPackets(t *testing.T) (lines []demoLine) {
	for _, l := range readLines[demoLine](t, "websocket_multiplayer_demo.jsonl") {
		if l.Hex != "" && len(l.Hex) != 8 {
			lines = append(lines, l)
		}
	}
	return lines
}

type demoLine struct {
	Conn     int
	Dir, Hex string
}

func (l demoLine) up() bool { return l.Dir == "client->server" }

// TestDemoClient takes the place of each of the demo's clients.
func TestDemoClient(t *testing.T) {
	for conn := 1; conn <= 2; conn++ {
		t.Run(fmt.Sprint(conn), func(t *testing.T) {
			b := newBench(t, 2, nil)
			var ran, want []string
			n := demoGame(b, &ran)
			b.connect(multiplayer.Server)
			var lines []demoLine
			for _, l := range demoPackets(t) {
				if l.Conn == conn {
					lines = append(lines, l)
				}
			}
			// On the wire the client's first packets come after the server's, but it sent them before it read those.
			for i, l := range lines {
				if l.up() && strings.HasPrefix(l.Hex, "01") {
					lines = append(append(append([]demoLine{}, lines[i], lines[i+1]), lines[:i]...), lines[i+2:]...)
					break
				}
			}
			told := ""
			for _, l := range lines {
				p := unhex(t, l.Hex)
				call := p[0]&7 == 0
				if !l.up() {
					if call {
						method, args := demoCall(t, p)
						want = append(want, method+godotText(args...))
					}
					b.feed(1, p)
					continue
				}
				if call {
					method, args := demoCall(t, p)
					must(t, n.RPCID(1, method, args...))
					if told != "" {
						b.expect(1, told)
						told = ""
					}
					b.expect(1, l.Hex)
				} else if p[0] == 1 {
					told = l.Hex // it comes with the call
				} else {
					b.expect(1, l.Hex)
				}
			}
			b.silent()
			if got, want := strings.Join(ran, "\n"), strings.Join(want, "\n"); got != want {
				t.Errorf("ran\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestDemoServer takes the place of the demo's host. What the host did by chance or by the clock is done when its
// frame is due.
func TestDemoServer(t *testing.T) {
	b := newBench(t, multiplayer.Server, nil)
	var ran, want []string
	n := demoGame(b, &ran)
	ids := map[int]rpc.PeerID{1: 0x0fe101e2, 2: 0x67d6ed29}
	type player struct {
		id   rpc.PeerID
		name string
	}
	players := []player{{1, "Hosty"}}
	b.rpc.OnPeerConnected = func(id rpc.PeerID) {
		for _, p := range players {
			must(t, n.RPCID(id, "add_player", p.id, p.name))
		}
		must(t, n.RPC("add_player", id))
		must(t, n.RPCID(id, "set_turn", len(players)-1))
		players = append(players, player{id, map[rpc.PeerID]string{ids[1]: "Alice", ids[2]: "Bob"}[id]})
	}
	for _, l := range demoPackets(t) {
		id := ids[l.Conn]
		if b.raw[id] == nil {
			b.connect(id)
		}
		p := unhex(t, l.Hex)
		if l.up() {
			if p[0]&7 == 0 {
				method, args := demoCall(t, p)
				want = append(want, method+godotText(args...))
			}
			b.feed(id, p)
			continue
		}
		if p[0] == 7 && p[1] == 2 {
			b.raw[ids[3-l.Conn]].Close(1000, "")
		}
		if p[0] == 0 {
			method, args := demoCall(t, p)
			must(t, n.RPCID(id, method, args...))
		}
		b.expect(id, l.Hex)
	}
	b.silent()
	if got, want := strings.Join(ran, "\n"), strings.Join(want, "\n"); got != want {
		t.Errorf("ran\n%s\nwant\n%s", got, want)
	}
}
