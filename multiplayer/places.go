package multiplayer

import (
	"time"

	"github.com/peerage-go/peerage/transport"
)

// place is what a connection takes up.
type place struct {
	host   string
	since  time.Time
	ended  bool // before its handshake returned, so that adopt is still to come
	vacant bool // it had to give the place up before it ended
}

// adopt takes note of a connection from a host, so that Close finds it and forget gives its place back.
func (m *MultiplayerPeer) adopt(ws *transport.WebSocketPeer, host string) {
	m.mu.Lock()
	closed := m.closed
	if _, ended := m.live[ws]; ended {
		delete(m.live, ws)
		m.releaseLocked(host)
	} else {
		m.live[ws] = place{host: host, since: time.Now()}
		m.shaking[ws] = struct{}{}
	}
	m.mu.Unlock()
	if closed {
		ws.Close(CloseGoingAway, "")
	}
}

// forget undoes adopt, which may still be to come.
func (m *MultiplayerPeer) forget(ws *transport.WebSocketPeer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at, ok := m.live[ws]; ok {
		delete(m.live, ws)
		delete(m.shaking, ws)
		if !at.vacant {
			m.releaseLocked(at.host)
		}
	} else {
		m.live[ws] = place{ended: true}
	}
}

// spare is how many connections more than peers there may be where peers can resume: one that comes back may hold a
// place already, with a connection that is dead unknown to us. crowded sees to the peers.
const spare = 8

// resumable tells whether a connection may be of somebody who comes back.
func (m *MultiplayerPeer) resumable() bool { return m.opts.ResumeWindow > 0 && !m.ending.Load() }

// settle notes that the handshake of a connection is over.
func (m *MultiplayerPeer) settle(ws *transport.WebSocketPeer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.shaking, ws)
}

// reserve takes one of the places that MaxPeers and MaxPeersPerAddress allow. Where there is none, a connection that is
// still in its handshake may have to make room: see idlerLocked.
func (m *MultiplayerPeer) reserve(host string) error {
	idlers, err := m.take(host)
	for _, ws := range idlers {
		ws.Close(-1, "")
	}
	return err
}

func (m *MultiplayerPeer) take(host string) (idlers []*transport.WebSocketPeer, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	over := 0
	if m.resumable() {
		over = spare
	}
	vacate := func(of string) bool {
		ws := m.idlerLocked(host, of)
		if ws == nil {
			return false
		}
		at := m.live[ws]
		at.vacant = true
		m.live[ws] = at
		delete(m.shaking, ws)
		m.releaseLocked(at.host)
		idlers = append(idlers, ws)
		return true
	}
	if limit := m.opts.MaxPeersPerAddress; limit > 0 && m.hosts[host] >= limit+over && !vacate(host) {
		return idlers, ErrTooManyFromAddress
	}
	if limit := m.opts.MaxPeers; limit > 0 && m.taken >= limit+over && !vacate("") {
		return idlers, ErrFull
	}
	if m.opts.MaxPeersPerAddress > 0 {
		m.hosts[host]++
	}
	m.taken++
	return idlers, nil
}

// idlerLocked is the connection that gives its place to a newcomer from a host: the oldest in its handshake of the address
// that has the most of them there. That is one with more than the newcomer's has, as else those who come at one time would
// drive each other out; or of the newcomer's own address one that is slow. of is the only address that counts, if it is not
// "". nil: there is none.
func (m *MultiplayerPeer) idlerLocked(host, of string) (idler *transport.WebSocketPeer) {
	count := map[string]int{}
	for ws := range m.shaking {
		count[m.live[ws].host]++
	}
	most := of
	if of == "" {
		for h, n := range count {
			if n > count[most] || n == count[most] && h < most {
				most = h
			}
		}
	}
	slow := time.Now()
	if most == host || count[most] <= count[host]+1 {
		most, slow = host, slow.Add(-m.opts.HandshakeTimeout/slowPart)
	}
	var since time.Time
	for ws := range m.shaking {
		if at := m.live[ws]; at.host == most && !at.since.After(slow) && (idler == nil || at.since.Before(since)) {
			idler, since = ws, at.since
		}
	}
	return idler
}

// slowPart is the part of HandshakeTimeout after which a handshake is slow: half a second of the default.
const slowPart = 6

// crowded holds a newcomer against the limits of reserve again, with the peers that are away, who have no connection.
func (m *MultiplayerPeer) crowded(p *Peer) error {
	if limit := m.opts.MaxPeers; limit > 0 && len(m.peers) >= limit {
		return ErrFull
	}
	limit := m.opts.MaxPeersPerAddress
	if limit == 0 || m.opts.ResumeWindow == 0 {
		return nil
	}
	host, n := p.ws.ConnectedHost(), 0
	for _, o := range m.order {
		if o.ws.ConnectedHost() == host {
			n++
		}
	}
	if n >= limit {
		return ErrTooManyFromAddress
	}
	return nil
}

// release gives a place back.
func (m *MultiplayerPeer) release(host string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.releaseLocked(host)
}

func (m *MultiplayerPeer) releaseLocked(host string) {
	m.taken--
	if m.opts.MaxPeersPerAddress == 0 {
		return
	}
	if m.hosts[host]--; m.hosts[host] <= 0 {
		delete(m.hosts, host)
	}
}
