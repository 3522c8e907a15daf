package multiplayer

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/peerage-go/peerage/internal/crowd"
	"github.com/peerage-go/peerage/transport"
)

// place is what a connection takes up: one of MaxPeers, from when its request is known until it has ended.
type place struct {
	network netip.Addr               // that it comes from
	kept    uuid.UUID                // the one of kept that it is for, if any
	ws      *transport.WebSocketPeer // nil until adopt
	taken   bool
	over    bool // it is given back, and is not taken again
}

// gate gives the options of a new connection: its place is taken when its request is known.
func (m *MultiplayerPeer) gate(pl *place) *transport.Options {
	ts := *m.ts
	ts.Admit = func(r *http.Request) (any, error) { return m.enter(pl, r) }
	return &ts
}

// adopt takes note of a connection, so that Close finds it and forget gives its place back.
func (m *MultiplayerPeer) adopt(ws *transport.WebSocketPeer, pl *place) {
	m.mu.Lock()
	_, ended := m.live[ws]
	switch {
	case ended:
		delete(m.live, ws)
		m.leaveLocked(pl)
	default:
		m.live[ws] = pl
		pl.ws = ws
	}
	closed, over := m.closed, pl.over
	m.mu.Unlock()
	switch {
	case closed:
		ws.Close(CloseGoingAway, "")
	case over: // it had to make room meanwhile
		ws.Close(-1, "")
	}
}

// forget undoes adopt, which may still be to come.
func (m *MultiplayerPeer) forget(ws *transport.WebSocketPeer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if pl, ok := m.live[ws]; ok {
		delete(m.live, ws)
		m.leaveLocked(pl)
	} else {
		m.live[ws] = nil
	}
}

// spare is how many newcomers more than MaxPeers may be in their handshake where peers can resume, or be replaced: those of
// them who are peers already come in. crowded sees to the others.
const spare = 8

// resumable tells whether a connection may be of somebody who comes back.
func (m *MultiplayerPeer) resumable() bool { return m.opts.ResumeWindow > 0 && !m.ending.Load() }

// settle notes that the handshake of a connection is over.
func (m *MultiplayerPeer) settle(ws *transport.WebSocketPeer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settleLocked(m.live[ws])
}

func (m *MultiplayerPeer) settleLocked(pl *place) {
	if pl == nil {
		return
	}
	m.shaking.Leave(pl)
	if m.kept[pl.kept] == pl {
		m.kept[pl.kept] = nil
	}
}

// reserve takes a place for the connection of a request. Where there is none, one that is still in its handshake may have
// to make room. Who comes back finds the place that keep keeps.
func (m *MultiplayerPeer) reserve(pl *place, r *http.Request) error {
	idler, err := m.take(pl, networkOf(r.RemoteAddr), keptFor(r))
	if idler != nil && idler.ws != nil { // else adopt closes it
		idler.ws.Close(-1, "")
	}
	return err
}

// networkOf is the network of an address with or without its port.
func networkOf(addr string) netip.Addr {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		addr = host
	}
	return crowd.Network(addr)
}

func (m *MultiplayerPeer) take(pl *place, network netip.Addr, kept uuid.UUID) (idler *place, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case pl.over:
		return nil, net.ErrClosed
	case pl.taken:
		return nil, nil
	}
	now := m.now()
	if before, ok := m.kept[kept]; ok && m.resumable() {
		m.kept[kept] = pl
		pl.kept, idler = kept, before
	} else {
		if idler, err = m.roomLocked(network); err != nil {
			return nil, err
		}
		m.shaking.Enter(pl, network, now)
	}
	if idler != nil {
		m.leaveLocked(idler)
	}
	pl.network, pl.taken = network, true
	m.taken++
	if network.IsValid() {
		m.networks[network]++
	}
	return idler, nil
}

