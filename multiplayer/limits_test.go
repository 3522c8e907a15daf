package multiplayer_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// pair is a server and a client in a bubble of made-up time, connected.
func pair(t *testing.T, so, co *multiplayer.Options) *party {
	s, err := multiplayer.NewServer(so)
	must(t, err)
	p := newParty(t, s, func(o *multiplayer.Options) *multiplayer.MultiplayerPeer {
		c, err := s.Join(o)
		must(t, err)
		return c
	})
	p.join(co)
	return p
}

// TestHalfOpen cuts a client's network: nothing comes from it any more, and nothing says so.
func TestHalfOpen(t *testing.T) {
	for _, c := range []struct {
		name  string
		beat  time.Duration
		after time.Duration // at least; 0: never
	}{{"default", 0, 20 * time.Second}, {"set", 3 * time.Second, 3 * time.Second}, {"off", -1, 0}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := multiplayer.NewServer(&multiplayer.Options{Transport: transport.Options{HeartbeatInterval: c.beat}})
				must(t, err)
				defer s.Close()
				defer mute(t, s).Close()
				for s.Peer(2) == nil {
					synctest.Wait()
					s.Poll()
				}
				start := time.Now()
				for s.Peer(2) != nil && time.Since(start) < time.Hour {
					time.Sleep(time.Second)
					s.Poll()
				}
				d := time.Since(start)
				switch {
				case c.after == 0:
					if s.Peer(2) == nil {
						t.Errorf("gone after %v", d)
					}
				case d < c.after || d > 2*c.after+2*time.Second || s.Stats().HeartbeatTimeouts != 1:
					t.Errorf("gone after %v, %+v", d, s.Stats())
				}
			})
		})
	}
}

// TestRoundTrip is known on both wires a second after the connection stands.
func TestRoundTrip(t *testing.T) {
	for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		t.Run(wire.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := pair(t, nil, &multiplayer.Options{Wire: wire})
				if p.server.Peer(2).Stats().Transport.PingsOut != 0 {
					t.Error("a ping at once")
				}
				time.Sleep(1100 * time.Millisecond)
				for i, m := range p.peers {
					s := m.Peer([]multiplayer.PeerID{2, 1}[i]).Stats().Transport
					if s.PingsOut != 1 || s.PingsIn != 1 {
						t.Errorf("%+v", s)
					}
				}
			})
		})
	}
}

// journal keeps what is logged on any goroutine.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// answered waits until a handshake that was answered is counted. Nothing wakes the session for that.
func (p *party) answered(counted func(s multiplayer.Stats) bool) {
	p.t.Helper()
	p.until("it is counted", func() bool {
		p.server.Wake()
		return counted(p.server.Stats())
	})
}

// TestAdmit asks the program about every connection.
func TestAdmit(t *testing.T) {
	errBanned := errors.New("banned")
	var logged journal
	p := listening(t, &multiplayer.Options{
		Logger: slog.New(slog.NewTextHandler(&logged, nil)),
		Admit: func(r *http.Request) (any, error) {
			switch who := r.URL.Query().Get("who"); who {
			case "banned":
				return nil, errBanned
			case "late":
				return nil, &transport.HandshakeError{StatusCode: 503, Reason: "come back later", Header: http.Header{"Retry-After": {"7"}}}
			case "nobody":
				return nil, nil
			default:
				return who, nil
			}
		},
		MaxPeers: 1,
	})
	for i, who := range []string{"banned", "late", "banned"} { // and each gives its place back
		m, err := multiplayer.Dial(p.server.URL()+"/?who="+who, nil)
		must(t, err)
		p.watch(m)
		p.until("it is refused", func() bool { return m.ConnectionStatus() == multiplayer.Disconnected })
		var status *transport.HandshakeError
		var refused *multiplayer.Refusal
		switch {
		case who == "late" && errors.As(m.Err(), &status) && status.StatusCode == 503:
		case who == "banned" && errors.As(m.Err(), &refused) && refused.Code == multiplayer.CloseNotAuthenticated && refused.RetryAfter == 0:
		default:
			t.Errorf("%s: %v", who, m.Err())
		}
		p.answered(func(s multiplayer.Stats) bool { return s.Connections == 0 && s.NotAdmitted == uint64(i+1) })
	}
	if s := p.server.Stats(); s.NotAdmitted != 3 || s.TurnedAway != 0 || s.Connections != 0 {
		t.Errorf("%+v", s)
	}
	if !strings.Contains(logged.String(), "banned") || !strings.Contains(logged.String(), "addr=127.0.0.1") {
		t.Errorf("logged %q", logged.String())
	}
	var admitted []any
	for i, who := range []string{"anna", "nobody"} {
		m, err := multiplayer.Dial(p.server.URL()+"/?who="+who, nil)
		must(t, err)
		p.watch(m)
		p.until("it is in", func() bool { return m.ConnectionStatus() == multiplayer.Connected })
		peer := p.server.Peer(m.UniqueID())
		admitted = append(admitted, peer.Admitted())
		peer.Disconnect(4123, errBanned)
		p.until("it is out", func() bool { return m.ConnectionStatus() == multiplayer.Disconnected })
		p.answered(func(s multiplayer.Stats) bool { return s.Connections == 0 })
		var said *transport.CloseError
		if !errors.As(m.Err(), &said) || said.Code != 4123 || said.Reason != "banned" {
			t.Errorf("%d: told %v", i, m.Err())
		}
	}
	if !slices.Equal(admitted, []any{"anna", nil}) {
		t.Errorf("admitted %v", admitted)
	}
}

