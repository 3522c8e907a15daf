package rpc_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// captureLine is a line of a capture: a packet that an engine sent, or an event that it raised.
type captureLine struct {
	Step     string
	From, To rpc.PeerID
	Hex      string
	At       rpc.PeerID
	Event    string
	Peer     rpc.PeerID
	Sender   rpc.PeerID
	Method   string
	Args     string
}

// what is the event in words, as recorder has it.
func (l captureLine) what() string {
	switch l.Event {
	case "rpc":
		return fmt.Sprintf("rpc %s%s from %d", l.Method, l.Args, l.Sender)
	case "peer_packet", "auth":
		return fmt.Sprintf("%s %s from %d", l.Event, l.Hex, l.Peer)
	case "connected_to_server":
		return l.Event
	}
	return fmt.Sprintf("%s %d", l.Event, l.Peer)
}

// readLines reads a file of testdata/godot, a JSON value a line.
func readLines[T any](t testing.TB, name string) (lines []T) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "godot", name))
	must(t, err)
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var l T
		must(t, json.Unmarshal(s.Bytes(), &l))
		lines = append(lines, l)
	}
	return lines
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	must(t, err)
	return b
}

// bench is one peer of ours among connections that a test speaks for: each is a bare WebSocket, known by the id of
// the peer that it stands for.
type bench struct {
	t      testing.TB
	id     rpc.PeerID
	peer   *multiplayer.MultiplayerPeer
	rpc    *rpc.SceneMultiplayer
	events []string
	refuse []rpc.Refusal
	ln     net.Listener

	group *transport.Group
	raw   map[rpc.PeerID]*transport.WebSocketPeer
	came  map[rpc.PeerID][][]byte
}

// newBench makes our side: the server, if id is 1, else a client that connects with connect.
func newBench(t testing.TB, id rpc.PeerID, o *rpc.Options) *bench {
	b := &bench{t: t, id: id, group: transport.NewGroup(), raw: map[rpc.PeerID]*transport.WebSocketPeer{}, came: map[rpc.PeerID][][]byte{}}
	t.Cleanup(func() {
		for _, ws := range b.raw {
			ws.Close(1000, "")
		}
		if b.peer != nil {
			b.peer.Close()
		}
		if b.ln != nil {
			b.ln.Close()
		}
		for _, ws := range b.raw {
			<-ws.Done()
		}
	})
	var err error
	if id == multiplayer.Server {
		b.peer, err = multiplayer.Listen("127.0.0.1:0", &multiplayer.Options{AssignID: b.joining})
	} else {
		b.ln, err = net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		b.peer, err = multiplayer.Dial("ws://"+b.ln.Addr().String(), &multiplayer.Options{Wire: multiplayer.Godot})
	}
	must(t, err)
	b.rpc, err = rpc.New(b.peer, o)
	must(t, err)
	b.record()
	return b
}

// joining is the id of the one raw peer that is not connected yet.
func (b *bench) joining(any) (rpc.PeerID, error) {
	for id := range b.raw {
		if b.peer.Peer(id) == nil {
			return id, nil
		}
	}
	return 0, nil
}

func (b *bench) record() {
	note := func(format string, a ...any) { b.events = append(b.events, fmt.Sprintf(format, a...)) }
	m := b.rpc
	m.OnConnectedToServer = func() { note("connected_to_server") }
	m.OnPeerConnected = func(id rpc.PeerID) { note("peer_connected %d", id) }
	m.OnPeerDisconnected = func(id rpc.PeerID) { note("peer_disconnected %d", id) }
	m.OnPeerAuthenticating = func(id rpc.PeerID) { note("peer_authenticating %d", id) }
	m.OnPeerPacket = func(id rpc.PeerID, data []byte) { note("peer_packet %x from %d", data, id) }
	m.OnCallRefused = func(f rpc.Refusal) { b.refuse = append(b.refuse, f) }
}

// connect connects the raw peer of that id with ours, and gives the client its id.
func (b *bench) connect(id rpc.PeerID) {
	b.t.Helper()
	if b.id == multiplayer.Server {
		ws, err := transport.Dial(b.peer.URL(), &transport.Options{Group: b.group})
		must(b.t, err)
		b.raw[id] = ws
		b.expect(id, hexOf(binary.LittleEndian.AppendUint32(nil, uint32(id))))
		return
	}
	nc, err := b.ln.Accept()
	must(b.t, err)
	b.raw[id] = transport.Accept(nc, &transport.Options{Group: b.group})
	b.until("the WebSocket opens", func() bool { return b.raw[id].ReadyState() == transport.Open })
	must(b.t, b.raw[id].PutPacket([]byte{byte(b.id), 0, 0, 0}))
	b.until("our client has its id", func() bool { return b.peer.UniqueID() == b.id })
}

