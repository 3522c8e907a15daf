package main

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// godotWire is a client as the engine's WebSocketMultiplayerPeer and SceneMultiplayer are one.
type godotWire struct{ binaryStamp }

func (godotWire) path(c *conn) string { return roomPath(c.room) }
func (godotWire) protocol() string    { return "" }

func (godotWire) opened(*conn) {} // the server's first message is the peer id

// godotSimplify tells the server that path id 1 is the node, whose methods are numbered in the order of their names.
func godotSimplify(methods ...string) []byte {
	sum := md5.Sum([]byte(strings.Join(methods, "")))
	b := append([]byte{0x01}, hex.EncodeToString(sum[:])...)
	b = append(b, 0)
	b = binary.LittleEndian.AppendUint32(b, 1)
	return append(append(b, nodePath...), 0)
}

const (
	godotHeard = 0
	godotSay   = 1
)

func (godotWire) message(c *conn, opcode byte, b []byte) []byte {
	switch {
	case opcode != opBinary || len(b) < 2:
		c.fail("a message of %d bytes that is no packet of the engine", len(b))
		return nil
	case !c.in:
		if len(b) != 4 {
			c.fail("%d bytes in place of the peer id", len(b))
			return nil
		}
		c.admitted()
		if c.load.calls {
			c.send(opBinary, godotSimplify(heardMethod, sayMethod))
		} else {
			c.joined()
		}
		return nil
	}
	switch b[0] & 7 {
	case 0:
		return godotCall(c, b)
	case 1: // simplify path: confirm
		if len(b) < 38 {
			c.fail("a path of %d bytes", len(b))
			return nil
		}
		id := binary.LittleEndian.Uint32(b[34:])
		if string(bytes.TrimSuffix(b[38:], []byte{0})) != nodePath {
			c.fail("the path of another node: %q", b[38:])
			return nil
		}
		c.pathID = id
		c.send(opBinary, binary.LittleEndian.AppendUint32([]byte{0x02, 0x01}, id))
	case 2: // confirm path
		if b[1] != 1 {
			c.fail("the server's methods have another checksum")
		}
		c.joined()
	case 7:
		if b[1] == 1 {
			c.told++
		}
	default:
		c.fail("command %d", b[0]&7)
	}
	return nil
}

// godotCall reads a call of heard with one array of bytes.
func godotCall(c *conn, b []byte) []byte {
	flags, rest := b[0], b[1:]
	size := 1 << (flags >> 4 & 3)
	wide := int(flags >> 6 & 1)
	if size > 4 || len(rest) < size+1+wide {
		c.fail("a call that is cut off")
		return nil
	}
	var field [4]byte
	copy(field[:], rest[:size])
	node := binary.LittleEndian.Uint32(field[:])
	method := uint16(rest[size])
	if wide == 1 {
		method |= uint16(rest[size+1]) << 8
	}
	rest = rest[size+1+wide:]
	known := node == c.pathID
	if size == 4 && node>>31 == 1 {
		at := int(node &^ (1 << 31))
		if at < len(b)-len(rest) || at > len(b) {
			c.fail("a path outside of the packet")
			return nil
		}
		known = string(bytes.TrimSuffix(b[at:], []byte{0})) == nodePath
		rest = b[len(b)-len(rest) : at]
	}
	if !known || method != godotHeard {
		c.fail("a call of method %d on node %#x", method, node)
		return nil
	}
	if flags&0x80 != 0 {
		return rest
	}
	// One argument: its count, a Variant header (29, PackedByteArray), the length, the bytes, padded to 4.
	if len(rest) < 9 || rest[0] != 1 || rest[1] != 29 {
		c.fail("a call whose argument is not bytes")
		return nil
	}
	n := int(binary.LittleEndian.Uint32(rest[5:]))
	if n < 0 || n > len(rest)-9 {
		c.fail("bytes that are cut off")
		return nil
	}
	return rest[9 : 9+n]
}

func (godotWire) say(_ *conn, size int) (clientFrame, int) {
	m := []byte{0x80, 1, godotSay} // a call with raw bytes, path id 1
	return newFrame(opBinary, append(m, make([]byte, size)...)), len(m)
}
