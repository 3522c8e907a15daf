package multiplayer

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/peerage-go/peerage/internal/crowd"
	"github.com/peerage-go/peerage/transport"
)

// What becomes of a connection: met, admitted as a peer, lost, ended.

// service handles one connection that has news.
func (m *MultiplayerPeer) service(ws *transport.WebSocketPeer) {
	state := ws.ReadyState()
	if f, ok := ws.UserData().(*former); ok {
		if state == transport.Closed && !f.forgotten {
			f.forgotten = true
			m.forget(ws)
		}
		return
	}
	p, ok := ws.UserData().(*Peer)
	if !ok {
		p = m.meet(ws)
	}
	if p.wire == nil && (state == transport.Open || ws.AvailablePacketCount() > 0) {
		p.wire = wireFor(ws.SelectedProtocol())
		if !m.server {
			p.wire = wires[m.opts.Wire]
		}
		if p.wire.kind() == Godot {
			p.limit = m.opts.GodotPacketLimit
			ws.SetLastWords(lastWordsWait)
		}
		m.check(p, p.wire.open(p))
	}
	if flooding := ws.Flooding(); flooding != p.flooding {
		if p.flooding = flooding; flooding {
			m.warn(p, "multiplayer: a peer sends more than MaxPacketsPerSecond or MaxBytesPerSecond: it is read more slowly, "+
				"its unreliable packets are dropped, and after FloodTimeout it is disconnected; raise Options.Transport's limits if it is no attack", "addr", ws.RemoteAddr())
		}
	}
	held := m.holds(p)
	if !held {
		for pkt := range ws.Packets() {
			if p.phase < leaving {
				in, ok, err := p.wire.message(p, pkt.Data, pkt.Text)
				if ok {
					m.deliver(p, in)
				}
				m.check(p, err)
			}
			pkt.Release()
			p = ws.UserData().(*Peer) // hello may have made the connection another peer's
			if held = m.holds(p); held {
				break
			}
		}
	}
	if state == transport.Closed {
		if !held { // what came before the end comes first
			m.lose(p)
		}
		return
	}
	p.drain()
}

// meet makes the Peer of a connection that came in.
func (m *MultiplayerPeer) meet(ws *transport.WebSocketPeer) *Peer {
	p := &Peer{m: m, ws: ws, admitted: ws.UserData(), out: outbox{all: &m.queued}}
	if r, ok := p.admitted.(toBeRefused); ok {
		p.admitted, p.refusal = nil, r.Refusal
	}
	if m.server {
		p.network = crowd.Network(ws.ConnectedHost())
	}
	ws.SetUserData(p)
	p.timer = time.AfterFunc(m.opts.HandshakeTimeout, func() {
		m.Post(func() {
			if p.phase == handshaking {
				m.stats.HandshakeTimeouts++
				p.leave(CloseHandshakeTimeout, ErrHandshakeTimeout)
			}
		})
	})
	return p
}

// check ends the connection of a peer that broke the rules. Other errors are of answers that could not be sent: the
// connection is closed, which will be told, or full of what matters more.
func (m *MultiplayerPeer) check(p *Peer, err error) {
	if err == nil {
		return
	}
	var v *violation
	if !errors.As(err, &v) {
		m.log.Debug("multiplayer: an answer was not sent", "peer", p.id, "err", err)
		if p.phase == handshaking { // what comes after it is no peer's
			p.leave(CloseGoingAway, nil)
		}
		return
	}
	var refusal *Refusal
	switch {
	case !errors.As(err, &refusal):
		m.stats.ProtocolErrors++
		m.warn(p, "multiplayer: a peer is disconnected", "addr", p.ws.RemoteAddr(), "code", v.code, "err", err)
	case p.refusal == nil: // else it was counted when its request came
		m.turnAway(p.ws.RemoteAddr(), err)
	}
	p.leave(v.code, err)
}

// takeID gives the peer its id, or says why it gets none.
func (m *MultiplayerPeer) takeID(p *Peer) error {
	if p.refusal != nil {
		return p.refusal
	}
	if m.refusing.Load() {
		return ErrRefused
	}
	if m.opts.AssignID != nil {
		return m.assignID(p)
	}
	if err := m.crowded(p); err != nil {
		return err
	}
	if m.opts.RandomIDs {
		if m.usedID == nil {
			m.usedID = map[PeerID]struct{}{}
		}
		for p.id < 2 {
			p.id = PeerID(rand.Int32())
			if _, used := m.usedID[p.id]; used {
				p.id = 0
			}
		}
		m.usedID[p.id] = struct{}{}
		return nil
	}
	if m.nextID < 2 {
		return &Refusal{Reason: "the session has used up its peer ids, start another"}
	}
	p.id = m.nextID
	m.nextID++
	return nil
}