// poll lets our side and the raw peers do what there is to do.
func (b *bench) poll() {
	b.rpc.Poll()
	for _, ws := range b.group.Poll() {
		for id, known := range b.raw {
			if known == ws {
				for p := range ws.Packets() {
					b.came[id] = append(b.came[id], slices.Clone(p.Data))
					p.Release()
				}
			}
		}
	}
	b.group.Flush()
	b.rpc.Flush()
}

// until polls until done says so.
func (b *bench) until(what string, done func() bool) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	for b.poll(); !done(); b.poll() {
		if ctx.Err() != nil {
			b.t.Fatalf("peer %d: waited %v for: %s", b.id, deadline, what)
		}
		either, stop := context.WithCancel(ctx)
		some := make(chan error, 2)
		go func() { some <- b.rpc.Wait(either) }()
		go func() { some <- b.group.Wait(either) }()
		<-some
		stop()
		<-some
	}
}

// feed sends a packet from a raw peer to ours, and returns when it was handled.
func (b *bench) feed(from rpc.PeerID, packet []byte) {
	b.t.Helper()
	before := b.rpc.Stats().PacketsIn
	must(b.t, b.raw[from].PutPacket(packet))
	b.until(fmt.Sprintf("%x is handled", packet), func() bool { return b.rpc.Stats().PacketsIn > before })
}

// expect takes the next packet that ours sent to a raw peer.
func (b *bench) expect(to rpc.PeerID, want string) {
	b.t.Helper()
	if got := hex.EncodeToString(b.next(to)); got != want {
		b.t.Errorf("peer %d sent to %d\n%s, want\n%s", b.id, to, got, want)
	}
}

func (b *bench) next(to rpc.PeerID) []byte {
	b.t.Helper()
	b.until(fmt.Sprintf("a packet to %d", to), func() bool { return len(b.came[to]) > 0 })
	p := b.came[to][0]
	b.came[to] = b.came[to][1:]
	return p
}

// silent fails if ours has sent, or sends until all that it has done is over, anything that was not expected.
func (b *bench) silent() {
	b.t.Helper()
	must(b.t, b.rpc.SendBytes(multiplayer.Everyone, multiplayer.Delivery{}, []byte("end")))
	for _, id := range slices.Collect(b.rpc.Peers()) {
		if b.raw[id] == nil {
			continue
		}
		if p := b.next(id); !strings.HasSuffix(string(p), "\x03end") {
			b.t.Errorf("peer %d sent to %d what it should not: %x", b.id, id, p)
		}
	}
}

// godotText writes arguments as the engine's str() does.
func godotText(args ...any) string {
	text := make([]string, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case nil:
			text[i] = "null"
		case string:
			text[i] = strconv.Quote(a)
		case []byte:
			text[i] = "PackedByteArray(" + strings.ReplaceAll(strings.Trim(fmt.Sprint(a), "[]"), " ", ", ") + ")"
		default:
			text[i] = fmt.Sprint(a)
		}
	}
	return "[" + strings.Join(text, ", ") + "]"
}

// game declares the node of the captures on our peer.
func (b *bench) game() *rpc.Node {
	n := b.rpc.Node("Game")
	note := func(c *rpc.Call, args ...any) {
		b.events = append(b.events, fmt.Sprintf("rpc %s%s from %d", c.Method, godotText(args...), c.Sender))
	}
	one := func(c *rpc.Call, a any) { note(c, a) }
	two := func(c *rpc.Call, x, y any) { note(c, x, y) }
	n.Handle("aim", one, rpc.Config{Mode: rpc.AnyPeer, TransferMode: multiplayer.UnreliableOrdered, Channel: 5})
	n.Handle("ask", two, rpc.Config{Mode: rpc.AnyPeer})
	n.Handle("hello", one, rpc.Config{Mode: rpc.AnyPeer, CallLocal: true})
	n.Handle("many", func(c *rpc.Call, v, w, x, y, z any) { note(c, v, w, x, y, z) }, rpc.Config{Mode: rpc.AnyPeer})
	n.Handle("move", two, rpc.Config{Mode: rpc.AnyPeer, TransferMode: multiplayer.Unreliable, Channel: 3})
	n.Handle("none_", func(c *rpc.Call) { note(c) }, rpc.Config{Mode: rpc.AnyPeer})
	n.Handle("one", one, rpc.Config{Mode: rpc.AnyPeer})
	n.Handle("tell", one, rpc.Config{})
	return n
}
