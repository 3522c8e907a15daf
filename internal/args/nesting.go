package args

import "fmt"

// nesting counts what is still to come of the arrays and maps that a decoder is
// in. The counts of all of them together are never more than the bytes left can
// hold, so what is allocated by them is bounded by the input.
type nesting struct {
	left    [MaxDepth]int // values to come, of each container from the outside in
	depth   int
	most    int // what depth may be
	pending int // their sum
}

// depthLimit is the limit that a decoder's MaxDepth sets.
func depthLimit(n int) int {
	if n <= 0 || n > MaxDepth {
		return MaxDepth
	}
	return n
}

// value counts a value that was read.
func (s *nesting) value() {
	if s.depth == 0 {
		return
	}
	s.left[s.depth-1]--
	s.pending--
	for s.depth > 0 && s.left[s.depth-1] == 0 {
		s.depth--
	}
}

// begin enters a container of n values, where the input has room for as many
// values as room says. It counts the container as a value read.
func (s *nesting) begin(n, room int) error {
	if n == 0 {
		s.value()
		return nil
	}
	if s.depth >= s.most {
		return ErrDepth
	}
	others := s.pending
	if s.depth > 0 {
		others-- // the container itself
	}
	if n < 0 || n > room-others {
		return fmt.Errorf("%w: %d values in the %d bytes left", ErrMalformed, n, room)
	}
	if s.depth > 0 {
		s.left[s.depth-1]--
	}
	s.left[s.depth] = n
	s.depth++
	s.pending = others + n
	return nil
}
