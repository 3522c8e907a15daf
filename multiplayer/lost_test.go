package multiplayer_test

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/rawws"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// knock opens a connection by hand to the server of a party that listens.
func knock(t testing.TB, m *multiplayer.MultiplayerPeer, protocol string) *rawws.Client {
	t.Helper()
	c, err := rawws.Dial(m.URL(), protocol)
	must(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// listening is a party over sockets.
func listening(t testing.TB, o *multiplayer.Options) *party {
	t.Helper()
	s, err := multiplayer.Listen("127.0.0.1:0", o)
	must(t, err)
	return newParty(t, s, func(o *multiplayer.Options) *multiplayer.MultiplayerPeer {
		c, err := multiplayer.Dial(s.URL(), o)
		must(t, err)
		return c
	})
}

// TestClientThatIsGoneBeforeItIsMet leaves what looks like a peer id behind, in a session that polls too late to give
// it one.
func TestClientThatIsGoneBeforeItIsMet(t *testing.T) {
	p := listening(t, nil)
	c := knock(t, p.server, "")
	must(t, c.Send(rawws.Frame(rawws.Binary, "\x63\x00\x00\x00"), rawws.Frame(rawws.Binary, "packet"), rawws.Frame(rawws.Close, "")))
	must(t, c.Gone())
	p.server.Poll()
	if p.server.UniqueID() != 1 || len(p.events) > 0 || p.server.AvailablePacketCount() > 0 {
		t.Errorf("the server is %d, events %q", p.server.UniqueID(), p.events)
	}
}

// TestOrderOverACut loses the connection of a peer that does not keep up: what waits for it stays before what is sent
// while it is away.
func TestOrderOverACut(t *testing.T) {
	o := &multiplayer.Options{ResumeWindow: deadline, ReplayBufferSize: 64 << 20,
		Transport: transport.Options{OutboundBufferSize: 1 << 20}}
	everyLink(t, o, func(t *testing.T, p *party) {
		c := p.join(&multiplayer.Options{Reconnect: deadline})
		p.peers = p.peers[:1] // c does not read
		n := stall(p, multiplayer.Delivery{}, func(s multiplayer.PeerStats, err error) bool {
			must(t, err)
			return s.QueuedPackets >= 10
		})
		cut(p.server.Peer(2))
		p.until("it is away", func() bool { return p.server.Peer(2).Away() })
		for range 10 {
			must(t, p.server.Send(2, multiplayer.Delivery{}, packet(n)))
			n++
		}
		must(t, p.server.Send(2, multiplayer.Delivery{}, []byte("end")))
		p.peers = append(p.peers, c)
		got := take(p, c, "end")
		want := make([]int, n)
		for i := range want {
			want[i] = i
		}
		if !slices.Equal(got, want) {
			t.Errorf("of %d packets these came: %v", n, got)
		}
	})
}

// TestUnreliableOverACut mixes the modes on one channel, at a connection that is congested, lost and made anew: what
// comes, comes in order, all reliable packets do, and so do the unreliable ones that none of those has overtaken.
func TestUnreliableOverACut(t *testing.T) {
	o := &multiplayer.Options{ResumeWindow: deadline, ReplayBufferSize: 64 << 20,
		Transport: transport.Options{OutboundBufferSize: 1 << 20}}
	everyLink(t, o, func(t *testing.T, p *party) {
		c := p.join(&multiplayer.Options{Reconnect: deadline})
		p.peers = p.peers[:1] // c does not read
		n := stall(p, multiplayer.Delivery{Channel: 3}, func(s multiplayer.PeerStats, err error) bool {
			must(t, err)
			return s.QueuedPackets >= 10
		})
		send := func(channel uint8, modes ...multiplayer.TransferMode) {
			for _, m := range modes {
				must(t, p.server.Send(2, multiplayer.Delivery{Channel: channel, Mode: m, Key: uint64(n)}, packet(n)))
				n++
			}
		}
		begin := n
		send(3, multiplayer.Unreliable, multiplayer.Reliable, multiplayer.UnreliableOrdered, multiplayer.Unreliable)
		cut(p.server.Peer(2))
		p.until("it is away", func() bool { return p.server.Peer(2).Away() })
		send(3, multiplayer.Unreliable, multiplayer.Reliable, multiplayer.UnreliableOrdered)
		send(4, multiplayer.Unreliable)
		p.peers = append(p.peers, c)
		p.server.OnPeerBack = func(multiplayer.PeerID) {
			must(t, p.server.Send(2, multiplayer.Delivery{Channel: 5}, []byte("end")))
		}
		got := take(p, c, "end")
		i := slices.Index(got, begin+1)
		if !slices.IsSorted(got) || i != begin || !slices.Equal(got[i:], []int{begin + 1, begin + 5, begin + 6, begin + 7}) {
			t.Errorf("of %d packets these came, the mixed ones from %d on: %v", n, begin, got)
		}
		if dropped := p.server.Peer(2).Stats().Dropped; dropped != 4 {
			t.Errorf("%d dropped, want 4", dropped)
		}
	})
}

// TestOvertakenPacketsTakeNothing has an unreliable packet dropped with all that it took of the budget.
func TestOvertakenPacketsTakeNothing(t *testing.T) {
	everyLink(t, lasting, func(t *testing.T, p *party) {
		p.join(&multiplayer.Options{Reconnect: deadline})
		p.peers = p.peers[:1] // the client does not come back
		cut(p.server.Peer(2))
		p.until("it is away", func() bool { return p.server.Peer(2).Away() })
		must(t, p.server.Send(2, multiplayer.Delivery{Channel: 1, Mode: multiplayer.Unreliable}, packet(1)))
		if s := p.server.Stats(); s.QueuedPackets != 1 || s.QueuedBytes < len(packet(1)) {
			t.Errorf("before: %d packets, %d bytes", s.QueuedPackets, s.QueuedBytes)
		}
		must(t, p.server.Send(2, multiplayer.Delivery{Channel: 1}, packet(2)))
		if s := p.server.Stats(); s.QueuedPackets != 0 || s.QueuedBytes != 0 {
			t.Errorf("after: %d packets, %d bytes", s.QueuedPackets, s.QueuedBytes)
		}
	})
}

// TestClientThatGivesUpWhileAway does not come back.
func TestClientThatGivesUpWhileAway(t *testing.T) {
	for name, leave := range map[string]func(c *multiplayer.MultiplayerPeer){
		"DisconnectPeer": func(c *multiplayer.MultiplayerPeer) { must(t, c.DisconnectPeer(1, false)) },
		"Disconnect":     func(c *multiplayer.MultiplayerPeer) { c.Peer(1).Disconnect(1000, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			everyLink(t, lasting, func(t *testing.T, p *party) {
				c := p.join(lasting)
				cut(c.Peer(1))
				p.until("it is away", func() bool { return c.Peer(1).Away() })
				leave(c)
				p.until("it is disconnected", func() bool { return c.Peer(1) == nil })
				if c.ConnectionStatus() != multiplayer.Disconnected {
					t.Errorf("it is %v", c.ConnectionStatus())
				}
				mine := slices.DeleteFunc(slices.Clone(p.events), func(e string) bool { return e[0] == '1' })
				if want := []string{"2: connected 1", "2: disconnected 1"}; !slices.Equal(mine, want) {
					t.Errorf("events %q", mine)
				}
			})
		})
	}
}

// TestWhoBrokeTheProtocolIsNotLost closes the door behind a peer that did.
func TestWhoBrokeTheProtocolIsNotLost(t *testing.T) {
	p := listening(t, lasting)
	c := knock(t, p.server, multiplayer.Subprotocol)
	must(t, c.Message(0x00, 0x80))
	p.until("it is a peer", func() bool { return p.server.Peer(2) != nil })
	must(t, c.Send(rawws.Frame(0xc2, "compressed, as nobody agreed to")))
	p.until("it is gone", func() bool { return p.server.Peer(2) == nil })
	if code, _ := c.Closed(); code != multiplayer.CloseProtocolError {
		t.Errorf("closed with %d", code)
	}
}

// TestHeartbeatThatStopped lets a peer come back that was only too slow to answer: it is told so, with 1011.
func TestHeartbeatThatStopped(t *testing.T) {
	everyLink(t, lasting, func(t *testing.T, p *party) {
		c := p.join(lasting)
		must(t, p.server.Peer(2).WebSocket().Close(1011, "no pong"))
		p.until("it is back", func() bool { return p.server.Stats().Resumed == 1 && !c.Peer(1).Away() })
		must(t, c.Peer(1).WebSocket().Close(1011, "no pong"))
		p.until("it is back", func() bool { return p.server.Stats().Resumed == 2 && !c.Peer(1).Away() })
		if p.server.Peer(2) == nil || c.UniqueID() != 2 {
			t.Errorf("the client is %d", c.UniqueID())
		}
	})
}

// TestWelcomeThatCameTooLate has a client resume its session and give that connection up before it saw the welcome: it
// can try again.
func TestWelcomeThatCameTooLate(t *testing.T) {
	p := listening(t, lasting)
	c := knock(t, p.server, multiplayer.Subprotocol)
	must(t, c.Message(0x00, 0x80))
	p.until("it is a peer", func() bool { return p.server.Peer(2) != nil })
	session := p.server.Peer(2).Session()
	hello := append([]byte("\x00\x81\xa7session\xc4\x10"), session[:]...)
	c.Close()
	for n := uint64(1); n < 4; n++ {
		p.until("it is away", func() bool { return p.server.Peer(2) == nil || p.server.Peer(2).Away() })
		c = knock(t, p.server, multiplayer.Subprotocol)
		must(t, c.Message(hello...))
		p.until("it is back", func() bool { return p.server.Stats().Resumed == n || p.server.Peer(2) == nil })
		must(t, c.Send(rawws.Frame(rawws.Close, "\x0f\xa2"))) // 4002
	}
	p.until("it is away", func() bool { return p.server.Peer(2) == nil || p.server.Peer(2).Away() })
	p.wantEvents("1: connected 2")
}

// TestMaxPeersCountsWhoIsAway keeps a client from filling a session with peers that are away, and lets these come back.
func TestMaxPeersCountsWhoIsAway(t *testing.T) {
	for name, o := range map[string]*multiplayer.Options{
		"MaxPeers":           {ResumeWindow: deadline, MaxPeers: 3},
		"MaxPeersPerAddress": {ResumeWindow: deadline, MaxPeersPerAddress: 3},
	} {
		t.Run(name, func(t *testing.T) {
			p := listening(t, o)
			c := p.join(&multiplayer.Options{Reconnect: deadline})
			cut(c.Peer(1))
			p.peers = p.peers[:1]
			p.until("it is away", func() bool { return p.server.Peer(2).Away() })
			hello := []byte{0x00, 0x80}
			for id := multiplayer.PeerID(3); id <= 4; id++ {
				r := knock(t, p.server, multiplayer.Subprotocol)
				must(t, r.Message(hello...))
				p.until("a peer", func() bool { return p.server.Peer(id) != nil })
				r.Close()
				p.until("it is away", func() bool { return p.server.Peer(id).Away() })
			}
			r := knock(t, p.server, multiplayer.Subprotocol)
			must(t, r.Message(hello...))
			p.until("one is turned away", func() bool { return p.server.Stats().TurnedAway > 0 || p.server.Stats().Peers > 3 })
			if code, reason := r.Closed(); code != multiplayer.CloseRefused || p.server.Stats().Peers != 3 {
				t.Errorf("closed with %d %q, %d peers", code, reason, p.server.Stats().Peers)
			}
			p.peers = append(p.peers, c)
			p.until("the first one is back", func() bool { return p.server.Stats().Resumed == 1 })
		})
	}
}

// TestIdleHTTPConnections does not keep connections that never ask for a WebSocket.
func TestIdleHTTPConnections(t *testing.T) {
	p := listening(t, &multiplayer.Options{HandshakeTimeout: 50 * time.Millisecond})
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: test\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\nslow",
		"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nf",
		"GET / HTTP/1.1\r\nHost: te",
		"",
		"\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"GET / HTTP/1.1\r\nHost: test\r\nX: " + strings.Repeat("x", 1<<20),
		strings.Replace(rawws.Request(""), "GET /", "GET /"+strings.Repeat("x", 1<<20), 1),
		strings.Replace(rawws.Request(""), "\r\n\r\n", "\r\nContent-Length: 10\r\n\r\n", 1),
	} {
		c, err := rawws.Connect(p.server.URL())
		must(t, err)
		go c.Write([]byte(request)) // some of it is never read
		resp, err := c.Response()
		if err == nil && (resp.StatusCode < 400 || resp.StatusCode == http.StatusInternalServerError) {
			t.Errorf("%.60q: %s", request, resp.Status)
		}
		if err := c.Gone(); err != nil {
			t.Errorf("%.60q: %v", request, err)
		}
		c.Close()
	}
	p.server.Poll()
	if s := p.server.Stats(); s.Peers != 0 || len(p.events) != 0 {
		t.Errorf("%+v, events %q", s, p.events)
	}
}

// TestDeepMaps nests what a connection says first deeper than a stack can be.
func TestDeepMaps(t *testing.T) {
	deep := "\x81\xa1x" + strings.Repeat("\x91", 8<<20)
	large := transport.Options{InboundBufferSize: 16 << 20, OutboundBufferSize: 16 << 20}
	t.Run("hello", func(t *testing.T) {
		p := listening(t, &multiplayer.Options{Transport: large})
		c := knock(t, p.server, multiplayer.Subprotocol)
		must(t, c.Send(rawws.Frame(rawws.Binary, "\x00"+deep)))
		p.until("it is refused", func() bool { return p.server.Stats().ProtocolErrors == 1 })
		if code, _ := c.Closed(); code != multiplayer.CloseProtocolError {
			t.Errorf("closed with %d", code)
		}
	})
	t.Run("welcome", func(t *testing.T) {
		server, m := fakeServer(t, &multiplayer.Options{Transport: large})
		must(t, server.PutPacket([]byte("\x01"+deep)))
		server.Flush()
		pollUntil(t, m, "it is refused", func() bool { return m.Stats().ProtocolErrors == 1 })
	})
}

// fakeServer connects a client of ours with a bare WebSocket that takes the server's part.
func fakeServer(t *testing.T, o *multiplayer.Options) (*transport.WebSocketPeer, *multiplayer.MultiplayerPeer) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	m, err := multiplayer.Dial("ws://"+ln.Addr().String(), o)
	must(t, err)
	t.Cleanup(func() { m.Close() })
	nc, err := ln.Accept()
	must(t, err)
	to := o.Transport
	to.SupportedProtocols, to.ProtocolOptional = []string{multiplayer.Subprotocol}, true
	ws := transport.Accept(nc, &to)
	t.Cleanup(func() {
		ws.Close(-1, "")
		<-ws.Done()
	})
	pollUntil(t, m, "the WebSocket opens", func() bool {
		ws.Poll()
		return ws.ReadyState() == transport.Open
	})
	return ws, m
}

