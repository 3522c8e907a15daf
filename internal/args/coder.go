package args

import (
	"time"

	"github.com/peerage-go/peerage/variant"
)

// Encoder appends values in the form of one wire. At the top level each value is
// one argument. Array is followed by n values, Map by n times a key and a value.
//
// An error means that the value has no form on that wire; nothing of it was
// appended.
type Encoder interface {
	Nil() error
	Bool(v bool) error
	Int(v int64) error
	// Uint appends an int. Godot's is an int64: over 2⁶³-1 its wire has none.
	Uint(v uint64) error
	Float32(v float32) error
	Float64(v float64) error
	// String refuses invalid UTF-8, and on Godot's wire U+0000.
	String(v string) error
	Bytes(v []byte) error
	// Array begins an array of n values. If all are of one type, so that it may go
	// where Godot has an Array[T], of is that type; else TypeNil.
	Array(n int, of variant.Type) error
	Map(n int) error
	// Time appends a moment: on Godot's wire an int of microseconds since 1970.
	Time(v time.Time) error
	// Native appends v if it is one of Godot's types, which the package
	// documentation lists: a math type, StringName, a packed array, Dictionary …
	// It reports false, and has appended nothing, if v is not.
	Native(v any) (bool, error)
}

// Decoder reads values in the form of one wire. A read that fails with a
// *MismatchError has consumed nothing; after another error the input cannot be
// read any further.
type Decoder interface {
	// Kind tells the next value, without consuming it.
	Kind() (Kind, error)
	Nil() error
	Bool() (bool, error)
	// Int reads an int, or a float without a fraction, that an int64 holds.
	Int() (int64, error)
	// Uint reads an int, or a float without a fraction, that a uint64 holds.
	Uint() (uint64, error)
	// Float reads a float, or an int that a float64 holds exactly.
	Float() (float64, error)
	// String reads a string, or a StringName.
	String() (string, error)
	// StringBytes is String without the copy: the bytes are part of the input.
	StringBytes() ([]byte, error)
	// Bytes reads bytes. They are part of the input: whoever keeps them copies.
	Bytes() ([]byte, error)
	// Time reads a moment, in UTC. On Godot's wire that is an int of microseconds.
	Time() (time.Time, error)
	// Array begins an array of n values, which are read next.
	Array() (n int, err error)
	// Map begins a map of n entries: key, value, key, value … are read next.
	Map() (n int, err error)
	// Native reads a value of KindNative as the Go type of package variant, or
	// as the slice, that stands for it.
	Native() (any, error)
	// Skip consumes the next value, with all that is in it.
	Skip() error
	// Len is the number of bytes left: 0 is the end of the arguments.
	Len() int
}

// Kind is what a value on a wire is.
type Kind uint8

// The kinds.
const (
	KindNil Kind = iota
	KindBool
	KindInt
	KindFloat
	KindString
	KindBytes
	KindArray
	KindMap
	// KindTime is a moment. Godot's wire has none: there it is an int.
	KindTime
	// KindNative is a type that only Godot has, typed and packed arrays among
	// them.
	KindNative
)

var kindNames = [...]string{
	"nil", "bool", "int", "float", "string", "bytes", "array", "map", "time", "native",
}

// String returns the kind's name, such as "int".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}
