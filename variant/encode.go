package variant

import (
	"fmt"
	"math"
	"reflect"
	"slices"
)

// MaxDepth is how many containers a value may stand in. Engines go deeper, 4.6 to 1024.
const MaxDepth = 100

// Append appends v in general form, the one of var_to_bytes. It takes the Go
// types that the package documentation lists, every other integer type (a value
// over 2⁶³-1 is ErrUnsupported), float32, and types defined from bool, string,
// an integer or a float.
//
// It returns dst as it was with ErrUnsupported, ErrString, ErrDepth, ErrCount,
// or ErrType for an element that its typed container may not have.
func Append(dst []byte, v any) ([]byte, error) {
	out, err := appendValue(dst, v, 0)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// AppendArg appends v in argument form, the one that remote calls use. It is
// otherwise like Append.
func AppendArg(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case bool:
		return AppendBoolArg(dst, v), nil
	case int64:
		return AppendIntArg(dst, v), nil
	case int:
		return AppendIntArg(dst, int64(v)), nil
	}
	start := len(dst)
	dst, err := Append(dst, v)
	if err != nil {
		return dst, err
	}
	// A bool or an int of another Go type.
	switch Type(dst[start]) {
	case TypeBool:
		return AppendBoolArg(dst[:start], dst[start+headerSize] != 0), nil
	case TypeInt:
		r := reader{b: dst}
		n, _, err := r.int(start, false)
		return AppendIntArg(dst[:start], n), err
	}
	return dst, nil
}

func appendValue(dst []byte, v any, depth int) ([]byte, error) {
	if depth > MaxDepth {
		return dst, ErrDepth
	}
	switch v := v.(type) {
	case nil:
		return AppendNil(dst), nil
	case bool:
		return AppendBool(dst, v), nil
	case int64:
		return AppendInt(dst, v), nil
	case int:
		return AppendInt(dst, int64(v)), nil
	case int32:
		return AppendInt(dst, int64(v)), nil
	case float64:
		return AppendFloat(dst, v), nil
	case float32:
		return AppendFloat(dst, float64(v)), nil
	case string:
		return appendString(dst, TypeString, v)
	case StringName:
		return appendString(dst, TypeStringName, string(v))
	case NodePath:
		return appendNodePath(dst, v)
	case RID:
		return le.AppendUint64(appendHeader(dst, TypeRID, 0), uint64(v)), nil
	case ObjectID:
		return le.AppendUint64(appendHeader(dst, TypeObject, flagID), uint64(v)), nil
	case Callable:
		return appendHeader(dst, TypeCallable, 0), nil
	case Signal:
		dst, err := appendString(dst, TypeSignal, string(v.Name))
		return le.AppendUint64(dst, uint64(v.Object)), err
	case Dictionary:
		return appendDictionary(dst, v, depth)
	case []any:
		if err := checkCount(len(v)); err != nil {
			return dst, err
		}
		return appendElements(AppendArrayHeader(dst, len(v)), v, ContainerType{}, depth)
	case Array:
		return appendArray(dst, v, depth)
	}
	if dst, ok := appendMath(dst, v); ok {
		return dst, nil
	}
	if dst, ok, err := appendPacked(dst, v); ok {
		return dst, err
	}
	return appendKind(dst, v)
}

// appendKind appends a value by the kind of its Go type.
func appendKind(dst []byte, v any) ([]byte, error) {
	if n, ok := integer(v); ok {
		return AppendInt(dst, n), nil
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Bool:
		return AppendBool(dst, rv.Bool()), nil
	case reflect.Float32, reflect.Float64:
		return AppendFloat(dst, rv.Float()), nil
	case reflect.String:
		return appendString(dst, TypeString, rv.String())
	case reflect.Uint, reflect.Uint64:
		return dst, fmt.Errorf("%w: %T %d overflows an int", ErrUnsupported, v, v)
	}
	return dst, fmt.Errorf("%w: %T", ErrUnsupported, v)
}

