package variant

import (
	"errors"
	"fmt"
)

// The errors of this package. Those that a function returns wrap one of these
// and add the offset in the input, or the Go type, that caused it: test with
// errors.Is.
var (
	// ErrShort: the input ends inside a value.
	ErrShort = errors.New("variant: input ends inside a value")
	// ErrCount: a length or element count is beyond what is left of the input, as
	// it is when the input was cut, or beyond the format's limit of 2³¹-1.
	ErrCount = errors.New("variant: count out of range")
	// ErrSize: the value is larger than Limits.Size.
	ErrSize = errors.New("variant: value is over the size limit")
	// ErrDepth: containers are nested deeper than Limits.Depth when decoding,
	// or than MaxDepth when encoding (a slice that contains itself is).
	ErrDepth = errors.New("variant: containers are nested too deep")
	// ErrType: the value is of another type than the one asked for, or than
	// the container's element type.
	ErrType = errors.New("variant: wrong type")
	// ErrUnknownType: the input names a type that Godot 4 does not have.
	ErrUnknownType = errors.New("variant: unknown type")
	// ErrFormat: a header with flags that its type does not have, or a NodePath
	// or container type that Godot cannot hold.
	ErrFormat = errors.New("variant: malformed value")
	// ErrObject: the input holds an object with class and properties, which is
	// never decoded.
	ErrObject = errors.New("variant: object with properties refused")
	// ErrString: a string is not valid UTF-8 or contains U+0000, which no Godot
	// string can hold.
	ErrString = errors.New("variant: invalid string")
	// ErrUnsupported: a Go value that has no Variant form.
	ErrUnsupported = errors.New("variant: unsupported Go value")
)

func at(err error, off int) error {
	return fmt.Errorf("%w, at offset %d", err, off)
}

func typeError(off int, got, want Type) error {
	return fmt.Errorf("%w: got %v, want %v, at offset %d", ErrType, got, want, off)
}

func elementError(got Type, want ContainerType) error {
	return fmt.Errorf("%w: got %v in a container of %v", ErrType, got, want)
}
