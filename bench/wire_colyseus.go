package main

import (
	"encoding/json"
	"fmt"
	"slices"
)

// colyseusWire is a client as Colyseus' SDK is one: it asks for a seat in the room of its number over HTTP, opens the
// WebSocket that it is told of, and acknowledges that it has joined. Here both go over one TCP connection.
type colyseusWire struct{ binaryStamp }

// The first bytes of messages.
const (
	colyseusJoin  = 10 // the server: you have joined; the client: I know
	colyseusError = 11
	colyseusData  = 13 // a type and a value in MessagePack
	colyseusBytes = 17 // a type and bytes as they are
)

func (colyseusWire) seek(c *conn) string {
	body := fmt.Sprintf(`{"room":%d}`, c.room)
	return fmt.Sprintf("POST /matchmake/joinOrCreate/hall HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", c.load.addr, len(body), body)
}

func (colyseusWire) found(c *conn, body []byte) {
	var seat struct{ SessionID, RoomID, ProcessID string }
	if err := json.Unmarshal(body, &seat); err != nil || seat.SessionID == "" || seat.RoomID == "" || seat.ProcessID == "" {
		c.fail("no seat: %.200q", body)
		return
	}
	c.place = fmt.Sprintf("/%s/%s?sessionId=%s", seat.ProcessID, seat.RoomID, seat.SessionID)
}

func (colyseusWire) path(c *conn) string { return c.place }
func (colyseusWire) protocol() string    { return "" }
func (colyseusWire) opened(*conn)        {} // the server begins

// The types of messages, as the SDK's encoder of strings has them: one byte of length, and the text.
var (
	colyseusSay   = append([]byte{0xa0 | byte(len(sayMethod))}, sayMethod...)
	colyseusHeard = append([]byte{0xa0 | byte(len(heardMethod))}, heardMethod...)
)

func (colyseusWire) message(c *conn, _ byte, b []byte) []byte {
	n := 1 + len(colyseusHeard)
	switch {
	case len(b) > n && b[0] == colyseusBytes && string(b[1:n]) == string(colyseusHeard):
		return b[n:]
	case len(b) > 0 && b[0] == colyseusJoin:
		c.send(opBinary, []byte{colyseusJoin})
		c.admitted()
		c.joined()
	case len(b) > 0 && b[0] == colyseusError:
		c.fail("the server refused: %.200q", b[1:])
	default:
		c.fail("a message that is not expected: %.40q", b)
	}
	return nil
}

func (colyseusWire) say(_ *conn, size int) (clientFrame, int) {
	m := appendMsgpackBytes(slices.Concat([]byte{colyseusData}, colyseusSay), size)
	return newFrame(opBinary, append(m, make([]byte, size)...)), len(m)
}
