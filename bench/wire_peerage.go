package main

import (
	"encoding/binary"
	"slices"
)

// peerageWire is a client of peerage.v1 (docs/protocol.md).
type peerageWire struct{ binaryStamp }

func (peerageWire) path(c *conn) string { return roomPath(c.room) }
func (peerageWire) protocol() string    { return "peerage.v1" }

func (peerageWire) opened(c *conn) { c.send(opBinary, []byte{0x00, 0x80}) } // hello with an empty map

func (peerageWire) message(c *conn, opcode byte, b []byte) []byte {
	if opcode != opBinary || len(b) < 2 {
		c.fail("a message of %d bytes that is no peerage.v1", len(b))
		return nil
	}
	switch b[0] {
	case 0x01: // welcome
		c.admitted()
		if c.load.calls {
			for i, name := range []string{nodePath, sayMethod} {
				c.send(opBinary, append([]byte{0x10, 0x20, byte(i), 0xa0 | byte(len(name))}, name...))
			}
		}
		c.joined()
		return nil
	case 0x10: // packet, reliable, channel 0
		return peeragePacket(c, b[1:])
	}
	c.fail("opcode %#02x", b[0])
	return nil
}

func peeragePacket(c *conn, b []byte) []byte {
	switch b[0] {
	case 0x21: // call
		node, rest, ok := msgpackUint(b[1:])
		method, rest, ok2 := msgpackUint(rest)
		if !ok || !ok2 || int(max(node, method)) >= len(c.names) || c.names[node] != nodePath || c.names[method] != heardMethod {
			c.fail("a call of something else than %s.%s", nodePath, heardMethod)
			return nil
		}
		payload, ok := msgpackBytes(rest)
		if !ok {
			c.fail("a call whose argument is not bytes")
		}
		return payload
	case 0x20: // name
		number, rest, ok := msgpackUint(b[1:])
		if !ok || int(number) != len(c.names) || len(rest) == 0 || rest[0]&0xe0 != 0xa0 {
			c.fail("a name that does not follow")
			return nil
		}
		c.names = append(slices.Clip(c.names), string(rest[1:]))
	case 0x28: // peer added
		c.told++
	case 0x29: // peer removed
	case 0x27:
		c.fail("a call was refused: %q", b[1:])
	default:
		c.fail("packet opcode %#02x", b[0])
	}
	return nil
}

func (peerageWire) say(_ *conn, size int) (clientFrame, int) {
	m := appendMsgpackBytes([]byte{0x10, 0x21, 0, 1}, size) // packet, call, node 0, method 1
	return newFrame(opBinary, append(m, make([]byte, size)...)), len(m)
}

// appendMsgpackBytes appends the head of a MessagePack bin.
func appendMsgpackBytes(m []byte, size int) []byte {
	switch {
	case size < 1<<8:
		return append(m, 0xc4, byte(size))
	case size < 1<<16:
		return binary.BigEndian.AppendUint16(append(m, 0xc5), uint16(size))
	}
	return binary.BigEndian.AppendUint32(append(m, 0xc6), uint32(size))
}

// msgpackUint reads a small MessagePack integer.
func msgpackUint(b []byte) (n uint64, rest []byte, ok bool) {
	switch {
	case len(b) == 0:
	case b[0] < 0x80:
		return uint64(b[0]), b[1:], true
	case b[0] == 0xcc && len(b) >= 2:
		return uint64(b[1]), b[2:], true
	case b[0] == 0xcd && len(b) >= 3:
		return uint64(binary.BigEndian.Uint16(b[1:])), b[3:], true
	}
	return 0, nil, false
}

// msgpackBytes reads a MessagePack bin that is the rest of b.
func msgpackBytes(b []byte) ([]byte, bool) {
	n, head := 0, 0
	switch {
	case len(b) >= 2 && b[0] == 0xc4:
		n, head = int(b[1]), 2
	case len(b) >= 3 && b[0] == 0xc5:
		n, head = int(binary.BigEndian.Uint16(b[1:])), 3
	case len(b) >= 5 && b[0] == 0xc6:
		n, head = int(binary.BigEndian.Uint32(b[1:])), 5
	}
	if head == 0 || len(b) != head+n {
		return nil, false
	}
	return b[head:], true
}
