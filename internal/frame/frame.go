package frame

import "encoding/binary"

// The opcodes.
const (
	Continuation = 0x0
	Text         = 0x1
	Binary       = 0x2
	Close        = 0x8
	Ping         = 0x9
	Pong         = 0xA
)

// Fin is the bit of byte 0 that the last frame of a message has.
const Fin = 0x80

const (
	// MaxControl is the largest payload of a ping, a pong or a close.
	MaxControl = 125
	// MaxHeader is the size of the largest header.
	MaxHeader = 14

	bitMask  = 0x80
	maskSize = 4
	reserved = 0x70

	length16 = 126
	length64 = 127
)

// AppendHeader appends the header of an unfragmented, unmasked frame.
func AppendHeader(b []byte, opcode byte, length int) []byte {
	switch {
	case length < length16:
		return append(b, Fin|opcode, byte(length))
	case length <= 0xFFFF:
		return append(b, Fin|opcode, length16, byte(length>>8), byte(length))
	default:
		return binary.BigEndian.AppendUint64(append(b, Fin|opcode, length64), uint64(length))
	}
}

// Append appends a whole unmasked frame.
func Append[T []byte | string](b []byte, opcode byte, payload T) []byte {
	return append(AppendHeader(b, opcode, len(payload)), payload...)
}

// Cut takes the first frame from b, whole and unmasked frames one behind the other, apart.
func Cut(b []byte) (opcode byte, payload, behind []byte) {
	length, size := headerOf(b)
	end := size + int(length)
	return b[0] & 0x0F, b[size:end], b[end:]
}

// AppendMasked appends a whole frame masked with key.
func AppendMasked[T []byte | string](b []byte, opcode byte, payload T, key uint32) []byte {
	at := len(b) + 1
	b = AppendHeader(b, opcode, len(payload))
	b[at] |= bitMask
	b = binary.LittleEndian.AppendUint32(b, key)
	at = len(b)
	b = append(b, payload...)
	Mask(b[at:], key)
	return b
}

// Mask applies a masking key, whose first byte is the lowest, in place.
func Mask(b []byte, key uint32) {
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
		size += maskSize
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
// RFC 6455, section 5.2, wants it. second is byte 1.
func shortest(second byte, length uint64) bool {
	switch second &^ bitMask {
	case length16:
		return length >= length16
	case length64:
		return length > 0xFFFF
	}
	return true
}
