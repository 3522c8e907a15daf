package rpc_test

import (
	"context"
	"testing"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// deadline is how long a test waits for what must happen. It is long because it is only ever used up by a failure.
const deadline = 30 * time.Second

// session is a server and its clients, polled together on the test's goroutine.
type session struct {
	t       testing.TB
	peers   []*multiplayer.MultiplayerPeer
	all     []*rpc.SceneMultiplayer
	server  *rpc.SceneMultiplayer
	clients []*rpc.SceneMultiplayer
}

// links are the ways a client of a test can reach the server: the same tests run over each.
var links = map[string]func(t testing.TB, o *multiplayer.Options) (*multiplayer.MultiplayerPeer, func(*multiplayer.Options) *multiplayer.MultiplayerPeer){
	"memory": func(t testing.TB, o *multiplayer.Options) (*multiplayer.MultiplayerPeer, func(*multiplayer.Options) *multiplayer.MultiplayerPeer) {
		s, err := multiplayer.NewServer(o)
		must(t, err)
		return s, func(o *multiplayer.Options) *multiplayer.MultiplayerPeer {
			c, err := s.Join(o)
			must(t, err)
			return c
		}
	},
	"socket": func(t testing.TB, o *multiplayer.Options) (*multiplayer.MultiplayerPeer, func(*multiplayer.Options) *multiplayer.MultiplayerPeer) {
		s, err := multiplayer.Listen("127.0.0.1:0", o)
		must(t, err)
		return s, func(o *multiplayer.Options) *multiplayer.MultiplayerPeer {
			c, err := multiplayer.Dial(s.URL(), o)
			must(t, err)
			return c
		}
	},
}

// everyLink runs a test over memory and over sockets, with n clients that are connected when it begins.
func everyLink(t *testing.T, n int, o *rpc.Options, test func(t *testing.T, s *session)) {
	t.Helper()
	for name, link := range links {
		t.Run(name, func(t *testing.T) {
			server, join := link(t, nil)
			s := newSession(t, server, o)
			for range n {
				s.join(join(nil), o)
			}
			test(t, s)
		})
	}
}

func newSession(t testing.TB, server *multiplayer.MultiplayerPeer, o *rpc.Options) *session {
	s := &session{t: t}
	s.server = s.add(server, o)
	t.Cleanup(s.close)
	return s
}

func (s *session) add(p *multiplayer.MultiplayerPeer, o *rpc.Options) *rpc.SceneMultiplayer {
	m, err := rpc.New(p, o)
	must(s.t, err)
	s.peers = append(s.peers, p)
	s.all = append(s.all, m)
	return m
}

// join adds a client and polls until it and the server have admitted each other.
func (s *session) join(p *multiplayer.MultiplayerPeer, o *rpc.Options) *rpc.SceneMultiplayer {
	c := s.add(p, o)
	s.clients = append(s.clients, c)
	s.until("a client is admitted", func() bool {
		return c.HasPeer(multiplayer.Server) && s.server.HasPeer(c.UniqueID())
	})
	return c
}

// node declares the same node on every peer.
func (s *session) node(path string, set func(n *rpc.Node)) {
	for _, m := range s.all {
		set(m.Node(path))
	}
}

func (s *session) poll() {
	for _, m := range s.all {
		m.Poll()
	}
}

// until polls everybody until done says so.
func (s *session) until(what string, done func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	for !done() {
		s.poll()
		if done() {
			return
		}
		if ctx.Err() != nil {
			s.t.Fatalf("waited %v for: %s", deadline, what)
		}
		s.wait(ctx)
	}
}

// wait returns when one of the peers has something to poll.
func (s *session) wait(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	some := make(chan struct{}, len(s.peers))
	for _, p := range s.peers {
		go func() {
			p.Wait(ctx)
			some <- struct{}{}
		}()
	}
	<-some
	cancel()
	for range len(s.peers) - 1 {
		<-some
	}
}

func (s *session) close() {
	for i := len(s.peers) - 1; i >= 0; i-- {
		s.peers[i].Close()
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
