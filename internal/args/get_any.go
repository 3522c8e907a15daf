package args

import "github.com/peerage-go/peerage/variant"

// GetAny reads the next value as the Go value that is natural for it: nil, bool,
// int64 (uint64 only over 2⁶³-1), float64, string, []byte, []any,
// variant.Dictionary, which may have any key and keeps the order, time.Time, or
// for KindNative what Decoder.Native gives.
func GetAny(d Decoder) (any, error) {
	k, err := d.Kind()
	if err != nil {
		return nil, err
	}
	switch k {
	case KindNil:
		return nil, d.Nil()
	case KindBool:
		return boxed(d.Bool())
	case KindInt:
		n, err := d.Int()
		if _, over := err.(*MismatchError); over {
			return boxed(d.Uint())
		}
		return boxed(n, err)
	case KindFloat:
		return boxed(d.Float())
	case KindString:
		return boxed(d.String())
	case KindBytes:
		return boxed(getBytes(d))
	case KindArray:
		return boxed(getList(d))
	case KindMap:
		return boxed(getDictionary(d))
	case KindTime:
		return boxed(d.Time())
	default:
		return d.Native()
	}
}

// boxed is v, or nil with an error.
func boxed[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func getList(d Decoder) ([]any, error) {
	n, err := d.Array()
	if err != nil {
		return nil, err
	}
	list := make([]any, n)
	for i := range list {
		if list[i], err = GetAny(d); err != nil {
			return nil, at(step(i), err)
		}
	}
	return list, nil
}

func getDictionary(d Decoder) (variant.Dictionary, error) {
	n, err := d.Map()
	if err != nil {
		return variant.Dictionary{}, err
	}
	entries := make([]variant.Entry, n)
	return variant.Dictionary{Entries: entries}, getEntries(d, entries)
}

func getEntries(d Decoder, entries []variant.Entry) (err error) {
	for i := range entries {
		e := &entries[i]
		if e.Key, err = GetAny(d); err != nil {
			return at(" key "+step(i), err)
		}
		if e.Value, err = GetAny(d); err != nil {
			return at(" value "+step(i), err)
		}
	}
	return nil
}
