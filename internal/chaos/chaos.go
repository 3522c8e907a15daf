// Package chaos plays a session with many clients of both wires that join, call, ask, stall, are cut off and come back,
// leave, and are joined by some that send garbage or read nothing, and holds all that arrives against all that was
// sent. Everything that it does follows from a seed.
package chaos

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
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

// flood is how many calls a client makes at once, now and then: more than Transport.MaxPacketsPerSecond lets through.
const flood = 2200

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

// answer is what ask replies.
func answer(of rpc.PeerID, n int64) int64 { return n*31 + int64(of) }

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

// A question is a request.
type question struct {
	asker, target rpc.PeerID
	given         bool            // up
	ran           bool            // at the target
	ctx           context.Context // of the handler that waits for its end
}

// A parting is an orderly end of a connection. What was sent before it has to arrive before it.
type parting struct {
	before uint64 // number of the first call behind it
	ws     *transport.WebSocketPeer
}

// An actor is a peer that keeps to the rules.
type actor struct {
	w       *World
	rpc     *rpc.SceneMultiplayer
	peer    *multiplayer.MultiplayerPeer
	wire    multiplayer.Wire
	id      rpc.PeerID          // 0: not admitted
	knows   map[rpc.PeerID]bool // who is connected, as its events say
	stalled int                 // does not poll before this step
	was     rpc.PeerID          // its id before
	left    bool
	over    bool       // its connection has ended for good
	spared  bool       // it is no wonder if its session ends
	sent    sentAway   // by the server
	later   bool       // it was told to come back later
	tail    uint64     // it was disconnected; the calls of the server before this one come first
	woken   chan error // it polls, and acts, only when Wait has returned; nil: in every step
	answers []func()
}

func (w *World) actor(peer *multiplayer.MultiplayerPeer, wire multiplayer.Wire) (*actor, error) {
	m, err := rpc.New(peer, &rpc.Options{Logger: w.Logger, ReplyTimeout: 10 * time.Minute})
	if err != nil {
		return nil, err
	}
	a := &actor{w: w, rpc: m, peer: peer, wire: wire, knows: map[rpc.PeerID]bool{}}
	take := func(sender rpc.PeerID, method string, channel uint8, number uint64, mark int64, load []byte) {
		if !a.knows[sender] {
			w.fault("%d was called by %d, whom it was not told of", a.id, sender)
		}
		if w.honest[sender] && !bytes.Equal(load, loads[len(load)%len(loads)]) {
			w.fault("the load of call %d came to %d as %d bytes", number, a.id, len(load))
		}
		w.ledger.take(a.id, sender, method, channel, number, mark)
	}
	for _, path := range paths {
		n := m.Node(path)
		for _, l := range lanes {
			l.Handle(n, func(c *rpc.Call, number uint64, mark int64, load []byte) {
				take(c.Sender, c.Node.Path()+"."+c.Method, c.Channel, number, mark, load)
			})
		}
		ask.Handle(n, a.answer)
	}
	m.OnPeerPacket = func(id rpc.PeerID, data []byte) {
		if len(data) >= 16 {
			take(id, raw, 0, binary.BigEndian.Uint64(data), int64(binary.BigEndian.Uint64(data[8:])), data[16:])
		} else if w.honest[id] {
			w.fault("%d bytes came to %d from %d", len(data), a.id, id)
		}
	}
	m.OnConnectedToServer = func() {
		a.id = m.UniqueID()
		w.ledger.alive[a.id], w.honest[a.id] = true, true
		w.wires[a.id] = a.wire
		if a.sent == forGood && w.Strict { // it may be dropped when it does not read for CloseTimeout
			w.fault("%d was disconnected and came back as %d: %v", a.was, a.id, peer.Err())
		}
		a.sent, a.later = not, false
	}
	m.OnPeerConnected = func(id rpc.PeerID) {
		if a.knows[id] {
			w.fault("%d was told twice that %d is connected", a.id, id)
		}
		a.knows[id] = true
		if m.IsServer() {
			w.since[id] = w.step
		}
	}
	m.OnPeerDisconnected = func(id rpc.PeerID) {
		if !a.knows[id] {
			w.fault("%d was told that %d is gone, whom it was not told of", a.id, id)
		}
		delete(a.knows, id)
		w.ledger.forget(a.id, id)
		switch {
		case m.IsServer():
			if p := w.left[id]; p != nil && p.ws.CloseCode() == 1000 {
				w.ledger.parted(id, multiplayer.Server, p.before)
			}
			delete(w.left, id)
			w.ledger.end(id)
			delete(w.since, id)
		case id == multiplayer.Server:
			var said *transport.CloseError
			switch err := peer.Err(); {
			case errors.Is(err, multiplayer.ErrProtocol), !a.left && !a.spared,
				errors.As(err, &said) && said.Code != multiplayer.CloseDisconnected && (said.Code != multiplayer.CloseTryLater || !a.later) && !a.left:
				w.fault("%d on %v lost its server: %v", a.id, a.wire, err)
			case said != nil && said.Code == multiplayer.CloseDisconnected && a.tail > 0 && !a.left:
				w.ledger.parted(multiplayer.Server, a.id, a.tail)
			}
			a.spared, a.tail = false, 0
			w.ledger.end(a.id)
			a.was, a.id = a.id, 0
		}
	}
	over := func(err error) {
		a.over = true
		if a.sent == forNow && a.wire == multiplayer.Peerage && !a.left {
			w.fault("%d was told to come back and did not: %v", a.was, err)
		}
	}
	m.OnServerDisconnected, m.OnConnectionFailed = over, over
	return a, nil
}

