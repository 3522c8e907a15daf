package multiplayer_test

import (
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"strings"
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

// TestPlaceOfWhoseInboxWasFull has a peer come back whose connection was lost while its packets waited for room.
func TestPlaceOfWhoseInboxWasFull(t *testing.T) {
	o := &multiplayer.Options{ResumeWindow: deadline, Transport: transport.Options{MaxQueuedPackets: 4}}
	everyLink(t, o, func(t *testing.T, p *party) {
		c := p.join(&multiplayer.Options{Reconnect: deadline})
		var told []string
		p.server.OnPeerAway = func(multiplayer.PeerID) { told = append(told, "away") }
		p.server.OnPeerBack = func(multiplayer.PeerID) { told = append(told, "back") }
		for i := range 6 {
			must(t, c.Send(1, multiplayer.Delivery{}, packet(i)))
		}
		p.until("the inbox is full", func() bool { return p.server.Stats().InboxWaits > 0 })
		old := p.server.Peer(2).WebSocket()
		cut(c.Peer(1))
		p.until("its connection is closed, and it comes back", func() bool {
			return old.ReadyState() == transport.Closed && p.server.Stats().Resumed == 1
		})
		if got := takeNumbers(p, p.server, 6); !slices.Equal(got, upTo(6)) {
			t.Errorf("%v came", got)
		}
		p.server.Poll()
		if s := p.server.Stats(); s.Connections != 1 || s.Away != 1 || !slices.Equal(told, []string{"away", "back"}) {
			t.Errorf("%d connections, away %d times, told %q", s.Connections, s.Away, told)
		}
	})
}

// takeNumbers gives the numbers of the next n packets that come.
func takeNumbers(p *party, m *multiplayer.MultiplayerPeer, n int) (numbers []int) {
	p.t.Helper()
	p.until("the packets are there", func() bool {
		for pkt := range m.Packets() {
			numbers = append(numbers, int(binary.LittleEndian.Uint32(pkt.Data)))
		}
		return len(numbers) >= n
	})
	return numbers
}

// TestAwayBeforeBack has a peer come back whose old connection stands, as far as the server knows: it was away, too.
func TestAwayBeforeBack(t *testing.T) {
	for _, kick := range []bool{false, true} {
		p := listening(t, lasting)
		_, hello := p.byHand(2)
		var told []string
		p.server.OnPeerAway = func(id multiplayer.PeerID) {
			told = append(told, "away")
			if kick {
				must(t, p.server.DisconnectPeer(id, false))
			}
		}
		p.server.OnPeerBack = func(multiplayer.PeerID) { told = append(told, "back") }
		must(t, knock(t, p.server, multiplayer.Subprotocol).Message(hello...))
		p.until("it is back, or somebody new", func() bool { return p.server.Stats().Resumed == 1 || p.server.Peer(3) != nil })
		want := []string{"away", "back"}
		if kick {
			want = want[:1]
			p.until("the old one is gone", func() bool { return p.server.Peer(2) == nil })
		}
		if s := p.server.Stats(); s.Away != 1 || s.Resumed != uint64(len(want)-1) || !slices.Equal(told, want) {
			t.Errorf("away %d times, resumed %d, told %q", s.Away, s.Resumed, told)
		}
	}
}

// TestAwayIsToldOnce cuts a peer off for somebody who then cannot resume, on a connection that does not answer.
func TestAwayIsToldOnce(t *testing.T) {
	p := listening(t, &multiplayer.Options{ResumeWindow: deadline, Transport: transport.Options{CloseTimeout: 50 * time.Millisecond}})
	_, hello := p.byHand(2)
	hello[1] = 0x82
	must(t, knock(t, p.server, multiplayer.Subprotocol).Message(append(hello, "\xa8received\x63"...)...))
	p.until("it is somebody new, and the old connection closed", func() bool {
		return p.server.Peer(3) != nil && p.server.Stats().Connections == 1
	})
	if s := p.server.Stats(); s.Away != 1 || s.Resumed != 0 || !p.server.Peer(2).Away() {
		t.Errorf("away %d times, resumed %d", s.Away, s.Resumed)
	}
}

// TestBackWhereNewcomersAreRefused has a peer come back to a session that takes nobody new, on either wire.
func TestBackWhereNewcomersAreRefused(t *testing.T) {
	everyLink(t, lasting, func(t *testing.T, p *party) {
		c := p.join(lasting)
		p.server.SetRefuseNewConnections(true)
		cut(c.Peer(1))
		p.until("it is back", func() bool { return p.server.Stats().Resumed == 1 && !c.Peer(1).Away() })
		for n, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
			c := p.start(&multiplayer.Options{Wire: wire})
			p.until("a newcomer is refused", func() bool { return c.ConnectionStatus() == multiplayer.Disconnected })
			var e *transport.CloseError
			if !errors.As(c.Err(), &e) || e.Code != multiplayer.CloseRefused || p.server.Stats().TurnedAwayClosed != uint64(n+1) {
				t.Errorf("%v: %v, %+v", wire, c.Err(), p.server.Stats())
			}
		}
		if n := p.server.Stats().Peers; n != 1 {
			t.Errorf("%d peers", n)
		}
	})
}

