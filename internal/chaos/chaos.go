// Package chaos plays a session with many clients of both wires that join, call, ask, stall, are cut off and come back,
// leave, and are joined by some that send garbage or read nothing, and holds all that arrives against all that was
// sent. Everything that it does follows from a seed.
package chaos

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// Config is what a World is made of.
type Config struct {
	Seed  uint64
	Peers int // how many clients there are about

	// Server takes connections; Dial makes a client of it, Connect a bare connection to it.
	Server  *multiplayer.MultiplayerPeer
	Dial    func(o *multiplayer.Options) (*multiplayer.MultiplayerPeer, error)
	Connect func() (net.Conn, error)

	// Settle, if set, is called after each single thing that was done, Tick after each step.
	Settle func()
	Tick   func()

	// Strict says that who is cut off always comes back in time.
	Strict bool

	// Fault is told of everything that should not be.
	Fault func(text string)
	// Logger is the clients' and the rpc floor's. Default: none.
	Logger *slog.Logger
}

// budget is what one peer may fall behind by: as much as no stall of a World makes it.
const budget = 8 << 20

// maxStall is how many steps a client may not poll, serverStall how many the server may not.
const (
	maxStall    = 100
	serverStall = 30
)

// Options are those of the session's server. window is how long who was cut off may take to come back.
func Options(window time.Duration) *multiplayer.Options {
	return &multiplayer.Options{
		ResumeWindow:     window,
		ReplayBufferSize: budget,
		SlowPeerTimeout:  500 * time.Millisecond,
		Transport:        transport.Options{OutboundBufferSize: budget, MaxQueuedPackets: 1 << 16},
	}
}

// A World is a session in which all that happens.
type World struct {
	Config
	rnd     *rand.Rand
	server  *actor
	clients []*actor
	ledger  *ledger
	step    int
	asked   map[string]int      // requests that have no reply yet
	asking  map[int64]*question // by what is asked
	mute    []*question         // those that are given up and must not be answered
	denied  []*question         // those that failed because the other side was said to be gone
	wild    []*wild
	calm    bool
	faults  int
	did     map[string]int
	honest  map[rpc.PeerID]bool // peers that are, or were, actors
	since   map[rpc.PeerID]int  // in which step they came
	victim  rpc.PeerID          // of drown
	wires   map[rpc.PeerID]multiplayer.Wire
	left    map[rpc.PeerID]*parting // clients that closed in an orderly way
}

// paths are those of the nodes. Each has all methods.
var paths = []string{"Chaos", "Chaos/Below", "Elsewhere"}

// lanes are the methods that are called, and how they travel.
var lanes = []rpc.Method3[uint64, int64, []byte]{
	{Name: "zero", Config: rpc.Config{Mode: rpc.AnyPeer}},
	{Name: "one", Config: rpc.Config{Mode: rpc.AnyPeer, Channel: 1}},
	{Name: "many", Config: rpc.Config{Mode: rpc.AnyPeer, Channel: 200}},
	{Name: "loose", Config: rpc.Config{Mode: rpc.AnyPeer, Channel: 2, TransferMode: multiplayer.Unreliable}},
	{Name: "state", Config: rpc.Config{Mode: rpc.AnyPeer, Channel: 3, TransferMode: multiplayer.UnreliableOrdered}},
	{Name: "event", Config: rpc.Config{Mode: rpc.AnyPeer, Channel: 3}},
	{Name: "order", Config: rpc.Config{Channel: 1}},
}

// raw stands for the calls that are bytes without a method.
const raw = "bytes"

var ask = rpc.Query1[int64, int64]{Name: "ask", Config: rpc.Config{Mode: rpc.AnyPeer}}

// loads are what calls carry beside their number. The length of each, modulo their number, is its place.
var loads = func() (list [16][]byte) {
	for i := range list {
		n := i
		if i%4 == 0 {
			n += i * 100 * len(list) // some are heavy
		}
		list[i] = bytes.Repeat([]byte{byte(i)}, n)
	}
	return list
}()

