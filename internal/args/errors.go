package args

import (
	"errors"
	"fmt"
)

// The errors of this package, besides *MismatchError. Test with errors.Is.
var (
	// ErrShort: the input ends where a value, or more of one, should be.
	ErrShort = errors.New("args: input ends inside a value")
	// ErrMalformed: bytes that no correct sender sends, such as a count beyond the
	// input or a string that is not UTF-8.
	ErrMalformed = errors.New("args: malformed value")
	// ErrDepth: values nested deeper than MaxDepth, when decoding and encoding.
	ErrDepth = errors.New("args: values are nested too deep")
	// ErrUnsupported: a Go type, or a value of it, that has no form on the wire.
	ErrUnsupported = errors.New("args: cannot travel")
)

// MaxDepth is how many arrays and maps a value may stand in.
const MaxDepth = 64

// MismatchError says that a value came which does not fit the parameter it is
// for. It is what the other side sent, not a fault of this one.
type MismatchError struct {
	Want string // what the parameter takes: "int64", "array", "Vector2"
	Got  string // what came: "string", "int 300", "PackedByteArray"
	At   string // where in the argument: "[2].name", or "" for the whole of it
}

func (e *MismatchError) Error() string {
	if e.At != "" {
		return fmt.Sprintf("args: want %s, got %s, at %s", e.Want, e.Got, e.At)
	}
	return fmt.Sprintf("args: want %s, got %s", e.Want, e.Got)
}

func mismatch(want, got string) error { return &MismatchError{Want: want, Got: got} }

// wanting says in a mismatch what was really wanted.
func wanting(want string, err error) error {
	if m, ok := err.(*MismatchError); ok && m.At == "" {
		m.Want = want
	}
	return err
}

// at puts a step in front of where a mismatch was.
func at(step string, err error) error {
	if m, ok := err.(*MismatchError); ok {
		m.At = step + m.At
	}
	return err
}

// unsupported wraps the reason why a value has no form.
func unsupported(err error) error { return fmt.Errorf("%w: %w", ErrUnsupported, err) }
