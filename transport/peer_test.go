package transport

import (
	"errors"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestEcho(t *testing.T) {
	both(t, nil, nil, func(t *testing.T, g *Group, a, b *WebSocketPeer) {
		for _, n := range []int{0, 1, 125, 126, 512, 513, 1024, 4096, 65534, 65535} {
			want := payload(n)
			until(t, g, sent(t, a, func() error { return a.PutPacket(want) }))
			equal(t, receive(t, g, b), want)
			if b.WasStringPacket() {
				t.Error("came as text")
			}
			until(t, g, sent(t, b, func() error { return b.SendText(strings.Repeat("ü", n/2)) }))
			equal(t, receive(t, g, a), []byte(strings.Repeat("ü", n/2)))
			if !a.WasStringPacket() {
				t.Error("came as bytes")
			}
		}
	})
}

// sent tries to send until there is room.
func sent(t *testing.T, p *WebSocketPeer, send func() error) func() bool {
	return func() bool {
		err := send()
		if err != nil && !errors.Is(err, ErrBufferFull) {
			t.Fatal(err)
		}
		return err == nil
	}
}

func TestManyInOrder(t *testing.T) {
	both(t, nil, nil, func(t *testing.T, g *Group, a, b *WebSocketPeer) {
		const n = 500
		var f Prepared
		for i := range n {
			f.Set(WriteBinary, []byte{byte(i), byte(i >> 8)}, payload(i%40))
			check(t, a.SendPrepared(&f))
		}
		next := 0
		until(t, g, func() bool {
			for packet := range b.Packets() {
				if got := int(packet.Data[0]) | int(packet.Data[1])<<8; got != next {
					t.Fatalf("packet %d came as number %d", got, next)
				}
				equal(t, packet.Data[2:], payload(next%40))
				packet.Release()
				next++
			}
			return next == n
		})
		if writes := a.Stats().Writes; writes > 4 {
			t.Errorf("%d writes for one flush", writes)
		}
	})
}

func TestNothingShowsBeforePoll(t *testing.T) {
	g, s, c := opened(t, links["tcp"], nil, nil)
	check(t, c.SendText("now"))
	c.Close(1000, "")
	finished(t, s, c)
	if s.ReadyState() != Open || c.ReadyState() != Open || s.AvailablePacketCount() != 0 || s.CloseCode() != -1 {
		t.Error("something changed before Poll")
	}
	g.Poll()
	if s.ReadyState() != Closed || c.ReadyState() != Closed || s.AvailablePacketCount() != 1 {
		t.Error("Poll did not show it")
	}
}

func TestProperties(t *testing.T) {
	o := &Options{SupportedProtocols: []string{"one", "two"}, HandshakeHeaders: http.Header{"X-Game": {"a", "b"}}}
	kept := *o
	for name, l := range links {
		t.Run(name, func(t *testing.T) {
			_, s, c := opened(t, l, o, &Options{SupportedProtocols: []string{"zero", "two", "one"}})
			if s.SelectedProtocol() != "two" || c.SelectedProtocol() != "two" {
				t.Errorf("protocols %q and %q", s.SelectedProtocol(), c.SelectedProtocol())
			}
			if s.RequestedURL() != c.RequestedURL() {
				t.Errorf("the client asked for %q, the server was asked for %q", c.RequestedURL(), s.RequestedURL())
			}
			if got := s.HandshakeHeaders(); !maps.EqualFunc(got, o.HandshakeHeaders, func(a, b []string) bool { return len(a) == len(b) }) {
				t.Errorf("headers %v", got)
			}
			for _, p := range []*WebSocketPeer{s, c} {
				if name == "pipe" {
					if p.ConnectedHost() != "pipe" || p.ConnectedPort() != 0 {
						t.Errorf("connected to %s %d", p.ConnectedHost(), p.ConnectedPort())
					}
					if err := p.SetNoDelay(false); !errors.Is(err, errors.ErrUnsupported) {
						t.Errorf("SetNoDelay on a pipe: %v", err)
					}
					continue
				}
				if p.RemoteAddr() == nil || p.ConnectedHost() != "127.0.0.1" || p.ConnectedPort() == 0 || p.RemoteAddr().(*net.TCPAddr).Port != p.ConnectedPort() {
					t.Errorf("connected to %s %d", p.ConnectedHost(), p.ConnectedPort())
				}
				if err := p.SetNoDelay(false); (err != nil) != (name == "other") {
					t.Errorf("SetNoDelay: %v", err)
				}
			}
		})
	}
	if o.InboundBufferSize != kept.InboundBufferSize || len(o.HandshakeHeaders) != 1 || o.CloseTimeout != 0 {
		t.Error("the options were written to")
	}
}

func TestUserData(t *testing.T) {
	g := NewGroup()
	s, c := Pipe(&Options{Group: g, UserData: "room"}, &Options{Group: g})
	if s.UserData() != "room" || c.UserData() != nil {
		t.Error("wrong from the start")
	}
	c.SetUserData(7)
	if c.UserData() != 7 {
		t.Error("not kept")
	}
	s.Close(-1, "")
	finished(t, s, c)
}

func TestBadOptions(t *testing.T) {
	for _, o := range []*Options{
		{InboundBufferSize: -1}, {MaxQueuedPackets: -1}, {CloseTimeout: -1}, {OutboundBufferSize: 1 << 31},
		{MaxQueuedPackets: 1 << 24}, {SupportedProtocols: []string{"two words"}}, {SupportedProtocols: []string{""}},
	} {
		if _, err := Dial("ws://localhost", o); !errors.Is(err, ErrOptions) {
			t.Errorf("Dial with %+v: %v", o, err)
		}
		for _, both := range [][2]*Options{{o, nil}, {nil, o}} {
			if _, _, err := PipeURL("ws://pipe/", both[0], both[1]); !errors.Is(err, ErrOptions) {
				t.Errorf("PipeURL with %+v: %v", o, err)
			}
		}
	}
}

func TestStateNames(t *testing.T) {
	for s, name := range map[State]string{Connecting: "Connecting", Open: "Open", Closing: "Closing", Closed: "Closed", 9: "State(9)"} {
		if s.String() != name {
			t.Errorf("%d is %q", s, s)
		}
	}
	if Connecting != 0 || Closed != 3 || WriteText != 0 || WriteBinary != 1 {
		t.Error("the numbers are Godot's and must not change")
	}
}
