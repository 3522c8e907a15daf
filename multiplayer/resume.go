package multiplayer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/peerage-go/peerage/transport"
)

// Resuming (docs/protocol.md, "Resuming"): a peer of peerage.v1 outlives its connection. Each side counts the reliable
// packets of the session and keeps those that the other has not acknowledged; on a new connection they are sent again
// from where the other stopped.

// resumption is what a peer needs to go on with its session on another connection.
type resumption struct {
	sent     uint64 // reliable packets sent since the session began
	received uint64 // and received
	unacked  []queued
	bytes    int    // of memory, that of packets in the outbox included which are passed on
	relayed  shares // of it
	replay   int    // how many of unacked this connection has had; fewer than all only after it was resumed
	toAck    amount // received, not acknowledged yet
	ticking  bool
	away     bool
	place    uuid.UUID   // the name of the one kept for coming back; zero if there is none
	timer    *time.Timer // ends the peer that does not come back
}

// When an acknowledgement is due.
const (
	ackPackets = 64
	ackBytes   = 16 << 10
	ackAfter   = time.Second
)

// acked is how many packets the other side has acknowledged.
func (r *resumption) acked() uint64 { return r.sent - uint64(len(r.unacked)) }

// fits tells whether a reliable packet may be kept. One of this side's own always may alone, or it could never be sent.
// Of those that wait, the ones that are passed on have their place.
func (r *resumption) fits(q queued, limit int, waiting []queued) bool {
	cost := q.cost()
	if q.source == 0 {
		return len(r.unacked) == 0 || r.bytes+cost <= limit
	}
	return r.bytes+cost <= limit && r.relayed.fit(q.source, amount{bytes: cost}, amount{}, amount{bytes: limit}, func(yield func(PeerID, amount) bool) {
		for _, list := range [...][]queued{r.unacked, waiting} {
			for _, w := range list {
				if w.source != 0 && w.Mode == Reliable && !yield(w.source, amount{bytes: w.cost()}) {
					return
				}
			}
		}
	})
}

// reserve has a packet take its place.
func (r *resumption) reserve(q queued) {
	r.bytes += q.cost()
	if q.source != 0 {
		r.relayed.take(q.source, amount{bytes: q.cost()})
	}
}

// keep remembers a reliable packet that was sent, and has its place.
func (r *resumption) keep(q queued) {
	if r.replay == len(r.unacked) && !r.away {
		r.replay++
	}
	r.sent++
	r.unacked = append(r.unacked, q)
}

// trim forgets what the other side has: count packets since the session began.
func (r *resumption) trim(count uint64) error {
	if count < r.acked() || count > r.sent {
		return violated(CloseProtocolError, "%d packets acknowledged, %d to %d are possible", count, r.acked(), r.sent)
	}
	n := int(count - r.acked())
	for _, q := range r.unacked[:n] {
		r.bytes -= q.cost()
		if q.source != 0 {
			r.relayed.give(q.source, amount{bytes: q.cost()})
		}
	}
	clear(r.unacked[:n])
	r.unacked = r.unacked[n:]
	r.replay = max(0, r.replay-n)
	if len(r.unacked) == 0 {
		r.unacked = nil // an idle peer holds nothing
	}
	return nil
}

// replayed tells whether this connection has had everything that was sent.
func (r *resumption) replayed() bool { return r == nil || r.replay == len(r.unacked) }

// forgetSession sees to it that nobody resumes the peer's session any more.
func (p *Peer) forgetSession() {
	if p.m.sessions[p.session] == p {
		delete(p.m.sessions, p.session)
		p.m.unkeep(p)
	}
}

// sendAway is send for a peer whose connection is lost: reliable packets wait for the next one.
func (p *Peer) sendAway(s *sending) error {
	q := s.keep(p)
	if q.Mode != Reliable {
		return p.wait(q)
	}
	if p.out.reliable() || !p.keepable(q) {
		return p.refuse(q)
	}
	p.resume.reserve(q)
	p.resume.keep(q)
	p.overtake(q.Channel)
	return nil
}

