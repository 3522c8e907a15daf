package args

import (
	"fmt"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/peerage-go/peerage/variant"
)

// plan is how values of a Go type travel.
type plan struct {
	typ    reflect.Type
	class  class
	native variant.Type  // of classNative
	sole   variant.Type  // what every value of it is on Godot's wire; TypeNil: not always the same
	want   string        // what a parameter of it takes, in a mismatch
	packed reflect.Type  // of a slice: the one to convert it to, if a packed array
	empty  reflect.Value // of a slice: one without elements
	key    *plan         // of a map
	elem   *plan         // of a slice, array, map or pointer
	fields *fields       // of a struct
}

type class uint8

const (
	classBool class = iota
	classInt
	classUint
	classFloat32
	classFloat64
	classString
	classBytes
	classByteArray
	classSlice
	classArray
	classMap
	classStruct
	classPointer
	classAny
	classTime
	classNative
)

// plans has a *plan or the error of each reflect.Type that was asked for.
var plans sync.Map

// planOf returns the plan of t, or why a value of it cannot travel.
func planOf(t reflect.Type) (*plan, error) {
	v, ok := plans.Load(t)
	if !ok {
		b := builder{}
		p, err := b.plan(t)
		if err != nil {
			v, _ = plans.LoadOrStore(t, err)
		} else {
			v, _ = plans.LoadOrStore(t, p)
		}
	}
	if err, bad := v.(error); bad {
		return nil, err
	}
	return v.(*plan), nil
}

// Check reports whether values of type t can be parameters or results. The error
// is an ErrUnsupported and says what to use instead.
func Check(t reflect.Type) error {
	if t == nil {
		return nil // the type of a nil any
	}
	_, err := planOf(t)
	return err
}

// builder makes plans. It has those begun, for types that contain themselves.
type builder map[reflect.Type]*plan

func (b builder) plan(t reflect.Type) (*plan, error) {
	if p, ok := b[t]; ok {
		return p, nil
	}
	p := &plan{typ: t}
	b[t] = p
	p.sole = soleType(t)
	if native, ok := natives[t]; ok {
		p.class, p.native, p.want = classNative, native, native.String()
		return p, nil
	}
	if t == reflect.TypeFor[time.Time]() {
		p.class, p.want = classTime, "time"
		return p, nil
	}
	var err error
	p.want = t.Kind().String()
	switch t.Kind() {
	case reflect.Bool:
		p.class = classBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.class = classInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		p.class = classUint
	case reflect.Float32:
		p.class = classFloat32
	case reflect.Float64:
		p.class = classFloat64
	case reflect.String:
		p.class = classString
	case reflect.Slice:
		err = b.slice(p)
	case reflect.Array:
		err = b.array(p)
	case reflect.Map:
		err = b.mapping(p)
	case reflect.Struct:
		p.class, p.want = classStruct, "map or array"
		p.fields, err = b.fields(t)
	case reflect.Pointer:
		err = b.pointer(p)
	case reflect.Interface:
		p.class, p.want = classAny, "any"
		if t.NumMethod() > 0 {
			err = cannot("%v: nothing on the wire says which type it holds; pass any or a concrete type", t)
		}
	case reflect.Chan:
		err = cannot("%v: channels stay in their process; pass the values one by one", t)
	case reflect.Func:
		err = cannot("%v: functions stay in their process; pass the name of a method to call", t)
	case reflect.Complex64, reflect.Complex128:
		err = cannot("%v: there are no complex numbers on the wire; pass two floats", t)
	default: // Uintptr, UnsafePointer
		err = cannot("%v: addresses mean nothing elsewhere; pass an id, a uint64", t)
	}
	return p, err
}

// soleType is what every value of a Go type is on Godot's wire: TypeNil where that
// depends on the value, and for what no Array[T] is made of here.
func soleType(t reflect.Type) variant.Type {
	if native, ok := natives[t]; ok {
		if native == variant.TypeObject {
			return variant.TypeNil
		}
		return native
	}
	if t == reflect.TypeFor[time.Time]() {
		return variant.TypeInt
	}
	switch t.Kind() {
	case reflect.Bool:
		return variant.TypeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return variant.TypeInt
	case reflect.Float32, reflect.Float64:
		return variant.TypeFloat
	case reflect.String:
		return variant.TypeString
	case reflect.Map:
		return variant.TypeDictionary
	case reflect.Struct:
		if array, _ := sentAsArray(t); array {
			return variant.TypeArray
		}
		return variant.TypeDictionary
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return variant.TypePackedByteArray
		}
		if packed := packedTypes[t.Elem()]; packed != nil && t.Kind() == reflect.Slice {
			v, _ := variant.TypeOf(reflect.Zero(packed).Interface())
			return v
		}
		return variant.TypeArray
	}
	return variant.TypeNil
}

func cannot(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrUnsupported}, args...)...)
}

func (b builder) slice(p *plan) (err error) {
	if p.typ.Elem().Kind() == reflect.Uint8 {
		p.class, p.want = classBytes, "bytes"
		return nil
	}
	p.class, p.want = classSlice, "array"
	p.packed, p.empty = packedTypes[p.typ.Elem()], reflect.MakeSlice(p.typ, 0, 0)
	p.elem, err = b.plan(p.typ.Elem())
	return err
}

func (b builder) array(p *plan) (err error) {
	if p.typ.Elem().Kind() == reflect.Uint8 {
		p.class, p.want = classByteArray, lengthText(KindBytes, p.typ.Len())
		return nil
	}
	p.class, p.want = classArray, lengthText(KindArray, p.typ.Len())
	p.elem, err = b.plan(p.typ.Elem())
	return err
}

func (b builder) mapping(p *plan) (err error) {
	p.class, p.want = classMap, "map"
	if p.key, err = b.plan(p.typ.Key()); err != nil {
		return err
	}
	if hasPointer(p.typ.Key()) {
		return cannot("%v: a pointer is another key wherever it arrives; use what it points to", p.typ)
	}
	p.elem, err = b.plan(p.typ.Elem())
	return err
}

// hasPointer reports whether a type of keys has a pointer in it.
func hasPointer(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer:
		return true
	case reflect.Array:
		return hasPointer(t.Elem())
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return false
		}
		for f := range t.Fields() {
			if hasPointer(f.Type) {
				return true
			}
		}
	}
	return false
}

func (b builder) pointer(p *plan) (err error) {
	p.class = classPointer
	switch p.typ.Elem().Kind() {
	case reflect.Pointer:
		return cannot("%v: nil would have two meanings; pass %v", p.typ, p.typ.Elem())
	case reflect.Interface:
		return cannot("%v: an any can be nil by itself; pass %v", p.typ, p.typ.Elem())
	}
	p.elem, err = b.plan(p.typ.Elem())
	if err == nil {
		p.want = p.elem.want
	}
	return err
}

// step is an element's place in the text of a mismatch.
func step(i int) string { return "[" + strconv.Itoa(i) + "]" }
