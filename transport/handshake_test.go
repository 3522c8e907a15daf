package transport

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/frame"
)

// A handshake test is a request, and what a server makes of it.
type handshakeTest struct {
	name     string
	request  string
	o        *Options
	status   int
	header   string // a line that the reply has
	protocol string
}

func edit(old, new string) string { return strings.Replace(request(), old, new, 1) }

func handshakeTests() []handshakeTest {
	one := &Options{SupportedProtocols: []string{"a", "b"}}
	optional := &Options{SupportedProtocols: []string{"a"}, ProtocolOptional: true}
	headers := &Options{SupportedProtocols: []string{"a"}, HandshakeHeaders: http.Header{
		"Set-Cookie": {"x=1", "y=2"}, "Sec-WebSocket-Accept": {"forged"}, "X-Evil": {"a\r\nInjected: 1"},
	}}
	return []handshakeTest{
		{name: "good", request: request(), status: 101, header: "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
		{name: "plain page", request: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", status: 426, header: "Upgrade: websocket"},
		{name: "post", request: edit("GET", "POST"), status: 405, header: "Allow: GET"},
		{name: "old version", request: edit("Version: 13", "Version: 8"), status: 426, header: "Sec-Websocket-Version: 13"},
		{name: "no version", request: edit("Sec-WebSocket-Version: 13\r\n", ""), status: 426},
		{name: "no key", request: edit("Sec-WebSocket-Key", "Sec-WebSocket-Quay"), status: 400},
		{name: "short key", request: edit(sampleKey, "zz"), status: 400},
		{name: "key of 17 bytes", request: edit(sampleKey, "AAAAAAAAAAAAAAAAAAAAAAA="), status: 400},
		{name: "two keys", request: request("Sec-WebSocket-Key: " + sampleKey), status: 400},
		{name: "body", request: request("Content-Length: 5"), status: 400},
		{name: "other upgrade", request: edit("Upgrade: websocket", "Upgrade: h2c"), status: 426},
		{name: "two upgrades", request: edit("Upgrade: websocket", "Upgrade: h2c, WebSocket"), status: 101},
		{name: "list of connections", request: edit("Connection: Upgrade", "Connection: keep-alive, Upgrade"), status: 101},
		{name: "two lines of connections", request: edit("Connection: Upgrade", "Connection: keep-alive\r\nConnection: upgrade"), status: 101},
		{name: "a word with upgrade in it", request: edit("Connection: Upgrade", "Connection: xupgrade"), status: 426},

		{name: "own page", request: request("Origin: http://example.com"), status: 101},
		{name: "foreign page", request: request("Origin: http://evil.com"), status: 403},
		{name: "allowed page", request: request("Origin: https://game.io"), o: &Options{Origins: []string{"game.io"}}, status: 101},

		{name: "unwanted protocol", request: request("Sec-WebSocket-Protocol: a"), status: 400},
		{name: "client's order", request: request("Sec-WebSocket-Protocol: x, b, a"), o: one, status: 101, protocol: "b"},
		{name: "protocols on two lines", request: request("Sec-WebSocket-Protocol: x", "Sec-WebSocket-Protocol: a"), o: one, status: 101, protocol: "a"},
		{name: "unknown protocol", request: request("Sec-WebSocket-Protocol: x"), o: one, status: 400},
		{name: "protocol in other letters", request: request("Sec-WebSocket-Protocol: A"), o: one, status: 400},
		{name: "no protocol", request: request(), o: one, status: 400},
		{name: "optional protocol, none", request: request(), o: optional, status: 101},
		{name: "optional protocol, unknown", request: request("Sec-WebSocket-Protocol: x"), o: optional, status: 400},
		{name: "optional protocol, known", request: request("Sec-WebSocket-Protocol: a"), o: optional, status: 101, protocol: "a"},

		{name: "more headers", request: request("Sec-WebSocket-Protocol: a"), o: headers, status: 101, protocol: "a", header: "Set-Cookie: y=2"},
		{name: "own headers stay", request: request("Sec-WebSocket-Protocol: a"), o: headers, status: 101, protocol: "a", header: "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
	}
}

func TestServerHandshake(t *testing.T) {
	for _, test := range handshakeTests() {
		for name, dial := range map[string]func(testing.TB, *Group, *Options) net.Conn{"bare": dialBare, "http": dialHTTP} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				g := NewGroup()
				nc := dial(t, g, test.o)
				defer nc.Close()
				// The first frame comes in one piece with the request.
				first := string((&raw{}).frame(frame.Fin|frame.Text, "early"))
				_, err := io.WriteString(nc, test.request+first)
				check(t, err)

				nc.SetReadDeadline(time.Now().Add(patience))
				br := bufio.NewReader(nc)
				resp, err := http.ReadResponse(br, nil)
				check(t, err)
				if resp.StatusCode != test.status {
					t.Fatalf("status %s", resp.Status)
				}
				if k, v, _ := strings.Cut(test.header, ": "); test.header != "" && !strings.Contains(strings.Join(resp.Header[http.CanonicalHeaderKey(k)], "\n"), v) {
					t.Errorf("header %v, want %s", resp.Header, test.header)
				}
				if got := resp.Header.Get(headerProtocol); got != test.protocol {
					t.Errorf("protocol %q", got)
				}
				if resp.Header.Get("Injected") != "" {
					t.Error("a header with a line break in it got through")
				}
				if test.status != 101 {
					body, err := io.ReadAll(resp.Body)
					if err != nil || len(body) == 0 {
						t.Errorf("refusal says %q, %v", body, err)
					}
					return
				}
				var p *WebSocketPeer
				until(t, g, func() bool {
					if len(g.polled) > 0 {
						p = g.polled[0]
					}
					return p != nil && p.AvailablePacketCount() > 0
				})
				equal(t, receive(t, g, p), []byte("early"))
				if p.ReadyState() != Open || p.SelectedProtocol() != test.protocol || p.RequestedURL() != "ws://example.com/play" {
					t.Errorf("%v, protocol %q, URL %q", p.ReadyState(), p.SelectedProtocol(), p.RequestedURL())
				}
				p.Close(-1, "")
				finished(t, p)
			})
		}
	}
}

