package transport

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/internal/refusing"
	"github.com/peerage-go/peerage/internal/socket"
)

func TestDialBadURL(t *testing.T) {
	for _, url := range []string{"", "localhost", "http://x", "ws://", "ws:///path", "wss://:80", "ws://a b", "ws://x:port", "ws://u:secret@x:bad", "ws://u:secret/x@y", "ws://u:secret?x@y", "ws://x:bad/?token=secret", "ws://x/%zz?token=secret", "ws://münchen.example", "wss://bücher.example:8080/x"} {
		_, err := Dial(url, nil)
		if !errors.Is(err, ErrURL) {
			t.Errorf("%q: %v", url, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error tells the password: %v", url, err)
		}
	}
}

// reply answers one client with what it is given, in which KEY stands for the
// right answer to its key, and returns the client when it is closed or open.
func reply(t *testing.T, head string, o *Options) (*WebSocketPeer, *http.Request) {
	t.Helper()
	l := listen(t)
	g := NewGroup()
	p := mustDial(t, "ws://user:secret@"+l.Addr().String()+"/path?q=1#fragment", with(o, g))
	nc, err := l.Accept()
	check(t, err)
	r, err := http.ReadRequest(bufio.NewReader(nc))
	check(t, err)
	io.WriteString(nc, strings.ReplaceAll(head, "KEY", acceptKey(r.Header.Get(headerKey))))
	until(t, g, func() bool { return p.ReadyState() != Connecting })
	nc.Close()
	p.Close(-1, "")
	finished(t, p)
	return p, r
}

const goodReply = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: KEY\r\n"

func TestClientHandshake(t *testing.T) {
	offer := &Options{SupportedProtocols: []string{"a", "b"}}
	optional := &Options{SupportedProtocols: []string{"a", "b"}, ProtocolOptional: true}
	for _, test := range []struct {
		name   string
		reply  string
		o      *Options
		status int // of the HandshakeError; -1: open
	}{
		{"good", goodReply + "\r\n", nil, -1},
		{"only line feeds", strings.ReplaceAll(goodReply+"\r\n", "\r", ""), nil, -1},
		{"hints before", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + goodReply + "\r\n", nil, -1},
		{"hints without end", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 40) + goodReply + "\r\n", nil, 0},
		{"hints and a refusal", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", nil, 404},
		{"two lines of Connection", strings.Replace(goodReply, "Connection: Upgrade", "connection: keep-alive\r\nCONNECTION: close, upgrade", 1) + "\r\n", nil, -1},
		{"two tokens of Connection", strings.Replace(goodReply, "Connection: Upgrade", "Connection: keep-alive, Upgrade", 1) + "\r\n", nil, -1},
		{"Connection without Upgrade", strings.Replace(goodReply, "Connection: Upgrade", "Connection: keep-alive\r\nConnection: close", 1) + "\r\n", nil, 0},
		{"moved", "HTTP/1.1 302 Found\r\nLocation: ws://elsewhere\r\nContent-Length: 0\r\n\r\n", nil, 302},
		{"unauthorized", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno", nil, 401},
		{"forbidden, no length", "HTTP/1.1 403 Forbidden\r\n\r\nno", nil, 403},
		{"ok", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", nil, 200},
		{"wrong key", strings.Replace(goodReply, "KEY", "x"+sampleKey, 1) + "\r\n", nil, 0},
		{"no upgrade", strings.Replace(goodReply, "Upgrade: websocket\r\n", "", 1) + "\r\n", nil, 0},
		{"not HTTP", "hello\r\n\r\n", nil, 0},
		{"endless", "HTTP/1.1 101 Switching Protocols\r\nX: " + strings.Repeat("a", 2*maxHead), nil, 0},
		{"chosen", goodReply + "Sec-WebSocket-Protocol: b\r\n\r\n", offer, -1},
		{"none chosen", goodReply + "\r\n", offer, 0},
		{"none chosen, optional", goodReply + "\r\n", optional, -1},
		{"other chosen", goodReply + "Sec-WebSocket-Protocol: c\r\n\r\n", optional, 0},
		{"two chosen", goodReply + "Sec-WebSocket-Protocol: a, b\r\n\r\n", optional, 0},
		{"chosen unasked", goodReply + "Sec-WebSocket-Protocol: b\r\n\r\n", nil, 0},
		{"extension unasked", goodReply + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, r := reply(t, test.reply, test.o)
			if user, password, _ := r.BasicAuth(); user != "user" || password != "secret" {
				t.Errorf("authorized as %q, %q", user, password)
			}
			if r.RequestURI != "/path?q=1" || strings.Contains(p.RequestedURL(), "secret") || !strings.HasSuffix(p.RequestedURL(), "/path?q=1") {
				t.Errorf("requested %q, tells %q", r.RequestURI, p.RequestedURL())
			}
			if test.o != nil && r.Header.Get(headerProtocol) != "a, b" {
				t.Errorf("offered %q", r.Header[headerProtocol])
			}
			if test.status == -1 {
				if p.ReadyState() != Open {
					t.Errorf("%v: %v", p.ReadyState(), p.Err())
				}
				return
			}
			var refusal *HandshakeError
			if p.ReadyState() != Closed || p.CloseCode() != -1 || !errors.As(p.Err(), &refusal) || refusal.StatusCode != test.status {
				t.Errorf("%v: %v", p.ReadyState(), p.Err())
			}
		})
	}
}

func TestClientHeaders(t *testing.T) {
	o := &Options{HandshakeHeaders: http.Header{
		"Authorization": {"Bearer x"}, "x-lower": {"1", "2"}, "Host": {"other.example"}, "Upgrade": {"h2c"}, "Sec-WebSocket-Key": {"mine"},
	}}
	_, r := reply(t, goodReply+"\r\n", o)
	if r.Header.Get("Authorization") != "Bearer x" || len(r.Header["X-Lower"]) != 2 || r.Host != "other.example" ||
		r.Header.Get("Upgrade") != "websocket" || !validKey(r.Header.Get(headerKey)) {
		t.Errorf("host %q, header %v", r.Host, r.Header)
	}
	if len(o.HandshakeHeaders) != 5 || o.HandshakeHeaders["Upgrade"][0] != "h2c" {
		t.Error("the options were written to")
	}
}

// acceptKey is computed by a handshake.
func acceptKey(key string) string {
	near, far := socket.Pipe()
	defer far.Close()
	if err := shakeServer(near, &http.Request{Header: http.Header{headerKey: {key}}}, nil); err != nil {
		panic(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(far), nil)
	if err != nil {
		panic(err)
	}
	return resp.Header.Get("Sec-WebSocket-Accept")
}

func TestDialRefused(t *testing.T) {
	g := NewGroup()
	p := mustDial(t, "ws://"+refusing.Addr(t), &Options{Group: g})
	until(t, g, func() bool { return p.ReadyState() == Closed })
	var network *net.OpError
	if !errors.As(p.Err(), &network) {
		t.Errorf("error %v", p.Err())
	}
	finished(t, p)
}

func TestTLS(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		p.Poll()
		if !strings.HasPrefix(p.RequestedURL(), "wss://") {
			t.Errorf("URL %q", p.RequestedURL())
		}
		p.Close(1000, "")
	}))
	defer srv.Close()
	srv.Config.ErrorLog = discardLog
	url := "wss" + strings.TrimPrefix(srv.URL, "https")
	roots := srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for name, test := range map[string]struct {
		config *tls.Config
		ok     bool
	}{
		"unknown authority": {nil, false},
		"own roots":         {&tls.Config{RootCAs: roots}, true},
		"other name":        {&tls.Config{RootCAs: roots, ServerName: "other.example"}, false},
		"unsafe":            {&tls.Config{InsecureSkipVerify: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewGroup()
			p := mustDial(t, url, &Options{Group: g, TLSConfig: test.config})
			until(t, g, func() bool { return p.ReadyState() == Closed })
			finished(t, p)
			if test.ok {
				if p.CloseCode() != 1000 {
					t.Errorf("code %d, error %v", p.CloseCode(), p.Err())
				}
			} else {
				var certificate *tls.CertificateVerificationError
				var host x509.HostnameError
				if !errors.As(p.Err(), &certificate) && !errors.As(p.Err(), &host) {
					t.Errorf("error %v", p.Err())
				}
			}
			if test.config != nil && name != "other name" && test.config.ServerName != "" {
				t.Error("the configuration was written to")
			}
		})
	}
}

