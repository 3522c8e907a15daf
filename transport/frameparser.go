package transport

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// What is wrong with what the other side sent. A ProtocolError has one of
// these, however the connection was read.
var (
	errMalformed = errors.New("a frame is malformed")
	errOpcode    = errors.New("a frame has an unknown opcode")
	errTooLarge  = errors.New("a message is larger than InboundBufferSize")
	errText      = errors.New("a text message is not valid UTF-8")
	errReason    = errors.New("a close reason is not valid UTF-8")
	errCode      = errors.New("a close frame has no code that may be sent")
)

// A frameParser takes the stream of a client apart, in whatever pieces it
// comes. It holds what has come of a message that is not whole yet, and
// nothing between messages. It finds the same faults as gws, with which the
// other connections are read, and at the same byte.
type frameParser struct {
	msg     *message // data frames, as far as they have come
	control *message // a control frame, as far as it has come
	bad     *ProtocolError

	limit  int32  // of a message
	left   int32  // payload of the current frame that is still to come
	key    uint32 // for the next byte of it
	header [maxHeader]byte
	n      uint8 // bytes in header
	first  byte  // of the current frame

	inside bool // the header of the current frame has come, not all of its payload
	parts  bool // in between the frames of a message in parts
	large  bool // the current frame is larger than smallFrame
}

// A parsed is what next found: of opText a message, of opPing, opPong and
// opClose the payload, of opBroken the fault. msg, if there is one, is the
// finder's to release; data is good until then.
type parsed struct {
	op   byte
	msg  *message
	data []byte
	bad  *ProtocolError
}

const (
	opNothing = 0xFE // all of the input is used, and no frame is whole
	opBroken  = 0xFF
)

// next reads b up to the end of a message or a control frame, and says how
// much of b that was. It unmasks b in place.
func (f *frameParser) next(b []byte) (used int, found parsed) {
	for used < len(b) {
		if !f.inside {
			n, bad := f.open(b[used:])
			used += n
			if bad != nil {
				return used, parsed{op: opBroken, bad: bad}
			}
			if !f.inside {
				break
			}
		}
		part := b[used:]
		part = part[:min(len(part), int(f.left))]
		used += len(part)
		if found = f.fill(part); found.op != opNothing {
			return used, found
		}
	}
	return used, parsed{op: opNothing}
}

// open reads a header, or as much of it as there is.
func (f *frameParser) open(b []byte) (used int, bad *ProtocolError) {
	h := b
	if f.n > 0 || len(b) < maxHeader {
		h = f.header[:int(f.n)+copy(f.header[f.n:], b)]
	}
	length, size := headerOf(h)
	if size == 0 {
		f.n = uint8(len(h))
		return len(b), nil
	}
	used, f.n = size-int(f.n), 0
	switch op := h[0] & 0xF; {
	case length > 1<<63-1:
		return used, &ProtocolError{codeProtocolError, errFrameLength}
	case !shortest(h[1], length):
		return used, &ProtocolError{codeProtocolError, errLongLength}
	case length > uint64(f.limit):
		return used, &ProtocolError{codeTooLarge, errTooLarge}
	case h[0]&0x70 != 0, h[1]&bitMask == 0,
		op > opBinary && (h[0]&bitFin == 0 || length > maxControl):
		return used, &ProtocolError{codeProtocolError, errMalformed}
	case op > opBinary:
	case f.parts != (op == opContinuation):
		f.bad = &ProtocolError{codeProtocolError, errMalformed}
	case f.parts && len(f.msg.data)+int(length) > int(f.limit):
		f.bad = &ProtocolError{codeTooLarge, errTooLarge}
	}
	f.inside, f.first, f.left, f.large = true, h[0], int32(length), length > smallFrame
	f.key = binary.LittleEndian.Uint32(h[size-4:])
	return used, nil
}

