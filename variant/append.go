package variant

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"
)

var le = binary.LittleEndian

// AppendNil appends null in general form.
func AppendNil(dst []byte) []byte { return le.AppendUint32(dst, uint32(TypeNil)) }

// AppendNilArg appends null in argument form.
func AppendNilArg(dst []byte) []byte { return AppendNil(dst) }

// AppendBool appends a bool in general form.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, byte(TypeBool), 0, 0, 0, 1, 0, 0, 0)
	}
	return append(dst, byte(TypeBool), 0, 0, 0, 0, 0, 0, 0)
}

// AppendBoolArg appends a bool in argument form.
func AppendBoolArg(dst []byte, v bool) []byte {
	if v {
		return append(dst, byte(TypeBool)|argTrue)
	}
	return append(dst, byte(TypeBool))
}

// AppendInt appends an int in general form, in 32 bits if it fits.
func AppendInt(dst []byte, v int64) []byte {
	if int64(int32(v)) == v {
		return le.AppendUint64(dst, uint64(TypeInt)|uint64(v)<<32)
	}
	return le.AppendUint64(le.AppendUint32(dst, uint32(TypeInt)|flag64), uint64(v))
}

// AppendIntArg appends an int in argument form, in as few bytes as it fits.
func AppendIntArg(dst []byte, v int64) []byte {
	switch v {
	case int64(int8(v)):
		return append(dst, byte(TypeInt)|argMode8, byte(v))
	case int64(int16(v)):
		return le.AppendUint16(append(dst, byte(TypeInt)|argMode16), uint16(v))
	case int64(int32(v)):
		return le.AppendUint32(append(dst, byte(TypeInt)|argMode32), uint32(v))
	}
	return le.AppendUint64(append(dst, byte(TypeInt)|argMode64), uint64(v))
}

// AppendFloat appends a float in general form, in 32 bits if that loses nothing.
// A NaN takes 64.
func AppendFloat(dst []byte, v float64) []byte {
	if f := float32(v); float64(f) == v {
		return le.AppendUint64(dst, uint64(TypeFloat)|uint64(math.Float32bits(f))<<32)
	}
	return le.AppendUint64(le.AppendUint32(dst, uint32(TypeFloat)|flag64), math.Float64bits(v))
}

// AppendFloatArg appends a float in argument form.
func AppendFloatArg(dst []byte, v float64) []byte { return AppendFloat(dst, v) }

// AppendString appends a String in general form. What no Godot string can hold,
// invalid UTF-8 and U+0000, becomes U+FFFD (Append refuses it instead).
func AppendString(dst []byte, v string) []byte {
	if !validString(v) {
		v = strings.ReplaceAll(strings.ToValidUTF8(v, "\uFFFD"), "\x00", "\uFFFD")
	}
	return appendText(le.AppendUint32(dst, uint32(TypeString)), v)
}

// AppendStringArg appends a String in argument form, otherwise as AppendString.
func AppendStringArg(dst []byte, v string) []byte { return AppendString(dst, v) }

// AppendBytes appends a PackedByteArray in general form.
func AppendBytes(dst []byte, v []byte) []byte {
	dst = appendCount(dst, TypePackedByteArray, len(v))
	return appendPadding(append(dst, v...), len(v))
}

// AppendBytesArg appends a PackedByteArray in argument form.
func AppendBytesArg(dst []byte, v []byte) []byte { return AppendBytes(dst, v) }

// AppendVector2 appends a Vector2 in either form.
func AppendVector2(dst []byte, v Vector2) []byte {
	dst = le.AppendUint32(appendHeader(dst, TypeVector2, 0), math.Float32bits(v.X))
	return le.AppendUint32(dst, math.Float32bits(v.Y))
}

// AppendVector3 appends a Vector3 in either form.
func AppendVector3(dst []byte, v Vector3) []byte {
	dst = le.AppendUint32(appendHeader(dst, TypeVector3, 0), math.Float32bits(v.X))
	dst = le.AppendUint32(dst, math.Float32bits(v.Y))
	return le.AppendUint32(dst, math.Float32bits(v.Z))
}

// AppendArrayHeader begins an untyped Array of n elements, which the caller
// appends next, each in general form. It is the same in argument form. n is from
// 0 to 2³¹-1.
func AppendArrayHeader(dst []byte, n int) []byte { return appendCount(dst, TypeArray, n) }

// AppendTypedArrayHeader is AppendArrayHeader for an Array[T] of a builtin type,
// all of whose elements have to be of it; with TypeNil it is AppendArrayHeader.
func AppendTypedArrayHeader(dst []byte, of Type, n int) []byte {
	if of == TypeNil {
		return AppendArrayHeader(dst, n)
	}
	dst = le.AppendUint32(dst, uint32(TypeArray)|kindBuiltin<<arrayKindShift)
	return le.AppendUint64(dst, uint64(of)|uint64(uint32(n))<<32)
}

// AppendDictionaryHeader begins an untyped Dictionary of n entries. The caller
// appends key, value, key, value next, each in general form. It is the same in
// argument form. n is from 0 to 2³¹-1.
func AppendDictionaryHeader(dst []byte, n int) []byte {
	return appendCount(dst, TypeDictionary, n)
}

func appendCount(dst []byte, t Type, n int) []byte {
	return le.AppendUint64(dst, uint64(t)|uint64(uint32(n))<<32)
}

// appendText appends a length, the bytes and the padding.
func appendText(dst []byte, s string) []byte {
	dst = append(le.AppendUint32(dst, uint32(len(s))), s...)
	return appendPadding(dst, len(s))
}

// appendPadding pads what n bytes were just appended of.
func appendPadding(dst []byte, n int) []byte {
	const zeros = "\x00\x00\x00"
	return append(dst, zeros[:-n&3]...)
}

func appendReals(dst []byte, v ...float32) []byte {
	for _, f := range v {
		dst = le.AppendUint32(dst, math.Float32bits(f))
	}
	return dst
}

func appendInts(dst []byte, v ...int32) []byte {
	for _, n := range v {
		dst = le.AppendUint32(dst, uint32(n))
	}
	return dst
}

// validString reports whether a Godot string can hold s.
func validString(s string) bool {
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}