// endAway ends a peer that was sent away while it was away. For a client that is the end.
func (p *Peer) endAway() {
	m := p.m
	if m.reconnect.lost == p {
		if m.err = p.reason; m.err == nil {
			m.err = ErrLeft
		}
		m.giveUp()
		return
	}
	m.end(p)
}

// overtake drops the unreliable packets of a channel that wait for the next connection: a reliable one that was sent
// after them is kept, and what is kept goes out first.
func (p *Peer) overtake(channel uint8) {
	p.out.drop(channel, p.dropped)
}

// count notes a reliable packet that came in a message of so many bytes, and sees to its acknowledgement.
func (p *Peer) count(size int) (err error) {
	r := p.resume
	if r == nil {
		return nil
	}
	r.received++
	r.toAck = r.toAck.plus(amount{1, size})
	if r.toAck.packets >= ackPackets || r.toAck.bytes >= ackBytes {
		err = p.ack()
	}
	if r.toAck.packets > 0 {
		p.ackLater()
	}
	return err
}

func (p *Peer) ackLater() {
	r := p.resume
	if r.ticking {
		return
	}
	r.ticking = true
	time.AfterFunc(ackAfter, func() {
		p.m.Post(func() {
			r.ticking = false
			if p.resume != r || p.phase != connected || r.away || r.toAck.packets == 0 {
				return
			}
			err := p.ack()
			if err != nil { // the connection is full
				p.ackLater()
			}
			p.m.check(p, err)
		})
	})
}

func (p *Peer) ack() error {
	err := p.control(opAck, p.resume.received)
	if err == nil {
		p.resume.toAck = amount{}
	}
	return err
}

// Away tells whether the peer's connection is lost and it may still come back.
func (p *Peer) Away() bool {
	p.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	return p.resume != nil && p.resume.away
}

// survives tells whether a peer outlives the connection that it just lost.
func (p *Peer) survives() bool {
	if p.phase != connected || p.resume == nil || p.m.isClosed() {
		return false
	}
	switch code := p.ws.CloseCode(); {
	case !p.m.server, code == -1:
		return p.comesBack()
	default: // a browser froze it, it got no pong, or had to wait too long for its welcome, and tries again
		return slices.Contains([]int{CloseGoingAway, closeInternalError, closeRestart, CloseTryLater, CloseHandshakeTimeout}, code)
	}
}

// goAway keeps a peer whose connection was lost.
func (m *MultiplayerPeer) goAway(p *Peer) {
	if p.Away() { // cutOff came first
		return
	}
	p.resume.away = true
	p.stash()
	m.stats.Away++
	m.info(p, "multiplayer: connection lost, the peer may come back", "err", p.ws.Err())
	if m.server {
		window := m.opts.ResumeWindow
		var timer *time.Timer
		timer = time.AfterFunc(window, func() {
			m.Post(func() {
				if p.Away() && p.resume.timer == timer {
					p.reason = fmt.Errorf("%w, and did not come back within %v", transport.ErrConnectionLost, window)
					m.end(p)
				}
			})
		})
		p.resume.timer = timer
	}
	m.tellAway(p)
}

// cutOff makes a peer one that is away which comes back on another connection: its own is dead, but we do not know it
// yet, or it is not dead at all.
func (m *MultiplayerPeer) cutOff(p *Peer) {
	dead := p.ws
	dead.Poll()
	m.service(dead)
	switch {
	case p.phase != connected || p.Away():
	case dead.ReadyState() == transport.Closed: // its packets wait for room; those that count are sent again
		m.lose(p)
	default:
		dead.Close(CloseResumed, "resumed on another connection")
		m.goAway(p)
	}
}

// stash moves the reliable packets that wait in the outbox to those for the next connection, as far as there is room, so
// that what is sent from now on stays behind them. Those for which there is none go on waiting, and nothing passes them.
func (p *Peer) stash() {
	full := false
	for _, q := range p.out.clear() {
		full = full || q.Mode == Reliable && q.source == 0 && !p.keepable(q)
		if full || q.Mode != Reliable {
			p.out.push(q)
			continue
		}
		if q.source == 0 { // else it has its place
			p.resume.reserve(q)
		}
		p.resume.keep(q)
		p.overtake(q.Channel)
	}
}

