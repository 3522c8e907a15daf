package variant

import (
	"bytes"
	"math"
	"unicode/utf8"
)

// reader reads values at offsets of b. Its methods return where what they read
// ends and keep no position, so an error consumes nothing.
type reader struct {
	b        []byte
	cut      bool // b is a part of the input, as long as Limits.Size
	depth    int  // how deep a value may stand
	reserved int  // bytes that the elements still to come need at the least
}

// short is the error for an input that ends inside what is at off.
func (r *reader) short(off int) error {
	if r.cut {
		return at(ErrSize, off)
	}
	return at(ErrShort, off)
}

// over is the error for a count at off that is beyond what is left.
func (r *reader) over(off int) error {
	if r.cut {
		return at(ErrSize, off)
	}
	return at(ErrCount, off)
}

// header reads and checks the header at off.
func (r *reader) header(off int) (t Type, flags uint32, next int, err error) {
	if len(r.b)-off < headerSize {
		return 0, 0, 0, r.short(off)
	}
	h := le.Uint32(r.b[off:])
	t, flags = Type(h), h&headerFlags
	if t >= typeCount {
		return 0, 0, 0, at(ErrUnknownType, off)
	}
	if flags&^layouts[t].flags != 0 {
		return 0, 0, 0, at(ErrFormat, off)
	}
	if t == TypeObject && flags&flagID == 0 {
		return 0, 0, 0, at(ErrObject, off)
	}
	return t, flags, off + headerSize, nil
}

// is reads the header of a value that must be of type t.
func (r *reader) is(off int, arg bool, t Type) (flags uint32, next int, err error) {
	if got, ok := r.headless(off); arg && ok {
		return 0, 0, typeError(off, got, t)
	}
	got, flags, next, err := r.header(off)
	if err == nil && got != t {
		err = typeError(off, got, t)
	}
	return flags, next, err
}

// headless returns the type of the argument at off if that is one whose argument
// form has no header.
func (r *reader) headless(off int) (Type, bool) {
	if off >= len(r.b) {
		return 0, false
	}
	t := Type(r.b[off] & argTypeMask)
	return t, t == TypeBool || t == TypeInt
}

// peek returns the type of the value at off.
func (r *reader) peek(off int, arg bool) (Type, error) {
	if t, ok := r.headless(off); arg && ok {
		return t, nil
	}
	t, _, _, err := r.header(off)
	return t, err
}

func (r *reader) bool(off int, arg bool) (v bool, next int, err error) {
	if t, ok := r.headless(off); arg && ok && t == TypeBool {
		return r.b[off]&argTrue != 0, off + 1, nil
	}
	_, p, err := r.is(off, arg, TypeBool)
	if err != nil {
		return false, 0, err
	}
	if len(r.b)-p < 4 {
		return false, 0, r.short(off)
	}
	return le.Uint32(r.b[p:]) != 0, p + 4, nil
}

func (r *reader) int(off int, arg bool) (v int64, next int, err error) {
	if t, ok := r.headless(off); arg && ok && t == TypeInt {
		return r.intArg(off)
	}
	flags, p, err := r.is(off, arg, TypeInt)
	if err != nil {
		return 0, 0, err
	}
	size := layouts[TypeInt].stride(flags)
	if len(r.b)-p < size {
		return 0, 0, r.short(off)
	}
	if size == 8 {
		return int64(le.Uint64(r.b[p:])), p + 8, nil
	}
	return int64(int32(le.Uint32(r.b[p:]))), p + 4, nil
}

// intArg reads an int in its headless form.
func (r *reader) intArg(off int) (v int64, next int, err error) {
	mode, p := r.b[off]&^argTypeMask, off+1
	next = p + 1<<(mode>>6)
	if len(r.b) < next {
		return 0, 0, r.short(off)
	}
	switch mode {
	case argMode8:
		v = int64(int8(r.b[p]))
	case argMode16:
		v = int64(int16(le.Uint16(r.b[p:])))
	case argMode32:
		v = int64(int32(le.Uint32(r.b[p:])))
	case argMode64:
		v = int64(le.Uint64(r.b[p:]))
	}
	return v, next, nil
}

