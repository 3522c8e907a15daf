package args

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/peerage-go/peerage/variant"
)

// MessagePackEncoder appends values as MessagePack, each in its shortest form. It
// can be used again after Reset and then allocates nothing by itself. It must not
// be copied after its first use.
type MessagePackEncoder struct {
	// Typed makes slices and arrays of one type an extension that keeps the type,
	// Array[T], for who passes them on to Godot's wire. What Godot has no form for,
	// such as a string with U+0000 in it, stays an array.
	Typed bool

	out     output
	enc     *msgpack.Encoder
	scratch []byte
	general VariantEncoder // for extensions whose data is a Variant
}

// output is the slice that the library writes to.
type output struct{ buf []byte }

func (o *output) Write(p []byte) (int, error) {
	o.buf = append(o.buf, p...)
	return len(p), nil
}

func (o *output) WriteByte(c byte) error {
	o.buf = append(o.buf, c)
	return nil
}

// Reset makes the encoder append to buf.
func (e *MessagePackEncoder) Reset(buf []byte) {
	e.out.buf = buf
	if e.enc == nil {
		e.enc = msgpack.NewEncoder(&e.out)
	}
}

// Result returns what was given to Reset with all that was appended.
func (e *MessagePackEncoder) Result() []byte { return e.out.buf }

func (e *MessagePackEncoder) Nil() error          { return e.enc.EncodeNil() }
func (e *MessagePackEncoder) Bool(v bool) error   { return e.enc.EncodeBool(v) }
func (e *MessagePackEncoder) Int(v int64) error   { return e.enc.EncodeInt(v) }
func (e *MessagePackEncoder) Uint(v uint64) error { return e.enc.EncodeUint(v) }

func (e *MessagePackEncoder) Float32(v float32) error { return e.enc.EncodeFloat32(v) }

// Float64 appends a float 32 where that loses nothing, as Godot does.
func (e *MessagePackEncoder) Float64(v float64) error {
	if f := float32(v); float64(f) == v {
		return e.enc.EncodeFloat32(f)
	}
	return e.enc.EncodeFloat64(v)
}

func (e *MessagePackEncoder) String(v string) error {
	if err := checkText(v); err != nil {
		return err
	}
	return e.enc.EncodeString(v)
}

func (e *MessagePackEncoder) Bytes(v []byte) error {
	if err := checkLen(len(v)); err != nil {
		return err
	}
	if v == nil {
		v = []byte{}
	}
	return e.enc.EncodeBytes(v)
}

func (e *MessagePackEncoder) Array(n int, _ variant.Type) error {
	if err := checkLen(n); err != nil {
		return err
	}
	return e.enc.EncodeArrayLen(n)
}

// typed appends the slice or array v, if it keeps its type.
func (e *MessagePackEncoder) typed(p *plan, v reflect.Value, depth int) (done bool, err error) {
	if !e.Typed || p.elem.sole == variant.TypeNil {
		return false, nil
	}
	e.general.Reset(e.scratch[:0])
	e.general.pending = 1 // an argument would have its own form
	err = p.put(&e.general, v, depth)
	e.scratch = e.general.Result()
	switch {
	case errors.Is(err, ErrUnsupported):
		return false, nil
	case err != nil:
		return true, err
	}
	return true, e.extension(extArray, e.scratch)
}

func (e *MessagePackEncoder) Map(n int) error {
	if err := checkLen(n); err != nil {
		return err
	}
	return e.enc.EncodeMapLen(n)
}

func (e *MessagePackEncoder) Time(v time.Time) error { return e.enc.EncodeTime(v) }

// Native appends a value of one of Godot's types: as an extension, or in the
// plain form if peerage.v1 has one for it.
func (e *MessagePackEncoder) Native(v any) (bool, error) { return e.native(v, 0) }

func (e *MessagePackEncoder) native(v any, depth int) (bool, error) {
	switch v := v.(type) {
	case variant.StringName:
		return true, e.text(extStringName, string(v))
	case variant.NodePath:
		return true, e.path(v)
	case []int32, []int64, []float32, []float64, []string:
		return true, putList(e, v)
	case variant.Array:
		if untyped(v.Type) {
			return true, putAny(e, v.Values, depth)
		}
	case variant.Dictionary:
		if plain(v) {
			return true, putEntries(e, v.Entries, depth)
		}
	}
	t, ok := nativeTypeOf(v)
	if !ok {
		return false, nil
	}
	e.general.Reset(e.scratch[:0])
	e.general.pending = 1 // an argument would have its own form
	_, err := e.general.native(v, depth)
	e.scratch = e.general.Result()
	if err != nil {
		return true, err
	}
	data := e.scratch
	if int8(t) < extGeneral {
		data = data[generalHeader:]
	}
	return true, e.extension(int8(t), data)
}

// plain reports whether a dictionary is a plain map: untyped, its keys all strings
// or all ints.
func plain(d variant.Dictionary) bool {
	if !untyped(d.KeyType) || !untyped(d.ValueType) {
		return false
	}
	var all Kind
	for i := range d.Entries {
		k := plainKey(d.Entries[i].Key)
		if k == KindNil || i > 0 && k != all {
			return false
		}
		all = k
	}
	return true
}

// plainKey is KindString or KindInt for a key that a plain map can have, else
// KindNil.
func plainKey(key any) Kind {
	switch key.(type) {
	case string:
		return KindString
	case int, int64:
		return KindInt
	case nil:
		return KindNil
	}
	if p, err := planOf(reflect.TypeOf(key)); err == nil && (p.class == classInt || p.class == classUint) {
		return KindInt
	}
	return KindNil
}

// words appends a math type of n numbers of 32 bits.
func (e *MessagePackEncoder) words(t variant.Type, n int, w [4]uint32) error {
	e.scratch = appendWords(e.scratch[:0], n, w)
	return e.extension(int8(t), e.scratch)
}

func appendWords(dst []byte, n int, w [4]uint32) []byte {
	for _, v := range w[:n] {
		dst = binary.LittleEndian.AppendUint32(dst, v)
	}
	return dst
}

func (e *MessagePackEncoder) path(p variant.NodePath) error {
	p, err := variant.ParseNodePath(string(p))
	if err != nil {
		return unsupported(err)
	}
	return e.text(extNodePath, string(p))
}

func (e *MessagePackEncoder) text(ext int8, s string) error {
	if err := checkText(s); err != nil {
		return err
	}
	e.scratch = append(e.scratch[:0], s...)
	return e.extension(ext, e.scratch)
}

func (e *MessagePackEncoder) extension(ext int8, data []byte) error {
	if err := checkLen(len(data)); err != nil {
		return err
	}
	if err := e.enc.EncodeExtHeader(ext, len(data)); err != nil {
		return err
	}
	e.out.buf = append(e.out.buf, data...)
	return nil
}

func checkText(s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%w: string %.40q is not UTF-8", ErrUnsupported, s)
	}
	return checkLen(len(s))
}

func checkLen(n int) error {
	if n < 0 || n > math.MaxInt32 {
		return fmt.Errorf("%w: a length of %d", ErrUnsupported, n)
	}
	return nil
}
