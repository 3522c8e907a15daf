package pool

import (
	"bytes"
	"testing"
)

func TestGet(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 65, 4096, 5000, Largest, Largest + 1} {
		b := Get(n)
		if len(b.B) != 0 || cap(b.B) < n || cap(b.B) > max(2*n, 64) {
			t.Errorf("%d bytes: length %d, capacity %d", n, len(b.B), cap(b.B))
		}
		b.B = append(b.B, "left over"...)
		b.Release()
	}
	if b := Get(1); len(b.B) != 0 {
		t.Error("something is left over")
	}
	(&Buffer{B: []byte("of one's own")}).Release()
	grown := GetGrown()
	grown.B = append(grown.B, make([]byte, 3*Grown)...)
	grown.Release()
	if b := GetGrown(); len(b.B) != 0 || cap(b.B) < Grown {
		t.Errorf("length %d, capacity %d", len(b.B), cap(b.B))
	}
}

func TestWith(t *testing.T) {
	var want []byte
	b := Get(0)
	for i := range 3000 {
		more := bytes.Repeat([]byte{byte(i)}, i%300)
		want = append(want, more...)
		if b = b.With(more); cap(b.B) > max(2*len(want), 64) {
			t.Fatalf("%d bytes take %d", len(want), cap(b.B))
		}
	}
	if !bytes.Equal(b.B, want) {
		t.Error("they are others")
	}
	b.Release()
}
