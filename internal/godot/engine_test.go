package godot_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/godot"
	"github.com/peerage-go/peerage/internal/leaktest"
	"github.com/peerage-go/peerage/internal/selfsigned"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
	"github.com/peerage-go/peerage/variant"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const patience = time.Minute

// join makes a client of a session.
func join(t *testing.T, url string, mo *multiplayer.Options, ro *rpc.Options, setup func(s *session)) *session {
	t.Helper()
	peer, err := multiplayer.Dial(url, mo)
	if err != nil {
		t.Fatal(err)
	}
	return play(t, peer, ro, setup)
}

// session is a session that a goroutine polls.
type session struct {
	t    *testing.T
	game *rpc.SceneMultiplayer
	node *rpc.Node
	said chan string // what the session's handlers and events say
	stop func()      // has it polled no more, and waits for that
}

// serve starts the server of a session, which setup fills before anybody comes.
func serve(t *testing.T, mo *multiplayer.Options, ro *rpc.Options, setup func(s *session)) *session {
	t.Helper()
	peer, err := multiplayer.Listen("127.0.0.1:0", mo)
	if err != nil {
		t.Fatal(err)
	}
	return play(t, peer, ro, setup)
}

// play runs a session on the node that the probes have.
func play(t *testing.T, peer *multiplayer.MultiplayerPeer, ro *rpc.Options, setup func(s *session)) *session {
	t.Helper()
	game, err := rpc.New(peer, ro)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, game: game, node: game.Node("Main/Game"), said: make(chan string, 1000)}
	game.OnPeerConnected = func(id rpc.PeerID) { s.say("connected %d", id) }
	game.OnPeerDisconnected = func(id rpc.PeerID) { s.say("disconnected %d", id) }
	setup(s)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		game.Run(ctx, 0, nil)
	}()
	s.stop = func() {
		stop()
		<-done
	}
	t.Cleanup(func() {
		s.stop()
		game.Close()
	})
	return s
}

func (s *session) say(format string, a ...any) { s.said <- fmt.Sprintf(format, a...) }

// url is where the probes join.
func (s *session) url() string { return godot.Arg("url", s.game.MultiplayerPeer().URL()) }

// expect waits for what the session says, in order.
func (s *session) expect(lines ...string) {
	s.t.Helper()
	for _, want := range lines {
		select {
		case got := <-s.said:
			if got != want {
				s.t.Fatalf("the session said %q, want %q", got, want)
			}
		case <-time.After(patience):
			s.t.Fatalf("the session did not say %q", want)
		}
	}
}

// await waits until the session has said all the lines, whatever else it says.
func (s *session) await(lines ...string) {
	s.t.Helper()
	missing := slices.Clone(lines)
	for len(missing) > 0 {
		select {
		case got := <-s.said:
			if i := slices.Index(missing, got); i >= 0 {
				missing = slices.Delete(missing, i, i+1)
			}
		case <-time.After(patience):
			s.t.Fatalf("the session did not say %q", missing)
		}
	}
}

// do runs a function on the session's goroutine, and waits for it.
func (s *session) do(f func()) {
	s.t.Helper()
	done := make(chan struct{})
	s.game.Post(func() {
		defer close(done)
		f()
	})
	select {
	case <-done:
	case <-time.After(patience):
		s.t.Fatal("the session is not polled")
	}
}

// id is the session's own.
func (s *session) id() (id rpc.PeerID) {
	s.t.Helper()
	s.do(func() { id = s.game.UniqueID() })
	return id
}

// call makes a call that has to go out.
func (s *session) call(id rpc.PeerID, method string, args ...any) {
	s.t.Helper()
	s.do(func() {
		if err := s.node.RPCID(id, method, args...); err != nil {
			s.t.Errorf("%s to %d: %v", method, id, err)
		}
	})
}

// slogt is a log that the test prints.
func slogt(t *testing.T) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

var anyPeer = rpc.Config{Mode: rpc.AnyPeer}

