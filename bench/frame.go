package main

import "encoding/binary"

// The client's side of WebSocket framing (RFC 6455, section 5.2), as little of it as a load generator needs: frames
// are built once and patched, and read in place.

const (
	opText   = 0x1
	opBinary = 0x2
	opClose  = 0x8
	opPing   = 0x9
	opPong   = 0xA
)

// mask is the masking key of every frame. It is not zero, because some servers skip unmasking then.
var mask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// clientFrame is a masked frame that can be patched.
type clientFrame struct {
	b    []byte
	body int // where the payload starts
}

func newFrame(opcode byte, payload []byte) clientFrame {
	f := clientFrame{}
	switch n := len(payload); {
	case n < 126:
		f.b = []byte{0x80 | opcode, 0x80 | byte(n)}
	case n <= 0xffff:
		f.b = binary.BigEndian.AppendUint16([]byte{0x80 | opcode, 0x80 | 126}, uint16(n))
	default:
		f.b = binary.BigEndian.AppendUint64([]byte{0x80 | opcode, 0x80 | 127}, uint64(n))
	}
	f.b = append(f.b, mask[:]...)
	f.body = len(f.b)
	f.b = append(f.b, payload...)
	f.patch(0, payload)
	return f
}

// patch puts v at an offset of the payload.
func (f clientFrame) patch(at int, v []byte) {
	dst := f.b[f.body+at:]
	for i, c := range v {
		dst[i] = c ^ mask[(at+i)&3]
	}
}

// serverFrame reads the frame at the start of b: the first byte, the payload and the size of the whole. size is 0 if
// there is not a whole one.
func serverFrame(b []byte) (first byte, payload []byte, size int) {
	if len(b) < 2 {
		return 0, nil, 0
	}
	n, head := int(b[1]), 2
	switch n {
	case 126:
		if head = 4; len(b) < head {
			return 0, nil, 0
		}
		n = int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if head = 10; len(b) < head {
			return 0, nil, 0
		}
		n = int(binary.BigEndian.Uint64(b[2:]))
	}
	if n < 0 || len(b)-head < n {
		return 0, nil, 0
	}
	return b[0], b[head : head+n], head + n
}
