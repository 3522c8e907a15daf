package frame

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"

	"github.com/peerage-go/peerage/internal/pool"
)

// A Fault is what is wrong with what the other side sent, and the close code
// that says so.
type Fault struct {
	Code int
	Err  error
}

var (
	errNegative     = errors.New("a frame declares a negative length")
	errLongLength   = errors.New("a frame declares its length in more bytes than that needs")
	errReserved     = errors.New("a frame has reserved bits set: no extension was agreed on")
	errOpcode       = errors.New("a frame has an unknown opcode")
	errNotMasked    = errors.New("a frame of a client is not masked")
	errMasked       = errors.New("a frame of a server is masked")
	errControl      = errors.New("a ping, a pong or a close is in parts or larger than 125 bytes")
	errContinuation = errors.New("a frame continues a message, but there is none to be continued")
	errInside       = errors.New("a message begins before the one in front of it has ended")
	errTooLarge     = errors.New("a message is larger than InboundBufferSize")
	errText         = errors.New("a text message is not valid UTF-8")
	errReason       = errors.New("a close reason is not valid UTF-8")
	errCode         = errors.New("a close frame has no code that may be sent")
)

// smallFrame is the largest payload that comes in hardly more time than none.
const smallFrame = 512

// A Parser takes the stream of one side apart, in whatever pieces it comes. It
// holds what has come of a message that is not whole yet, and nothing between
// messages.
type Parser struct {
	limit  int32  // of a message
	left   int32  // payload of the current frame that is still to come
	key    uint32 // for the next byte of it
	header [MaxHeader]byte
	n      uint8 // bytes in header
	first  byte  // of the current frame

	masked bool // the other side is a client
	inside bool // the header of the current frame has come, not all of its payload
	large  bool // the current frame is larger than smallFrame
	parts  bool // in between the frames of a message in parts
	text   bool // the message is

	msg     *pool.Buffer // data frames, as far as they have come
	control *pool.Buffer // a control frame, as far as it has come
}

// NewParser returns a Parser of messages of up to limit bytes each. masked:
// they come from a client.
func NewParser(limit int32, masked bool) Parser { return Parser{limit: limit, masked: masked} }

// A Found is what Next found: with an Op of Text or Binary a message, with
// Ping, Pong and Close a payload, with Broken a fault. Buf, if there is one,
// is the finder's to release; Data is good until then, or until the input of
// Next changes.
type Found struct {
	Op    byte
	Buf   *pool.Buffer
	Data  []byte
	Fault *Fault
}

const (
	Nothing = 0xFE // all of the input is used, and no frame is whole
	Broken  = 0xFF // what comes now has no meaning any more
)

// Next reads b up to the end of a message or a control frame, and says how
// much of b that was. It unmasks b in place.
func (f *Parser) Next(b []byte) (used int, found Found) {
	for used < len(b) {
		if !f.inside {
			n, fault := f.open(b[used:])
			used += n
			if fault != nil {
				return used, Found{Op: Broken, Fault: fault}
			}
			if !f.inside {
				break
			}
		}
		part := b[used:]
		part = part[:min(len(part), int(f.left))]
		used += len(part)
		if found = f.fill(part); found.Op != Nothing {
			return used, found
		}
	}
	return used, Found{Op: Nothing}
}

// Halfway reports whether a large frame has begun and not ended: what is behind
// it has to wait.
func (f *Parser) Halfway() bool { return f.inside && f.large }

// open reads a header, or as much of it as there is.
func (f *Parser) open(b []byte) (used int, fault *Fault) {
	h := b
	if f.n > 0 || len(b) < MaxHeader {
		h = f.header[:int(f.n)+copy(f.header[f.n:], b)]
	}
	length, size := headerOf(h)
	if size == 0 {
		f.n = uint8(len(h))
		return len(b), nil
	}
	used, f.n = size-int(f.n), 0
	if fault := f.judge(h, length); fault != nil {
		return used, fault
	}
	f.inside, f.first, f.left, f.large = true, h[0], int32(length), length > smallFrame
	if f.masked {
		f.key = binary.LittleEndian.Uint32(h[size-maskSize:])
	}
	return used, nil
}

// judge says what is wrong with a header.
func (f *Parser) judge(h []byte, length uint64) *Fault {
	fault := func(err error) *Fault { return &Fault{CodeProtocolError, err} }
	switch op := h[0] &^ Fin; {
	case length > 1<<63-1:
		return fault(errNegative)
	case !shortest(h[1], length):
		return fault(errLongLength)
	case op&reserved != 0:
		return fault(errReserved)
	case f.masked && h[1]&bitMask == 0:
		return fault(errNotMasked)
	case !f.masked && h[1]&bitMask != 0:
		return fault(errMasked)
	case op >= Close && op <= Pong:
		if h[0]&Fin == 0 || length > MaxControl {
			return fault(errControl)
		}
	case op > Binary:
		return fault(errOpcode)
	case op == Continuation && !f.parts:
		return fault(errContinuation)
	case op != Continuation && f.parts:
		return fault(errInside)
	case length > uint64(f.limit), f.parts && uint64(f.held())+length > uint64(f.limit):
		return &Fault{CodeTooLarge, errTooLarge}
	}
	return nil
}

// held is how much has come of a message.
func (f *Parser) held() int {
	if f.msg == nil {
		return 0
	}
	return len(f.msg.B)
}

// fill takes the next part of the current frame's payload.
func (f *Parser) fill(part []byte) Found {
	if f.masked {
		Mask(part, f.key)
		if turn := 8 * (len(part) & 3); turn > 0 {
			f.key = f.key>>turn | f.key<<(32-turn)
		}
	}
	f.left -= int32(len(part))
	f.inside = f.left > 0
	op := f.first &^ Fin
	if op >= Close {
		return f.fillControl(op, part)
	}
	if op != Continuation {
		f.text = op == Text
	}
	if f.msg == nil {
		f.msg = pool.Get(len(part))
		f.msg.B = append(f.msg.B, part...)
	} else {
		f.msg = f.msg.With(part)
	}
	if f.inside {
		return Found{Op: Nothing}
	}
	if f.parts = f.first&Fin == 0; f.parts {
		return Found{Op: Nothing}
	}
	m := f.msg
	f.msg = nil
	switch {
	case !f.text:
		return Found{Op: Binary, Buf: m, Data: m.B}
	case utf8.Valid(m.B):
		return Found{Op: Text, Buf: m, Data: m.B}
	}
	m.Release()
	return Found{Op: Broken, Fault: &Fault{CodeInvalidData, errText}}
}

func (f *Parser) fillControl(op byte, part []byte) Found {
	switch {
	case f.control != nil:
		f.control.B = append(f.control.B, part...)
		part = f.control.B
	case f.inside:
		f.control = pool.Get(MaxControl)
		f.control.B = append(f.control.B, part...)
	}
	if f.inside {
		return Found{Op: Nothing}
	}
	m := f.control
	f.control = nil
	return Found{Op: op, Buf: m, Data: part}
}

// Release gives up what has come of a message.
func (f *Parser) Release() {
	for _, m := range []*pool.Buffer{f.msg, f.control} {
		if m != nil {
			m.Release()
		}
	}
	f.msg, f.control = nil, nil
}