// callsNode handles the methods of calls.gd.
func callsNode(s *session) {
	n := s.node
	n.Handle("none", func(c *rpc.Call) { s.say("none from %d", c.Sender) }, anyPeer)
	n.Handle("one", func(c *rpc.Call, what any) { s.say("one %v from %d", what, c.Sender) }, anyPeer)
	n.Handle("bytes", func(c *rpc.Call, b []byte) { s.say("bytes %v from %d", b, c.Sender) }, anyPeer)
	n.Handle("many", func(c *rpc.Call, a int, b float64, text string, d any) {
		s.say("many %d %v %s %v from %d", a, b, text, d, c.Sender)
	},
		rpc.Config{Mode: rpc.AnyPeer, TransferMode: multiplayer.UnreliableOrdered, Channel: 3})
	n.Handle("here", func(c *rpc.Call, what string) { s.say("here %s from %d", what, c.Sender) }, rpc.Config{Mode: rpc.AnyPeer, CallLocal: true})
	n.Declare(rpc.Method1[string]{Name: "told"}, rpc.Method2[string, int]{Name: "go", Config: anyPeer})
	s.game.OnPeerPacket = func(id rpc.PeerID, b []byte) { s.say("packet %v from %d", b, id) }
}

func TestEngineCalls(t *testing.T) {
	s := serve(t, nil, nil, callsNode)
	a := godot.Start(t, "probe", "calls", s.url())
	s.expect("connected 2", "none from 2", "one {Variant Variant [{a [1 2.5 <nil>]}]} from 2", "bytes [1 2 3] from 2", "many -7 0.25 Ünï {1 -1} from 2", "packet [9] from 2")
	a.Expect("connected_to_server", "id 2 peers [1]", "peer_connected 1")

	s.call(2, "none")
	s.call(2, "one", "text")
	s.call(2, "bytes", []byte{4, 5})
	s.call(2, "many", 3, 1.5, "ü", variant.Vector2{X: 2, Y: 3})
	s.call(2, "told", "a word")
	a.Expect("none from 1", "one text from 1", "bytes [4, 5] from 1", "many 3 1.50 ü (2.0, 3.0) from 1", "told a word from 1")
}

// TestEngineRelay has two engines and a client on peerage.v1 call each other through the server.
func TestEngineRelay(t *testing.T) {
	s := serve(t, nil, nil, callsNode)
	a := godot.Start(t, "probe", "calls", s.url())
	a.Expect("connected_to_server", "id 2 peers [1]", "peer_connected 1")
	b := godot.Start(t, "probe", "calls", s.url())
	b.Await("connected_to_server", "peer_connected 1", "peer_connected 2")
	a.Expect("peer_connected 3")
	c := join(t, s.game.MultiplayerPeer().URL(), nil, nil, callsNode)
	c.expect("connected 1", "connected 2", "connected 3")
	a.Expect("peer_connected 4")
	b.Expect("peer_connected 4")

	s.call(2, "go", "to", 3)
	b.Expect("one you from 2")
	s.call(3, "go", "to", 4)
	c.expect("one you from 3")
	c.call(2, "one", 7)
	a.Expect("one 7 from 4")
	s.call(2, "go", "everyone", 0)
	b.Expect("one all from 2")
	c.expect("one all from 2")
	s.call(3, "go", "except", 2)
	c.expect("one others from 3")
	s.call(2, "go", "local", 0)
	a.Expect("here both from 2")
	b.Expect("here both from 2")
	c.expect("here both from 2")
	s.call(2, "go", "raw", 3)
	b.Expect("packet [7, 8] from 2")
	s.call(3, "go", "raw", 4)
	c.expect("packet [7 8] from 3")
	s.do(func() { s.node.RPC("one", "hear") })
	a.Expect("one hear from 1")
	b.Expect("one hear from 1")
	c.expect("one hear from 1")
	s.do(func() { s.node.RPCID(multiplayer.Except(3), "one", "not 3") })
	a.Expect("one not 3 from 1")
	c.expect("one not 3 from 1")

	// What only the authority may call is not passed on for another.
	s.call(2, "go", "authority", 3)
	s.call(2, "go", "to", 3)
	b.Expect("one you from 2")
	s.call(2, "go", "leave", 0)
	a.Done()
	b.Expect("peer_disconnected 2")
	c.expect("disconnected 2")
}

func TestEngineValues(t *testing.T) {
	s := serve(t, nil, &rpc.Options{Logger: slogt(t)}, func(s *session) {
		s.node.Handle("echo", func(c *rpc.Call, value any, number int) error { return s.node.RPCID(c.Sender, "back", value, number) }, anyPeer)
		s.node.DeclareMethod("back", rpc.Config{})
	})
	e := godot.Start(t, "probe", "values", s.url())
	if said := e.Done(); len(said) != 1 {
		t.Errorf("the engine got other values back than it had sent:\n%s", strings.Join(said, "\n"))
	}
}

