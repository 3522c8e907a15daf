// The whole, over real sockets: one session, as its users have it.
package peerage_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/leaktest"
	"github.com/peerage-go/peerage/internal/selfsigned"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
	"github.com/peerage-go/peerage/variant"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const patience = 20 * time.Second

// What the peers of these tests share.
var (
	Say   = rpc.Method1[string]{Name: "say", Config: rpc.Config{Mode: rpc.AnyPeer}}
	Heard = rpc.Method2[rpc.PeerID, string]{Name: "heard"}
	Move  = rpc.Method2[variant.Vector2, float64]{Name: "move", Config: rpc.Config{Mode: rpc.AnyPeer, TransferMode: multiplayer.UnreliableOrdered, Channel: 3}}
	Sum   = rpc.Query1[[]int, int]{Name: "sum", Config: rpc.Config{Mode: rpc.AnyPeer}}
)

// hall declares the node that every peer has.
func hall(m *rpc.SceneMultiplayer) *rpc.Node {
	n := m.Node("Hall")
	n.Declare(Say, Heard, Move, Sum)
	return n
}

// world is a server that runs on a goroutine of its own, at 60 ticks, as in a program.
type world struct {
	t    *testing.T
	peer *multiplayer.MultiplayerPeer
	game *rpc.SceneMultiplayer
	log  chan string
}

func newWorld(t *testing.T, mo *multiplayer.Options, ro *rpc.Options, setup func(w *world)) *world {
	t.Helper()
	peer, err := multiplayer.Listen("127.0.0.1:0", mo)
	must(t, err)
	game, err := rpc.New(peer, ro)
	must(t, err)
	w := &world{t: t, peer: peer, game: game, log: make(chan string, 1000)}
	n := hall(game)
	Say.Handle(n, func(c *rpc.Call, what string) { w.note("%d says %s", c.Sender, what) })
	Move.Handle(n, func(c *rpc.Call, to variant.Vector2, speed float64) {
		w.note("%d moves to %v,%v at %v on channel %d", c.Sender, to.X, to.Y, speed, c.Channel)
	})
	Sum.Handle(n, func(c *rpc.Call, list []int) (int, error) {
		if len(list) == 0 {
			return 0, rpc.Errorf(rpc.CodeApplication, "nothing to add")
		}
		total := 0
		for _, v := range list {
			total += v
		}
		return total, nil
	})
	game.OnPeerConnected = func(id rpc.PeerID) { w.note("%d came", id) }
	game.OnPeerDisconnected = func(id rpc.PeerID) { w.note("%d left", id) }
	game.OnPeerPacket = func(id rpc.PeerID, data []byte) { w.note("%d sends %q", id, data) }
	game.OnCallRefused = func(f rpc.Refusal) { w.note("refused: %v", f.Code) }
	if setup != nil {
		setup(w)
	}
	var wg sync.WaitGroup
	wg.Go(func() { game.Run(context.Background(), 60, nil) })
	t.Cleanup(func() {
		peer.Close()
		wg.Wait()
	})
	return w
}

func (w *world) note(format string, a ...any) { w.log <- fmt.Sprintf(format, a...) }

// expect waits for lines of the server's log, in any order.
func (w *world) expect(lines ...string) {
	w.t.Helper()
	late := time.After(patience)
	for len(lines) > 0 {
		select {
		case got := <-w.log:
			i := slices.Index(lines, got)
			if i < 0 {
				w.t.Fatalf("the server logs %q, not one of %q", got, lines)
			}
			lines = slices.Delete(lines, i, i+1)
		case <-late:
			w.t.Fatalf("waited %v for %q", patience, lines)
		}
	}
}

// player is a client that is polled on the test's goroutine.
type player struct {
	t    *testing.T
	peer *multiplayer.MultiplayerPeer
	game *rpc.SceneMultiplayer
	hall *rpc.Node
	got  []string
}

