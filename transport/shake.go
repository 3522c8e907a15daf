package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/lxzan/gws"
)

// The handshakes (RFC 6455, section 4) are made and checked by gws, and gws
// does nothing else: it sees a shakeConn, and what it makes of that is dropped.

// maxHead is the largest HTTP head that a handshake may have.
const maxHead = 64 << 10

var errHeadTooLong = errors.New("the HTTP head is longer than 64 KiB")

// A shakeConn is a connection as gws sees it for the handshake. Its time is
// limited elsewhere, and who closes it is not gws.
type shakeConn struct {
	net.Conn
	lines []byte // server: to be added to the reply
	reply *replyHead
}

func (c *shakeConn) Close() error                     { return nil }
func (c *shakeConn) SetDeadline(time.Time) error      { return nil }
func (c *shakeConn) SetReadDeadline(time.Time) error  { return nil }
func (c *shakeConn) SetWriteDeadline(time.Time) error { return nil }

// Write writes the request of a client, the reply of a server with its lines.
func (c *shakeConn) Write(b []byte) (int, error) {
	n := len(b)
	if len(c.lines) > 0 {
		if head, ok := bytes.CutSuffix(b, []byte("\r\n\r\n")); ok {
			b = slices.Concat(head, []byte("\r\n"), c.lines, []byte("\r\n"))
			c.lines = nil
		}
	}
	if _, err := c.Conn.Write(b); err != nil {
		return 0, err
	}
	return n, nil
}

// Read gives a client the head of the reply, and nothing behind it.
func (c *shakeConn) Read(b []byte) (int, error) {
	h := c.reply
	if !h.done {
		if err := h.fill(c.Conn); err != nil {
			return 0, err
		}
	}
	if len(h.head) == 0 {
		return 0, io.EOF
	}
	n := copy(b, h.head)
	h.head = h.head[n:]
	return n, nil
}

// upgrader makes the replies of servers.
var upgrader = gws.NewUpgrader(gws.BuiltinEventHandler{}, &gws.ServerOption{
	NewSession: func() gws.SessionStorage { return nil },
})

// shakeServer sends the 101 reply, with these lines added, to a request that
// checkRequest has found to be good.
func shakeServer(nc net.Conn, r *http.Request, lines []byte) error {
	_, err := upgrader.UpgradeFromConn(&shakeConn{Conn: nc, lines: lines}, nil, &http.Request{
		Method: http.MethodGet,
		Header: http.Header{ // in the form that gws understands
			"Connection":            {"Upgrade"},
			"Upgrade":               {"websocket"},
			"Sec-Websocket-Version": {webSocketVersion},
			"Sec-Websocket-Key":     r.Header[headerKey],
		},
	})
	return err
}

// shakeClient sends a request and returns the reply, and what came behind it.
// There may be a reply though there is an error.
func shakeClient(nc net.Conn, t *target) (resp *http.Response, early []byte, err error) {
	reply := &replyHead{}
	_, resp, err = gws.NewClientFromConn(gws.BuiltinEventHandler{}, &gws.ClientOption{
		Addr:          t.url,
		RequestHeader: t.header,
		NewSession:    func() gws.SessionStorage { return nil },
		// It is the timer of newClient that ends a handshake.
		HandshakeTimeout: t.timeout + 24*time.Hour,
	}, &shakeConn{Conn: nc, reply: reply})
	return resp, reply.b, err
}

// A replyHead is the head of a server's reply, made ready for gws, which takes
// the first head for the reply and looks at the first Connection header only:
// responses of 1xx that come before the 101 are left out (RFC 9110, 15.2), and
// the lines of a header that is a list are one (5.3).
type replyHead struct {
	b    []byte // read, and not taken yet; in the end what is behind the head
	line int    // where in b a line of the head begins that is not whole yet
	done bool   // the reply has come
	head []byte
}

// maxInterim is how many responses there may be before the reply. Together they are a head.
const maxInterim = 16

// fill reads until the reply is there.
func (h *replyHead) fill(nc net.Conn) error {
	interim, dropped := 0, 0
	chunk := make([]byte, 4<<10)
	for {
		end := h.end()
		if end == 0 {
			if dropped+len(h.b) > maxHead {
				return errHeadTooLong
			}
			n, err := nc.Read(chunk)
			h.b = append(h.b, chunk[:n]...)
			if err != nil && n == 0 {
				return err
			}
			continue
		}
		if !isInterim(h.b) {
			h.done = true
			h.head, h.b = joinConnection(h.b[:end]), h.b[end:]
			return nil
		}
		if interim++; interim > maxInterim {
			return fmt.Errorf("transport: more than %d responses before the reply", maxInterim)
		}
		dropped += end
		h.b, h.line = h.b[end:], 0
	}
}

// end is where the head ends, behind its empty line; 0: it goes on.
func (h *replyHead) end() int {
	for line := range bytes.Lines(h.b[h.line:]) {
		if line[len(line)-1] != '\n' {
			break
		}
		h.line += len(line)
		if s := string(line); s == "\r\n" || s == "\n" {
			return h.line
		}
	}
	return 0
}

// isInterim reports whether a head is a response of 1xx that another follows.
func isInterim(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	_, status, _ := bytes.Cut(line, []byte(" "))
	return len(status) >= 3 && status[0] == '1' && string(status[:3]) != "101"
}

// joinConnection makes one line of the Connection headers of a head.
func joinConnection(head []byte) []byte {
	var joined []string
	var b []byte
	for line := range bytes.Lines(head) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		if ok && strings.EqualFold(string(name), "Connection") {
			joined = append(joined, string(bytes.TrimSpace(value)))
			continue
		}
		if len(bytes.TrimSpace(line)) == 0 && len(joined) > 0 { // the end
			connection := strings.Join(joined, ", ")
			if hasToken(joined, "upgrade") {
				connection = "Upgrade" // gws wants no other token beside it
			}
			b = append(b, "Connection: "+connection+"\r\n"...)
		}
		b = append(b, line...)
	}
	return b
}
