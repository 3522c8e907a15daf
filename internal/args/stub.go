package args

import (
	"errors"
	"reflect"
	"time"
)

var errStub = errors.New("args: not written yet")

// Put appends v, without boxing or allocating for the common types.
func Put[T any](e Encoder, v T) error { return PutAny(e, v) }

// PutAny appends v.
func PutAny(e Encoder, v any) error { return errStub }

// Get reads the next value as a T.
func Get[T any](d Decoder) (T, error) {
	var v T
	err := GetReflect(d, reflect.ValueOf(&v).Elem())
	return v, err
}

// GetReflect reads the next value into dst, which must be settable.
func GetReflect(d Decoder, dst reflect.Value) error { return errStub }

// GetAny reads the next value as the Go value that is natural for it.
func GetAny(d Decoder) (any, error) { return nil, errStub }

// Transcode copies the next value of d to e.
func Transcode(d Decoder, e Encoder) error { return errStub }

// Check reports whether values of type t can be parameters or results; the error
// says what to use instead.
func Check(t reflect.Type) error { return errStub }

type stubEncoder struct{ buf []byte }

// Reset makes the encoder append to buf.
func (e *stubEncoder) Reset(buf []byte) { e.buf = buf }

// Result returns what was given to Reset with all that was appended.
func (e *stubEncoder) Result() []byte { return e.buf }

func (e *stubEncoder) Nil() error                 { return errStub }
func (e *stubEncoder) Bool(v bool) error          { return errStub }
func (e *stubEncoder) Int(v int64) error          { return errStub }
func (e *stubEncoder) Uint(v uint64) error        { return errStub }
func (e *stubEncoder) Float32(v float32) error    { return errStub }
func (e *stubEncoder) Float64(v float64) error    { return errStub }
func (e *stubEncoder) String(v string) error      { return errStub }
func (e *stubEncoder) Bytes(v []byte) error       { return errStub }
func (e *stubEncoder) Array(n int) error          { return errStub }
func (e *stubEncoder) Map(n int) error            { return errStub }
func (e *stubEncoder) Time(v time.Time) error     { return errStub }
func (e *stubEncoder) Native(v any) (bool, error) { return false, errStub }

type stubDecoder struct{ buf []byte }

// Reset makes the decoder read buf, which it keeps.
func (d *stubDecoder) Reset(buf []byte) { d.buf = buf }

func (d *stubDecoder) Kind() (Kind, error)          { return 0, errStub }
func (d *stubDecoder) Nil() error                   { return errStub }
func (d *stubDecoder) Bool() (bool, error)          { return false, errStub }
func (d *stubDecoder) Int() (int64, error)          { return 0, errStub }
func (d *stubDecoder) Uint() (uint64, error)        { return 0, errStub }
func (d *stubDecoder) Float() (float64, error)      { return 0, errStub }
func (d *stubDecoder) String() (string, error)      { return "", errStub }
func (d *stubDecoder) StringBytes() ([]byte, error) { return nil, errStub }
func (d *stubDecoder) Bytes() ([]byte, error)       { return nil, errStub }
func (d *stubDecoder) Time() (time.Time, error)     { return time.Time{}, errStub }
func (d *stubDecoder) Array() (int, error)          { return 0, errStub }
func (d *stubDecoder) Map() (int, error)            { return 0, errStub }
func (d *stubDecoder) Native() (any, error)         { return nil, errStub }
func (d *stubDecoder) Skip() error                  { return errStub }
func (d *stubDecoder) Len() int                     { return len(d.buf) }

// MessagePackEncoder appends values as MessagePack.
type MessagePackEncoder struct{ stubEncoder }

// MessagePackDecoder reads values that are MessagePack.
type MessagePackDecoder struct{ stubDecoder }

// VariantEncoder appends values as Godot does.
type VariantEncoder struct{ stubEncoder }

// VariantDecoder reads values in Godot's form.
type VariantDecoder struct{ stubDecoder }

var (
	_ Encoder = (*MessagePackEncoder)(nil)
	_ Encoder = (*VariantEncoder)(nil)
	_ Decoder = (*MessagePackDecoder)(nil)
	_ Decoder = (*VariantDecoder)(nil)
)
