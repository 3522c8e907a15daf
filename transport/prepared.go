package transport

import (
	"unicode/utf8"
	"unsafe"

	"github.com/peerage-go/peerage/internal/frame"
)

// A Prepared is a message framed once, to be sent to many peers with
// SendPrepared. It can be Set again as soon as SendPrepared has returned.
// The zero Prepared is an empty binary message. Peers of different goroutines
// may send it at once, as long as nobody calls Set.
type Prepared struct {
	buf    []byte // room for a header, then the payload
	start  int    // where the frame starts in buf
	opcode byte
	bad    bool // text that is not UTF-8
	sets   uint // how often it was set
}

const preparedRoom = frame.MaxHeader - 4 // the header of an unmasked frame

// Set makes f the message that the parts form when joined. It copies them.
func (f *Prepared) Set(m WriteMode, parts ...[]byte) {
	if f.buf == nil {
		size := preparedRoom
		for _, part := range parts {
			size += len(part)
		}
		f.buf = append([]byte(nil), make([]byte, size)...) // of the capacity that is really allocated
	}
	f.buf = f.buf[:preparedRoom]
	for _, part := range parts {
		f.buf = append(f.buf, part...)
	}
	f.opcode, f.bad = frame.Binary, false
	f.sets++
	if m == WriteText {
		f.opcode, f.bad = frame.Text, !utf8.Valid(f.buf[preparedRoom:])
	}
	var header [preparedRoom]byte
	h := frame.AppendHeader(header[:0], f.opcode, f.Len())
	f.start = preparedRoom - len(h)
	copy(f.buf[f.start:], h)
}

// Len returns the size of the message, without its frame.
func (f *Prepared) Len() int { return max(len(f.buf)-preparedRoom, 0) }

// Size returns how much memory f takes, in bytes: more than its message.
func (f *Prepared) Size() int { return int(unsafe.Sizeof(*f)) + cap(f.buf) }

func (f *Prepared) payload() []byte {
	if f.buf == nil {
		return nil
	}
	return f.buf[preparedRoom:]
}