// New makes a World with nobody in it but its server.
func New(c Config) (*World, error) {
	w := &World{Config: c, rnd: rand.New(rand.NewPCG(c.Seed, 0)), did: map[string]int{}, asked: map[string]int{}, asking: map[int64]*question{}, wires: map[rpc.PeerID]multiplayer.Wire{}, honest: map[rpc.PeerID]bool{multiplayer.Server: true}, since: map[rpc.PeerID]int{}, left: map[rpc.PeerID]*parting{}}
	w.ledger = newLedger(w.fault)
	var err error
	w.server, err = w.actor(c.Server, multiplayer.Peerage)
	if err == nil {
		w.server.id = multiplayer.Server
	}
	return w, err
}

func (w *World) fault(format string, a ...any) {
	if w.faults++; w.faults <= 20 {
		w.Fault(fmt.Sprintf("step %d: ", w.step) + fmt.Sprintf(format, a...))
	}
}

// Faults is how much was not as it should be.
func (w *World) Faults() int { return w.faults }

func (w *World) settle() {
	if w.Settle != nil {
		w.Settle()
	}
}

// join adds a client.
func (w *World) join() {
	o := &multiplayer.Options{Logger: w.Logger, ReplayBufferSize: budget, Reconnect: 5 * time.Minute,
		Transport: transport.Options{OutboundBufferSize: budget, MaxQueuedPackets: 1 << 16}}
	if w.rnd.IntN(3) == 0 {
		o.Wire, o.Reconnect = multiplayer.Godot, 0
	}
	peer, err := w.Dial(o)
	if err != nil {
		w.fault("dial: %v", err)
		return
	}
	a, err := w.actor(peer, o.Wire)
	if err != nil {
		w.fault("%v", err)
		return
	}
	if w.rnd.IntN(4) == 0 {
		a.woken = make(chan error, 1)
		a.wait()
	}
	w.clients = append(w.clients, a)
}

// Step does a few things at random, and lets everybody poll who does not stall.
func (w *World) Step() {
	w.step++
	for len(w.clients) < w.Peers && !w.calm {
		w.join()
		w.settle()
		if w.rnd.IntN(8) == 0 {
			break
		}
	}
	if !w.calm {
		for range 1 + w.rnd.IntN(8) {
			w.act()
		}
		w.drown()
	}
	all := append([]*actor{w.server}, w.clients...)
	w.rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, a := range all {
		if len(a.answers) > 0 && (w.calm || w.rnd.IntN(3) == 0) {
			for _, f := range a.answers {
				f()
			}
			a.answers = nil
		}
		if !a.mayPoll() {
			continue
		}
		a.rpc.Poll()
		if a.woken != nil {
			if !w.calm && w.rnd.IntN(16) == 0 {
				a.ask()
				a.call()
			}
			a.wait()
		}
		w.settle()
	}
	w.clients = slices.DeleteFunc(w.clients, func(a *actor) bool {
		if a.over && !a.left {
			a.leave()
		}
		return a.left
	})
	for _, x := range w.wild {
		x.next()
	}
	w.settle()
	w.wild = slices.DeleteFunc(w.wild, (*wild).ended)
	if w.Tick != nil {
		w.Tick()
	}
}

