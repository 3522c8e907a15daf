package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// wire is how the load speaks to a server. It keeps nothing of its own: what belongs to a connection is in its conn.
type wire interface {
	// path is what is asked for in the handshake, protocol the subprotocol offered, "" for none.
	path(c *conn) string
	protocol() string
	// opened is called when the WebSocket is open. The wire calls c.admitted once the server has taken the client
	// in, and c.joined once the client can call.
	opened(c *conn)
	// message takes a message. It gives the payload, if it was one that another client said; if it was several, the wire
	// hands each to c.heard itself.
	message(c *conn, opcode byte, b []byte) []byte
	// say gives a frame that says a payload of this size, which starts at an offset of the frame's message.
	say(c *conn, size int) (f clientFrame, at int)
	// stamp and unstamp are the form of what the payload starts with.
	stamp(dst []byte, s stamp) []byte
	unstamp(b []byte) (stamp, bool)
}

// seeking is a wire whose clients ask a server over HTTP where to go before they open their WebSocket.
type seeking interface {
	// seek is the request, found takes the body of the answer.
	seek(c *conn) string
	found(c *conn, body []byte)
}

// stamp is what each payload starts with: who said it, as which of their messages, and when.
type stamp struct {
	sender, seq uint32
	at          int64 // nanoseconds since the load began
}

const stampSize = 16

// binaryStamp is the form of a stamp for wires that carry bytes.
type binaryStamp struct{}

func (binaryStamp) stamp(dst []byte, s stamp) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, s.sender)
	dst = binary.LittleEndian.AppendUint32(dst, s.seq)
	return binary.LittleEndian.AppendUint64(dst, uint64(s.at))
}

func (binaryStamp) unstamp(b []byte) (stamp, bool) {
	if len(b) < stampSize {
		return stamp{}, false
	}
	return stamp{
		binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), int64(binary.LittleEndian.Uint64(b[8:])),
	}, true
}

// hexStamp is the form for wires that carry text.
type hexStamp struct{}

func (hexStamp) stamp(dst []byte, s stamp) []byte {
	var raw [stampSize]byte
	return hex.AppendEncode(dst, binaryStamp{}.stamp(raw[:0], s))
}

func (hexStamp) unstamp(b []byte) (stamp, bool) {
	var raw [stampSize]byte
	if len(b) < 2*stampSize {
		return stamp{}, false
	}
	if _, err := hex.Decode(raw[:], b[:2*stampSize]); err != nil {
		return stamp{}, false
	}
	return binaryStamp{}.unstamp(raw[:])
}

func roomPath(room int) string { return fmt.Sprintf("/?room=%d", room) }

// plainWire is a WebSocket and nothing else: bare gws, the floor, node's ws.
type plainWire struct{ binaryStamp }

func (plainWire) path(c *conn) string { return roomPath(c.room) }
func (plainWire) protocol() string    { return "" }

func (plainWire) opened(c *conn) {
	c.admitted()
	c.joined()
}

func (plainWire) message(c *conn, _ byte, b []byte) []byte { return b }

func (plainWire) say(_ *conn, size int) (clientFrame, int) {
	return newFrame(opBinary, make([]byte, size)), 0
}
