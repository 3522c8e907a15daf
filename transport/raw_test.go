package transport

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/frame"
	"github.com/peerage-go/peerage/internal/selfsigned"
	"github.com/peerage-go/peerage/internal/socket"
)

// A raw is the other side of a peer, written by hand.
type raw struct {
	net.Conn
	t      testing.TB
	br     *bufio.Reader
	server bool // plays the server: does not mask
}

const maskBit = 0x80

const sampleKey = "dGhlIHNhbXBsZSBub25jZQ=="

// rawNets are the connections that a raw and a peer can have between them.
var rawNets = map[string]func(t testing.TB) (peer, other net.Conn){
	"pipe": func(t testing.TB) (net.Conn, net.Conn) { return socket.Pipe() },
	"tcp":  tcpConns,
	"tls": func(t testing.TB) (net.Conn, net.Conn) {
		nc, other := tcpConns(t)
		server, client := selfsigned.Certificate(t, "127.0.0.1")
		return tls.Server(nc, server), tls.Client(other, client)
	},
	// A connection of a type that is not known.
	"other": func(t testing.TB) (net.Conn, net.Conn) {
		nc, other := tcpConns(t)
		return struct{ *net.TCPConn }{nc.(*net.TCPConn)}, other
	},
}

func tcpConns(t testing.TB) (net.Conn, net.Conn) {
	t.Helper()
	l := listen(t)
	other, err := net.Dial("tcp", l.Addr().String())
	check(t, err)
	nc, err := l.Accept()
	check(t, err)
	return nc, other
}

// rawClient returns an open server peer and a client written by hand.
func rawClient(t testing.TB, network string, o *Options) (*Group, *WebSocketPeer, *raw) {
	t.Helper()
	g := NewGroup()
	nc, other := rawNets[network](t)
	p := Accept(nc, with(o, g))
	r := &raw{Conn: other, t: t, br: bufio.NewReader(other)}
	t.Cleanup(func() {
		r.Close()
		p.Close(-1, "")
		finished(t, p)
	})
	r.text(request())
	resp, err := http.ReadResponse(r.br, nil)
	check(t, err)
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("status %s", resp.Status)
	}
	until(t, g, func() bool { return p.ReadyState() == Open })
	return g, p, r
}

// rawServer returns an open client peer and a server written by hand.
func rawServer(t testing.TB, network string, o *Options) (*Group, *WebSocketPeer, *raw) {
	t.Helper()
	g := NewGroup()
	nc, other := rawNets[network](t)
	p := clientOn(t, nc, with(o, g))
	r := &raw{Conn: other, t: t, br: bufio.NewReader(other), server: true}
	t.Cleanup(func() {
		r.Close()
		p.Close(-1, "")
		finished(t, p)
	})
	r.text(r.reply())
	until(t, g, func() bool { return p.ReadyState() == Open })
	return g, p, r
}

// reply reads a client's request, and is a good reply to it.
func (r *raw) reply() string {
	r.t.Helper()
	req, err := http.ReadRequest(r.br)
	check(r.t, err)
	return strings.Replace(goodReply, "KEY", acceptKey(req.Header.Get(headerKey)), 1) + "\r\n"
}

// A rawSide is rawClient or rawServer.
type rawSide func(t testing.TB, network string, o *Options) (*Group, *WebSocketPeer, *raw)

// eachRole runs body over every kind of connection, with a server and with a
// client as the peer.
func eachRole(t *testing.T, body func(t *testing.T, open rawSide, network string)) {
	for network := range rawNets {
		t.Run(network+"/server", func(t *testing.T) { body(t, rawClient, network) })
		t.Run(network+"/client", func(t *testing.T) { body(t, rawServer, network) })
	}
}

// request is a good handshake request, with more lines if wanted.
func request(lines ...string) string {
	s := "GET /play HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + sampleKey + "\r\n"
	for _, line := range lines {
		s += line + "\r\n"
	}
	return s + "\r\n"
}

func (r *raw) text(s string) {
	r.t.Helper()
	if _, err := io.WriteString(r, s); err != nil {
		r.t.Fatal(err)
	}
}

// frame builds a frame in this side's role.
func (r *raw) frame(first byte, payload string) []byte {
	var b []byte
	if r.server {
		b = frame.Append(b, first&0xF, payload)
	} else {
		b = frame.AppendMasked(b, first&0xF, payload, 0x04030201)
	}
	b[0] = first
	return b
}

// send writes a whole frame whose first byte is given.
func (r *raw) send(first byte, payload string) {
	r.t.Helper()
	if _, err := r.Write(r.frame(first, payload)); err != nil {
		r.t.Fatal(err)
	}
}

// read reads one frame.
func (r *raw) read() (opcode byte, payload []byte, err error) {
	var h [2]byte
	if _, err = io.ReadFull(r.br, h[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(h[1] &^ maskBit)
	var ext [8]byte
	switch n {
	case 126:
		io.ReadFull(r.br, ext[6:])
		n = binary.BigEndian.Uint64(ext[:])
	case 127:
		io.ReadFull(r.br, ext[:])
		n = binary.BigEndian.Uint64(ext[:])
	}
	var key [4]byte
	if masked := h[1]&maskBit != 0; masked != r.server {
		return 0, nil, fmt.Errorf("masked: %v", masked)
	} else if masked {
		io.ReadFull(r.br, key[:])
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r.br, payload)
	frame.Mask(payload, binary.LittleEndian.Uint32(key[:]))
	if h[0]&0xF0 != frame.Fin {
		return 0, nil, fmt.Errorf("first byte %x", h[0])
	}
	return h[0] & 0xF, payload, err
}

// want reads one frame, which has to be this one.
func (r *raw) want(opcode byte, payload string) {
	r.t.Helper()
	r.SetReadDeadline(time.Now().Add(patience))
	op, got, err := r.read()
	if err != nil || op != opcode || string(got) != payload {
		r.t.Fatalf("got opcode %x %.60q, %v; want opcode %x %.60q", op, got, err, opcode, payload)
	}
}

// wantClose reads a close frame, or frames up to one, and then the end.
func (r *raw) wantClose(code int) {
	r.t.Helper()
	r.SetReadDeadline(time.Now().Add(patience))
	for {
		op, got, err := r.read()
		if err != nil {
			r.t.Fatalf("no close frame: %v", err)
		}
		if op != frame.Close {
			continue
		}
		have := frame.CodeNoStatus
		if len(got) >= 2 {
			have = int(binary.BigEndian.Uint16(got))
		}
		if have != code {
			r.t.Fatalf("closed with %d %q, want %d", have, got[min(2, len(got)):], code)
		}
		break
	}
	if b, err := io.ReadAll(r.br); err != nil || len(b) > 0 {
		r.t.Fatalf("after the close frame: %x, %v", b, err)
	}
}

// wantEOF reads the end, with nothing in front of it.
func (r *raw) wantEOF() {
	r.t.Helper()
	r.SetReadDeadline(time.Now().Add(patience))
	if b, err := io.ReadAll(r.br); err != nil || len(b) > 0 {
		r.t.Fatalf("instead of the end: %x, %v", b, err)
	}
}

// eachNet runs body over memory and over TCP.
func eachNet(t *testing.T, body func(t *testing.T, network string)) {
	for _, network := range []string{"pipe", "tcp"} {
		t.Run(network, func(t *testing.T) { body(t, network) })
	}
}

// closeFrame is the payload of one.
func closeFrame(code int, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(code))) + reason
}
