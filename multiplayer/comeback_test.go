package multiplayer_test

import (
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/rawws"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// byHand makes a peer of peerage.v1 by hand, and gives the hello that resumes its session.
func (p *party) byHand(id multiplayer.PeerID) (c *rawws.Client, hello []byte) {
	p.t.Helper()
	c = knock(p.t, p.server, multiplayer.Subprotocol)
	must(p.t, c.Message(0x00, 0x80))
	p.until("it is a peer", func() bool { return p.server.Peer(id) != nil })
	session := p.server.Peer(id).Session()
	return c, append([]byte("\x00\x81\xa7session\xc4\x10"), session[:]...)
}

// TestWhoIsSentAwayDoesNotResume sends a peer away that then comes back: it is somebody new, and the old one is gone.
func TestWhoIsSentAwayDoesNotResume(t *testing.T) {
	o := &multiplayer.Options{ResumeWindow: deadline, Transport: transport.Options{CloseTimeout: 100 * time.Millisecond}}
	for _, away := range []bool{false, true} {
		p := listening(t, o)
		c, hello := p.byHand(2)
		old := p.server.Peer(2)
		if away {
			c.Close()
			p.until("it is away", old.Away)
		} else {
			must(t, p.server.DisconnectPeer(2, false)) // the close frame is not answered
		}
		c = knock(t, p.server, multiplayer.Subprotocol)
		p.until("another connection", func() bool { return p.server.Stats().Connections > 0 })
		p.server.Poll()
		must(t, c.Message(hello...))
		if away { // in the Poll in which hello comes
			must(t, p.server.Wait(t.Context()))
			p.server.Post(func() { must(t, p.server.DisconnectPeer(2, false)) })
		}
		p.until("it is somebody new", func() bool { return p.server.Peer(3) != nil || p.server.Stats().Resumed > 0 })
		p.until("the old one is gone", func() bool { return p.server.Peer(2) == nil })
		if old.Connected() || p.server.Stats().Resumed != 0 || p.server.Stats().Connections != 1 {
			t.Errorf("away %v: events %q, %+v", away, p.events, p.server.Stats())
		}
	}
}
