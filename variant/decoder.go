package variant

// Decoder reads values one by one from a slice, without boxing those whose type
// is known, and containers element by element. The zero value reads from nothing:
// call Reset first. A Decoder allocates nothing by itself and can be used again.
//
// The arg parameter of its methods says which form the next value has: true for
// an argument of a remote call, false for the general form. What is inside a
// container always has the general form.
//
// A method that fails consumes nothing. The typed methods fail with ErrType if
// the value is of another type, and all with the errors of Decode.
//
// A Decoder counts the values that are read and so knows in which containers the
// next one stands, with nothing to be done at the end of a container. That is how
// Limits.Depth holds for a caller that reads nested containers by their headers,
// and Limits.Size for the outermost one.
//
// A Decoder is for one goroutine at a time.
type Decoder struct {
	r      reader
	input  []byte
	off    int
	limits Limits
	open   [MaxDepth]uint32 // values still to come of each open container
	depth  int              // the number of open containers
}

// Reset makes d read from b, which must not change until d is done with it.
func (d *Decoder) Reset(b []byte, l Limits) {
	d.input, d.off, d.limits, d.depth = b, 0, l, 0
	d.r = newReader(b, 0, l)
}

// Len returns the number of bytes left.
func (d *Decoder) Len() int { return len(d.input) - d.off }

// Offset returns the number of bytes consumed.
func (d *Decoder) Offset() int { return d.off }

// Depth returns the number of containers that were begun with ArrayHeader or
// DictionaryHeader and are not read to their end.
func (d *Decoder) Depth() int { return d.depth }

// Type returns the type of the next value and consumes nothing. A value whose
// type is known may still turn out to be malformed.
func (d *Decoder) Type(arg bool) (Type, error) {
	return d.r.peek(d.off, arg)
}

// Nil reads null.
func (d *Decoder) Nil(arg bool) error {
	_, next, err := d.r.is(d.off, arg, TypeNil)
	if err != nil {
		return err
	}
	d.done(next)
	return nil
}

// Bool reads a bool.
func (d *Decoder) Bool(arg bool) (bool, error) {
	v, next, err := d.r.bool(d.off, arg)
	if err != nil {
		return false, err
	}
	d.done(next)
	return v, nil
}

// Int reads an int.
func (d *Decoder) Int(arg bool) (int64, error) {
	v, next, err := d.r.int(d.off, arg)
	if err != nil {
		return 0, err
	}
	d.done(next)
	return v, nil
}

// Float reads a float. An int is of another type, although Godot converts it: ask
// Type first where either may come.
func (d *Decoder) Float(arg bool) (float64, error) {
	v, next, err := d.r.float(d.off, arg)
	if err != nil {
		return 0, err
	}
	d.done(next)
	return v, nil
}

// Vector2 reads a Vector2.
func (d *Decoder) Vector2(arg bool) (Vector2, error) {
	n, next, err := d.r.vector(d.off, arg, TypeVector2)
	if err != nil {
		return Vector2{}, err
	}
	d.done(next)
	return n.vector2(0), nil
}

// Vector3 reads a Vector3.
func (d *Decoder) Vector3(arg bool) (Vector3, error) {
	n, next, err := d.r.vector(d.off, arg, TypeVector3)
	if err != nil {
		return Vector3{}, err
	}
	d.done(next)
	return n.vector3(0), nil
}

// String reads a String or a StringName. (It is no Stringer: it takes an
// argument.)
func (d *Decoder) String(arg bool) (string, error) {
	t, err := d.r.peek(d.off, arg)
	if err != nil {
		return "", err
	}
	if t != TypeString && t != TypeStringName {
		return "", typeError(d.off, t, TypeString)
	}
	s, next, err := d.r.text(d.off + headerSize)
	if err != nil {
		return "", err
	}
	d.done(next)
	return string(s), nil
}

// Bytes reads a PackedByteArray. The result is a part of the input, not a copy;
// appending to it does not write to the input.
func (d *Decoder) Bytes(arg bool) ([]byte, error) {
	_, p, err := d.r.is(d.off, arg, TypePackedByteArray)
	if err != nil {
		return nil, err
	}
	b, next, err := d.r.blob(p)
	if err != nil {
		return nil, err
	}
	d.done(next)
	return b, nil
}

// ArrayHeader begins an Array and returns the number of its elements and their
// type. The elements come next, each in general form. Whether they are of that
// type is for the caller to see (Value and Skip of the whole array do).
//
// Memory for n elements can be made at once: n is never beyond what the rest of
// the input can hold, less what the containers around this one need.
func (d *Decoder) ArrayHeader(arg bool) (n int, t ContainerType, err error) {
	flags, p, err := d.r.is(d.off, arg, TypeArray)
	if err != nil {
		return 0, t, err
	}
	n, t, next, err := d.r.array(p, flags)
	if err == nil {
		err = d.begin(next, n)
	}
	if err != nil {
		return 0, ContainerType{}, err
	}
	return n, t, nil
}

// DictionaryHeader begins a Dictionary and returns the number of its entries and
// the types of its keys and values. The entries come next: key, value, key,
// value, each in general form. Otherwise it is like ArrayHeader.
func (d *Decoder) DictionaryHeader(arg bool) (n int, key, value ContainerType, err error) {
	flags, p, err := d.r.is(d.off, arg, TypeDictionary)
	if err != nil {
		return 0, key, value, err
	}
	n, key, value, next, err := d.r.dictionary(p, flags)
	if err == nil {
		err = d.begin(next, 2*n)
	}
	if err != nil {
		return 0, ContainerType{}, ContainerType{}, err
	}
	return n, key, value, nil
}

// Value reads a value of any type, as Decode and DecodeArg do.
func (d *Decoder) Value(arg bool) (v any, err error) {
	var next int
	reserved := d.r.reserved
	if arg {
		v, next, err = d.r.valueArg(d.off, d.depth)
	} else {
		v, next, err = d.r.value(d.off, d.depth)
	}
	if err != nil {
		d.r.reserved = reserved
		return nil, err
	}
	d.done(next)
	return v, nil
}

// Skip passes over a value of any type. It fails where Value would.
func (d *Decoder) Skip(arg bool) error {
	var next int
	var err error
	if arg {
		next, err = d.r.skipArg(d.off, d.depth)
	} else {
		next, err = d.r.skip(d.off, d.depth)
	}
	if err != nil {
		return err
	}
	d.done(next)
	return nil
}

// begin notes that a container of n values begins, the first of them at next.
func (d *Decoder) begin(next, n int) error {
	if n == 0 {
		d.done(next)
		return nil
	}
	if d.depth >= d.r.depth {
		return at(ErrDepth, d.off)
	}
	d.off = next
	d.open[d.depth] = uint32(n)
	d.depth++
	d.r.reserved += headerSize * (n - 1)
	return nil
}

// done notes that a value was read, up to next.
func (d *Decoder) done(next int) {
	d.off = next
	for d.depth > 0 {
		left := &d.open[d.depth-1]
		if *left > 1 {
			*left--
			d.r.reserved -= headerSize
			return
		}
		d.depth-- // that container is a value of the one around it
	}
	if d.r.cut {
		d.r = newReader(d.input, d.off, d.limits)
	}
}
