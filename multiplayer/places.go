package multiplayer

import "github.com/peerage-go/peerage/transport"

// place is what a connection takes up.
type place struct {
	host  string
	ended bool // before its handshake returned, so that adopt is still to come
}

// adopt takes note of a connection from a host, so that Close finds it and forget gives its place back.
func (m *MultiplayerPeer) adopt(ws *transport.WebSocketPeer, host string) {
	m.mu.Lock()
	closed := m.closed
	if _, ended := m.live[ws]; ended {
		delete(m.live, ws)
		m.releaseLocked(host)
	} else {
		m.live[ws] = place{host: host}
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
		m.releaseLocked(at.host)
	} else {
		m.live[ws] = place{ended: true}
	}
}

// spare is how many connections more than peers there may be where peers can resume: one that comes back may hold a
// place already, with a connection that is dead unknown to us. crowded sees to the peers.
const spare = 8

// resumable tells whether a connection may be of somebody who comes back.
func (m *MultiplayerPeer) resumable() bool { return m.opts.ResumeWindow > 0 && !m.ending.Load() }

// reserve takes one of the places that MaxPeers and MaxPeersPerAddress allow.
func (m *MultiplayerPeer) reserve(host string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	over := 0
	if m.resumable() {
		over = spare
	}
	if limit := m.opts.MaxPeers; limit > 0 && m.taken >= limit+over {
		return ErrFull
	}
	if limit := m.opts.MaxPeersPerAddress; limit > 0 {
		if m.hosts[host] >= limit+over {
			return ErrTooManyFromAddress
		}
		m.hosts[host]++
	}
	m.taken++
	return nil
}

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