func (r *reader) float(off int, arg bool) (v float64, next int, err error) {
	flags, p, err := r.is(off, arg, TypeFloat)
	if err != nil {
		return 0, 0, err
	}
	size := layouts[TypeFloat].stride(flags)
	if len(r.b)-p < size {
		return 0, 0, r.short(off)
	}
	if size == 8 {
		return math.Float64frombits(le.Uint64(r.b[p:])), p + 8, nil
	}
	return float64(math.Float32frombits(le.Uint32(r.b[p:]))), p + 4, nil
}

// vector reads the numbers of a value of type t, one of shapeFixed.
func (r *reader) vector(off int, arg bool, t Type) (n numbers, next int, err error) {
	flags, p, err := r.is(off, arg, t)
	if err != nil {
		return n, 0, err
	}
	next = p + layouts[t].stride(flags)
	if len(r.b) < next {
		return n, 0, r.short(off)
	}
	return numbers{r.b[p:next], flags&flag64 != 0}, next, nil
}

// count reads a count at off of elements of at least size bytes. mask is what of
// it counts. Were the bytes not left out that the containers around it need, each
// of them could claim all of the input for its elements.
func (r *reader) count(off, size int, mask uint32) (n, next int, err error) {
	if len(r.b)-off < 4 {
		return 0, 0, r.short(off)
	}
	c, next := le.Uint32(r.b[off:])&mask, off+4
	left := max(len(r.b)-next-r.reserved, 0)
	if uint64(c) > uint64(left)/uint64(size) {
		return 0, 0, r.over(off)
	}
	return int(c), next, nil
}

// blob reads a length at off, as many bytes, and padding.
func (r *reader) blob(off int) (b []byte, next int, err error) {
	n, p, err := r.count(off, 1, countAll)
	if err != nil {
		return nil, 0, err
	}
	next = p + padded(n)
	if len(r.b) < next {
		return nil, 0, r.short(off)
	}
	return r.b[p : p+n : p+n], next, nil
}

// text reads a string at off, as bytes of the input.
func (r *reader) text(off int) (s []byte, next int, err error) {
	s, next, err = r.blob(off)
	if err == nil && !validText(s) {
		return nil, 0, at(ErrString, off)
	}
	return s, next, err
}

// packedText reads a string of a PackedStringArray: one with a NUL behind it.
func (r *reader) packedText(off int) (s []byte, next int, err error) {
	s, next, err = r.blob(off)
	if n := len(s); n > 0 && s[n-1] == 0 {
		s = s[:n-1]
	}
	if err == nil && !validText(s) {
		return nil, 0, at(ErrString, off)
	}
	return s, next, err
}

func validText(s []byte) bool {
	return utf8.Valid(s) && bytes.IndexByte(s, 0) < 0
}

// containerType reads the container type of a kind at off.
func (r *reader) containerType(off int, kind uint32) (t ContainerType, next int, err error) {
	switch kind {
	case kindNone:
		return t, off, nil
	case kindBuiltin:
		if len(r.b)-off < 4 {
			return t, 0, r.short(off)
		}
		n := le.Uint32(r.b[off:])
		if n >= typeCount {
			return t, 0, at(ErrUnknownType, off)
		}
		return ContainerType{Type: Type(n)}, off + 4, nil
	}
	name, next, err := r.text(off)
	if err == nil && len(name) == 0 {
		err = at(ErrFormat, off)
	}
	if err != nil {
		return t, 0, err
	}
	return ContainerType{Type: TypeObject, Script: kind == kindScript, Name: className(name)}, next, nil
}

// className returns name as a string, without an allocation for the one class
// that Godot sends.
func className(name []byte) string {
	const encodedObject = "EncodedObjectAsID"
	if string(name) == encodedObject {
		return encodedObject
	}
	return string(name)
}

// array reads the container type and count of an array at off, behind the header.
func (r *reader) array(off int, flags uint32) (n int, t ContainerType, next int, err error) {
	t, next, err = r.containerType(off, flags>>arrayKindShift&kindMask)
	if err == nil {
		n, next, err = r.count(next, headerSize, countMask)
	}
	return n, t, next, err
}

// dictionary reads the container types and count of a dictionary at off, behind
// the header.
func (r *reader) dictionary(off int, flags uint32) (n int, key, value ContainerType, next int, err error) {
	key, next, err = r.containerType(off, flags>>keyKindShift&kindMask)
	if err == nil {
		value, next, err = r.containerType(next, flags>>valueKindShift&kindMask)
	}
	if err == nil {
		n, next, err = r.count(next, 2*headerSize, countMask)
	}
	return n, key, value, next, err
}
