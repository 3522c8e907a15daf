package rpc_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/peerage-go/peerage/internal/rawws"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// arena is a session over sockets in which two innocent clients, one of each wire, and the server play, while somebody
// else does his worst.
type arena struct {
	*session
	log   journal
	round int
	heard map[[2]rpc.PeerID]int // receiver and sender: the last round that came
	from  []rpc.PeerID          // who called that does not play
	gone  []rpc.PeerID          // whose going was told to a player
}

// journal keeps what was logged.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// The players of an arena.
const (
	anna = rpc.PeerID(2) // on peerage.v1
	bert = rpc.PeerID(3) // on Godot's wire
)

func newArena(t testing.TB, po *multiplayer.Options, o *rpc.Options) *arena {
	a := &arena{heard: map[[2]rpc.PeerID]int{}}
	var c multiplayer.Options
	if po != nil {
		c = *po
	}
	c.Logger = slog.New(slog.NewTextHandler(&a.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	server, err := multiplayer.Listen("127.0.0.1:0", &c)
	must(t, err)
	var r rpc.Options
	if o != nil {
		r = *o
	}
	r.Logger = c.Logger
	a.session = newSession(t, server, &r)
	for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		p, err := multiplayer.Dial(server.URL(), &multiplayer.Options{Wire: wire})
		must(t, err)
		a.join(p, nil)
	}
	a.node("Game", func(n *rpc.Node) {
		n.Handle("say", func(c *rpc.Call, round int) {
			id := n.Multiplayer().UniqueID()
			if c.Sender > bert {
				a.from = append(a.from, c.Sender)
				return
			}
			if last := a.heard[[2]rpc.PeerID{id, c.Sender}]; round != last+1 {
				t.Errorf("%d heard %d from %d after %d", id, round, c.Sender, last)
			}
			a.heard[[2]rpc.PeerID{id, c.Sender}] = round
		}, rpc.Config{Mode: rpc.AnyPeer})
		n.Handle("take", func(c *rpc.Call, _ any) { a.from = append(a.from, c.Sender) }, rpc.Config{Mode: rpc.AnyPeer})
		n.Handle("tell", func(c *rpc.Call, _ string) {
			if c.Sender != multiplayer.Server {
				t.Errorf("%d took an authority's call from %d", n.Multiplayer().UniqueID(), c.Sender)
			}
		}, rpc.Config{})
		n.Multiplayer().OnPeerDisconnected = func(id rpc.PeerID) {
			a.gone = append(a.gone, id)
			if id <= bert {
				t.Errorf("%d lost %d", n.Multiplayer().UniqueID(), id)
			}
		}
	})
	a.until("the players know each other", func() bool { return a.clients[0].HasPeer(bert) && a.clients[1].HasPeer(anna) })
	a.play()
	t.Cleanup(func() {
		a.node("Game", func(n *rpc.Node) { n.Multiplayer().OnPeerDisconnected = nil })
	})
	return a
}

// play has every player call all others, and waits until each was heard.
func (a *arena) play() {
	a.t.Helper()
	a.round++
	for _, m := range a.all {
		if err := m.Node("Game").RPC("say", a.round); err != nil {
			a.t.Errorf("round %d of %d: %v", a.round, m.UniqueID(), err)
		}
	}
	a.until("everybody hears everybody", func() bool {
		for _, to := range []rpc.PeerID{1, anna, bert} {
			for _, from := range []rpc.PeerID{1, anna, bert} {
				if to != from && a.heard[[2]rpc.PeerID{to, from}] < a.round {
					return false
				}
			}
		}
		return true
	})
}

// intruder is somebody who is connected and speaks one of the wires as far as it serves him.
type intruder struct {
	*rawws.Client
	a       *arena
	wire    multiplayer.Wire
	id      rpc.PeerID
	session uuid.UUID
}

// intrude has an intruder become a peer.
func (a *arena) intrude(wire multiplayer.Wire) *intruder {
	a.t.Helper()
	in := a.knock(wire)
	if wire == multiplayer.Peerage {
		must(a.t, in.Message(0x00, 0x80)) // hello
	}
	in.enter()
	return in
}

// knock has an intruder open a WebSocket.
func (a *arena) knock(wire multiplayer.Wire) *intruder {
	a.t.Helper()
	protocol := ""
	if wire == multiplayer.Peerage {
		protocol = multiplayer.Subprotocol
	}
	c, err := rawws.Dial(a.peers[0].URL(), protocol)
	must(a.t, err)
	a.t.Cleanup(func() { c.Close() })
	return &intruder{Client: c, a: a, wire: wire}
}

// enter waits until the intruder is a peer.
func (in *intruder) enter() {
	in.a.t.Helper()
	var now []rpc.PeerID
	before := in.a.peers[0].Stats().Connected
	in.a.until("the intruder is in", func() bool { return in.a.peers[0].Stats().Connected > before })
	for p := range in.a.peers[0].Peers() {
		now = append(now, p.ID())
	}
	in.id = now[len(now)-1]
	in.session = in.a.peers[0].Peer(in.id).Session()
}

// packet sends packets of the rpc floor.
func (in *intruder) packet(packets ...string) {
	in.a.t.Helper()
	for _, p := range packets {
		if in.wire == multiplayer.Peerage {
			p = "\x10" + p
		}
		must(in.a.t, in.Send(rawws.Frame(rawws.Binary, p)))
	}
}

// heard waits until the session has taken all that the intruder sent.
func (in *intruder) settled() {
	in.a.t.Helper()
	must(in.a.t, in.Send(rawws.Frame(rawws.Ping, "settled")))
	got := make(chan error, 1)
	go func() {
		for {
			op, b, err := in.Read()
			if err != nil || op == rawws.Pong&rawws.Opcode && string(b) == "settled" {
				got <- err
				in.a.server.Wake()
				return
			}
		}
	}()
	var err error
	in.a.until("the intruder is answered", func() bool {
		select {
		case err = <-got:
			return true
		default:
			return false
		}
	})
	must(in.a.t, err)
	in.a.poll()
}

// expelled waits until the intruder is closed with a code, and looks for the reason in the log.
func (in *intruder) expelled(code int, why string) {
	in.a.t.Helper()
	type end struct {
		code   int
		reason string
	}
	told := make(chan end, 1)
	go func() {
		code, reason := in.Closed()
		in.Close()
		told <- end{code, reason}
		in.a.server.Wake()
	}()
	var got end
	in.a.until(fmt.Sprintf("the intruder is closed with %d", code), func() bool {
		select {
		case got = <-told:
			return true
		default:
			return false
		}
	})
	if got.code != code || !strings.Contains(got.reason, why) {
		in.a.t.Errorf("closed with %d %q, want %d %q", got.code, got.reason, code, why)
	}
	in.a.until("the session is rid of the intruder", func() bool { return in.a.peers[0].Stats().Peers == 2 })
	if !strings.Contains(in.a.log.String(), why) {
		in.a.t.Errorf("nothing about %q in the log", why)
	}
}

var bothWires = []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot}