func newPlayer(t *testing.T, url string, mo *multiplayer.Options, ro *rpc.Options) *player {
	t.Helper()
	peer, err := multiplayer.Dial(url, mo)
	must(t, err)
	game, err := rpc.New(peer, ro)
	must(t, err)
	p := &player{t: t, peer: peer, game: game, hall: hall(game)}
	Heard.Handle(p.hall, func(_ *rpc.Call, who rpc.PeerID, what string) { p.note("heard %d: %s", who, what) })
	Say.Handle(p.hall, func(c *rpc.Call, what string) { p.note("%d says %s", c.Sender, what) })
	game.OnPeerConnected = func(id rpc.PeerID) { p.note("%d came", id) }
	game.OnPeerDisconnected = func(id rpc.PeerID) { p.note("%d left", id) }
	game.OnPeerPacket = func(id rpc.PeerID, data []byte) { p.note("%d sends %q", id, data) }
	game.OnConnectedToServer = func() { p.note("connected") }
	game.OnServerDisconnected = func(error) { p.note("server gone") }
	game.OnConnectionFailed = func(error) { p.note("failed") }
	game.OnCallRefused = func(f rpc.Refusal) { p.note("refused: %v", f.Code) }
	t.Cleanup(func() { peer.Close() })
	return p
}

func (p *player) note(format string, a ...any) { p.got = append(p.got, fmt.Sprintf(format, a...)) }

// expect polls until all the lines have been noted, in any order, and takes them.
func (p *player) expect(lines ...string) {
	p.t.Helper()
	for _, line := range lines {
		p.until(line, func() bool { return slices.Contains(p.got, line) })
		i := slices.Index(p.got, line)
		p.got = slices.Delete(p.got, i, i+1)
	}
}

func (p *player) until(what string, done func() bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for p.game.Poll(); !done(); p.game.Poll() {
		if err := p.game.Wait(ctx); err != nil {
			p.t.Fatalf("waited %v for %s; noted %q; the peer is %v, %v", patience, what, p.got, p.peer.ConnectionStatus(), p.peer.Err())
		}
	}
}

