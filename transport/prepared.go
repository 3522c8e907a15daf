package transport

import (
	"unicode/utf8"
	"unsafe"

	"github.com/peerage-go/peerage/internal/frame"
)

// A Prepared is a message framed once, or several that belong together, to be
// sent to many peers with SendPrepared. It can be Set again as soon as
// SendPrepared has returned. The zero Prepared is an empty binary message.
// Peers of different goroutines may send it at once, as long as nobody calls
// Set or Add.
type Prepared struct {
	buf   []byte // frames, one behind the other
	size  int32  // of the messages, without their frames
	count int32
	sets  uint32 // how often it was set or added to
	bad   bool   // text that is not UTF-8
}

const preparedRoom = frame.MaxHeader - 4 // the header of an unmasked frame

// Set makes f the message that the parts form when joined. It copies them.
func (f *Prepared) Set(m WriteMode, parts ...[]byte) {
	f.buf, f.size, f.count, f.bad = f.buf[:0], 0, 0, false
	f.append(m, parts)
}

// Add puts another message, the one that the parts form when joined, behind
// those in f: a peer gets all of them or none. Each counts as one that is sent
// by itself.
func (f *Prepared) Add(m WriteMode, parts ...[]byte) {
	if f.buf == nil {
		f.Set(WriteBinary)
	}
	f.append(m, parts)
}

func (f *Prepared) append(m WriteMode, parts [][]byte) {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	if f.buf == nil {
		f.buf = append([]byte(nil), make([]byte, preparedRoom+size)...)[:0] // of the capacity that is really allocated
	}
	opcode := byte(frame.Binary)
	if m == WriteText {
		opcode = frame.Text
	}
	f.buf = frame.AppendHeader(f.buf, opcode, size)
	start := len(f.buf)
	for _, part := range parts {
		f.buf = append(f.buf, part...)
	}
	f.bad = f.bad || m == WriteText && !utf8.Valid(f.buf[start:])
	f.size += int32(size)
	f.count++
	f.sets++
}

// Len returns the size of the messages in f, in bytes, without their frames.
func (f *Prepared) Len() int { return int(f.size) }

// Count returns how many messages f is.
func (f *Prepared) Count() int { return max(1, int(f.count)) }

// Size returns how much memory f takes, in bytes: more than its messages.
func (f *Prepared) Size() int { return int(unsafe.Sizeof(*f)) + cap(f.buf) }

// appendFor appends the frames of f as p sends them.
func (f *Prepared) appendFor(p *WebSocketPeer, b []byte) []byte {
	if p.server {
		return append(b, f.buf...)
	}
	for rest := f.buf; len(rest) > 0; {
		opcode, payload, behind := frame.Cut(rest)
		b = appendFor(p, b, opcode, payload)
		rest = behind
	}
	return b
}