// TestHostileServer gives a client what no server sends.
func TestHostileServer(t *testing.T) {
	session := "\xa7session\xc4\x10" + strings.Repeat("s", 16)
	good := "\x01\x82\xa2id\x05" + session
	for _, test := range []struct {
		name string
		wire multiplayer.Wire
		sent []string
	}{
		{"empty message", multiplayer.Peerage, []string{""}},
		{"packet before welcome", multiplayer.Peerage, []string{"\x10\x26raw"}},
		{"hello before welcome", multiplayer.Peerage, []string{"\x00\x80"}},
		{"welcome without an id", multiplayer.Peerage, []string{"\x01\x81" + session}},
		{"welcome with the server's id", multiplayer.Peerage, []string{"\x01\x82\xa2id\x01" + session}},
		{"welcome with a negative id", multiplayer.Peerage, []string{"\x01\x82\xa2id\xff" + session}},
		{"welcome with an id of 64 bits", multiplayer.Peerage, []string{"\x01\x82\xa2id\xcf\xff\xff\xff\xff\x00\x00\x00\x05" + session}},
		{"welcome without a session", multiplayer.Peerage, []string{"\x01\x81\xa2id\x05"}},
		{"welcome that is cut", multiplayer.Peerage, []string{good[:len(good)-1]}},
		{"welcome twice", multiplayer.Peerage, []string{good, good}},
		{"hello after welcome", multiplayer.Peerage, []string{good, "\x00\x80"}},
		{"goodbye that is cut", multiplayer.Peerage, []string{good, "\x05\x81"}},
		{"transfer mode 3", multiplayer.Peerage, []string{good, "\x13x"}},
		{"Godot's id", multiplayer.Peerage, []string{"\x05\x00\x00\x00"}},
		{"id 0", multiplayer.Godot, []string{"\x00\x00\x00\x00"}},
		{"the server's id", multiplayer.Godot, []string{"\x01\x00\x00\x00"}},
		{"negative id", multiplayer.Godot, []string{"\xff\xff\xff\xff"}},
		{"short id", multiplayer.Godot, []string{"\x05\x00\x00"}},
		{"long id", multiplayer.Godot, []string{"\x05\x00\x00\x00\x00"}},
		{"empty id", multiplayer.Godot, []string{""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ws, m := fakeServer(t, &multiplayer.Options{Wire: test.wire})
			for _, b := range test.sent {
				must(t, ws.PutPacket([]byte(b)))
			}
			ws.Flush()
			pollUntil(t, m, "it is refused", func() bool { return m.ConnectionStatus() == multiplayer.Disconnected })
			if !errors.Is(m.Err(), multiplayer.ErrProtocol) || m.Stats().ProtocolErrors != 1 {
				t.Errorf("%v, %+v", m.Err(), m.Stats())
			}
			<-ws.Done()
			ws.Poll()
			if ws.CloseCode() != multiplayer.CloseProtocolError {
				t.Errorf("closed with %d", ws.CloseCode())
			}
		})
	}
}