// integer returns the value of an integer type that is none of this package's.
func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case int32:
		return int64(v), true
	case int16:
		return int64(v), true
	case int8:
		return int64(v), true
	case uint8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case uint32:
		return int64(v), true
	case nil, bool, string, float64, RID, ObjectID:
		return 0, false
	}
	rv := reflect.ValueOf(v)
	switch {
	case rv.CanInt():
		return rv.Int(), true
	case rv.CanUint() && rv.Kind() != reflect.Uintptr:
		return int64(rv.Uint()), rv.Uint() <= math.MaxInt64
	}
	return 0, false
}

func appendHeader(dst []byte, t Type, flags uint32) []byte {
	return le.AppendUint32(dst, uint32(t)|flags)
}

func appendString(dst []byte, t Type, s string) ([]byte, error) {
	if err := checkString(s); err != nil {
		return dst, err
	}
	return appendText(appendHeader(dst, t, 0), s), nil
}

func appendArray(dst []byte, a Array, depth int) ([]byte, error) {
	kind, err := a.Type.kind()
	if err == nil {
		err = checkCount(len(a.Values))
	}
	if err != nil {
		return dst, err
	}
	dst = appendHeader(dst, TypeArray, kind<<arrayKindShift)
	dst = appendContainerType(dst, kind, a.Type)
	dst = le.AppendUint32(dst, uint32(len(a.Values)))
	return appendElements(dst, a.Values, a.Type, depth)
}

func appendElements(dst []byte, values []any, t ContainerType, depth int) ([]byte, error) {
	dst = slices.Grow(dst, 2*headerSize*len(values))
	var err error
	for _, v := range values {
		if dst, err = appendElement(dst, v, t, depth+1); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func appendElement(dst []byte, v any, t ContainerType, depth int) ([]byte, error) {
	start := len(dst)
	dst, err := appendValue(dst, v, depth)
	if err != nil {
		return dst, err
	}
	if got := Type(dst[start]); !t.admits(got) {
		return dst, elementError(got, t)
	}
	return dst, nil
}

func appendDictionary(dst []byte, d Dictionary, depth int) ([]byte, error) {
	kk, err := d.KeyType.kind()
	if err != nil {
		return dst, err
	}
	vk, err := d.ValueType.kind()
	if err == nil {
		err = checkCount(len(d.Entries))
	}
	if err != nil {
		return dst, err
	}
	dst = appendHeader(dst, TypeDictionary, kk<<keyKindShift|vk<<valueKindShift)
	dst = appendContainerType(dst, kk, d.KeyType)
	dst = appendContainerType(dst, vk, d.ValueType)
	dst = le.AppendUint32(dst, uint32(len(d.Entries)))
	dst = slices.Grow(dst, 4*headerSize*len(d.Entries))
	for i := range d.Entries {
		if dst, err = appendElement(dst, d.Entries[i].Key, d.KeyType, depth+1); err != nil {
			return dst, err
		}
		if dst, err = appendElement(dst, d.Entries[i].Value, d.ValueType, depth+1); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// kind returns how the wire tells t, or why it cannot.
func (t ContainerType) kind() (uint32, error) {
	switch {
	case t == ContainerType{}:
		return kindNone, nil
	case t.Type >= typeCount,
		t.Name == "" && t.Script,
		t.Name != "" && t.Type != TypeObject:
		return 0, fmt.Errorf("%w: %#v", ErrUnsupported, t)
	case t.Script:
		return kindScript, checkString(t.Name)
	case t.Name != "":
		return kindClass, checkString(t.Name)
	}
	return kindBuiltin, nil
}

func appendContainerType(dst []byte, kind uint32, t ContainerType) []byte {
	switch kind {
	case kindNone:
		return dst
	case kindBuiltin:
		return le.AppendUint32(dst, uint32(t.Type))
	}
	return appendText(dst, t.Name)
}

func checkString(s string) error {
	if err := checkCount(len(s)); err != nil {
		return err
	}
	if !validString(s) {
		return fmt.Errorf("%w: %.40q", ErrString, s)
	}
	return nil
}

// checkCount refuses what a count cannot tell, with room for a NUL and padding.
func checkCount(n int) error {
	if n > math.MaxInt32-4 {
		return fmt.Errorf("%w: %d", ErrCount, n)
	}
	return nil
}
