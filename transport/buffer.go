package transport

import (
	"slices"
	"sync"
)

// Buffers are shared by all peers: one that has nothing to send and no large
// frame coming in holds none.
type buffer struct{ b []byte }

const (
	newBuffer  = 4 << 10
	keptBuffer = 256 << 10 // larger ones are left to the garbage collector
)

var buffers = sync.Pool{New: func() any { return &buffer{b: make([]byte, 0, newBuffer)} }}

func getBuffer() *buffer { return buffers.Get().(*buffer) }

func putBuffer(b *buffer) {
	if cap(b.b) <= keptBuffer {
		b.b = b.b[:0]
		buffers.Put(b)
	}
}

// room makes sure that n more bytes fit.
func (b *buffer) room(n int) { b.b = slices.Grow(b.b, n) }
