package main

import (
	"encoding/binary"
	"fmt"
)

// centrifugeWire is a client as centrifuge's SDKs are one, with the protobuf form of its protocol: it connects, subscribes to
// the channel of its room, and publishes there. Everybody in the room hears themselves, too.
type centrifugeWire struct{ binaryStamp }

func (centrifugeWire) path(*conn) string { return "/connection/websocket" }
func (centrifugeWire) protocol() string  { return "centrifuge-protobuf" }

// The numbers of the fields, from the protocol's client.proto.
const (
	cfID         = 1 // of commands and replies
	cfError      = 2 // of replies
	cfPush       = 4
	cfConnect    = 4 // of commands
	cfConnected  = 5 // of replies
	cfSubscribe  = 5 // of commands
	cfSubscribed = 6
	cfPublish    = 7
	cfPublished  = 8
	cfChannel    = 1 // of requests
	cfPushChan   = 2 // of pushes
	cfPushPub    = 4
	cfPubData    = 4
)

// The ids of the client's commands. An SDK would count on; the server does not mind.
const (
	cfConnectID = 1 + iota
	cfSubscribeID
	cfPublishID
)

func (centrifugeWire) opened(c *conn) {
	c.send(opBinary, cfCommand(cfConnectID, cfConnect, nil))
}

func centrifugeChannel(room int) string { return fmt.Sprintf("room-%d", room) }

// cfCommand is a command with one request, behind its length.
func cfCommand(id byte, field int, request []byte) []byte {
	m := cfField([]byte{cfID << 3, id}, field, request)
	return append(binary.AppendUvarint(nil, uint64(len(m))), m...)
}

// cfField appends a field of bytes.
func cfField(b []byte, field int, v []byte) []byte {
	return append(binary.AppendUvarint(append(b, byte(field<<3|2)), uint64(len(v))), v...)
}

func (w centrifugeWire) message(c *conn, _ byte, b []byte) []byte {
	for len(b) > 0 && !c.dead {
		n, head := binary.Uvarint(b)
		if head <= 0 || n > uint64(len(b)-head) {
			c.fail("a reply that is cut off")
			return nil
		}
		if n == 0 { // a ping
			c.send(opBinary, []byte{0})
		}
		reply := cfReader{b: b[head : head+int(n)]}
		b = b[head+int(n):]
		for reply.next() {
			w.reply(c, &reply)
		}
		if reply.bad {
			c.fail("a reply that is no protobuf")
		}
	}
	return nil
}

func (centrifugeWire) reply(c *conn, r *cfReader) {
	switch r.field {
	case cfPush:
		push := cfReader{b: r.v}
		for push.next() {
			if push.field != cfPushChan && push.field != cfPushPub {
				c.fail("a push with field %d", push.field)
				return
			}
			if push.field != cfPushPub {
				continue
			}
			for pub := (cfReader{b: push.v}); pub.next(); {
				if pub.field == cfPubData {
					c.heard(pub.v)
				}
			}
		}
	case cfConnected:
		c.send(opBinary, cfCommand(cfSubscribeID, cfSubscribe, cfField(nil, cfChannel, []byte(centrifugeChannel(c.room)))))
	case cfSubscribed:
		c.admitted()
		c.joined()
	case cfID, cfPublished:
	case cfError:
		c.fail("the server refused: %.200q", r.v)
	default:
		c.fail("a reply with field %d", r.field)
	}
}

func (centrifugeWire) say(c *conn, size int) (clientFrame, int) {
	request := cfField(cfField(nil, cfChannel, []byte(centrifugeChannel(c.room))), 2, make([]byte, size))
	m := cfCommand(cfPublishID, cfPublish, request)
	return newFrame(opBinary, m), len(m) - size
}

// cfReader goes through the fields of a protobuf message.
type cfReader struct {
	b     []byte
	field int
	v     []byte // of a field of bytes
	bad   bool
}

func (r *cfReader) next() bool {
	if len(r.b) == 0 || r.bad {
		return false
	}
	key, n := binary.Uvarint(r.b)
	r.field, r.v, r.bad = int(key>>3), nil, true
	if n <= 0 {
		return false
	}
	v, m := binary.Uvarint(r.b[n:])
	if n += m; m <= 0 {
		return false
	}
	r.b = r.b[n:]
	switch key & 7 {
	case 0:
	case 2:
		if v > uint64(len(r.b)) {
			return false
		}
		r.v, r.b = r.b[:v], r.b[v:]
	default: // there are no fixed numbers in what comes here
		return false
	}
	r.bad = false
	return true
}
