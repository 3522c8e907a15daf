package multiplayer

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// listener tells the session of connections that could not be accepted: net/http tries again by itself, and says it to
// nobody.
type listener struct {
	net.Listener
	m *MultiplayerPeer
}

func (l listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		l.m.notAccepted(err)
	}
	return nc, err
}

// notAccepted counts and logs that a connection could not be accepted.
func (m *MultiplayerPeer) notAccepted(err error) {
	msg := "multiplayer: a connection could not be accepted, trying again"
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		msg = "multiplayer: a connection could not be accepted, as too many files are open: raise the limit (ulimit -n) above the number of players"
	}
	m.mu.Lock()
	m.turned.accept++
	loud := m.doorbell.rings(netip.Addr{}, msg, m.now())
	if !loud {
		m.turned.silenced++
	}
	m.mu.Unlock()
	if loud {
		m.log.Warn(msg, "addr", m.addr, "err", err)
	}
}
