package multiplayer_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
)

// deadline is how long a test waits for what must happen; only a failure uses it up.
const deadline = 30 * time.Second

// party is a server and its clients, polled together on the test's goroutine.
type party struct {
	t      testing.TB
	server *multiplayer.MultiplayerPeer
	peers  []*multiplayer.MultiplayerPeer // those that until polls, the server first
	all    []*multiplayer.MultiplayerPeer
	dial   func(o *multiplayer.Options) *multiplayer.MultiplayerPeer
	events []string // "2: connected 1", in the order in which they were raised
}

// everyLink runs a test over memory and over sockets.
func everyLink(t *testing.T, o *multiplayer.Options, test func(t *testing.T, p *party)) {
	t.Run("memory", func(t *testing.T) {
		s, err := multiplayer.NewServer(o)
		must(t, err)
		test(t, newParty(t, s, func(o *multiplayer.Options) *multiplayer.MultiplayerPeer {
			c, err := s.Join(o)
			must(t, err)
			return c
		}))
	})
	t.Run("socket", func(t *testing.T) {
		s, err := multiplayer.Listen("127.0.0.1:0", o)
		must(t, err)
		test(t, newParty(t, s, func(o *multiplayer.Options) *multiplayer.MultiplayerPeer {
			c, err := multiplayer.Dial(s.URL(), o)
			must(t, err)
			return c
		}))
	})
}

func newParty(t testing.TB, s *multiplayer.MultiplayerPeer, dial func(o *multiplayer.Options) *multiplayer.MultiplayerPeer) *party {
	p := &party{t: t, server: s, dial: dial}
	p.watch(s)
	t.Cleanup(func() {
		for _, m := range slices.Backward(p.all) {
			m.Close()
		}
	})
	return p
}

func (p *party) watch(m *multiplayer.MultiplayerPeer) {
	p.peers = append(p.peers, m)
	p.all = append(p.all, m)
	m.OnPeerConnected = func(id multiplayer.PeerID) {
		p.events = append(p.events, fmt.Sprintf("%d: connected %d", m.UniqueID(), id))
	}
	m.OnPeerDisconnected = func(id multiplayer.PeerID, reason error) {
		p.events = append(p.events, fmt.Sprintf("%d: disconnected %d", m.UniqueID(), id))
	}
}

// start adds a client that has not been polled yet.
func (p *party) start(o *multiplayer.Options) *multiplayer.MultiplayerPeer {
	c := p.dial(o)
	p.watch(c)
	return c
}

// join adds a client and polls until it is connected on both sides.
func (p *party) join(o *multiplayer.Options) *multiplayer.MultiplayerPeer {
	p.t.Helper()
	c := p.start(o)
	p.until("a client is connected", func() bool {
		return c.ConnectionStatus() == multiplayer.Connected && p.server.Peer(c.UniqueID()) != nil
	})
	return c
}

func (p *party) until(what string, done func() bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	for {
		for _, m := range p.peers {
			m.Poll()
		}
		if done() {
			return
		}
		if ctx.Err() != nil {
			p.t.Fatalf("waited %v for: %s\nevents: %q", deadline, what, p.events)
		}
		waitAny(ctx, p.peers)
	}
}

// waitAny returns when one of the peers has something to poll.
func waitAny(ctx context.Context, peers []*multiplayer.MultiplayerPeer) {
	ctx, cancel := context.WithCancel(ctx)
	some := make(chan struct{}, len(peers))
	for _, m := range peers {
		go func() {
			m.Wait(ctx)
			some <- struct{}{}
		}()
	}
	<-some
	cancel()
	for range len(peers) - 1 {
		<-some
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantEvents checks the events of the server, and of all clients of this process, in order.
func (p *party) wantEvents(want ...string) {
	p.t.Helper()
	p.server.Poll()
	if !slices.Equal(p.events, want) {
		p.t.Errorf("events %q, want %q", p.events, want)
	}
}
