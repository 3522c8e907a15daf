package args

func (d *MessagePackDecoder) Int() (int64, error) {
	start := d.in.off
	if !d.is(KindInt) {
		v, err := d.float("int64")
		if err != nil {
			return 0, err
		}
		n, ok := floatToInt(v)
		if !ok {
			return 0, d.back(start, "int64", floatText(v))
		}
		d.nest.value()
		return n, nil
	}
	n, over, err := d.integer()
	if err != nil {
		return 0, err
	}
	if over {
		return 0, d.back(start, "int64", uintText(uint64(n)))
	}
	d.nest.value()
	return n, nil
}

func (d *MessagePackDecoder) Uint() (uint64, error) {
	start := d.in.off
	if !d.is(KindInt) {
		v, err := d.float("uint64")
		if err != nil {
			return 0, err
		}
		n, ok := floatToUint(v)
		if !ok {
			return 0, d.back(start, "uint64", floatText(v))
		}
		d.nest.value()
		return n, nil
	}
	n, over, err := d.integer()
	if err != nil {
		return 0, err
	}
	if n < 0 && !over {
		return 0, d.back(start, "uint64", intText(n))
	}
	d.nest.value()
	return uint64(n), nil
}

func (d *MessagePackDecoder) Float() (float64, error) {
	start := d.in.off
	if !d.is(KindInt) {
		v, err := d.float("float64")
		if err == nil {
			d.nest.value()
		}
		return v, err
	}
	n, over, err := d.integer()
	if err != nil {
		return 0, err
	}
	v, ok := intToFloat(n)
	if over {
		v, ok = uintToFloat(uint64(n))
	}
	if !ok && over {
		return 0, d.back(start, "float64", uintText(uint64(n)))
	}
	if !ok {
		return 0, d.back(start, "float64", intText(n))
	}
	d.nest.value()
	return v, nil
}

// integer reads an int, without counting it yet. One that is over an int64 has the
// bits of the uint64.
func (d *MessagePackDecoder) integer() (n int64, over bool, err error) {
	unsigned := d.in.buf[d.in.off] == codeUint64
	n, err = d.dec.DecodeInt64()
	return n, unsigned && n < 0, short(err)
}

// float reads a float, without counting it yet.
func (d *MessagePackDecoder) float(want string) (float64, error) {
	if !d.is(KindFloat) {
		return 0, d.refuse(want)
	}
	v, err := d.dec.DecodeFloat64()
	return v, short(err)
}

// back returns to a value that was read but does not fit.
func (d *MessagePackDecoder) back(start int, want, got string) error {
	d.in.off = start
	return mismatch(want, got)
}