func dialBare(t testing.TB, g *Group, o *Options) net.Conn {
	near, far := rawNets["tcp"](t)
	p := Accept(near, with(o, g))
	t.Cleanup(func() { finished(t, p) })
	return far
}

func dialHTTP(t testing.TB, g *Group, o *Options) net.Conn {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := Upgrade(w, r, with(o, g))
		var refusal *HandshakeError
		if (p == nil) == (err == nil) || err != nil && (!errors.As(err, &refusal) || refusal.StatusCode < 400) {
			t.Errorf("Upgrade: %v, %v", p, err)
		}
	}))
	t.Cleanup(srv.Close)
	nc, err := net.Dial("tcp", srv.Listener.Addr().String())
	check(t, err)
	return nc
}

// Bytes that are no handshake at all.
func TestBareGarbage(t *testing.T) {
	for name, sent := range map[string]string{
		"not HTTP":    "hello\r\n\r\n",
		"a TLS hello": "\x16\x03\x01\x00\x05hello\r\n\r\n",
		"endless":     "GET / HTTP/1.1\r\nX: " + strings.Repeat("a", 2*maxHead),
		"nothing":     "",
		"half":        "GET / HT",
	} {
		t.Run(name, func(t *testing.T) {
			near, far := rawNets["tcp"](t)
			p := Accept(near, nil)
			go func() {
				io.WriteString(far, sent)
				far.(*net.TCPConn).CloseWrite()
			}()
			io.Copy(io.Discard, far)
			far.Close()
			finished(t, p)
			p.Poll()
			var refusal *HandshakeError
			if p.ReadyState() != Closed || !errors.As(p.Err(), &refusal) {
				t.Errorf("%v, %v", p.ReadyState(), p.Err())
			}
		})
	}
}

func TestUpgradeWithoutHijacker(t *testing.T) {
	w := httptest.NewRecorder()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(request())))
	check(t, err)
	p, err := Upgrade(w, r, nil)
	if p != nil || err == nil || w.Code != 500 {
		t.Errorf("%v, %v, status %d", p, err, w.Code)
	}
	w = httptest.NewRecorder()
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/2.0", 2, 0
	if _, err := Upgrade(w, r, nil); err == nil || w.Code != 505 {
		t.Errorf("HTTP/2: %v, status %d", err, w.Code)
	}
	w = httptest.NewRecorder()
	if _, err := Upgrade(w, r, &Options{CloseTimeout: -1}); !errors.Is(err, ErrOptions) || w.Code != 500 {
		t.Errorf("bad options: %v, status %d", err, w.Code)
	}
}