// TestBackIntoAFullSession has peers come back whose old connections hold all the places.
func TestBackIntoAFullSession(t *testing.T) {
	for name, o := range map[string]*multiplayer.Options{
		"MaxPeers":           {ResumeWindow: deadline, MaxPeers: 1},
		"MaxPeersPerAddress": {ResumeWindow: deadline, MaxPeersPerAddress: 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := listening(t, o)
			_, hello := p.byHand(2)
			must(t, knock(t, p.server, multiplayer.Subprotocol).Message(hello...))
			p.until("it is back", func() bool { return p.server.Stats().Resumed == 1 })
			c := p.start(nil)
			p.until("a newcomer is refused", func() bool { return c.ConnectionStatus() == multiplayer.Disconnected })
			if s := p.server.Stats(); s.TurnedAway != 1 || s.Peers != 1 {
				t.Errorf("%v, %+v", c.Err(), s)
			}
			for range 100 { // say nothing
				c, err := rawws.Dial(p.server.URL(), multiplayer.Subprotocol)
				if err != nil {
					return
				}
				defer c.Close()
			}
			t.Error("there is no limit to connections")
		})
	}
}

// TestBackThroughACrowd has a client come back where others of its own address hold every place in the handshake.
func TestBackThroughACrowd(t *testing.T) {
	for name, o := range map[string]*multiplayer.Options{
		"MaxPeers":           {ResumeWindow: deadline, HandshakeTimeout: deadline, MaxPeers: 2},
		"MaxPeersPerAddress": {ResumeWindow: deadline, HandshakeTimeout: deadline, MaxPeersPerAddress: 2},
	} {
		t.Run(name, func(t *testing.T) {
			p := listening(t, o)
			c := p.join(&multiplayer.Options{Reconnect: deadline})
			for n := 0; ; n++ {
				r, err := rawws.Dial(p.server.URL(), multiplayer.Subprotocol)
				if err != nil {
					break
				}
				defer r.Close()
				if n > 100 {
					t.Fatal("there is no limit to connections")
				}
			}
			for n := uint64(1); n < 4; n++ {
				cut(c.Peer(1))
				p.until("it is back", func() bool { return p.server.Stats().Resumed == n && !c.Peer(1).Away() })
			}
		})
	}
}

// TestGodotClientLeavesAfterItCameBack takes its leaving for what it is, not for another lost connection.
func TestGodotClientLeavesAfterItCameBack(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		c := p.join(&multiplayer.Options{Wire: multiplayer.Godot, Reconnect: deadline})
		cut(c.Peer(1))
		p.until("it is back", func() bool { return c.UniqueID() == 3 && c.Peer(1) != nil && p.server.Peer(3) != nil })
		must(t, c.DisconnectPeer(1, false))
		p.until("it has left", func() bool { return p.server.Peer(3) == nil && c.Peer(1) == nil })
		if c.ConnectionStatus() != multiplayer.Disconnected {
			t.Errorf("it is %v", c.ConnectionStatus())
		}
	})
}

// TestLeftWhenTheWelcomeCame has a client leave in the Poll in which the server gives its session back: both forget it.
func TestLeftWhenTheWelcomeCame(t *testing.T) {
	for name, leave := range map[string]func(c *multiplayer.MultiplayerPeer){
		"DisconnectPeer": func(c *multiplayer.MultiplayerPeer) { c.DisconnectPeer(1, false) },
		"Disconnect":     func(c *multiplayer.MultiplayerPeer) { c.Peer(1).Disconnect(1000, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			everyLink(t, lasting, func(t *testing.T, p *party) {
				c := p.join(&multiplayer.Options{Reconnect: deadline})
				cut(c.Peer(1))
				p.until("it is away", func() bool { return c.Peer(1).Away() && p.server.Peer(2).Away() })
				p.peers = []*multiplayer.MultiplayerPeer{c, p.server}
				p.until("the server has welcomed it", func() bool { return p.server.Stats().Resumed == 1 })
				must(t, c.Wait(t.Context()))
				c.Post(func() { leave(c) })
				p.until("it is gone", func() bool {
					return p.server.Peer(2) == nil && c.ConnectionStatus() == multiplayer.Disconnected && c.Peer(1) == nil
				})
				if n := p.server.Stats().Connections; n != 0 {
					t.Errorf("%d connections", n)
				}
			})
		})
	}
}

// TestWelcomeWithAnImpossibleCount ends a client, and leaves no peer behind.
func TestWelcomeWithAnImpossibleCount(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	m, err := multiplayer.Dial("ws://"+ln.Addr().String(), &multiplayer.Options{Reconnect: deadline})
	must(t, err)
	p := newParty(t, m, nil)
	accept := func(welcome string) *transport.WebSocketPeer {
		accepted := make(chan net.Conn, 1)
		go func() {
			nc, _ := ln.Accept()
			accepted <- nc
			m.Wake()
		}()
		p.until("it connects", func() bool { return len(accepted) > 0 })
		ws := transport.Accept(<-accepted, &transport.Options{SupportedProtocols: []string{multiplayer.Subprotocol}})
		t.Cleanup(func() {
			ws.Close(-1, "")
			<-ws.Done()
		})
		pollUntil(t, m, "the WebSocket opens", func() bool {
			ws.Poll()
			return ws.ReadyState() == transport.Open
		})
		must(t, ws.PutPacket([]byte(welcome)))
		ws.Flush()
		return ws
	}
	session := "\xa7session\xc4\x10" + strings.Repeat("s", 16)
	ws := accept("\x01\x83\xa2id\x05" + session + "\xadresume_window\xcd\x7f\xff")
	p.until("it is connected", func() bool { return m.ConnectionStatus() == multiplayer.Connected })
	ws.Close(-1, "")
	p.until("it is away", func() bool { return m.Peer(1).Away() })
	accept("\x01\x84\xa2id\x05" + session + "\xa7resumed\xc3\xa8received\x63")
	p.until("it is disconnected", func() bool { return m.ConnectionStatus() == multiplayer.Disconnected })
	if m.Peer(1) != nil || !errors.Is(m.Err(), multiplayer.ErrProtocol) {
		t.Errorf("%v, and its server is %v", m.Err(), m.Peer(1))
	}
	p.wantEvents("5: connected 1", "5: disconnected 1")
}