// sentAway says how the server has sent a client away.
type sentAway uint8

const (
	not sentAway = iota
	forNow
	forGood
)

// answer is the handler of ask.
func (a *actor) answer(c *rpc.Call, of int64) (int64, error) {
	w := a.w
	if q := w.asking[of]; q != nil && w.honest[c.Sender] {
		if c.Sender != q.asker || a.id != q.target || q.ran {
			w.fault("%d asked %d, and a request of %d came to %d, before: %v", q.asker, q.target, c.Sender, a.id, q.ran)
		}
		q.ran = true
		if q.given && c.WantsReply() && w.rnd.IntN(2) == 0 {
			q.ctx = c.Later().Context()
			w.mute = append(w.mute, q)
			return 0, nil
		}
	}
	if c.WantsReply() && w.rnd.IntN(2) == 0 {
		later, id := c.Later(), a.id
		a.answers = append(a.answers, func() { later.Reply(answer(id, of)) })
	}
	return answer(a.id, of), nil
}

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

// wait has a goroutine wait for something to poll. Nothing else uses the actor meanwhile.
func (a *actor) wait() {
	go func() { a.woken <- a.rpc.Wait(context.Background()) }()
}

// mayPoll tells whether it is an actor's turn.
func (a *actor) mayPoll() bool {
	if a.stalled > a.w.step || a.left {
		return false
	}
	if a.woken == nil {
		return true
	}
	select {
	case <-a.woken:
		return true
	default:
		return false
	}
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

// leave closes a client.
func (a *actor) leave() {
	if a.left {
		return
	}
	a.left = true
	w := a.w
	if p := a.peer.Peer(multiplayer.Server); p != nil && p.Connected() && a.woken == nil && !w.calm {
		a.rpc.Flush()
		if s := w.Server.Peer(a.id); s != nil && s.Connected() && !w.ledger.shaken[a.id] && p.Stats().QueuedPackets == 0 {
			w.left[a.id] = &parting{w.ledger.next(), s.WebSocket()}
		}
	}
	w.ledger.end(a.id)
	began := time.Now()
	a.rpc.Close()
	if time.Since(began) > time.Second { // nobody has read meanwhile, so that others may have been dropped
		for _, c := range w.clients {
			if c.sent == forGood {
				c.sent = not
			}
		}
	}
	if a.woken != nil {
		<-a.woken // Close wakes it
	}
	a.rpc.Poll() // tells it of the end
	if len(a.knows) > 0 {
		a.w.fault("%d has left, and was not told that %v are gone", a.id, slices.Collect(maps.Keys(a.knows)))
	}
}

// cut takes note that an actor's connection was cut.
func (a *actor) cut() {
	a.spared = a.spared || a.wire == multiplayer.Godot || !a.w.Strict
	a.w.ledger.shaken[a.id] = true
	if a.sent == forGood {
		a.sent = not // the connection may have been cut first
	}
	a.tail = 0
}

// call makes a burst of calls.
func (a *actor) call() {
	w := a.w
	if a.id == 0 || a.left {
		return
	}
	for range 1 + w.rnd.IntN(4) {
		known := slices.Sorted(maps.Keys(a.knows))
		if len(known) == 0 {
			return
		}
		other := known[w.rnd.IntN(len(known))]
		target := rpc.PeerID(multiplayer.Everyone)
		switch w.rnd.IntN(6) {
		case 0:
			target = multiplayer.Except(other)
		case 1, 2, 3:
			target = other
		case 4:
			target = multiplayer.Server
			if a == w.server {
				target = other
			}
		}
		load := loads[1+w.rnd.IntN(3)]
		if w.rnd.IntN(6) == 0 {
			load = loads[4*w.rnd.IntN(4)]
		}
		path := paths[w.rnd.IntN(len(paths))]
		if n := w.rnd.IntN(len(lanes) + 1); n < len(lanes) {
			a.send(path, &lanes[n], target, load)
		} else {
			a.send("", nil, target, load)
		}
	}
}

// flood makes many calls at once.
func (a *actor) flood() {
	for range flood {
		if a.id == 0 || a.left {
			return
		}
		a.send(paths[0], &lanes[0], multiplayer.Server, loads[1])
	}
}

// send makes one call; without a lane, of bytes.
func (a *actor) send(path string, l *rpc.Method3[uint64, int64, []byte], target rpc.PeerID, load []byte) {
	w := a.w
	number := w.ledger.next()
	m := mark(number, a.id)
	r := &record{sender: a.id, target: target, method: raw}
	var err error
	if l != nil {
		r.channel, r.mode, r.method = l.Channel, l.TransferMode, path+"."+l.Name
		r.forbidden = l.Mode == rpc.Authority && a != w.server
		err = l.RPCID(a.rpc.Node(path), target, number, m, load)
	} else {
		b := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, number), uint64(m))
		err = a.rpc.SendBytes(target, multiplayer.Delivery{}, append(b, load...))
	}
	if err != nil && w.ledger.alive[a.id] && !w.excuses(a, err) {
		w.fault("call %d of %d for %d failed: %v", number, a.id, target, err)
	}
	var must []rpc.PeerID
	for id := range a.knows {
		if !r.forbidden && reaches(target, a.id, id) && (err == nil || a == w.server && !concerns(err, id)) {
			must = append(must, id)
		}
	}
	w.ledger.note(r, must)
}

