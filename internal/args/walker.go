package args

import (
	"time"

	"github.com/peerage-go/peerage/variant"
)

// walker is a Decoder of a value that was already read: of a typed or packed array
// or a typed dictionary, whose elements are to fit a parameter of their own.
type walker struct {
	next []any // values to come, the next at the end
}

// open makes of the next value, if it is a typed or packed one, the untyped one
// with the same elements. It returns the kind that the value then has.
func (w *walker) open() Kind {
	top := &w.next[len(w.next)-1]
	switch v := (*top).(type) {
	case variant.Array:
		*top = v.Values
	case variant.Dictionary:
		*top = variant.Dictionary{Entries: v.Entries}
		return KindMap
	case []byte:
		*top = unpacked(v, func(n byte) any { return int64(n) })
	case []int32:
		*top = unpacked(v, func(n int32) any { return int64(n) })
	case []int64:
		*top = unpacked(v, func(n int64) any { return n })
	case []float32:
		*top = unpacked(v, func(f float32) any { return float64(f) })
	case []float64:
		*top = unpacked(v, func(f float64) any { return f })
	case []string:
		*top = unpacked(v, func(s string) any { return s })
	case []variant.Vector2:
		*top = unpacked(v, func(v variant.Vector2) any { return v })
	case []variant.Vector3:
		*top = unpacked(v, func(v variant.Vector3) any { return v })
	case []variant.Color:
		*top = unpacked(v, func(v variant.Color) any { return v })
	case []variant.Vector4:
		*top = unpacked(v, func(v variant.Vector4) any { return v })
	default:
		return KindNative
	}
	return KindArray
}

func unpacked[T any](list []T, box func(T) any) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = box(v)
	}
	return out
}

func (w *walker) Len() int { return len(w.next) }

func (w *walker) peek() any {
	if len(w.next) == 0 {
		return nil
	}
	return w.next[len(w.next)-1]
}

// take consumes the next value, which is of no wire and cannot fail.
func (w *walker) take() { w.next = w.next[:len(w.next)-1] }

func (w *walker) Kind() (Kind, error) {
	if len(w.next) == 0 {
		return 0, ErrShort
	}
	switch v := w.peek().(type) {
	case nil:
		return KindNil, nil
	case bool:
		return KindBool, nil
	case int64:
		return KindInt, nil
	case float64:
		return KindFloat, nil
	case string:
		return KindString, nil
	case []byte:
		return KindBytes, nil
	case []any:
		return KindArray, nil
	case variant.Dictionary:
		if untyped(v.KeyType) && untyped(v.ValueType) {
			return KindMap, nil
		}
	}
	return KindNative, nil
}

// refuse says what came instead of what was wanted.
func (w *walker) refuse(want string) error {
	k, err := w.Kind()
	if err != nil {
		return err
	}
	if k == KindNative {
		return mismatch(want, nativeName(w.peek()))
	}
	return mismatch(want, k.String())
}

// read takes the next value if it is a T.
func read[T any](w *walker, want string) (T, error) {
	v, ok := w.peek().(T)
	if !ok {
		return v, w.refuse(want)
	}
	w.take()
	return v, nil
}

func (w *walker) Nil() error {
	if len(w.next) == 0 || w.peek() != nil {
		return w.refuse("nil")
	}
	w.take()
	return nil
}

func (w *walker) Bool() (bool, error) { return read[bool](w, "bool") }

func (w *walker) Int() (int64, error) {
	if f, ok := w.peek().(float64); ok {
		n, ok := floatToInt(f)
		if !ok {
			return 0, mismatch("int64", floatText(f))
		}
		w.take()
		return n, nil
	}
	return read[int64](w, "int64")
}

func (w *walker) Uint() (uint64, error) {
	n, err := w.Int()
	if err != nil {
		return 0, wanting("uint64", err)
	}
	if n < 0 {
		w.next = append(w.next, n)
		return 0, mismatch("uint64", intText(n))
	}
	return uint64(n), nil
}

func (w *walker) Float() (float64, error) {
	if n, ok := w.peek().(int64); ok {
		f, ok := intToFloat(n)
		if !ok {
			return 0, mismatch("float64", intText(n))
		}
		w.take()
		return f, nil
	}
	return read[float64](w, "float64")
}

func (w *walker) String() (string, error) {
	if name, ok := w.peek().(variant.StringName); ok {
		w.take()
		return string(name), nil
	}
	return read[string](w, "string")
}

func (w *walker) StringBytes() ([]byte, error) {
	s, err := w.String()
	return []byte(s), err
}

func (w *walker) Bytes() ([]byte, error) { return read[[]byte](w, "bytes") }

func (w *walker) Time() (time.Time, error) {
	n, err := w.Int()
	return time.UnixMicro(n).UTC(), wanting("time", err)
}

func (w *walker) Array() (int, error) {
	list, err := read[[]any](w, "array")
	for i := len(list) - 1; i >= 0; i-- {
		w.next = append(w.next, list[i])
	}
	return len(list), err
}

func (w *walker) Map() (int, error) {
	if k, err := w.Kind(); err != nil || k != KindMap {
		return 0, w.refuse("map")
	}
	d, err := read[variant.Dictionary](w, "map")
	for i := len(d.Entries) - 1; i >= 0; i-- {
		w.next = append(w.next, d.Entries[i].Value, d.Entries[i].Key)
	}
	return len(d.Entries), err
}

func (w *walker) Native() (any, error) {
	if k, err := w.Kind(); err != nil || k != KindNative {
		return nil, w.refuse("native")
	}
	v := w.peek()
	w.take()
	return v, nil
}

func (w *walker) Skip() error {
	if len(w.next) == 0 {
		return ErrShort
	}
	w.take()
	return nil
}
