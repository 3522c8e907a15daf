package variant

// skip checks the value at off as value does, and returns where it ends.
func (r *reader) skip(off, depth int) (next int, err error) {
	t, flags, p, err := r.header(off)
	if err != nil {
		return 0, err
	}
	if depth > r.depth {
		return 0, at(ErrDepth, off)
	}
	switch l := &layouts[t]; l.shape {
	case shapeFixed:
		next = p + l.stride(flags)
		if len(r.b) < next {
			return 0, r.short(off)
		}
		return next, nil
	case shapePacked:
		_, _, next, err = r.packed(p, l.stride(flags))
		return next, err
	}
	switch t {
	case TypeString, TypeStringName:
		_, next, err = r.text(p)
		return next, err
	case TypeNodePath:
		next, _, err = r.nodePathSpan(p)
		return next, err
	case TypeSignal:
		if _, next, err = r.text(p); err != nil {
			return 0, err
		}
		if len(r.b)-next < 8 {
			return 0, r.short(p)
		}
		return next + 8, nil
	case TypePackedStringArray:
		n, next, err := r.count(p, 4, countAll)
		for i := 0; i < n && err == nil; i++ {
			_, next, err = r.packedText(next)
		}
		return next, err
	case TypeArray:
		n, t, next, err := r.array(p, flags)
		for i := 0; i < n && err == nil; i++ {
			next, err = r.skipElement(next, t, depth+1)
		}
		return next, err
	}
	n, key, value, next, err := r.dictionary(p, flags)
	for i := 0; i < n && err == nil; i++ {
		if next, err = r.skipElement(next, key, depth+1); err == nil {
			next, err = r.skipElement(next, value, depth+1)
		}
	}
	return next, err
}

func (r *reader) skipElement(off int, t ContainerType, depth int) (next int, err error) {
	if err := r.admitted(off, t); err != nil {
		return 0, err
	}
	return r.skip(off, depth)
}

// skipArg is like skip for a value in argument form.
func (r *reader) skipArg(off, depth int) (next int, err error) {
	t, ok := r.headless(off)
	if !ok {
		return r.skip(off, depth)
	}
	if t == TypeBool {
		return off + 1, nil
	}
	_, next, err = r.intArg(off)
	return next, err
}