// excuses tells whether a call could not but fail: one to a peer that is leaving, over a connection that is cut, or to
// one that reads nothing.
func (w *World) excuses(a *actor, err error) bool {
	var one *multiplayer.PeerError
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return !w.excuses(a, err) })
	case *multiplayer.PeerError:
		return errors.Is(e.Err, multiplayer.ErrNotConnected) && (a == w.server || a.wire == multiplayer.Godot && a.spared) || !w.honest[e.Peer]
	case interface{ Unwrap() error }:
		if errors.As(err, &one) {
			return w.excuses(a, e.Unwrap())
		}
	}
	return false
}

// concerns tells whether an error says that something did not go to a peer.
func concerns(err error, id rpc.PeerID) bool {
	var one *multiplayer.PeerError
	switch e := err.(type) {
	case nil:
		return false
	case *multiplayer.PeerError:
		return e.Peer == id
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), func(err error) bool { return concerns(err, id) })
	case interface{ Unwrap() error }:
		if !errors.As(err, &one) {
			return true // of all
		}
		return concerns(e.Unwrap(), id)
	}
	return true
}

// ask makes a request, and gives some up.
func (a *actor) ask() {
	w := a.w
	if a.id == 0 || a.wire != multiplayer.Peerage {
		return
	}
	known := slices.Sorted(maps.Keys(a.knows))
	if len(known) == 0 {
		return
	}
	target := known[w.rnd.IntN(len(known))]
	if w.rnd.IntN(2) == 0 {
		target = multiplayer.Server
	}
	of := w.rnd.Int64N(1 << 40)
	q := &question{asker: a.id, target: target, given: w.rnd.IntN(10) == 0}
	w.asking[of] = q
	times := 0
	request := fmt.Sprintf("%d asked %d in step %d", q.asker, target, w.step)
	w.asked[request]++
	reply := ask.Call(context.Background(), a.rpc.Node(paths[w.rnd.IntN(len(paths))]), target, of)
	reply.Then(func(v int64, err error) {
		if w.asked[request]--; w.asked[request] == 0 {
			delete(w.asked, request)
		}
		if times++; times > 1 {
			w.fault("%d got two replies to one request", q.asker)
		}
		switch {
		case !w.honest[target]:
		case err == nil && v != answer(target, of):
			w.fault("%d asked %d for %d and got %d, want %d", q.asker, target, of, v, answer(target, of))
		case q.given:
			if w.ledger.alive[q.asker] && !errors.Is(err, context.Canceled) && !errors.Is(err, rpc.ErrPeerGone) {
				w.fault("%d asked %d and gave up, and got %v, %v", q.asker, target, v, err)
			}
		case err == nil:
		case errors.Is(err, rpc.ErrPeerGone), errors.Is(err, &rpc.Error{Code: rpc.CodePeerGone}):
			w.denied = append(w.denied, q)
		case errors.Is(err, rpc.ErrNoReplies), errors.Is(err, &rpc.Error{Code: rpc.CodeNoReplies}):
			if w.wires[target] != multiplayer.Godot {
				w.fault("%d asked %d: %v", q.asker, target, err)
			}
		case w.ledger.both(q.asker, target):
			w.fault("%d asked %d: %v", q.asker, target, err)
		}
	})
	if q.given {
		reply.Cancel()
	}
}

