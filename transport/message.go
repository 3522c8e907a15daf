package transport

import (
	"math/bits"
	"sync"

	"github.com/lxzan/gws"
)

// A message is one that has come, on its way to the user, and its memory:
// from a pool here, or from gws.
type message struct {
	data  []byte
	gws   *gws.Message // whose memory it is, if not the pool's
	text  bool
	class uint8 // the pool it came from
}

// Messages have the capacity of a power of two. Larger ones than the largest
// are left to the garbage collector.
const (
	smallestClass = 6  // 64 bytes
	largestClass  = 18 // 256 KiB
	gwsClass      = largestClass + 1
	noClass       = gwsClass + 1
)

var messages [noClass]sync.Pool

// newMessage returns an empty message with room for n bytes.
func newMessage(n int) *message {
	class := max(bits.Len(uint(max(n, 1)-1)), smallestClass)
	if class > largestClass {
		return &message{data: make([]byte, 0, n), class: noClass}
	}
	if m, ok := messages[class].Get().(*message); ok {
		return m
	}
	return &message{data: make([]byte, 0, 1<<class), class: uint8(class)}
}

// gwsMessage wraps a message that gws has read.
func gwsMessage(g *gws.Message) *message {
	m, ok := messages[gwsClass].Get().(*message)
	if !ok {
		m = &message{class: gwsClass}
	}
	m.data, m.gws, m.text = g.Bytes(), g, g.Opcode == gws.OpcodeText
	return m
}

// release gives the memory back. Nobody may have the message any more.
func (m *message) release() {
	if m.gws != nil {
		m.gws.Close()
		m.data, m.gws = nil, nil
	}
	m.data, m.text = m.data[:0], false
	if m.class < noClass {
		messages[m.class].Put(m)
	}
}

// with returns a message that has b behind what is in m, which it takes over.
// It grows with what has come, not with what is still to come.
func (m *message) with(b []byte) *message {
	if n := len(m.data) + len(b); n > cap(m.data) {
		larger := newMessage(max(n, 2*cap(m.data)))
		larger.data, larger.text = append(larger.data, m.data...), m.text
		m.release()
		m = larger
	}
	m.data = append(m.data, b...)
	return m
}