// mayResume tells whether the peer of a session and a newcomer who names it are one to the program.
func (m *MultiplayerPeer) mayResume(p, newcomer *Peer) bool {
	same := false
	m.call("SameAdmitted", func() { same = m.opts.SameAdmitted(p.admitted, newcomer.admitted) })
	if !same {
		m.stats.SessionsDenied++
		m.warn(p, "multiplayer: somebody whom Admit takes for another asked for this session and came as a new peer: "+
			"if it is the same player, set Options.SameAdmitted", "addr", newcomer.ws.RemoteAddr())
	}
	return same
}

// comeBack puts a peer that was away on a new connection. received is how many packets the other side has.
func (m *MultiplayerPeer) comeBack(p *Peer, newcomer *Peer, received uint64) error {
	if err := p.resume.trim(received); err != nil {
		return err
	}
	if p.resume.timer != nil {
		p.resume.timer.Stop()
	}
	newcomer.phase = gone
	newcomer.timer.Stop()
	p.ws.SetUserData(&former{forgotten: p.lost})
	newcomer.ws.InheritRate(p.ws)
	m.settle(newcomer.ws)
	p.ws, p.lost = newcomer.ws, false
	m.comesFrom(p, -1)
	p.network = newcomer.network
	m.comesFrom(p, 1)
	p.ws.SetUserData(p)
	p.resume.away = false
	p.resume.replay = 0
	p.full = time.Time{}
	m.stats.Resumed++
	m.err = nil
	m.info(p, "multiplayer: peer came back", "addr", p.ws.RemoteAddr(), "replay", len(p.resume.unacked))
	return nil
}

// former is what a connection belongs to whose peer has gone on on another one.
type former struct {
	forgotten bool // its place was given back
}

// back tells that a peer came back, once it can be sent to.
func (m *MultiplayerPeer) back(p *Peer) {
	p.drain()
	m.tellBack(p)
	p.tellMissed()
}

// reconnection is a client's way back to its server.
type reconnection struct {
	dial    func() (*transport.WebSocketPeer, error)
	lost    *Peer         // the server, as long as the session may be resumed
	until   time.Time     // when the last attempt is made
	after   time.Duration // how long the goodbye of this connection asks to wait, or the refusal
	attempt int
}

const (
	firstDelay = 250 * time.Millisecond
	lastDelay  = 8 * time.Second
)

// delay is how long to wait before an attempt: twice as long each time, and spread by half.
func (r *reconnection) delay() time.Duration {
	d := min(lastDelay, firstDelay<<min(r.attempt, 10))
	return d/2 + rand.N(d)
}

// reconnects tells whether a client tries to come back, and sees to it: the last attempt is made when the time is over.
func (m *MultiplayerPeer) reconnects() bool {
	r := &m.reconnect
	if m.server || m.opts.Reconnect == 0 || m.isClosed() || r.dial == nil {
		return false
	}
	after := r.after
	r.after = 0
	if r.attempt == 0 { // what a goodbye asks for does not count
		r.until = time.Now().Add(m.opts.Reconnect + after)
	} else {
		m.addresses.turn()
	}
	left := time.Until(r.until)
	if left <= 0 {
		return false
	}
	d := min(max(r.delay(), after), left)
	r.attempt++
	time.AfterFunc(d, func() { m.Post(m.redial) })
	return true
}

func (m *MultiplayerPeer) redial() {
	if m.isClosed() || m.status == Disconnected {
		return
	}
	ws, err := m.reconnect.dial()
	if err != nil {
		m.err = err
		m.giveUp()
		return
	}
	m.meet(ws)
	m.adopt(ws, new(place))
}

// returning is the server as which a client asks to go on with its session, on the connection that it makes now. nil: it
// has none, or may not tell it there.
func (m *MultiplayerPeer) returning() *Peer {
	if m.addresses != nil && !m.addresses.mayTell(m.addresses.current) {
		return nil
	}
	return m.reconnect.lost
}

// giveUp ends a client that could not come back.
func (m *MultiplayerPeer) giveUp() {
	m.status = Disconnected
	m.ended()
	if p := m.reconnect.lost; p != nil {
		m.reconnect.lost = nil
		p.reason = m.err
		m.end(p)
	}
}
