package args

import (
	"math"
	"reflect"
	"time"

	"github.com/peerage-go/peerage/variant"
)

// Put appends v. The common types are neither boxed nor looked into by reflection.
// After an error the encoder must be Reset: a part of v may have been appended.
func Put[T any](e Encoder, v T) error {
	if done, err := putFast(e, &v); done {
		return err
	}
	return putAny(e, v, 0)
}

// PutAny appends v, as Put does.
func PutAny(e Encoder, v any) error { return putAny(e, v, 0) }

// putFast appends what p points to if it is of a common type. p must not escape.
func putFast(e Encoder, p any) (done bool, err error) {
	switch p := p.(type) {
	case *int:
		return true, e.Int(int64(*p))
	case *string:
		return true, e.String(*p)
	case *float64:
		return true, e.Float64(*p)
	case *bool:
		return true, e.Bool(*p)
	case *[]byte:
		return true, e.Bytes(*p)
	case *float32:
		return true, e.Float32(*p)
	case *int64:
		return true, e.Int(*p)
	case *int32:
		return true, e.Int(int64(*p))
	case *int16:
		return true, e.Int(int64(*p))
	case *int8:
		return true, e.Int(int64(*p))
	case *uint:
		return true, e.Uint(uint64(*p))
	case *uint64:
		return true, e.Uint(*p)
	case *uint32:
		return true, e.Uint(uint64(*p))
	case *uint16:
		return true, e.Uint(uint64(*p))
	case *uint8:
		return true, e.Uint(uint64(*p))
	case *time.Time:
		return true, e.Time(*p)
	case *time.Duration:
		return true, e.Int(int64(*p))
	}
	if w, ok := e.(wordEncoder); ok {
		return putWords(w, p)
	}
	return false, nil
}

// wordEncoder is an Encoder that takes the small math types as words of 32 bits,
// which need no boxing.
type wordEncoder interface {
	words(t variant.Type, n int, w [4]uint32) error
}

func putWords(e wordEncoder, p any) (done bool, err error) {
	bits := math.Float32bits
	switch p := p.(type) {
	case *variant.Vector2:
		return true, e.words(variant.TypeVector2, 2, [4]uint32{bits(p.X), bits(p.Y)})
	case *variant.Vector2i:
		return true, e.words(variant.TypeVector2i, 2, [4]uint32{uint32(p.X), uint32(p.Y)})
	case *variant.Vector3:
		return true, e.words(variant.TypeVector3, 3, [4]uint32{bits(p.X), bits(p.Y), bits(p.Z)})
	case *variant.Vector3i:
		return true, e.words(variant.TypeVector3i, 3, [4]uint32{uint32(p.X), uint32(p.Y), uint32(p.Z)})
	case *variant.Quaternion:
		return true, e.words(variant.TypeQuaternion, 4, [4]uint32{bits(p.X), bits(p.Y), bits(p.Z), bits(p.W)})
	case *variant.Color:
		return true, e.words(variant.TypeColor, 4, [4]uint32{bits(p.R), bits(p.G), bits(p.B), bits(p.A)})
	}
	return false, nil
}

// putAny appends v, which stands in depth containers.
func putAny(e Encoder, v any, depth int) error {
	switch v := v.(type) {
	case nil:
		return e.Nil()
	case int:
		return e.Int(int64(v))
	case int64:
		return e.Int(v)
	case float64:
		return e.Float64(v)
	case string:
		return e.String(v)
	case bool:
		return e.Bool(v)
	case []byte:
		return e.Bytes(v)
	case time.Time:
		return e.Time(v)
	case []any:
		if depth >= MaxDepth && len(v) > 0 {
			return ErrDepth
		}
		err := e.Array(len(v), variant.TypeNil)
		for i := 0; i < len(v) && err == nil; i++ {
			err = putAny(e, v[i], depth+1)
		}
		return err
	case map[string]any:
		if depth >= MaxDepth && len(v) > 0 {
			return ErrDepth
		}
		if err := e.Map(len(v)); err != nil {
			return err
		}
		for key, value := range v {
			if err := e.String(key); err != nil {
				return err
			}
			if err := putAny(e, value, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	if done, err := putNative(e, v, depth); done {
		return err
	}
	p, err := planOf(reflect.TypeOf(v))
	if err != nil {
		return err
	}
	return p.put(e, reflect.ValueOf(v), depth)
}

// depthEncoder is an Encoder that puts values of its own accord, and so has to
// know in how many containers they stand.
type depthEncoder interface {
	native(v any, depth int) (bool, error)
}

func putNative(e Encoder, v any, depth int) (bool, error) {
	if d, ok := e.(depthEncoder); ok {
		return d.native(v, depth)
	}
	return e.Native(v)
}

// putEntries appends the entries of a dictionary as a map.
func putEntries(e Encoder, entries []variant.Entry, depth int) error {
	if depth >= MaxDepth && len(entries) > 0 {
		return ErrDepth
	}
	err := e.Map(len(entries))
	for i := 0; i < len(entries) && err == nil; i++ {
		if err = putAny(e, entries[i].Key, depth+1); err == nil {
			err = putAny(e, entries[i].Value, depth+1)
		}
	}
	return err
}

// putList appends a packed array as a plain one.
func putList(e Encoder, list any) error {
	switch list := list.(type) {
	case []int32:
		return putEach(e, list, func(v int32) error { return e.Int(int64(v)) })
	case []int64:
		return putEach(e, list, e.Int)
	case []float32:
		return putEach(e, list, e.Float32)
	case []float64:
		return putEach(e, list, e.Float64)
	case []string:
		return putEach(e, list, e.String)
	}
	return ErrUnsupported
}

func putEach[T any](e Encoder, list []T, put func(T) error) error {
	err := e.Array(len(list), variant.TypeNil) // only MessagePack has no packed arrays
	for i := 0; i < len(list) && err == nil; i++ {
		err = put(list[i])
	}
	return err
}