// act does one thing.
func (w *World) act() {
	if len(w.clients) == 0 {
		return
	}
	a := w.clients[w.rnd.IntN(len(w.clients))]
	if a.left {
		return
	}
	do := func(what string) { w.did[what]++ }
	switch n := w.rnd.IntN(1000); {
	case n < 15:
		do("leave")
		a.leave()
	case n < 20 && a.woken == nil:
		do("disconnect from the server")
		if a.id != 0 {
			a.rpc.DisconnectPeer(multiplayer.Server)
			a.spared, a.sent, a.tail = true, not, 0
			w.ledger.end(a.id)
		}
	case n < 60:
		do("cut by the client")
		if p := a.peer.Peer(multiplayer.Server); p != nil {
			p.WebSocket().Close(-1, "")
			a.cut()
		}
	case n < 100:
		do("cut by the server")
		if p := w.Server.Peer(a.id); p != nil {
			p.WebSocket().Close(-1, "")
			a.cut()
		}
	case n < 107:
		do("disconnect")
		if w.rnd.IntN(2) == 0 {
			a = w.behind(a)
		}
		if p := w.Server.Peer(a.id); p != nil {
			if !w.ledger.shaken[a.id] && p.Connected() && w.ledger.alive[a.id] {
				a.sent, a.tail = forGood, w.ledger.next()
			}
			w.Server.DisconnectPeer(a.id, false)
			a.spared = true
		}
	case n < 110:
		do("send away")
		if p := w.Server.Peer(a.id); p != nil {
			if p.Connected() && w.ledger.alive[a.id] {
				a.sent = forNow
			}
			p.Disconnect(multiplayer.CloseTryLater, nil)
			a.spared, a.later = true, true
		}
	case n < 112:
		do("stall of the server")
		w.server.stalled = max(w.server.stalled, w.step+1+w.rnd.IntN(serverStall))
	case n < 114 && a.woken == nil:
		do("flood")
		a.flood()
	case n < 180:
		do("stall")
		if a.stalled >= w.step {
			break // one after the other would be longer
		}
		a.stalled = w.step + 1 + w.rnd.IntN(maxStall)
	case n < 210 && w.Connect != nil && len(w.wild) < 20:
		do("garbage")
		w.unleash()
	case n < 500:
		w.server.call()
	case a.woken != nil: // it acts when it is woken
	case n < 680:
		do("ask")
		a.ask()
	default:
		do("call")
		a.call()
	}
	w.settle()
}

// behind gives a client that the server has something for which it does not take; a if there is none.
func (w *World) behind(a *actor) *actor {
	for _, c := range w.clients {
		if p := w.Server.Peer(c.id); p != nil && !c.left && p.Connected() && p.WebSocket().Congested() {
			return c
		}
	}
	return a
}

// drown sends a wild client more than it reads, until it is disconnected.
func (w *World) drown() {
	if !w.server.knows[w.victim] {
		w.victim = 0
		for _, id := range slices.Sorted(maps.Keys(w.server.knows)) {
			if !w.honest[id] && w.since[id] < w.step-2*maxStall { // longer than a client may take to learn that it is a peer
				w.victim = id
				w.did["drown"]++
				break
			}
		}
	}
	for range 20 {
		if w.victim != 0 && w.server.rpc.SendBytes(w.victim, multiplayer.Delivery{Channel: 9}, make([]byte, 60_000)) != nil {
			break
		}
	}
}

// Close ends everybody.
func (w *World) Close() {
	w.calm = true
	for _, x := range w.wild {
		x.nc.Close()
		close(x.turn)
	}
	for _, a := range w.clients {
		a.leave()
	}
	w.clients = nil
	w.server.rpc.Close()
	w.server.rpc.Poll()
	for _, x := range w.wild {
		<-x.done
	}
}

// Report tells how much happened.
func (w *World) Report() string {
	s, p := w.server.rpc.Stats(), w.Server.Stats()
	text := fmt.Sprintf("%d steps, %d calls came of %d made, %d peers ever, %d now; away %d, resumed %d, slow %d, refused %d, protocol errors %d, relayed %d, relay failures %d, malformed %d",
		w.step, w.ledger.came, w.ledger.next(), p.Connected, p.Peers, p.Away, p.Resumed, p.SlowPeers, p.Refused, p.ProtocolErrors, s.Relayed, s.RelayFailures, s.Malformed)
	for _, what := range slices.Sorted(maps.Keys(w.did)) {
		text += fmt.Sprintf("; %s %d", what, w.did[what])
	}
	return text
}
