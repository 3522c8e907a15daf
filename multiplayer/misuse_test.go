package multiplayer_test

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// TestOptionsThatAreWrong are told when a session is made, not to who connects to it.
func TestOptionsThatAreWrong(t *testing.T) {
	server := func(o *multiplayer.Options) (*multiplayer.MultiplayerPeer, error) { return multiplayer.NewServer(o) }
	listen := func(o *multiplayer.Options) (*multiplayer.MultiplayerPeer, error) {
		return multiplayer.Listen("127.0.0.1:0", o)
	}
	dial := func(o *multiplayer.Options) (*multiplayer.MultiplayerPeer, error) {
		return multiplayer.Dial("ws://127.0.0.1:1", o)
	}
	for _, test := range []struct {
		name string
		make func(o *multiplayer.Options) (*multiplayer.MultiplayerPeer, error)
		o    multiplayer.Options
	}{
		{"InboundBufferSize", server, multiplayer.Options{Transport: transport.Options{InboundBufferSize: -1}}},
		{"CloseTimeout", server, multiplayer.Options{Transport: transport.Options{CloseTimeout: -1}}},
		{"MaxQueuedPackets", server, multiplayer.Options{Transport: transport.Options{MaxQueuedPackets: 1 << 40}}},
		{"FloodTimeout of a client", dial, multiplayer.Options{Transport: transport.Options{FloodTimeout: -1}}},
		{"GodotProtocols", server, multiplayer.Options{GodotProtocols: []string{"not a token"}}},
		{"GodotProtocols of a client", dial, multiplayer.Options{Wire: multiplayer.Godot, GodotProtocols: []string{""}}},
		{"TLSConfig without a certificate", listen, multiplayer.Options{Transport: transport.Options{TLSConfig: &tls.Config{}}}},
		{"MaxPeers", server, multiplayer.Options{MaxPeers: -1}},
		{"Wire", dial, multiplayer.Options{Wire: 2}},
	} {
		m, err := test.make(&test.o)
		if err == nil {
			t.Errorf("%s was accepted", test.name)
			m.Close()
		}
	}
}

func TestTransferModeThatIsNone(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		p.join(nil)
		d := multiplayer.Delivery{Mode: multiplayer.UnreliableOrdered + 1}
		for name, err := range map[string]error{
			"to one":      p.server.Send(2, d, []byte("x")),
			"to everyone": p.server.Send(multiplayer.Everyone, d, []byte("x")),
			"SendTo":      p.server.SendTo([]*multiplayer.Peer{p.server.Peer(2)}, d, []byte("x")),
		} {
			if !errors.Is(err, multiplayer.ErrTransferMode) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestClientTakesNoConnections(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		c := p.join(nil)
		if m, err := c.Join(nil); err == nil {
			t.Error("a client was joined")
			m.Close()
		}
		near, far := net.Pipe()
		c.Accept(near)
		if _, err := far.Write([]byte("GET")); err == nil {
			t.Error("a client accepted a connection")
		}
		w := httptest.NewRecorder()
		if c.ServeHTTP(w, httptest.NewRequest("GET", "/", nil)); w.Code != http.StatusNotImplemented {
			t.Errorf("a client answers %d", w.Code)
		}
	})
}
