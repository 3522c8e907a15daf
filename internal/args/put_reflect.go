package args

import (
	"reflect"

	"github.com/peerage-go/peerage/variant"
)

// put appends v, which stands in depth containers.
func (p *plan) put(e Encoder, v reflect.Value, depth int) error {
	switch p.class {
	case classBool:
		return e.Bool(v.Bool())
	case classInt:
		return e.Int(v.Int())
	case classUint:
		return e.Uint(v.Uint())
	case classFloat32:
		return e.Float32(float32(v.Float()))
	case classFloat64:
		return e.Float64(v.Float())
	case classString:
		return e.String(v.String())
	case classBytes:
		return e.Bytes(v.Bytes())
	case classByteArray:
		return putByteArray(e, v)
	case classSlice:
		if p.packed != nil {
			_, err := putNative(e, v.Convert(p.packed).Interface(), depth)
			return err
		}
		return p.putElements(e, v, depth)
	case classArray:
		return p.putElements(e, v, depth)
	case classMap:
		return p.putMap(e, v, depth)
	case classStruct:
		return p.putStruct(e, v, depth)
	case classPointer:
		if v.IsNil() {
			return e.Nil()
		}
		return p.elem.put(e, v.Elem(), depth)
	}
	return putAny(e, v.Interface(), depth) // classAny, classTime, classNative
}

func putByteArray(e Encoder, v reflect.Value) error {
	if !v.CanAddr() { // for Bytes
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		v = c
	}
	return e.Bytes(v.Bytes())
}

func (p *plan) putElements(e Encoder, v reflect.Value, depth int) error {
	n := v.Len()
	if depth >= MaxDepth && n > 0 {
		return ErrDepth
	}
	if m, ok := e.(*MessagePackEncoder); ok {
		if done, err := m.typed(p, v, depth); done {
			return err
		}
	}
	err := e.Array(n, p.elem.sole)
	for i := 0; i < n && err == nil; i++ {
		err = p.elem.put(e, v.Index(i), depth+1)
	}
	return err
}

func (p *plan) putMap(e Encoder, v reflect.Value, depth int) error {
	if depth >= MaxDepth && v.Len() > 0 {
		return ErrDepth
	}
	if err := e.Map(v.Len()); err != nil || v.Len() == 0 {
		return err
	}
	key, elem := reflect.New(p.key.typ).Elem(), reflect.New(p.elem.typ).Elem()
	for it := v.MapRange(); it.Next(); {
		key.SetIterKey(it)
		if err := p.key.put(e, key, depth+1); err != nil {
			return err
		}
		elem.SetIterValue(it)
		if err := p.elem.put(e, elem, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) putStruct(e Encoder, v reflect.Value, depth int) error {
	if p.fields.array {
		return p.putFields(e, v, depth)
	}
	n := 0
	for i := range p.fields.list {
		if f := &p.fields.list[i]; !f.omitEmpty || !isEmpty(v.FieldByIndex(f.index)) {
			n++
		}
	}
	if depth >= MaxDepth && n > 0 {
		return ErrDepth
	}
	err := e.Map(n)
	for i := 0; i < len(p.fields.list) && err == nil; i++ {
		f := &p.fields.list[i]
		fv := v.FieldByIndex(f.index)
		if f.omitEmpty && isEmpty(fv) {
			continue
		}
		if err = e.String(f.name); err == nil {
			err = f.plan.put(e, fv, depth+1)
		}
	}
	return err
}

// putFields appends a struct as the array of its fields.
func (p *plan) putFields(e Encoder, v reflect.Value, depth int) error {
	n := len(p.fields.list)
	if depth >= MaxDepth && n > 0 {
		return ErrDepth
	}
	err := e.Array(n, variant.TypeNil)
	for i := 0; i < n && err == nil; i++ {
		f := &p.fields.list[i]
		err = f.plan.put(e, v.FieldByIndex(f.index), depth+1)
	}
	return err
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}
