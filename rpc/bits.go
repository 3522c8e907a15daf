package rpc

// bits is a set of small numbers, such as remote.slot.
type bits []uint64

func (b bits) has(n int) bool {
	word := n / 64
	return word < len(b) && b[word]&(1<<(n%64)) != 0
}

// add adds a number, and tells whether it was not there.
func (b *bits) add(n int) bool {
	word, bit := n/64, uint64(1)<<(n%64)
	for len(*b) <= word {
		*b = append(*b, 0)
	}
	had := (*b)[word]&bit != 0
	(*b)[word] |= bit
	return !had
}

func (b bits) remove(n int) {
	if b.has(n) {
		b[n/64] &^= 1 << (n % 64)
	}
}

func (b bits) empty() bool {
	for _, word := range b {
		if word != 0 {
			return false
		}
	}
	return true
}