func reply[R any](p *player, r *rpc.Reply[R]) (R, error) {
	p.t.Helper()
	p.until("a reply", func() bool {
		select {
		case <-r.Done():
			return true
		default:
			return false
		}
	})
	return r.Wait(context.Background())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var (
	peerage = &multiplayer.Options{}
	godot   = &multiplayer.Options{Wire: multiplayer.Godot, GodotProtocols: []string{"ludus"}}
	takes   = &multiplayer.Options{GodotProtocols: []string{"ludus"}}
)

func TestSessionOnBothWires(t *testing.T) {
	w := newWorld(t, takes, nil, nil)
	var players []*player
	for i, o := range []*multiplayer.Options{peerage, godot, peerage, godot} {
		p := newPlayer(t, w.peer.URL(), o, nil)
		p.expect("connected", "1 came")
		w.expect(fmt.Sprintf("%d came", i+2))
		for j, q := range players {
			q.expect(fmt.Sprintf("%d came", i+2))
			p.expect(fmt.Sprintf("%d came", j+2))
		}
		players = append(players, p)
	}

	t.Run("clients call the server", func(t *testing.T) {
		for i, p := range players {
			must(t, Say.RPCID(p.hall, multiplayer.Server, "hello"))
			p.game.Flush()
			// Godot's wire carries no channel: it is what the method is configured with.
			must(t, Move.RPCID(p.hall, multiplayer.Server, variant.Vector2{X: 1.5, Y: -2}, 0.25))
			p.game.Flush()
			id := i + 2
			w.expect(fmt.Sprintf("%d says hello", id), fmt.Sprintf("%d moves to 1.5,-2 at 0.25 on channel 3", id))
		}
	})
	t.Run("the server calls clients", func(t *testing.T) {
		w.game.Post(func() {
			n := w.game.Node("Hall")
			Heard.RPC(n, 1, "all")
			Heard.RPCID(n, 3, 1, "three")
			Heard.RPCID(n, multiplayer.Except(3), 1, "not three")
		})
		for i, p := range players {
			p.expect("heard 1: all")
			if i == 1 {
				p.expect("heard 1: three")
			} else {
				p.expect("heard 1: not three")
			}
		}
	})
	t.Run("clients call each other", func(t *testing.T) {
		for i, p := range players {
			for j, q := range players {
				if i == j {
					continue
				}
				must(t, Say.RPCID(p.hall, rpc.PeerID(j+2), "psst"))
				p.game.Flush()
				both(p, q, fmt.Sprintf("%d says psst", i+2))
			}
		}
	})
	t.Run("clients call everybody", func(t *testing.T) {
		for i, p := range players {
			must(t, Say.RPC(p.hall, "hey"))
			p.game.Flush()
			line := fmt.Sprintf("%d says hey", i+2)
			for j, q := range players {
				if i != j {
					both(p, q, line)
				}
			}
			w.expect(line)
		}
	})
	t.Run("bytes", func(t *testing.T) {
		for i, p := range players {
			must(t, p.game.SendBytes(multiplayer.Everyone, multiplayer.Delivery{}, []byte("raw")))
			p.game.Flush()
			line := fmt.Sprintf(`%d sends "raw"`, i+2)
			for j, q := range players {
				if i != j {
					both(p, q, line)
				}
			}
			w.expect(line)
		}
	})
	t.Run("calls that are refused", func(t *testing.T) {
		for i, p := range players {
			must(t, Heard.RPCID(p.hall, multiplayer.Server, 1, "forged"))
			p.game.Flush()
			w.expect("refused: unknown method")
			if i%2 == 0 {
				p.expect("refused: unknown method")
			}
			must(t, p.hall.RPCID(multiplayer.Server, "say", 1, 2, 3))
			p.game.Flush()
			w.expect("refused: bad arguments")
			if i%2 == 0 {
				p.expect("refused: bad arguments")
			}
		}
	})
	t.Run("replies", func(t *testing.T) {
		v, err := reply(players[0], Sum.Call(t.Context(), players[0].hall, 1, []int{40, 2}))
		if v != 42 || err != nil {
			t.Errorf("got %d, %v", v, err)
		}
		if _, err := reply(players[0], Sum.Call(t.Context(), players[0].hall, 1, nil)); !errors.Is(err, &rpc.Error{Code: rpc.CodeApplication}) {
			t.Errorf("got %v", err)
		}
		if _, err := reply(players[1], Sum.Call(t.Context(), players[1].hall, 1, nil)); !errors.Is(err, rpc.ErrNoReplies) {
			t.Errorf("over Godot's wire: %v", err)
		}
	})
	t.Run("leaving", func(t *testing.T) {
		players[1].peer.Close()
		players[1].expect("server gone")
		w.expect("3 left")
		for _, i := range []int{0, 2, 3} {
			players[i].expect("3 left")
		}
		w.game.Post(func() { w.game.DisconnectPeer(4) })
		players[2].expect("server gone")
		w.expect("4 left")
		var e *transport.CloseError
		if !errors.As(players[2].peer.Err(), &e) || e.Code != multiplayer.CloseDisconnected {
			t.Errorf("it was told %v", players[2].peer.Err())
		}
	})
}

// both polls p, who may have to answer something, and q until q noted the line.
func both(p, q *player, line string) {
	p.t.Helper()
	q.until(line, func() bool {
		p.game.Poll()
		return slices.Contains(q.got, line)
	})
	q.expect(line)
}

func TestResumedSession(t *testing.T) {
	w := newWorld(t, &multiplayer.Options{ResumeWindow: patience}, nil, nil)
	p := newPlayer(t, w.peer.URL(), &multiplayer.Options{Reconnect: patience}, nil)
	p.expect("connected", "1 came")
	w.expect("2 came")
	p.game.MultiplayerPeer().Peer(1).WebSocket().Close(-1, "") // the network is gone
	must(t, Say.RPCID(p.hall, 1, "still me"))
	r := Sum.Call(t.Context(), p.hall, 1, []int{1, 2})
	if v, err := reply(p, r); v != 3 || err != nil {
		t.Errorf("got %d, %v", v, err)
	}
	w.expect("2 says still me")
	if len(p.got) != 0 || p.game.UniqueID() != 2 {
		t.Errorf("noted %q, id %d", p.got, p.game.UniqueID())
	}
}

func TestTLS(t *testing.T) {
	server, client := selfsigned.Certificate(t, "127.0.0.1")
	w := newWorld(t, &multiplayer.Options{Transport: transport.Options{TLSConfig: server}}, nil, nil)
	if !strings.HasPrefix(w.peer.URL(), "wss://") {
		t.Errorf("its URL is %s", w.peer.URL())
	}
	for name, c := range map[string]struct {
		config *tls.Config
		ok     bool
	}{
		"own roots":                       {&tls.Config{RootCAs: client.RootCAs}, true},
		"unsafe":                          {&tls.Config{InsecureSkipVerify: true}, true},
		"the system's roots":              {nil, false},
		"a certificate for somebody else": {&tls.Config{RootCAs: client.RootCAs, ServerName: "example.invalid"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlayer(t, w.peer.URL(), &multiplayer.Options{Transport: transport.Options{TLSConfig: c.config}}, nil)
			if c.ok {
				p.expect("connected")
				return
			}
			p.expect("failed")
			if err := p.peer.Err(); err == nil || !strings.Contains(err.Error(), "certificate") {
				t.Errorf("it is told %v", err)
			}
		})
	}
}

func TestManySessionsOnOneMux(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) { io.WriteString(rw, "a page") })
	hs := httptest.NewServer(mux)
	defer hs.Close()
	url := "ws" + strings.TrimPrefix(hs.URL, "http")
	for _, room := range []string{"/red", "/blue"} {
		peer, err := multiplayer.NewServer(nil)
		must(t, err)
		mux.Handle(room, peer)
		game, err := rpc.New(peer, nil)
		must(t, err)
		n := hall(game)
		Say.Handle(n, func(c *rpc.Call, what string) { Heard.RPC(n, c.Sender, what+" in "+room) })
		var wg sync.WaitGroup
		wg.Go(func() { game.Run(context.Background(), 0, nil) })
		defer wg.Wait()
		defer peer.Close()
	}
	a, b := newPlayer(t, url+"/red", nil, nil), newPlayer(t, url+"/blue", nil, nil)
	for _, p := range []*player{a, b} {
		p.expect("connected")
		must(t, Say.RPCID(p.hall, 1, "hello"))
		p.game.Flush()
	}
	a.expect("heard 2: hello in /red")
	b.expect("heard 2: hello in /blue")
	resp, err := http.Get(hs.URL + "/")
	must(t, err)
	defer resp.Body.Close()
	if page, _ := io.ReadAll(resp.Body); string(page) != "a page" {
		t.Errorf("the page is %q", page)
	}
}