// A server that says nothing: dials can be cancelled, and leave nothing.
func TestCancelledDials(t *testing.T) {
	l := listen(t)
	for _, scheme := range []string{"ws", "wss"} {
		for i := range 20 {
			p := mustDial(t, scheme+"://"+l.Addr().String(), nil)
			if i%2 == 0 {
				nc, err := l.Accept()
				check(t, err)
				defer nc.Close()
			}
			check(t, p.Close(1000, ""))
			finished(t, p)
			p.Poll()
			if p.ReadyState() != Closed || !errors.Is(p.Err(), net.ErrClosed) || p.CloseCode() != -1 {
				t.Errorf("%v, %v", p.ReadyState(), p.Err())
			}
		}
	}
}

func TestHandshakeTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := socket.Pipe()
		start := time.Now()
		s := Accept(near, nil)
		finished(t, s)
		s.Poll()
		if s.ReadyState() != Closed || !errors.Is(s.Err(), ErrHandshakeTimeout) || time.Since(start) != 3*time.Second {
			t.Errorf("server: %v after %v", s.Err(), time.Since(start))
		}
		far.Close()

		near, far = socket.Pipe()
		start = time.Now()
		c := clientOn(t, near, &Options{HandshakeTimeout: 20 * time.Second})
		finished(t, c)
		c.Poll()
		if c.ReadyState() != Closed || !errors.Is(c.Err(), ErrHandshakeTimeout) || time.Since(start) != 20*time.Second {
			t.Errorf("client: %v after %v", c.Err(), time.Since(start))
		}
		far.Close()
	})
}

// TestDialTellsNoSecret has no error and no log line with what may be secret in a URL.
func TestDialTellsNoSecret(t *testing.T) {
	l := listen(t)
	addr := l.Addr().String()
	l.Close()
	var log strings.Builder
	g := NewGroup()
	p := mustDial(t, "ws://user:secret@"+addr+"/path?token=secret", &Options{Group: g,
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	finished(t, p)
	g.Poll()
	if text := p.Err().Error() + log.String(); strings.Contains(text, "secret") || !strings.Contains(log.String(), "dial failed") {
		t.Errorf("told: %s", text)
	}
}
