package rpc

import (
	"fmt"

	"github.com/peerage-go/peerage/multiplayer"
)

// How much one peer can do wrong: what it causes to be said is bounded by MaxNotices, and then only counted; over
// MaxFaults it has to go.

const (
	// noticesPart is the part of MaxNotices that may follow each second.
	noticesPart = 3
	// manyPeers is how many times as much all peers of a session can cause.
	manyPeers = 10
	// faultsTime is what MaxFaults counts in, in seconds.
	faultsTime = 60
)

// loud tells whether something may be said that a peer caused; nil is this peer itself.
func (m *SceneMultiplayer) loud(r *remote) bool {
	burst := m.opts.MaxNotices
	rate := max(1, burst/noticesPart)
	if (r == nil || r.notices.Allow(burst, rate)) && m.notices.Allow(manyPeers*burst, manyPeers*rate) {
		return true
	}
	m.stats.Silenced++
	return false
}

// fault counts what no peer should do that knows the session.
func (m *SceneMultiplayer) fault(r *remote) {
	most := m.opts.MaxFaults
	if most < 0 || r.via != nil || r.faults.Allow(most, max(1, most/faultsTime)) {
		return
	}
	m.expel(r, &m.stats.TooManyFaults, ErrTooManyFaults)
}

// expel disconnects a peer that went over a limit.
func (m *SceneMultiplayer) expel(r *remote, count *uint64, why error) {
	if !r.link.Connected() {
		return
	}
	*count++
	if m.loud(nil) {
		m.log.Warn("rpc: a peer is disconnected", "peer", r.link.ID(), "addr", fmt.Sprint(r.link.WebSocket().RemoteAddr()), "code", multiplayer.ClosePolicy, "err", why)
	}
	r.link.Disconnect(multiplayer.ClosePolicy, why)
}