func TestEngineAuthentication(t *testing.T) {
	var game *rpc.SceneMultiplayer
	s := serve(t, nil, &rpc.Options{AuthCallback: func(id rpc.PeerID, data []byte) {
		if string(data) != "sesame" {
			game.DisconnectPeerWith(id, multiplayer.CloseNotAuthenticated, "wrong token")
			return
		}
		game.SendAuth(id, []byte("who"))
		game.CompleteAuth(id)
	}}, func(s *session) {
		game = s.game
		s.node.Handle("hello", func(c *rpc.Call) { s.say("hello of %d", c.Sender) }, anyPeer)
	})
	a := godot.Start(t, "probe", "auth", s.url(), godot.Arg("token", "sesame"))
	s.expect("connected 2", "hello of 2")
	a.Expect("authenticating 1", "asked who by 1", "connected_to_server", "peer_connected 1")
	b := godot.Start(t, "probe", "auth", s.url(), godot.Arg("token", "guess"))
	b.Expect("authenticating 1", "authentication_failed 1", "server_disconnected")
}

// endsNode has the server act once a client is ready.
func endsNode(act func(s *session, id rpc.PeerID)) func(s *session) {
	return func(s *session) {
		s.node.DeclareMethod("word", rpc.Config{})
		s.node.Handle("ready_for_it", func(c *rpc.Call) { act(s, c.Sender) }, anyPeer)
	}
}

// words calls a client some times.
func words(s *session, id rpc.PeerID, n int) {
	for i := range n {
		if err := s.node.RPCID(id, "word", i+1); err != nil {
			s.t.Errorf("word %d: %v", i+1, err)
		}
	}
}

func TestEngineIsSentAway(t *testing.T) {
	s := serve(t, nil, nil, endsNode(func(s *session, id rpc.PeerID) {
		words(s, id, 20)
		s.game.DisconnectPeerWith(id, 4242, "enough")
	}))
	e := godot.Start(t, "probe", "ends", s.url(), godot.Arg("again", 1))
	for range 2 { // it comes back with another id
		e.Expect("connected_to_server", "heard 20, closed 4242 enough", "server_disconnected")
	}
	s.await("connected 2", "disconnected 2", "connected 3", "disconnected 3") // 3 may be there before 2 is gone
}

func TestEngineHearsTheLastWordsOfAShutdown(t *testing.T) {
	s := serve(t, nil, nil, endsNode(func(s *session, id rpc.PeerID) { s.say("ready") }))
	e := godot.Start(t, "probe", "ends", s.url())
	s.expect("connected 2", "ready")
	s.stop()
	words(s, 2, 30)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.game.Shutdown(ctx, multiplayer.Goodbye{Reason: "until tomorrow"}); err != nil {
		t.Error(err)
	}
	e.Expect("connected_to_server", "heard 30, closed 1001 until tomorrow", "server_disconnected")
}

func TestEngineIsRefused(t *testing.T) {
	var told atomic.Int32
	s := serve(t, &multiplayer.Options{Admit: func(r *http.Request) (any, error) {
		if told.Add(1) == 1 {
			return nil, &multiplayer.Refusal{Code: 4100, Reason: "your ticket has expired: log in again"}
		}
		return nil, nil
	}}, nil, endsNode(func(s *session, id rpc.PeerID) {}))
	s.game.MultiplayerPeer().SetRefuseNewConnections(true)
	e := godot.Start(t, "probe", "ends", s.url(), godot.Arg("again", 100_000))
	e.Expect("connection_failed 4003 the session is not taking new peers")
	s.game.MultiplayerPeer().SetRefuseNewConnections(false)
	said := e.Next()
	for ; said == "connection_failed 4003 the session is not taking new peers"; said = e.Next() { // further attempts were made before
	}
	if said != "connection_failed 4100 your ticket has expired: log in again" {
		t.Errorf("it said %q", said)
	}
	e.Expect("connected_to_server")
}