// TestTurnedAway counts why connections did not come in, and does not log without end.
func TestTurnedAway(t *testing.T) {
	var logged journal
	p := listening(t, &multiplayer.Options{MaxPeers: 1, Logger: slog.New(slog.NewTextHandler(&logged, nil)),
		Transport: transport.Options{Origins: []string{"good.example"}}})
	get := func(origin string) int {
		r, err := http.NewRequest("GET", strings.Replace(p.server.URL(), "ws://", "http://", 1), nil)
		must(t, err)
		if origin != "" {
			r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
				"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, "Origin": {origin}}
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		must(t, err)
		resp.Body.Close()
		return resp.StatusCode
	}
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for origin, want := range map[string]int{"": 426, "https://evil.example": 403} {
		if got := get(origin); got != want {
			t.Errorf("origin %q: %d", origin, got)
		}
	}
	p.answered(func(s multiplayer.Stats) bool {
		return s.BadHandshakes == 1 && s.TurnedAwayOrigin == 1 && s.Connections == 0 && strings.Count(logged.String(), "was refused") == 2
	})
	p.join(nil)
	if got := get("https://good.example"); got != 101 { // and then a close frame
		t.Errorf("full: %d", got)
	}
	p.server.SetRefuseNewConnections(true)
	for range 300 {
		get("https://good.example")
	}
	s := p.server.Stats()
	if s.BadHandshakes != 1 || s.TurnedAwayOrigin != 1 || s.TurnedAway != 1 || s.TurnedAwayClosed != 300 {
		t.Errorf("%+v", s)
	}
	if n := strings.Count(logged.String(), "was refused"); n != 4 || s.Silenced+uint64(n) != 303 { // one for each reason
		t.Errorf("%d lines, %d silenced\n%s", n, s.Silenced, logged.String())
	}
}

// TestInbox polls and takes nothing.
func TestInbox(t *testing.T) {
	for _, c := range []struct {
		name    string
		o       transport.Options
		size    int
		packets int // that may wait in the inbox
	}{
		{"packets", transport.Options{MaxQueuedPackets: 10}, 1, 10},
		{"bytes", transport.Options{InboundBufferSize: 1000}, 99, 11},
	} {
		t.Run(c.name, func(t *testing.T) {
			everyLink(t, &multiplayer.Options{Transport: c.o}, func(t *testing.T, p *party) {
				a, b := p.join(nil), p.join(nil)
				const n = 100
				for i := range n {
					must(t, a.Send(1, multiplayer.Delivery{}, append(bytes.Repeat([]byte("x"), c.size-1), byte(i))))
				}
				p.until("some of them are there", func() bool { return p.server.Stats().InboxWaits > 0 })
				must(t, b.Send(1, multiplayer.Delivery{}, []byte("b")))
				p.until("who does not send much is heard", func() bool { return p.server.AvailablePacketCount() > c.packets })
				for range 5 {
					p.server.Poll()
				}
				if got := p.server.AvailablePacketCount(); got != c.packets+1 {
					t.Errorf("%d packets wait", got)
				}
				if s := p.server.Peer(a.UniqueID()).Stats(); s.InboxPackets != c.packets || s.InboxBytes != c.packets*c.size {
					t.Errorf("%+v", s)
				}
				must(t, a.DisconnectPeer(1, false)) // what it sent before comes before its end
				for i := range c.packets {
					pkt, err := p.server.GetPacket()
					if must(t, err); int(pkt.Data[c.size-1]) != i {
						t.Fatalf("packet %d is %d", i, pkt.Data[c.size-1])
					}
				}
				p.server.GetPacket() // b's
				next := c.packets
				p.until("the rest comes", func() bool {
					for pkt := range p.server.Packets() {
						if int(pkt.Data[c.size-1]) != next {
							t.Fatalf("packet %d is %d", next, pkt.Data[c.size-1])
						}
						next++
						if p.server.Peer(pkt.Peer) == nil && n-next > c.packets {
							t.Fatal("its end came first")
						}
					}
					return next == n
				})
				p.until("it is gone", func() bool { return p.server.Stats().Peers == 1 })
			})
		})
	}
}

// TestInboxAndTheEnd has a peer leave whose packets there is no room for. They come first, unless it is sent away.
func TestInboxAndTheEnd(t *testing.T) {
	for _, away := range []bool{false, true} {
		everyLink(t, &multiplayer.Options{Transport: transport.Options{MaxQueuedPackets: 10}}, func(t *testing.T, p *party) {
			c := p.join(nil)
			for range 15 {
				must(t, c.Send(1, multiplayer.Delivery{}, []byte("x")))
			}
			must(t, c.DisconnectPeer(1, false))
			peer := p.server.Peer(c.UniqueID())
			p.until("its connection is closed", func() bool { return peer.WebSocket().ReadyState() == transport.Closed })
			if n := p.server.AvailablePacketCount(); n != 10 || p.server.Peer(peer.ID()) == nil {
				t.Fatalf("%d packets wait, events %q", n, p.events)
			}
			p.peers = p.peers[:1]
			if away {
				must(t, p.server.DisconnectPeer(peer.ID(), false))
			} else {
				p.server.GetPacket()
			}
			must(t, p.server.Wait(t.Context())) // there is something to poll
			p.server.Poll()
			for range p.server.Packets() {
			}
			p.server.Poll()
			p.server.Poll()
			want := map[bool]uint64{false: 15, true: 10}[away]
			if s := p.server.Stats(); s.PacketsIn != want || s.Peers != 0 || s.Connections != 0 {
				t.Errorf("%+v", s)
			}
			for range p.server.Packets() {
			}
		})
	}
}

// TestInboxOfOneWhoIsSentAway leaves nothing behind.
func TestInboxOfOneWhoIsSentAway(t *testing.T) {
	everyLink(t, &multiplayer.Options{Transport: transport.Options{MaxQueuedPackets: 3}}, func(t *testing.T, p *party) {
		c := p.join(nil)
		for range 20 {
			must(t, c.Send(1, multiplayer.Delivery{}, []byte("x")))
		}
		p.until("it is held", func() bool { return p.server.Stats().InboxWaits > 0 })
		must(t, p.server.DisconnectPeer(c.UniqueID(), false))
		p.until("it is gone", func() bool { return p.server.Stats().Connections == 0 })
		if n := p.server.AvailablePacketCount(); n != 3 {
			t.Errorf("%d packets", n)
		}
		for range p.server.Packets() {
		}
		p.server.Poll()
	})
}

// TestQuietLog has one peer do the same wrong over and over.
func TestQuietLog(t *testing.T) {
	var logged bytes.Buffer
	p := listening(t, &multiplayer.Options{Logger: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	for range 300 { // each is disconnected
		c := knock(t, p.server, multiplayer.Subprotocol)
		must(t, c.Message(0x55))
	}
	start := time.Now()
	p.until("all are refused", func() bool { return p.server.Stats().ProtocolErrors == 300 })
	most := 201 + uint64(20*time.Since(start).Seconds())
	n := uint64(strings.Count(logged.String(), "\n"))
	if s := p.server.Stats(); n < 200 || n > most || n+s.Silenced != 300 {
		t.Errorf("%d lines, %d silenced", n, s.Silenced)
	}
	for _, key := range []string{"peer=", "addr=127.0.0.1:", "code=1002", "err="} {
		if !strings.Contains(logged.String(), key) {
			t.Errorf("no %s in %.300q", key, logged.String())
		}
	}
}

// TestQuietLogOfOnePeer has a peer fall behind and catch up, over and over.
func TestQuietLogOfOnePeer(t *testing.T) {
	var logged bytes.Buffer
	s, err := multiplayer.NewServer(&multiplayer.Options{Logger: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	must(t, err)
	p := newParty(t, s, func(o *multiplayer.Options) *multiplayer.MultiplayerPeer {
		c, err := s.Join(o)
		must(t, err)
		return c
	})
	c := p.join(&multiplayer.Options{Transport: transport.Options{MaxQueuedPackets: 4}})
	const rounds = 30
	start := time.Now()
	for range rounds {
		for s.Send(2, multiplayer.Delivery{}, make([]byte, 16<<10)) == nil {
			s.Poll()
		}
		p.until("it has caught up", func() bool {
			for range c.Packets() {
			}
			return s.Peer(2).Stats().QueuedPackets == 0 && s.Peer(2).WebSocket().CurrentOutboundBufferedAmount() == 0
		})
	}
	n, most := uint64(strings.Count(logged.String(), "keep up")), 9+uint64(time.Since(start).Seconds())
	if st := s.Stats(); n < 8 || n > most || n+st.Silenced < rounds {
		t.Errorf("%d lines, %d silenced", n, st.Silenced)
	}
}