const noID = "the session has no peer id for this client"

// assignID gives the peer the id that the program wants it to have: that of a connected peer, if it is the same player.
func (m *MultiplayerPeer) assignID(p *Peer) error {
	var id PeerID
	var err error = &Refusal{Reason: noID, cause: errors.New("multiplayer: AssignID panicked")}
	m.call("AssignID", func() { id, err = m.opts.AssignID(p.admitted) })
	old := m.peers[id]
	switch {
	case err != nil:
		return err
	case id < 2:
		return &Refusal{Reason: noID, cause: fmt.Errorf("multiplayer: AssignID gave %d: give 2 or more", id)}
	case old == nil:
		p.id = id
		return m.crowded(p)
	}
	same := false
	if m.opts.Admit != nil {
		m.call("SameAdmitted", func() { same = m.opts.SameAdmitted(old.admitted, p.admitted) })
	}
	if !same {
		return &Refusal{Reason: noID, cause: fmt.Errorf("multiplayer: AssignID gave %d, which a connected peer has: give another, or have SameAdmitted say that both are the same player", id)}
	}
	p.id = id
	old.leave(CloseReplaced, ErrReplaced)
	m.end(old)
	return nil
}

// admit makes a connection a connected peer.
func (m *MultiplayerPeer) admit(p *Peer) {
	p.timer.Stop()
	p.timer = nil
	p.phase = connected
	m.settle(p.ws)
	if !m.server {
		p.id = Server
		m.status, m.err = Connected, nil
		m.reconnect.attempt = 0
		m.addresses.arrived()
	}
	m.peers[p.id] = p
	m.order = append(m.order, p)
	m.comesFrom(p, 1)
	m.stats.Connected++
	m.info(p, "multiplayer: peer connected", "addr", p.ws.RemoteAddr(), "wire", p.wire.kind())
	m.tellConnected(p)
}

// lose takes note that the connection of a peer is closed.
func (m *MultiplayerPeer) lose(p *Peer) {
	if p.lost {
		return
	}
	p.lost = true
	m.forget(p.ws)
	if p.timer != nil {
		p.timer.Stop()
	}
	if p.reason == nil {
		p.reason = p.ws.Err()
	}
	if p.reason == nil && (p.hangUp != nil || !m.server && p.ws.CloseCode() == 1000 && m.isClosed()) {
		p.reason = ErrLeft
	}
	m.countEnd(p)
	survives := p.survives()
	if !m.server && m.status != Disconnected {
		m.err = p.reason
		if m.err == nil {
			m.err = p.closedBy()
		}
		wanted := p.phase == connected || m.reconnect.attempt > 0
		var refusal *Refusal
		if errors.As(p.reason, &refusal) {
			wanted = wanted && refusal.RetryAfter > 0
			m.reconnect.after = refusal.RetryAfter
		}
		if !wanted || p.phase == connected && !p.comesBack() || !m.reconnects() {
			survives = false
			m.giveUp()
		} else if p.phase == connected && !survives {
			m.status = Connecting // as a new peer
		}
	}
	switch {
	case survives:
		p.reason = nil
		if !m.server {
			m.reconnect.lost = p
		}
		m.goAway(p)
	case p.phase == connected || p.phase == leaving:
		m.info(p, "multiplayer: peer disconnected", "code", p.ws.CloseCode(), "reason", p.ws.CloseReason(), "err", p.reason)
		m.end(p)
	default:
		p.phase = gone
	}
}

// end makes a peer that was connected one that is not.
func (m *MultiplayerPeer) end(p *Peer) {
	if m.peers[p.id] != p {
		return
	}
	m.remove(p)
	if m.reconnect.lost == p { // who comes back now is a new peer
		m.reconnect.lost = nil
		m.status = Connecting
	}
	m.tellDisconnected(p, p.reason)
}

func (m *MultiplayerPeer) remove(p *Peer) {
	p.phase = gone
	if p.resume != nil && p.resume.timer != nil {
		p.resume.timer.Stop()
	}
	p.forgetSession()
	p.resume = nil
	p.out.clear()
	delete(m.peers, p.id)
	m.comesFrom(p, -1)
	if i := slices.Index(m.order, p); i >= 0 {
		m.order = slices.Delete(m.order, i, i+1)
	}
}
