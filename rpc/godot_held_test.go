package rpc

import (
	"slices"
	"testing"
)

// TestHeldCalls bounds the calls that wait for an engine that does not say which methods it has.
func TestHeldCalls(t *testing.T) {
	a, b := new(remote), new(remote)
	for _, test := range []struct {
		name string
		from []*remote // of those that come, one after the other
		size int       // of each
		want int       // how many of them may wait
	}{
		{"the server's own, small", slices.Repeat([]*remote{nil}, 300), 10, 256},
		{"the server's own, large", slices.Repeat([]*remote{nil}, 300), 60000, 1},
		{"the server's own", slices.Repeat([]*remote{nil}, 300), 1000, 65},
		{"one larger than all that may wait", slices.Repeat([]*remote{nil}, 2), 1 << 20, 1},
		{"a client's, small", slices.Repeat([]*remote{a}, 300), 0, 64},
		{"a client's, large", slices.Repeat([]*remote{a}, 300), 60000, 1},
		{"a client's", slices.Repeat([]*remote{a}, 300), 1000, 16},
		{"two clients'", append(slices.Repeat([]*remote{a}, 300), slices.Repeat([]*remote{b}, 300)...), 1000, 16 + 8},
		{"the server's behind a client's", append(slices.Repeat([]*remote{a}, 300), slices.Repeat([]*remote{nil}, 300)...), 1000, 65},
		{"a client's behind the server's", append(slices.Repeat([]*remote{nil}, 300), slices.Repeat([]*remote{a}, 300)...), 1000, 65},
	} {
		var held []heldCall
		for _, from := range test.from {
			if mayHold(held, from, test.size) {
				held = append(held, heldCall{from: from, args: make([]byte, test.size)})
			}
		}
		if len(held) != test.want {
			t.Errorf("%s: %d wait, want %d", test.name, len(held), test.want)
		}
	}
}
