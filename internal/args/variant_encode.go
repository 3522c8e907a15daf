package args

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/peerage-go/peerage/variant"
)

// VariantEncoder appends values as Godot does: at the top level in the form of an
// argument, inside containers in general form. It can be used again after Reset,
// which must also follow an error, and allocates nothing by itself.
type VariantEncoder struct {
	buf     []byte
	pending int // values to come of the containers begun
}

// Reset makes the encoder append to buf.
func (e *VariantEncoder) Reset(buf []byte) { e.buf, e.pending = buf, 0 }

// Result returns what was given to Reset with all that was appended.
func (e *VariantEncoder) Result() []byte { return e.buf }

// value counts a value and reports whether it is an argument.
func (e *VariantEncoder) value() (arg bool) {
	if e.pending == 0 {
		return true
	}
	e.pending--
	return false
}

func (e *VariantEncoder) Nil() error {
	e.value()
	e.buf = variant.AppendNil(e.buf)
	return nil
}

func (e *VariantEncoder) Bool(v bool) error {
	if e.value() {
		e.buf = variant.AppendBoolArg(e.buf, v)
	} else {
		e.buf = variant.AppendBool(e.buf, v)
	}
	return nil
}

func (e *VariantEncoder) Int(v int64) error {
	if e.value() {
		e.buf = variant.AppendIntArg(e.buf, v)
	} else {
		e.buf = variant.AppendInt(e.buf, v)
	}
	return nil
}

func (e *VariantEncoder) Uint(v uint64) error {
	if v > math.MaxInt64 {
		return fmt.Errorf("%w: %d is over the 2⁶³-1 of Godot's int", ErrUnsupported, v)
	}
	return e.Int(int64(v))
}

func (e *VariantEncoder) Float32(v float32) error { return e.Float64(float64(v)) }

func (e *VariantEncoder) Float64(v float64) error {
	e.value()
	e.buf = variant.AppendFloat(e.buf, v)
	return nil
}

func (e *VariantEncoder) String(v string) error {
	if err := checkText(v); err != nil {
		return err
	}
	if strings.IndexByte(v, 0) >= 0 {
		return fmt.Errorf("%w: string %.40q has a U+0000, which no Godot string can hold", ErrUnsupported, v)
	}
	e.value()
	e.buf = variant.AppendString(e.buf, v)
	return nil
}

func (e *VariantEncoder) Bytes(v []byte) error {
	if err := checkLen(len(v)); err != nil {
		return err
	}
	e.value()
	e.buf = variant.AppendBytes(e.buf, v)
	return nil
}

func (e *VariantEncoder) Array(n int, of variant.Type) error {
	if err := checkLen(n); err != nil {
		return err
	}
	e.value()
	e.buf = variant.AppendTypedArrayHeader(e.buf, of, n)
	e.pending += n
	return nil
}

func (e *VariantEncoder) Map(n int) error {
	if err := checkLen(n); err != nil {
		return err
	}
	e.value()
	e.buf = variant.AppendDictionaryHeader(e.buf, n)
	e.pending += 2 * n
	return nil
}

// Time appends microseconds since 1970: what is finer is lost.
func (e *VariantEncoder) Time(v time.Time) error {
	n := v.UnixMicro()
	if time.UnixMicro(n).Unix() != v.Unix() {
		return fmt.Errorf("%w: the time %v is beyond 2⁶³ microseconds", ErrUnsupported, v)
	}
	return e.Int(n)
}

// Native appends a value of one of Godot's types.
func (e *VariantEncoder) Native(v any) (bool, error) { return e.native(v, 0) }

func (e *VariantEncoder) native(v any, depth int) (bool, error) {
	switch v := v.(type) {
	// What is untyped may have any Go value inside.
	case variant.Array:
		if untyped(v.Type) {
			return true, putAny(e, v.Values, depth)
		}
	case variant.Dictionary:
		if untyped(v.KeyType) && untyped(v.ValueType) {
			return true, putEntries(e, v.Entries, depth)
		}
	}
	if _, ok := nativeTypeOf(v); !ok {
		return false, nil
	}
	buf, err := variant.Append(e.buf, v)
	if err != nil {
		return true, unsupported(err)
	}
	e.value()
	e.buf = buf
	return true, nil
}

func (e *VariantEncoder) words(t variant.Type, n int, w [4]uint32) error {
	e.value()
	e.buf = appendWords(binary.LittleEndian.AppendUint32(e.buf, uint32(t)), n, w)
	return nil
}

func untyped(t variant.ContainerType) bool { return t.Type == variant.TypeNil }