// patience is how long a World that rests waits at least, however fast it steps.
const patience = 30 * time.Second

// Rest stops all mischief, and steps until everything has arrived that must, or there were as many steps; then, for
// acknowledgements and the like, as many more as still says. What was sent is judged then, and forgotten.
func (w *World) Rest(steps, still int) {
	w.calm = true
	for _, a := range append(w.clients, w.server) {
		a.stalled = 0
	}
	for _, x := range w.wild {
		x.nc.Close()
	}
	for n, start := 0, time.Now(); n < steps || time.Since(start) < patience; n++ {
		w.Step()
		if len(w.wild) == 0 && w.settled() {
			break
		}
	}
	for range still {
		w.Step()
	}
	w.judge()
	w.calm = false
}

// judge finds fault with what is missing.
func (w *World) judge() {
	w.ledger.judge()
	if len(w.asked) > 0 {
		w.fault("requests without a reply: %v", slices.Sorted(maps.Keys(w.asked)))
	}
	for _, q := range w.denied {
		if w.ledger.both(q.asker, q.target) {
			w.fault("%d asked %d and was told that it is gone", q.asker, q.target)
		}
	}
	for _, q := range w.mute {
		if w.waits(q) {
			w.fault("%d asked %d and gave up, which it was not told", q.asker, q.target)
		}
	}
	w.denied, w.mute = nil, nil
	clear(w.asking)
	here := map[rpc.PeerID]bool{}
	for _, a := range w.clients {
		here[a.id] = true
	}
	if !maps.Equal(here, w.server.knows) {
		w.fault("the server knows %v, want %v", slices.Sorted(maps.Keys(w.server.knows)), slices.Sorted(maps.Keys(here)))
	}
	w.clean(w.server)
	for _, a := range w.clients {
		w.clean(a)
		if a.id == 0 {
			w.fault("a client on %v is %v: %v", a.wire, a.peer.ConnectionStatus(), a.peer.Err())
			continue
		}
		want := maps.Clone(w.server.knows)
		delete(want, a.id)
		want[multiplayer.Server] = true
		if !maps.Equal(a.knows, want) {
			w.fault("%d knows %v, want %v", a.id, slices.Sorted(maps.Keys(a.knows)), slices.Sorted(maps.Keys(want)))
		}
	}
}

// clean finds fault with an actor that has ignored packets of another one.
func (w *World) clean(a *actor) {
	for id := range a.knows {
		if s, _ := a.rpc.PeerStats(id); (id == multiplayer.Server || w.honest[id]) && s.Malformed > 0 {
			w.fault("%d has ignored %d packets of %d as malformed", a.id, s.Malformed, id)
		}
	}
}

// waits tells whether the handler of a request that was given up does not know it yet.
func (w *World) waits(q *question) bool {
	return w.ledger.both(q.asker, q.target) && q.ctx.Err() == nil
}

// settled tells whether nothing is under way any more.
func (w *World) settled() bool {
	if len(w.asked) > 0 || len(w.server.knows) != len(w.clients) || slices.ContainsFunc(w.mute, w.waits) || !w.ledger.complete() {
		return false
	}
	for _, a := range w.clients {
		if a.id == 0 || len(a.knows) != len(w.clients) || len(a.answers) > 0 {
			return false
		}
	}
	return true
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