func TestPageOfAnotherOriginIsRefused(t *testing.T) {
	w := newWorld(t, nil, nil, nil)
	o := &multiplayer.Options{Transport: transport.Options{HandshakeHeaders: http.Header{"Origin": {"http://evil.invalid"}}}}
	p := newPlayer(t, w.peer.URL(), o, nil)
	p.expect("failed")
	var h *transport.HandshakeError
	if !errors.As(p.peer.Err(), &h) || h.StatusCode != http.StatusForbidden {
		t.Errorf("it is told %v", p.peer.Err())
	}
}

func TestWrongAddresses(t *testing.T) {
	for _, url := range []string{"", "http://127.0.0.1", "ws://", "127.0.0.1:80", "ws://127.0.0.1:99999"} {
		if peer, err := multiplayer.Dial(url, nil); err == nil {
			p := &player{t: t, peer: peer}
			p.game, err = rpc.New(peer, nil)
			must(t, err)
			p.game.OnConnectionFailed = func(error) { p.note("failed") }
			p.expect("failed")
			peer.Close()
		}
	}
}

func TestServerThatGoesDownAndComesBack(t *testing.T) {
	addr := "127.0.0.1:0"
	serve := func() (*multiplayer.MultiplayerPeer, func()) {
		peer, err := multiplayer.Listen(addr, nil)
		must(t, err)
		addr = peer.Addr().String()
		game, err := rpc.New(peer, nil)
		must(t, err)
		hall(game)
		ctx, stop := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() {
			game.Run(ctx, 0, nil)
			end, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			game.Shutdown(end, multiplayer.Goodbye{Reason: "a new version"})
		})
		return peer, func() { stop(); wg.Wait() }
	}
	_, stop := serve()
	p := newPlayer(t, "ws://"+addr, &multiplayer.Options{Reconnect: patience}, nil)
	p.expect("connected", "1 came")
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	p.expect("1 left")
	<-stopped
	_, stop = serve()
	defer stop()
	p.expect("connected", "1 came")
	p.peer.Close()
}