// Middleware wraps the ResponseWriter.
func TestUpgradeBehindMiddleware(t *testing.T) {
	g := NewGroup()
	accepted := make(chan *WebSocketPeer, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := Upgrade(wrapped{w}, r, &Options{Group: g})
		if err != nil {
			t.Error(err)
		}
		accepted <- p
	}))
	defer srv.Close()
	c := mustDial(t, "ws"+strings.TrimPrefix(srv.URL, "http"), &Options{Group: g})
	s := <-accepted
	until(t, g, func() bool { return c.ReadyState() == Open && s.ReadyState() == Open })
	s.Close(-1, "")
	finished(t, s, c)
}

type wrapped struct{ w http.ResponseWriter }

func (w wrapped) Header() http.Header         { return w.w.Header() }
func (w wrapped) Write(b []byte) (int, error) { return w.w.Write(b) }
func (w wrapped) WriteHeader(code int)        { w.w.WriteHeader(code) }
func (w wrapped) Unwrap() http.ResponseWriter { return w.w }

func TestOrigins(t *testing.T) {
	for _, test := range []struct {
		origin, host string
		patterns     string
		ok           bool
	}{
		{"", "a.com", "", true},
		{"http://a.com", "a.com", "", true},
		{"http://A.com", "a.COM", "", true},
		{"http://a.com", "a.com:80", "", true},
		{"https://a.com", "a.com:443", "", true},
		{"https://a.com:8443", "a.com", "", false},
		{"http://a.com:8080", "a.com:8080", "", true},
		{"http://a.com.evil.com", "a.com", "", false},
		{"http://[::1]:8080", "[::1]:8080", "", true},
		{"null", "a.com", "", false},
		{"null", "a.com", "*", true},
		{"null", "a.com", "null", true},
		{"null", "a.com", "b.com", false},
		{"http://b.com", "a.com", "null", false},
		{"https://b.com", "a.com", "HTTPS://B.com", true},
		{"https://b.com", "a.com", "b.com:443", true},
		{"http://[::1]:9000", "a.com", "[::1]:9000", true},
		{"http://b.com", "a.com", "*", true},
		{"http://b.com", "a.com", "b.com", true},
		{"http://b.com:81", "a.com", "b.com", false},
		{"http://b.com:81", "a.com", "b.com:*", true},
		{"http://b.com", "a.com", "b.com:*", true},
		{"http://b.com", "a.com", "c.com b.com", true},
		{"http://x.b.com", "a.com", "*.b.com", true},
		{"http://x.y.b.com", "a.com", "*.b.com", true},
		{"http://b.com", "a.com", "*.b.com", false},
		{"http://xb.com", "a.com", "*.b.com", false},
		{"http://x.b.com:81", "a.com", "*.b.com:*", true},
		{"http://b.com", "a.com", "https://b.com", false},
		{"https://b.com", "a.com", "https://b.com", true},
		{"https://b.com", "a.com", "https://b.com:443", true},
		{"http://%zz", "a.com", "b.com", false},
		{"file:///x", "a.com", "b.com", false},
	} {
		if got := allowedOrigin(test.origin, test.host, strings.Fields(test.patterns)); got != test.ok {
			t.Errorf("origin %q on host %q with %q: %v", test.origin, test.host, test.patterns, got)
		}
	}
}

func TestOriginsThatNeverMatch(t *testing.T) {
	for _, pattern := range []string{
		"", "https://a.example/", "https://a.example/game", "a.example/", "a.example?x", "user@a.example", "a.example, b.example", "a.example b.example",
		"wss://a.example", "ws://a.example:80", "spiel.müller.example", "a.*.example", "*a.example", "**", "https://*", "*.", "::1", "[::1", "a.example:port", "https://", ":443",
	} {
		o := &Options{Origins: []string{"good.example", pattern}}
		if err := o.Validate(); !errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), strconv.Quote(pattern)) {
			t.Errorf("%q: %v", pattern, err)
		}
	}
	for _, pattern := range []string{"*", "null", "a.example", "A.Example:8080", "*.a.example", "*.a.example:*", "a.example:*", "https://a.example", "https://*.a.example:8443", "[::1]", "[::1]:*", "127.0.0.1:9080", "capacitor://localhost"} {
		if err := (&Options{Origins: []string{pattern}}).Validate(); err != nil {
			t.Errorf("%q: %v", pattern, err)
		}
	}
}
