// Package pool has memory for bytes that come and go, so that who has none to
// hold at the moment holds none.
package pool

import (
	"math/bits"
	"sync"
)

// A Buffer is bytes, and the memory that they are in, until Release. B may be
// appended to.
type Buffer struct {
	B     []byte
	class uint8 // the pool it came from; 0: none, as of a Buffer made without Get
}

// Buffers of Get have the capacity of a power of two. Larger ones than the
// largest are left to the garbage collector.
const (
	smallest = 6 // 64 bytes
	largest  = 18
	grown    = largest + 1

	// Largest is the capacity in bytes over which nothing is kept.
	Largest = 1 << largest
	// Grown is the least capacity in bytes of a buffer of GetGrown.
	Grown = 4 << 10
)

var pools [grown + 1]sync.Pool

// Get returns an empty buffer with room for n bytes.
func Get(n int) *Buffer {
	class := max(bits.Len(uint(max(n, 1)-1)), smallest)
	if class > largest {
		return &Buffer{B: make([]byte, 0, n)}
	}
	return get(class, 1<<class)
}

// GetGrown returns an empty buffer for what will be appended to it until it is
// as large as it needs to be: it may be one that has grown before.
func GetGrown() *Buffer { return get(grown, Grown) }

func get(class, size int) *Buffer {
	if b, ok := pools[class].Get().(*Buffer); ok {
		return b
	}
	return &Buffer{B: make([]byte, 0, size), class: uint8(class)}
}

// Release gives the memory back. Nobody may have the buffer any more.
func (b *Buffer) Release() {
	if b.class == 0 || cap(b.B) > Largest {
		return
	}
	b.B = b.B[:0]
	pools[b.class].Put(b)
}

// With returns a buffer that has more behind what is in b, which it takes over.
// It grows with what it has, to no more than twice of that.
func (b *Buffer) With(more []byte) *Buffer {
	if n := len(b.B) + len(more); n > cap(b.B) {
		larger := Get(max(n, 2*cap(b.B)))
		larger.B = append(larger.B, b.B...)
		b.Release()
		b = larger
	}
	b.B = append(b.B, more...)
	return b
}
