package args

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/peerage-go/peerage/variant"
)

// VariantDecoder reads values in Godot's form: at the top level that of an
// argument, inside containers the general one. It can be used again after Reset
// and allocates nothing by itself.
type VariantDecoder struct {
	// MaxDepth is how many arrays and dictionaries a value may stand in, if it
	// is less than the constant of that name; 0 is that.
	MaxDepth int

	v   variant.Decoder
	buf []byte

	// Of plainMap: of the maps to come, in the order in which they begin, which are
	// plain; the room for that; and whether there is something amiss.
	plain, seen []bool
	malformed   bool
}

// Reset makes the decoder read buf, which must not change until the decoder is
// done with it.
func (d *VariantDecoder) Reset(buf []byte) {
	d.buf = buf
	d.plain, d.malformed = nil, false
	d.v.Reset(buf, variant.Limits{Depth: depthLimit(d.MaxDepth), Size: len(buf) + 1})
}

func (d *VariantDecoder) Len() int { return d.v.Len() }

func (d *VariantDecoder) arg() bool { return d.v.Depth() == 0 }

// typeKinds is the kind of what has one besides KindNative.
var typeKinds = func() (kinds [256]Kind) {
	for t := range kinds {
		kinds[t] = KindNative
	}
	kinds[variant.TypeNil] = KindNil
	kinds[variant.TypeBool] = KindBool
	kinds[variant.TypeInt] = KindInt
	kinds[variant.TypeFloat] = KindFloat
	kinds[variant.TypeString] = KindString
	kinds[variant.TypePackedByteArray] = KindBytes
	kinds[variant.TypeArray] = KindArray
	kinds[variant.TypeDictionary] = KindMap
	return kinds
}()

func (d *VariantDecoder) Kind() (Kind, error) {
	t, err := d.next()
	if err != nil {
		return 0, err
	}
	return d.kind(t), nil
}

func (d *VariantDecoder) next() (variant.Type, error) {
	if d.v.Len() == 0 {
		return 0, ErrShort
	}
	t, err := d.v.Type(d.arg())
	return t, variantError(err)
}

func (d *VariantDecoder) kind(t variant.Type) Kind {
	k := typeKinds[t]
	if (k == KindArray || k == KindMap) && d.typed(&d.v, t) {
		return KindNative
	}
	return k
}

// typed reports whether the container that comes next in v, of type t, has a type
// for its elements. The upper half of its header says so.
func (d *VariantDecoder) typed(v *variant.Decoder, t variant.Type) bool {
	if binary.LittleEndian.Uint16(d.buf[v.Offset()+2:]) == 0 {
		return false
	}
	c := *v // which may be told that any type will do
	arg := c.Depth() == 0
	if t == variant.TypeArray {
		_, elem, err := c.ArrayHeader(arg)
		return err != nil || !untyped(elem)
	}
	_, key, value, err := c.DictionaryHeader(arg)
	return err != nil || !untyped(key) || !untyped(value)
}

// is reports whether a value of type t comes next.
func (d *VariantDecoder) is(t variant.Type) bool {
	got, err := d.v.Type(d.arg())
	return err == nil && got == t
}

// refuse says what came instead of what was wanted.
func (d *VariantDecoder) refuse(want string) error {
	t, err := d.next()
	if err != nil {
		return err
	}
	if k := d.kind(t); k != KindNative {
		return mismatch(want, k.String())
	}
	return mismatch(want, t.String())
}

func (d *VariantDecoder) Nil() error {
	if !d.is(variant.TypeNil) {
		return d.refuse("nil")
	}
	return variantError(d.v.Nil(d.arg()))
}

func (d *VariantDecoder) Bool() (bool, error) {
	if !d.is(variant.TypeBool) {
		return false, d.refuse("bool")
	}
	v, err := d.v.Bool(d.arg())
	return v, variantError(err)
}

func (d *VariantDecoder) Int() (int64, error) {
	if d.is(variant.TypeInt) {
		v, err := d.v.Int(d.arg())
		return v, variantError(err)
	}
	n := int64(0)
	err := d.whole("int64", func(v float64) (ok bool) {
		n, ok = floatToInt(v)
		return ok
	})
	return n, err
}

func (d *VariantDecoder) Uint() (uint64, error) {
	n := uint64(0)
	if !d.is(variant.TypeInt) {
		err := d.whole("uint64", func(v float64) (ok bool) {
			n, ok = floatToUint(v)
			return ok
		})
		return n, err
	}
	before := d.v
	v, err := d.v.Int(d.arg())
	if err == nil && v < 0 {
		d.v = before
		return 0, mismatch("uint64", intText(v))
	}
	return uint64(v), variantError(err)
}

// whole reads a float that fits an integer.
func (d *VariantDecoder) whole(want string, fits func(float64) bool) error {
	if !d.is(variant.TypeFloat) {
		return d.refuse(want)
	}
	before := d.v
	v, err := d.v.Float(d.arg())
	if err == nil && !fits(v) {
		d.v = before
		return mismatch(want, floatText(v))
	}
	return variantError(err)
}

func (d *VariantDecoder) Float() (float64, error) {
	if d.is(variant.TypeFloat) {
		v, err := d.v.Float(d.arg())
		return v, variantError(err)
	}
	if !d.is(variant.TypeInt) {
		return 0, d.refuse("float64")
	}
	before := d.v
	n, err := d.v.Int(d.arg())
	v, ok := intToFloat(n)
	if err == nil && !ok {
		d.v = before
		return 0, mismatch("float64", intText(n))
	}
	return v, variantError(err)
}

