package chaos

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// flood is how many calls a client makes at once, now and then: more than Transport.MaxPacketsPerSecond lets through.
const flood = 2200

// answer is what ask replies.
func answer(of rpc.PeerID, n int64) int64 { return n*31 + int64(of) }

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
				errors.As(err, &said) && said.Code != multiplayer.CloseDisconnected && (!toldLater(said.Code) || !a.later) && !a.left:
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
		if peer.ConnectionStatus() != multiplayer.Disconnected {
			return // it comes back as a new peer
		}
		a.over = true
		if a.sent == forNow && a.wire == multiplayer.Peerage && !a.left {
			w.fault("%d was told to come back and did not: %v", a.was, err)
		}
	}
	m.OnServerDisconnected, m.OnConnectionFailed = over, over
	return a, nil
}

// toldLater tells whether a close code asks to come back later, on either wire.
func toldLater(code int) bool {
	return code == multiplayer.CloseTryLater || code == multiplayer.CloseTryLater+3000
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
			q.ctx = rpc.Later[int64](c).Context()
			w.mute = append(w.mute, q)
			return 0, nil
		}
	}
	if c.WantsReply() && w.rnd.IntN(2) == 0 {
		later, id := rpc.Later[int64](c), a.id
		a.answers = append(a.answers, func() { later.Reply(answer(id, of)) })
	}
	return answer(a.id, of), nil
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
		if w.rnd.IntN(6) == 0 && (target > 0 || a.wire == multiplayer.Peerage) {
			// On Godot's wire a client sends what is for many once to each who has not confirmed the node's path: all
			// of a heavy one at once is more than it may keep waiting.
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
