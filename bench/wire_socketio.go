package main

import (
	"bytes"
	"fmt"
)

// socketioWire is a Socket.IO client on its WebSocket transport. Payloads are text there, which costs Socket.IO one
// frame a message; bytes would cost it two.
type socketioWire struct{ hexStamp }

func (socketioWire) path(c *conn) string {
	return fmt.Sprintf("/socket.io/?EIO=4&transport=websocket&room=%d", c.room)
}
func (socketioWire) protocol() string { return "" }
func (socketioWire) opened(*conn)     {} // the server begins

var (
	sioHeard = []byte(`42["` + heardMethod + `","`)
	sioEnd   = []byte(`"]`)
)

func (socketioWire) message(c *conn, _ byte, b []byte) []byte {
	switch {
	case bytes.HasPrefix(b, sioHeard):
		return bytes.TrimSuffix(b[len(sioHeard):], sioEnd)
	case bytes.HasPrefix(b, []byte("40")):
		c.admitted()
		c.joined()
	case bytes.HasPrefix(b, []byte("0")):
		c.send(opText, []byte("40"))
	case string(b) == "2":
		c.send(opText, []byte("3"))
	default:
		c.fail("a message that is not expected: %.40q", b)
	}
	return nil
}

func (socketioWire) say(_ *conn, size int) (clientFrame, int) {
	m := []byte(`42["` + sayMethod + `","`)
	at := len(m)
	m = append(m, bytes.Repeat([]byte("-"), max(size, 2*stampSize))...)
	return newFrame(opText, append(m, sioEnd...)), at
}