func (d *VariantDecoder) String() (string, error) {
	if !d.is(variant.TypeString) && !d.is(variant.TypeStringName) {
		return "", d.refuse("string")
	}
	v, err := d.v.String(d.arg())
	return v, variantError(err)
}

func (d *VariantDecoder) StringBytes() ([]byte, error) {
	if !d.is(variant.TypeString) && !d.is(variant.TypeStringName) {
		return nil, d.refuse("string")
	}
	start := d.v.Offset() + generalHeader
	if err := d.v.Skip(d.arg()); err != nil { // checks the length and the text
		return nil, variantError(err)
	}
	n := int(binary.LittleEndian.Uint32(d.buf[start:]))
	text := d.buf[start+4:]
	return text[:n:n], nil
}

func (d *VariantDecoder) Bytes() ([]byte, error) {
	if !d.is(variant.TypePackedByteArray) {
		return nil, d.refuse("bytes")
	}
	v, err := d.v.Bytes(d.arg())
	return v, variantError(err)
}

func (d *VariantDecoder) Time() (time.Time, error) {
	n, err := d.Int()
	if err != nil {
		return time.Time{}, wanting("time", err)
	}
	return time.UnixMicro(n).UTC(), nil
}

func (d *VariantDecoder) Array() (int, error) {
	if k, err := d.Kind(); err != nil || k != KindArray {
		return 0, d.refuse("array")
	}
	n, _, err := d.v.ArrayHeader(d.arg())
	return n, variantError(err)
}

func (d *VariantDecoder) Map() (int, error) {
	if k, err := d.Kind(); err != nil || k != KindMap {
		return 0, d.refuse("map")
	}
	n, _, _, err := d.v.DictionaryHeader(d.arg())
	return n, variantError(err)
}

func (d *VariantDecoder) Native() (any, error) {
	if k, err := d.Kind(); err != nil || k != KindNative {
		return nil, d.refuse("native")
	}
	return d.value()
}

// value reads a value of any kind as variant has it.
func (d *VariantDecoder) value() (any, error) {
	v, err := d.v.Value(d.arg())
	return v, variantError(err)
}

func (d *VariantDecoder) Skip() error {
	if d.v.Len() == 0 {
		return ErrShort
	}
	return variantError(d.v.Skip(d.arg()))
}

// plainMap reports whether the keys of the map that comes next are all strings or
// all ints. It is true of a malformed one, for reading it to fail. What it finds
// out of the maps inside is kept for their turn, so that nothing is looked at again
// at each level.
func (d *VariantDecoder) plainMap() bool {
	if d.malformed {
		return true
	}
	if len(d.plain) == 0 {
		c := d.v
		d.seen = d.seen[:0]
		if d.survey(&c) != nil {
			d.malformed = true
			return true
		}
		d.plain = d.seen
	}
	plain := d.plain[0]
	d.plain = d.plain[1:]
	return plain
}

// survey notes of the value that comes next in c, and of those inside, which of the
// maps are plain. It leaves out what is inside of one that is not, or of a typed
// container: that is read as one value.
func (d *VariantDecoder) survey(c *variant.Decoder) error {
	arg := c.Depth() == 0
	t, err := c.Type(arg)
	if err != nil {
		return err
	}
	if t != variant.TypeArray && t != variant.TypeDictionary || d.typed(c, t) {
		return c.Skip(arg)
	}
	if t == variant.TypeArray {
		n, _, err := c.ArrayHeader(arg)
		for i := 0; i < n && err == nil; i++ {
			err = d.survey(c)
		}
		return err
	}
	n, _, _, err := c.DictionaryHeader(arg)
	at := len(d.seen)
	d.seen = append(d.seen, true)
	all := variant.TypeString
	for i := 0; i < n && err == nil; i++ {
		t, bad := c.Type(false)
		if bad != nil {
			return bad
		}
		if i == 0 && t == variant.TypeInt {
			all = t
		}
		d.seen[at] = d.seen[at] && t == all
		if err = c.Skip(false); err == nil {
			err = d.survey(c)
		}
	}
	if !d.seen[at] {
		d.seen = d.seen[:at+1]
	}
	return err
}

// vector2 reads a Vector2 without boxing it.
func (d *VariantDecoder) vector2() (variant.Vector2, error) {
	if !d.is(variant.TypeVector2) {
		return variant.Vector2{}, d.refuse(variant.TypeVector2.String())
	}
	v, err := d.v.Vector2(d.arg())
	return v, variantError(err)
}

// vector3 reads a Vector3 without boxing it.
func (d *VariantDecoder) vector3() (variant.Vector3, error) {
	if !d.is(variant.TypeVector3) {
		return variant.Vector3{}, d.refuse(variant.TypeVector3.String())
	}
	v, err := d.v.Vector3(d.arg())
	return v, variantError(err)
}

// variantError is an error of package variant as one of this package.
func variantError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrMalformed), errors.Is(err, ErrShort), errors.Is(err, ErrDepth):
		return err
	case errors.Is(err, variant.ErrShort):
		return fmt.Errorf("%w: %w", ErrShort, err)
	case errors.Is(err, variant.ErrDepth):
		return fmt.Errorf("%w: %w", ErrDepth, err)
	}
	if _, ok := err.(*MismatchError); ok {
		return err
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}
