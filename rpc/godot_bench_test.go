package rpc

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/racetest"
	"github.com/peerage-go/peerage/multiplayer"
)

// handshake is what a client of the tests below says; then it only reads.
const handshake = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: n4QYHxP9iIeOq5HxoLNlaQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

var benchMove = Method3[int, float64, string]{Name: "move", Config: Config{Mode: AnyPeer, TransferMode: multiplayer.Unreliable}}

// sinks makes a server with clients on Godot's wire that have confirmed the path of its node.
func sinks(tb testing.TB, clients int) (*SceneMultiplayer, *Node) {
	peer, err := multiplayer.Listen("127.0.0.1:0", nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { peer.Close() })
	m, err := New(peer, &Options{NoServerRelay: true})
	if err != nil {
		tb.Fatal(err)
	}
	n := m.Node("Game")
	n.Handle("another", func() {}, Config{})
	benchMove.Handle(n, func(*Call, int, float64, string) {})
	for range clients {
		nc, err := net.Dial("tcp", peer.Addr().String())
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := io.WriteString(nc, handshake); err != nil {
			tb.Fatal(err)
		}
		read := make(chan struct{})
		go func() {
			defer close(read)
			io.Copy(io.Discard, nc)
		}()
		tb.Cleanup(func() {
			nc.Close()
			<-read
		})
	}
	for end := time.Now().Add(10 * time.Second); len(m.order) < clients; m.Poll() {
		if time.Now().After(end) {
			tb.Fatal(os.ErrDeadlineExceeded)
		}
	}
	benchMove.RPC(n, 0, 0, "")
	for _, r := range m.order {
		receive(m, r, []byte{cmdConfirm, 1, 1, 0, 0, 0})
		receive(m, r, append(append([]byte{cmdSimplify}, n.checksum()...), "\x00\x01\x00\x00\x00Game\x00"...))
	}
	m.Flush()
	return m, n
}

// receive gives a packet from a remote as the floor below does.
func receive(m *SceneMultiplayer, r *remote, packet []byte) {
	(*receiver)(m).ReceivePacket(r.link, multiplayer.Packet{Peer: r.id, Data: packet})
}

// movePacket is move(7, 0.5, "text") by the id of the path.
var movePacket = []byte("\x00\x01\x01\x03\x02\x07\x03\x00\x00\x00\x00\x00\x00\x3f\x04\x00\x00\x00\x04\x00\x00\x00text")

func TestGodotAllocations(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector allocates")
	}
	m, n := sinks(t, 8)
	broadcast := func() {
		if err := benchMove.RPC(n, 7, 0.5, "text"); err != nil {
			t.Fatal(err)
		}
		m.Flush()
	}
	for range 100 {
		broadcast()
	}
	if got := testing.AllocsPerRun(500, broadcast); got > 0 {
		t.Errorf("a broadcast allocates %v times", got)
	}
	before := m.Stats().CallsIn
	if got := testing.AllocsPerRun(500, func() { receive(m, m.order[0], movePacket) }); got > 1 {
		t.Errorf("a call that comes allocates %v times, want once, for its string", got)
	}
	if m.Stats().CallsIn-before != 501 || m.Stats().Malformed != 0 {
		t.Errorf("the calls did not arrive: %+v", m.Stats())
	}
}

// TestGodotForgets has a client on peerage.v1 keep nothing of what was told in its name to one that left.
func TestGodotForgets(t *testing.T) {
	peer, err := multiplayer.NewServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	m, err := New(peer, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := m.Node("Game")
	benchMove.Handle(n, func(*Call, int, float64, string) {})
	until := func(what string, done func() bool) {
		for end := time.Now().Add(10 * time.Second); !done(); m.Poll() {
			if time.Now().After(end) {
				t.Fatalf("waited for: %s", what)
			}
		}
	}
	var clients []*multiplayer.MultiplayerPeer
	for i, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		c, err := peer.Join(&multiplayer.Options{Wire: wire})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		clients = append(clients, c)
		until("the client is in", func() bool { c.Poll(); return len(m.order) == i+1 })
	}
	source := m.order[0]
	w := m.wires[multiplayer.Godot].(*godotWire)
	if w.sent(source, m.order[1], w.pathOf(n)); len(source.paths.toward) != 1 {
		t.Fatalf("the source has %d remotes", len(source.paths.toward))
	}
	clients[1].Close()
	until("the client is gone", func() bool { return len(m.order) == 1 })
	if len(source.paths.toward) != 0 {
		t.Error("the source keeps what a remote that left was told")
	}
}

// BenchmarkGodotBroadcast makes a call to everyone; sixteen of them leave together, as in a tick.
func BenchmarkGodotBroadcast(b *testing.B) {
	for _, clients := range []int{1, 32, 256} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			m, n := sinks(b, clients)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := benchMove.RPC(n, 7, 0.5, "text"); err != nil {
					b.Fatal(err)
				}
				if i%16 == 15 {
					m.Flush()
				}
			}
		})
	}
}

func BenchmarkGodotReceive(b *testing.B) {
	m, _ := sinks(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		receive(m, m.order[0], movePacket)
	}
}

// BenchmarkGodotRelay passes a call from one client on to another.
func BenchmarkGodotRelay(b *testing.B) {
	m, _ := sinks(b, 2)
	m.opts.NoServerRelay = false
	packet := append([]byte{cmdSystem, sysRelay, byte(m.order[1].id), 0, 0, 0}, movePacket...)
	b.ReportAllocs()
	for b.Loop() {
		receive(m, m.order[0], packet)
		m.Flush()
	}
	if m.Stats().Malformed != 0 {
		b.Fatalf("%+v", m.Stats())
	}
}

// BenchmarkGodotRelayRoom passes a call from one client on to all the others.
func BenchmarkGodotRelayRoom(b *testing.B) {
	m, _ := sinks(b, 200)
	m.opts.NoServerRelay = false
	packet := append([]byte{cmdSystem, sysRelay, 0, 0, 0, 0}, movePacket...)
	for n := 0; b.Loop(); n++ {
		receive(m, m.order[n%200], packet)
		if n%32 == 31 { // a tick
			m.Flush()
		}
	}
	if m.Stats().Malformed != 0 {
		b.Fatalf("%+v", m.Stats())
	}
}

// TestGodotPathIDs has a client tell a path under a high id: that costs what it sent, not what its id is.
func TestGodotPathIDs(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector allocates")
	}
	m, _ := sinks(t, 1)
	r := m.byWire[multiplayer.Godot][0]
	packet := append([]byte{cmdSimplify}, strings.Repeat("0", md5Digits)+"\x00\x00\x10\x00\x00Elsewhere\x00"...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	receive(m, r, packet)
	runtime.ReadMemStats(&after)
	if r.stats.Malformed != 0 {
		t.Fatal("it is malformed")
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 16<<10 {
		t.Errorf("%d bytes of packet made the server allocate %d", len(packet), n)
	}
}
