package transport

import (
	"encoding/binary"
	"unicode/utf8"
	"unsafe"
)

// A WebSocket frame (RFC 6455, section 5.2):
//
//	byte 0      FIN, RSV1-3, opcode (4 bits)
//	byte 1      MASK, length (7 bits)
//	2 or 8      the length, if the 7 bits say 126 or 127
//	4           the masking key, from clients only
//	...         payload
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA

	bitFin  = 0x80
	bitMask = 0x80

	length16 = 126
	length64 = 127

	maxControl = 125 // payload of a ping, a pong or a close
	maxHeader  = 14
	maxReason  = maxControl - 2
)

// Close codes of RFC 6455 and its registry that this package sends or makes.
const (
	codeNormal        = 1000
	codeProtocolError = 1002
	codeNoStatus      = 1005 // received: a close frame that says nothing
	codeInvalidData   = 1007
	codePolicy        = 1008
	codeTooLarge      = 1009
	codeInternalError = 1011
)

// validCloseCode reports whether a close frame may carry the code.
func validCloseCode(code int) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014, code >= 3000 && code <= 4999:
		return true
	}
	return false
}

// appendHeader appends the header of an unfragmented, unmasked frame.
func appendHeader(b []byte, opcode byte, length int) []byte {
	switch {
	case length < length16:
		return append(b, bitFin|opcode, byte(length))
	case length <= 0xFFFF:
		return append(b, bitFin|opcode, length16, byte(length>>8), byte(length))
	default:
		return binary.BigEndian.AppendUint64(append(b, bitFin|opcode, length64), uint64(length))
	}
}

// appendFrame appends a whole unmasked frame.
func appendFrame[T []byte | string](b []byte, opcode byte, payload T) []byte {
	return append(appendHeader(b, opcode, len(payload)), payload...)
}

// appendMasked appends a whole frame masked with key.
func appendMasked[T []byte | string](b []byte, opcode byte, payload T, key uint32) []byte {
	at := len(b) + 1
	b = appendHeader(b, opcode, len(payload))
	b[at] |= bitMask
	b = binary.LittleEndian.AppendUint32(b, key)
	at = len(b)
	b = append(b, payload...)
	maskBytes(b[at:], key)
	return b
}

// maskBytes applies a masking key, whose first byte is the lowest, in place.
func maskBytes(b []byte, key uint32) {
	wide := uint64(key)<<32 | uint64(key)
	for len(b) >= 32 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^wide)
		binary.LittleEndian.PutUint64(b[8:], binary.LittleEndian.Uint64(b[8:])^wide)
		binary.LittleEndian.PutUint64(b[16:], binary.LittleEndian.Uint64(b[16:])^wide)
		binary.LittleEndian.PutUint64(b[24:], binary.LittleEndian.Uint64(b[24:])^wide)
		b = b[32:]
	}
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^wide)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= byte(key >> (8 * (i & 3)))
	}
}

// closePayload is the body of a close frame, the reason cut to what fits.
func closePayload(code int, reason string) []byte {
	reason = cutReason(reason)
	return append(binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(reason)), uint16(code)), reason...)
}

// cutReason shortens a reason to the bytes a close frame has for it, never
// through the middle of a rune.
func cutReason(s string) string {
	if len(s) <= maxReason {
		return s
	}
	n := maxReason
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

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

const preparedRoom = maxHeader - 4 // the header of an unmasked frame

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
	f.opcode, f.bad = opBinary, false
	f.sets++
	if m == WriteText {
		f.opcode, f.bad = opText, !utf8.Valid(f.buf[preparedRoom:])
	}
	var header [preparedRoom]byte
	h := appendHeader(header[:0], f.opcode, f.Len())
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