// headerOf is the payload length in a header and the header's size, or 0, 0
// if it is not whole.
func headerOf(h []byte) (length uint64, size int) {
	if len(h) < 2 {
		return 0, 0
	}
	size = 2
	switch h[1] &^ bitMask {
	case length16:
		size += 2
	case length64:
		size += 8
	}
	at := size
	if h[1]&bitMask != 0 {
		size += 4
	}
	if len(h) < size {
		return 0, 0
	}
	switch code := h[1] &^ bitMask; code {
	case length16:
		return uint64(binary.BigEndian.Uint16(h[2:])), size
	case length64:
		return binary.BigEndian.Uint64(h[2:at]), size
	default:
		return uint64(code), size
	}
}

// shortest reports whether a length is written in as few bytes as can be, as
// RFC 6455, section 5.2, wants it. second is the second byte of the header.
func shortest(second byte, length uint64) bool {
	switch second &^ bitMask {
	case length16:
		return length >= length16
	case length64:
		return length > 0xFFFF
	}
	return true
}

// fill takes the next part of the current frame's payload.
func (f *frameParser) fill(part []byte) parsed {
	maskBytes(part, f.key)
	if turn := 8 * (len(part) & 3); turn > 0 {
		f.key = f.key>>turn | f.key<<(32-turn)
	}
	f.left -= int32(len(part))
	f.inside = f.left > 0
	switch op := f.first & 0xF; {
	case f.bad != nil:
		if !f.inside {
			return parsed{op: opBroken, bad: f.bad}
		}
	case op > opBinary:
		return f.controlPart(op, part)
	case f.msg == nil:
		f.msg = newMessage(len(part))
		f.msg.data = append(f.msg.data, part...)
		f.msg.text = op == opText
	default:
		f.msg = f.msg.with(part)
	}
	if f.inside {
		return parsed{op: opNothing}
	}
	if f.parts = f.first&bitFin == 0; f.parts {
		return parsed{op: opNothing}
	}
	m := f.msg
	f.msg = nil
	if m.text && !utf8.Valid(m.data) {
		m.release()
		return parsed{op: opBroken, bad: &ProtocolError{codeInvalidData, errText}}
	}
	return parsed{op: opText, msg: m}
}

func (f *frameParser) controlPart(op byte, part []byte) parsed {
	switch {
	case f.control != nil:
		f.control.data = append(f.control.data, part...)
		part = f.control.data
	case f.inside:
		f.control = newMessage(maxControl)
		f.control.data = append(f.control.data, part...)
	}
	if f.inside {
		return parsed{op: opNothing}
	}
	m := f.control
	f.control = nil
	switch op {
	case opPing, opPong, opClose:
		return parsed{op: op, msg: m, data: part}
	default:
		return parsed{op: opBroken, msg: m, bad: &ProtocolError{codeProtocolError, errOpcode}}
	}
}

// release gives up what has come of a message.
func (f *frameParser) release() {
	for _, m := range []*message{f.msg, f.control} {
		if m != nil {
			m.release()
		}
	}
	f.msg, f.control = nil, nil
}

// closeFrameEnding is how a connection ends on which a close frame with this
// payload has come, and the code to answer with.
func closeFrameEnding(payload []byte) (e ending, reply int) {
	if len(payload) == 0 {
		return ending{code: codeNoStatus}, codeNoStatus
	}
	code, reason := 0, payload[1:]
	if len(payload) >= 2 {
		code, reason = int(binary.BigEndian.Uint16(payload)), payload[2:]
	}
	switch {
	case len(payload) >= 2 && !utf8.Valid(reason):
		return brokenEnding(&ProtocolError{codeInvalidData, errReason})
	case !validCloseCode(code):
		return brokenEnding(&ProtocolError{codeProtocolError, errCode})
	default:
		return ending{code: code, reason: string(reason)}, code
	}
}

func brokenEnding(e *ProtocolError) (ending, int) { return ending{code: -1, err: e}, e.Code }
