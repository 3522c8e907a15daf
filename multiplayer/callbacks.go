package multiplayer

import (
	"fmt"
	"runtime/debug"
)

// The program's functions that run inside Poll. One that panics is logged with its name and counted; it ends neither
// the session nor the process, and what comes after it goes on.

// call runs a function of the program's.
func (m *MultiplayerPeer) call(name string, f func()) {
	defer m.caught(name)
	f()
}

// caught ends a panic of a function of the program's. It is to be deferred.
func (m *MultiplayerPeer) caught(name string) {
	v := recover()
	if v == nil {
		return
	}
	m.stats.CallbackPanics++
	if !m.notices.Allow(warnBurst, warnRate) {
		m.stats.Silenced++
		return
	}
	m.log.Error("multiplayer: a callback panicked", "callback", name, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
}

func (m *MultiplayerPeer) tellConnected(p *Peer) {
	defer m.caught("PeerConnected")
	m.receiver.PeerConnected(p)
}

func (m *MultiplayerPeer) tellDisconnected(p *Peer, reason error) {
	defer m.caught("PeerDisconnected")
	m.receiver.PeerDisconnected(p, reason)
}

func (m *MultiplayerPeer) tellPacket(p *Peer, pkt Packet) {
	defer m.caught("ReceivePacket")
	m.receiver.ReceivePacket(p, pkt)
}

func (m *MultiplayerPeer) tellPolled() {
	defer m.caught("Polled")
	m.receiver.Polled()
}

func (m *MultiplayerPeer) tellAway(p *Peer) {
	defer m.caught("PeerAway")
	m.receiver.PeerAway(p)
}

func (m *MultiplayerPeer) tellBack(p *Peer) {
	defer m.caught("PeerBack")
	m.receiver.PeerBack(p)
}

func (m *MultiplayerPeer) tellDropped(p *Peer, n int) {
	defer m.caught("PacketsDropped")
	m.receiver.PacketsDropped(p, n)
}

// tellID calls an event.
func (m *MultiplayerPeer) tellID(name string, f func(PeerID), id PeerID) {
	if f != nil {
		m.call(name, func() { f(id) })
	}
}
