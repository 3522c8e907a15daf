package variant

// DefaultSize is the default of Limits.Size.
const DefaultSize = 16 << 20

// Limits bound what a Decoder accepts. The zero value is the defaults.
//
// Memory is bounded by them too: decoding allocates at most ten bytes for each byte
// of input, even when it fails.
type Limits struct {
	// Depth is how many containers a value may stand in, at most MaxDepth. 0 is
	// MaxDepth.
	Depth int
	// Size is how many bytes a value may have on the wire, with all that is in
	// it. 0 is DefaultSize, 16 MiB.
	Size int
}

// newReader returns a reader for the value at off of b.
func newReader(b []byte, off int, l Limits) reader {
	r := reader{b: b, depth: l.Depth}
	if l.Depth <= 0 || l.Depth > MaxDepth {
		r.depth = MaxDepth
	}
	if l.Size <= 0 {
		l.Size = DefaultSize
	}
	if len(b)-off > l.Size {
		r.b, r.cut = b[:off+l.Size], true
	}
	return r
}