// roomLocked finds out whether a newcomer from a network has room, and who makes it, if anybody has to.
func (m *MultiplayerPeer) roomLocked(network netip.Addr) (idler *place, err error) {
	over := 0
	if m.resumable() || m.opts.AssignID != nil { // else it may be no newcomer, which takeID tells
		over = spare
	}
	if !m.resumable() && m.refusing.Load() {
		return nil, ErrRefused
	}
	slow := m.now() - m.opts.HandshakeTimeout/slowPart
	full := func(limit, n int) bool { return limit > 0 && n >= limit+over }
	if full(m.perAddress(network), m.networks[network]) {
		var ok bool
		if idler, ok = m.shaking.Slow(network, slow); !ok {
			return nil, ErrTooManyFromAddress
		}
	}
	switch {
	case !full(m.opts.MaxPeers, m.taken):
	case idler == nil:
		var ok bool
		if idler, ok = m.shaking.Crowded(network, slow); !ok {
			return nil, ErrFull
		}
	case full(m.opts.MaxPeers, m.taken-1):
		return nil, ErrFull
	}
	return idler, nil
}

// slowPart is the part of HandshakeTimeout after which a handshake is slow: half a second of the default.
const slowPart = 6

// perAddress is the limit of connections from a network, 0 for none.
func (m *MultiplayerPeer) perAddress(network netip.Addr) int {
	limit := m.opts.MaxPeersPerAddress
	if limit < 0 || !network.IsValid() || limit == 0 && crowd.Near(network) {
		return 0
	}
	setDefault(&limit, defaultPeersPerAddress)
	return limit
}

// crowded holds a newcomer against the limits of reserve again, with the peers that are away, who have no connection.
func (m *MultiplayerPeer) crowded(p *Peer) error {
	if limit := m.opts.MaxPeers; limit > 0 && len(m.peers) >= limit {
		return ErrFull
	}
	if limit := m.perAddress(p.network); limit > 0 && m.opts.ResumeWindow > 0 && m.peersFrom[p.network] >= limit {
		return ErrTooManyFromAddress
	}
	return nil
}

// comesFrom notes the network of a peer that is connected now, or of one that is not any more.
func (m *MultiplayerPeer) comesFrom(p *Peer, n int) {
	if !m.server || !p.network.IsValid() {
		return
	}
	if m.peersFrom[p.network] += n; m.peersFrom[p.network] == 0 {
		delete(m.peersFrom, p.network)
	}
}

// leave gives a place back.
func (m *MultiplayerPeer) leave(pl *place) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leaveLocked(pl)
}

func (m *MultiplayerPeer) leaveLocked(pl *place) {
	pl.over = true
	m.telling.Leave(pl)
	m.vacateLocked(pl)
}

// vacateLocked gives a place back whose connection goes on.
func (m *MultiplayerPeer) vacateLocked(pl *place) {
	if !pl.taken {
		return
	}
	pl.taken = false
	m.settleLocked(pl)
	m.taken--
	if m.networks[pl.network]--; m.networks[pl.network] <= 0 {
		delete(m.networks, pl.network)
	}
}

// A peer that can come back has a place apart for that, with a name that its client offers beside the subprotocol
// (docs/protocol.md, "Resuming").

// keep has the place of a peer, from now on.
func (m *MultiplayerPeer) keep(p *Peer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[p.resume.place] = nil
}

// unkeep ends it.
func (m *MultiplayerPeer) unkeep(p *Peer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, p.resume.place)
}

// offer gives the options of a client's next connection.
func (m *MultiplayerPeer) offer() *transport.Options {
	lost := m.returning()
	if lost == nil || lost.resume.place == (uuid.UUID{}) {
		return m.ts
	}
	ts := *m.ts
	ts.SupportedProtocols = append(slices.Clip(ts.SupportedProtocols), keptName(lost.resume.place))
	return &ts
}

const keptPrefix = "peerage.place."

// keptName is how a client asks for the place that is kept for it.
func keptName(id uuid.UUID) string { return fmt.Sprintf("%s%x", keptPrefix, id[:]) }

// keptFor is the place that a request asks for, zero for none.
func keptFor(r *http.Request) (id uuid.UUID) {
	for _, list := range r.Header["Sec-Websocket-Protocol"] {
		for name := range strings.SplitSeq(list, ",") {
			if digits, ok := strings.CutPrefix(strings.TrimSpace(name), keptPrefix); ok && len(digits) == hex.EncodedLen(len(id)) {
				if _, err := hex.Decode(id[:], []byte(digits)); err == nil {
					return id
				}
			}
		}
	}
	return uuid.UUID{}
}
