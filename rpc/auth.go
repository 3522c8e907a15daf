package rpc

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/peerage-go/peerage/internal/crowd"
	"github.com/peerage-go/peerage/multiplayer"
)

// Authentication has two sides. A side with an AuthCallback holds each newcomer back: only auth packets pass, until
// both sides have called CompleteAuth, or the other one has no callback. doc.go says how to use it.

// slow is how long a peer may take after its first word before it is slow: half a second of the default AuthTimeout.
func (m *SceneMultiplayer) slow() time.Duration { return m.opts.AuthTimeout / 6 }

// roomToAuthenticate tells whether a newcomer can be authenticated. Over MaxAuthenticating another may have to make room.
func (m *SceneMultiplayer) roomToAuthenticate(p *multiplayer.Peer) bool {
	if len(m.pending) < m.opts.MaxAuthenticating {
		return true
	}
	idler, ok := m.crowd.Crowded(network(p), m.now()-m.slow())
	if ok {
		m.expel(idler, &m.stats.AuthRefused, ErrTooManyAuthenticating)
		m.authFailed(idler)
	}
	return ok
}

// network is that a peer comes from.
func network(p *multiplayer.Peer) netip.Addr { return crowd.Network(p.WebSocket().ConnectedHost()) }

// authenticate holds a peer back until it is admitted.
func (m *SceneMultiplayer) authenticate(r *remote) {
	m.pending[r.id] = r
	m.crowd.Enter(r, network(r.link), m.now()-m.slow()) // who has said nothing yet is slow
	r.timer = time.AfterFunc(m.opts.AuthTimeout, func() {
		m.Post(func() {
			if m.pending[r.id] == r {
				m.stats.AuthTimeouts++
				m.peer.DisconnectPeerWith(r.id, multiplayer.CloseNotAuthenticated, "not authenticated in time")
				m.authFailed(r)
			}
		})
	})
	m.event("OnPeerAuthenticating", m.OnPeerAuthenticating, r.id)
}

// duringAuth handles a packet of a peer that is not admitted; ok is false for one that says nothing.
func (m *SceneMultiplayer) duringAuth(r *remote, ok bool, msg *message) {
	switch {
	case ok && msg.kind == kindAuth:
		if !r.spoke {
			r.spoke = true
			m.crowd.Enter(r, network(r.link), m.now())
		}
		if !m.call("AuthCallback", func() { m.opts.AuthCallback(r.id, msg.data) }) && m.pending[r.id] == r {
			m.peer.DisconnectPeerWith(r.id, multiplayer.CloseNotAuthenticated, "the server failed to authenticate")
			m.authFailed(r)
		}
	case ok && msg.kind == kindAuthDone:
		if r.their = true; r.local {
			m.admit(r)
		}
	default:
		m.stats.BeforeAuth++
		m.malformed(r, errors.New("rpc: a packet before authentication"))
	}
}

// decide ends the waiting of a peer to be admitted.
func (m *SceneMultiplayer) decide(r *remote, p phase) {
	delete(m.pending, r.id)
	m.crowd.Leave(r)
	r.phase = p
	if r.timer != nil {
		r.timer.Stop() // it holds all that is known of the peer
		r.timer = nil
	}
}

// authFailed ends an authentication without admitting.
func (m *SceneMultiplayer) authFailed(r *remote) {
	if m.pending[r.id] != r {
		return
	}
	m.decide(r, departed)
	m.departed = true
	m.wires[r.wire()].left(r)
	m.tellLeft("OnPeerAuthenticationFailed", m.OnPeerAuthenticationFailed, r)
}

// SendAuth sends bytes to a peer that is being authenticated; its AuthCallback takes them (SceneMultiplayer.send_auth).
// Errors are ErrNotAuthenticating, ErrAuthCompleted, and those of multiplayer.MultiplayerPeer.Send; no bytes at all to a
// peer on Godot's wire are an error too.
func (m *SceneMultiplayer) SendAuth(id PeerID, data []byte) error {
	r, err := m.authenticating(id)
	if err != nil {
		return err
	}
	return m.say(r, &message{kind: kindAuth, data: data})
}

// CompleteAuth says that this side is satisfied with a peer (SceneMultiplayer.complete_auth). It is admitted once its
// own side has completed as well. Errors are those of SendAuth; one that could not be told can be completed again.
func (m *SceneMultiplayer) CompleteAuth(id PeerID) error {
	r, err := m.authenticating(id)
	if err != nil {
		return err
	}
	if err := m.say(r, &message{kind: kindAuthDone}); err != nil {
		return err
	}
	r.local = true
	if r.their {
		m.admit(r)
	}
	return nil
}

func (m *SceneMultiplayer) authenticating(id PeerID) (*remote, error) {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	r := m.pending[id]
	switch {
	case r == nil:
		return nil, fmt.Errorf("%w: %d", ErrNotAuthenticating, id)
	case r.local:
		return nil, fmt.Errorf("%w: %d", ErrAuthCompleted, id)
	}
	return r, nil
}

// AuthenticatingPeers are the ids of the peers that are held back (SceneMultiplayer.get_authenticating_peers).
func (m *SceneMultiplayer) AuthenticatingPeers() iter.Seq[PeerID] {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	return slices.Values(slices.Sorted(maps.Keys(m.pending)))
}