func TestEngineOverTLS(t *testing.T) {
	server, _ := selfsigned.Certificate(t, "localhost")
	file := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificates[0].Certificate[0]}), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, &multiplayer.Options{Transport: transport.Options{TLSConfig: server}}, nil,
		endsNode(func(s *session, id rpc.PeerID) {
			words(s, id, 5)
			s.game.DisconnectPeerWith(id, 4001, "over TLS")
		}))
	url := strings.Replace(s.url(), "127.0.0.1", "localhost", 1)
	e := godot.Start(t, "probe", "ends", url, godot.Arg("ca", file))
	e.Expect("connected_to_server", "heard 5, closed 4001 over TLS", "server_disconnected")
}

func TestEngineCrowd(t *testing.T) {
	const count = 64
	came := 0
	var member *rpc.Node
	s := serve(t, &multiplayer.Options{MaxPeersPerAddress: 2 * count}, &rpc.Options{Logger: slogt(t)}, func(s *session) {
		s.game.OnPeerConnected = func(id rpc.PeerID) {
			if came++; came == count {
				s.say("all there")
			}
		}
		s.game.OnPeerDisconnected = nil
		// Each client has a root of its own, so that their paths are the same.
		member = s.game.Node("Member")
		member.DeclareMethod("begin", rpc.Config{})
		member.DeclareMethod("shout", anyPeer)
	})
	e := godot.Start(t, "probe", "crowd", s.url(), godot.Arg("count", count))
	s.expect("all there")
	s.do(func() {
		if err := member.RPC("begin"); err != nil {
			t.Error(err)
		}
	})
	e.Expect(fmt.Sprint(count, " heard all"))
}

// hostURL is where an engine that is the server can be joined.
func hostURL(t *testing.T, e *godot.Engine) string {
	t.Helper()
	said := e.Next()
	port, ok := strings.CutPrefix(said, "port ")
	if !ok {
		t.Fatalf("the host said %q", said)
	}
	return "ws://127.0.0.1:" + port
}

var act = rpc.Method1[string]{Name: "act", Config: anyPeer}

// guest is a client of host.gd.
func guest(s *session) {
	callsNode(s)
	s.node.Declare(act)
	s.node.Handle("told", func(c *rpc.Call, what string) { s.say("told %s from %d", what, c.Sender) }, rpc.Config{})
	s.game.OnServerDisconnected = func(err error) { s.say("server gone") }
}

func TestEngineIsTheServer(t *testing.T) {
	e := godot.Start(t, "probe", "host")
	url := hostURL(t, e)
	options := func() *multiplayer.Options { return &multiplayer.Options{Wire: multiplayer.Godot} }
	a := join(t, url, options(), nil, guest)
	a.expect("connected 1", "one welcome from 1")
	first := a.id()
	e.Expect(fmt.Sprint("peer_connected ", first))
	b := join(t, url, options(), nil, guest)
	b.await("connected 1", fmt.Sprint("connected ", first), "one welcome from 1")
	second := b.id()
	e.Expect(fmt.Sprint("peer_connected ", second))
	a.expect(fmt.Sprint("connected ", second))

	a.call(1, "one", "up")
	e.Expect(fmt.Sprint("one up from ", first))
	a.call(second, "bytes", []byte{1, 2})
	b.expect(fmt.Sprint("bytes [1 2] from ", first))
	b.do(func() { b.node.RPC("one", []any{1, "x"}) })
	e.Expect(fmt.Sprint(`one [1, "x"] from `, second))
	a.expect(fmt.Sprint("one [1 x] from ", second))
	a.call(1, "act", "tell")
	a.expect("told tell from 1")
	b.expect("told tell from 1")
	a.do(func() { a.game.SendBytes(second, multiplayer.Delivery{}, []byte{5}) })
	b.expect(fmt.Sprint("packet [5] from ", first))

	b.call(1, "act", "kick")
	b.await("one last word from 1", "server gone")
	a.expect(fmt.Sprint("disconnected ", second)) // the engine itself does not tell its game whom it sent away
	for i := range 20 {
		a.call(1, "one", i)
	}
	a.do(func() { a.game.DisconnectPeer(1) })
	for i := range 20 {
		e.Expect(fmt.Sprint("one ", i, " from ", first))
	}
	e.Expect(fmt.Sprint("peer_disconnected ", first))
	c := join(t, url, options(), nil, guest)
	c.expect("connected 1", "one welcome from 1")
	c.call(1, "act", "end")
	c.await("server gone")
	e.Done()
}
