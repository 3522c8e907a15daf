package args

import (
	"reflect"
	"time"

	"github.com/peerage-go/peerage/variant"
)

// Get reads the next value as a T. Numbers, bools, strings, bytes, times, Vector2
// and Vector3 are read without reflection, and allocate nothing but the copy of a
// string or of bytes.
//
// A value that does not fit is a *MismatchError. It fits if nothing of it is lost;
// the package documentation has the rules.
func Get[T any](d Decoder) (T, error) {
	var v T
	done, err := getFast(d, &v)
	if !done {
		return getSlow[T](d)
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return v, nil
}

// getSlow is apart from Get because its v escapes.
func getSlow[T any](d Decoder) (T, error) {
	var v, zero T
	if err := GetReflect(d, reflect.ValueOf(&v).Elem()); err != nil {
		return zero, err
	}
	return v, nil
}

// GetReflect reads the next value into dst, which must be settable. After an error
// dst may have a part of the value.
func GetReflect(d Decoder, dst reflect.Value) error {
	p, err := planOf(dst.Type())
	if err != nil {
		return err
	}
	return p.get(d, dst)
}

// getFast reads what p points to if it is of a common type. p must not escape.
func getFast(d Decoder, p any) (done bool, err error) {
	switch p := p.(type) {
	case *int:
		*p, err = getInt[int](d, "int")
	case *string:
		*p, err = getString(d)
	case *float64:
		*p, err = getFloat64(d)
	case *bool:
		*p, err = getBool(d)
	case *[]byte:
		*p, err = getBytes(d)
	case *float32:
		*p, err = getFloat32(d)
	case *int64:
		*p, err = getInt64(d)
	case *int32:
		*p, err = getInt[int32](d, "int32")
	case *int16:
		*p, err = getInt[int16](d, "int16")
	case *int8:
		*p, err = getInt[int8](d, "int8")
	case *uint:
		*p, err = getUint[uint](d, "uint")
	case *uint64:
		*p, err = getUint64(d)
	case *uint32:
		*p, err = getUint[uint32](d, "uint32")
	case *uint16:
		*p, err = getUint[uint16](d, "uint16")
	case *uint8:
		*p, err = getUint[uint8](d, "uint8")
	case *time.Time:
		*p, err = d.Time()
	case *time.Duration:
		*p, err = getInt[time.Duration](d, "int64")
	case *any:
		*p, err = GetAny(d)
	case *variant.Vector2:
		v, ok := d.(vectorDecoder)
		if !ok {
			return false, nil
		}
		*p, err = v.vector2()
		return converted(err)
	case *variant.Vector3:
		v, ok := d.(vectorDecoder)
		if !ok {
			return false, nil
		}
		*p, err = v.vector3()
		return converted(err)
	default:
		return false, nil
	}
	return true, err
}

// converted leaves a vector of another type to the one who converts it.
func converted(err error) (done bool, _ error) {
	if _, ok := err.(*MismatchError); ok {
		return false, nil
	}
	return true, err
}

// vectorDecoder is a Decoder that does not box the commonest math types.
type vectorDecoder interface {
	vector2() (variant.Vector2, error)
	vector3() (variant.Vector3, error)
}

func getInt[T ~int | ~int64 | ~int32 | ~int16 | ~int8](d Decoder, want string) (T, error) {
	n, err := getInt64(d)
	if err != nil {
		return 0, wanting(want, err)
	}
	v := T(n)
	if int64(v) != n {
		return 0, mismatch(want, intText(n))
	}
	return v, nil
}

func getUint[T uint | uint32 | uint16 | uint8](d Decoder, want string) (T, error) {
	n, err := getUint64(d)
	if err != nil {
		return 0, wanting(want, err)
	}
	v := T(n)
	if uint64(v) != n {
		return 0, mismatch(want, uintText(n))
	}
	return v, nil
}

// getFloat32 rounds a float, but takes an int only if it is exact.
func getFloat32(d Decoder) (float32, error) {
	k, err := d.Kind()
	if err != nil {
		return 0, err
	}
	v, err := getFloat64(d)
	if err != nil {
		return 0, wanting("float32", err)
	}
	f, ok := toFloat32(v)
	if k == KindInt && float64(f) != v {
		return 0, mismatch("float32", wholeText(v))
	}
	if !ok {
		return 0, mismatch("float32", floatText(v))
	}
	return f, nil
}
