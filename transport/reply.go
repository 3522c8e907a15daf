package transport

import (
	"bytes"
	"fmt"
	"net"
	"strings"
)

// A replyHead is the head of a server's reply, made ready for gws, which takes
// the first head for the reply and looks at the first Connection header only:
// responses of 1xx that come before the 101 are left out (RFC 9110, 15.2), and
// the lines of a header that is a list are one (5.3). It belongs to the
// goroutine of the handshake.
type replyHead struct {
	b    []byte // read, and not taken yet
	line int    // where in b a line of the head begins that is not whole yet
	done bool   // the reply has come
}

// maxInterim is how many responses there may be before the reply. Together they are a head.
const maxInterim = 16

// read gives what is to be read of nc: the reply first.
func (h *replyHead) read(b []byte, nc net.Conn) (int, error) {
	if !h.done {
		if err := h.fill(nc); err != nil {
			return 0, err
		}
	}
	if len(h.b) == 0 {
		return nc.Read(b)
	}
	n := copy(b, h.b)
	if h.b = h.b[n:]; len(h.b) == 0 {
		h.b = nil
	}
	return n, nil
}

// fill reads until the reply is there.
func (h *replyHead) fill(nc net.Conn) error {
	interim, dropped := 0, 0
	chunk := make([]byte, clientReadBuffer)
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
			h.b = append(joinConnection(h.b[:end]), h.b[end:]...)
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
