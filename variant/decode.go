package variant

// Decode decodes the value at the start of b, in general form, with the default
// Limits. It returns the value, in the Go types that the package documentation
// lists, and the number of bytes that it took. The value shares no memory with b.
//
// The errors are ErrShort, ErrCount, ErrSize, ErrDepth, ErrType (an element that
// its typed container may not have), ErrUnknownType, ErrFormat, ErrObject and
// ErrString.
func Decode(b []byte) (v any, n int, err error) {
	r := newReader(b, 0, Limits{})
	return r.value(0, 0)
}

// DecodeArg is like Decode for a value in argument form.
func DecodeArg(b []byte) (v any, n int, err error) {
	r := newReader(b, 0, Limits{})
	return r.valueArg(0, 0)
}

// value reads the value at off, which stands in depth containers.
func (r *reader) value(off, depth int) (v any, next int, err error) {
	t, flags, p, err := r.header(off)
	if err != nil {
		return nil, 0, err
	}
	if depth > r.depth {
		return nil, 0, at(ErrDepth, off)
	}
	switch l := &layouts[t]; l.shape {
	case shapeFixed:
		size := l.stride(flags)
		if len(r.b)-p < size {
			return nil, 0, r.short(off)
		}
		next = p + size
		return fixed(t, numbers{r.b[p:next], flags&flag64 != 0}), next, nil
	case shapePacked:
		body, n, next, err := r.packed(p, l.stride(flags))
		if err != nil {
			return nil, 0, err
		}
		return packed(t, numbers{body, flags&flag64 != 0}, n), next, nil
	}
	switch t {
	case TypeString:
		s, next, err := r.text(p)
		if err != nil {
			return nil, 0, err
		}
		return string(s), next, nil
	case TypeStringName:
		s, next, err := r.text(p)
		if err != nil {
			return nil, 0, err
		}
		return StringName(s), next, nil
	case TypeNodePath:
		path, next, err := r.nodePath(p)
		if err != nil {
			return nil, 0, err
		}
		return path, next, nil
	case TypeSignal:
		s, next, err := r.signal(p)
		if err != nil {
			return nil, 0, err
		}
		return s, next, nil
	case TypePackedStringArray:
		s, next, err := r.strings(p)
		if err != nil {
			return nil, 0, err
		}
		return s, next, nil
	case TypeArray:
		return r.arrayValue(p, flags, depth)
	}
	return r.dictionaryValue(p, flags, depth)
}

// valueArg reads the value at off, in argument form.
func (r *reader) valueArg(off, depth int) (v any, next int, err error) {
	t, ok := r.headless(off)
	if !ok {
		return r.value(off, depth)
	}
	if t == TypeBool {
		return r.b[off]&argTrue != 0, off + 1, nil
	}
	n, next, err := r.intArg(off)
	if err != nil {
		return nil, 0, err
	}
	return n, next, nil
}

// Empty containers are so short on the wire that boxing each anew would take many
// times as much. Nothing can be changed through these.
var (
	emptyArray      any = []any{}
	emptyDictionary any = Dictionary{}
)

func (r *reader) arrayValue(off int, flags uint32, depth int) (v any, next int, err error) {
	n, t, next, err := r.array(off, flags)
	if err != nil {
		return nil, 0, err
	}
	untyped := t.Type == TypeNil
	if n == 0 && untyped {
		return emptyArray, next, nil
	}
	values := make([]any, n)
	r.reserved += headerSize * n
	for i := range values {
		r.reserved -= headerSize
		if values[i], next, err = r.element(next, t, depth+1); err != nil {
			return nil, 0, err
		}
	}
	if untyped {
		return values, next, nil
	}
	return Array{t, values}, next, nil
}

func (r *reader) dictionaryValue(off int, flags uint32, depth int) (v any, next int, err error) {
	n, key, value, next, err := r.dictionary(off, flags)
	if err != nil {
		return nil, 0, err
	}
	d := Dictionary{KeyType: key, ValueType: value}
	if n == 0 {
		if key.Type == TypeNil && value.Type == TypeNil {
			return emptyDictionary, next, nil
		}
		return d, next, nil
	}
	d.Entries = make([]Entry, n)
	r.reserved += 2 * headerSize * n
	for i := range d.Entries {
		e := &d.Entries[i]
		r.reserved -= headerSize
		if e.Key, next, err = r.element(next, key, depth+1); err != nil {
			return nil, 0, err
		}
		r.reserved -= headerSize
		if e.Value, next, err = r.element(next, value, depth+1); err != nil {
			return nil, 0, err
		}
	}
	return d, next, nil
}

// element reads the value at off, which is of a container of t.
func (r *reader) element(off int, t ContainerType, depth int) (v any, next int, err error) {
	if err := r.admitted(off, t); err != nil {
		return nil, 0, err
	}
	return r.value(off, depth)
}

// admitted reports by its error whether the value at off may be in a container
// of t. Other errors are left for the reading of the value.
func (r *reader) admitted(off int, t ContainerType) error {
	if t.Type == TypeNil || off >= len(r.b) {
		return nil
	}
	if got := Type(r.b[off]); !t.admits(got) && got < typeCount {
		return at(elementError(got, t), off)
	}
	return nil
}

func (r *reader) signal(off int) (s Signal, next int, err error) {
	name, p, err := r.text(off)
	if err != nil {
		return s, 0, err
	}
	if len(r.b)-p < 8 {
		return s, 0, r.short(off)
	}
	return Signal{StringName(name), ObjectID(le.Uint64(r.b[p:]))}, p + 8, nil
}

func (r *reader) strings(off int) (s []string, next int, err error) {
	n, next, err := r.count(off, 4, countAll)
	if err != nil {
		return nil, 0, err
	}
	s = make([]string, n)
	for i := range s {
		var b []byte
		if b, next, err = r.packedText(next); err != nil {
			return nil, 0, err
		}
		s[i] = string(b)
	}
	return s, next, nil
}

// packed reads the count at off and the n elements, of size bytes each, behind it.
func (r *reader) packed(off, size int) (body []byte, n, next int, err error) {
	n, p, err := r.count(off, size, countAll)
	if err != nil {
		return nil, 0, 0, err
	}
	next = p + padded(n*size)
	if len(r.b) < next {
		return nil, 0, 0, r.short(off)
	}
	return r.b[p : p+n*size], n, next, nil
}
