package args

import (
	"reflect"

	"github.com/peerage-go/peerage/variant"
)

// get reads the next value into v.
func (p *plan) get(d Decoder, v reflect.Value) error {
	switch p.class {
	case classBool:
		b, err := getBool(d)
		v.SetBool(b)
		return err
	case classInt:
		n, err := getInt64(d)
		if err == nil && v.OverflowInt(n) {
			return mismatch(p.want, intText(n))
		}
		v.SetInt(n)
		return wanting(p.want, err)
	case classUint:
		n, err := getUint64(d)
		if err == nil && v.OverflowUint(n) {
			return mismatch(p.want, uintText(n))
		}
		v.SetUint(n)
		return wanting(p.want, err)
	case classFloat32:
		f, err := getFloat32(d)
		v.SetFloat(float64(f))
		return err
	case classFloat64:
		f, err := getFloat64(d)
		v.SetFloat(f)
		return err
	case classString:
		s, err := getString(d)
		v.SetString(s)
		return err
	case classBytes:
		b, err := getBytes(d)
		v.SetBytes(b)
		return err
	case classByteArray:
		return p.getByteArray(d, v)
	case classTime:
		t, err := d.Time()
		if err == nil {
			v.Set(reflect.ValueOf(t))
		}
		return err
	case classAny:
		a, err := GetAny(d)
		if err == nil && a != nil {
			v.Set(reflect.ValueOf(a))
		} else {
			v.SetZero()
		}
		return err
	case classNative:
		return p.getNative(d, v)
	}
	return p.getContainer(d, v)
}

func (p *plan) getByteArray(d Decoder, v reflect.Value) error {
	if k, err := d.Kind(); err == nil && k == KindNil {
		return mismatch(p.want, k.String())
	}
	b, err := getBytes(d)
	if err != nil {
		return wanting(p.want, err)
	}
	if len(b) != v.Len() {
		return mismatch(p.want, lengthText(KindBytes, len(b)))
	}
	copy(v.Bytes(), b)
	return nil
}

// getContainer reads what is made of other values, or may be nil.
func (p *plan) getContainer(d Decoder, v reflect.Value) error {
	k, err := d.Kind()
	if err != nil {
		return err
	}
	switch {
	case k == KindNil && (p.class == classPointer || p.class == classSlice || p.class == classMap):
		v.SetZero()
		return d.Nil()
	case p.class == classPointer:
		to := reflect.New(p.elem.typ)
		if err := p.elem.get(d, to.Elem()); err != nil {
			return err
		}
		v.Set(to)
		return nil
	case k == KindNative:
		return p.getTyped(d, v)
	case k == KindBytes && (p.class == classSlice || p.class == classArray):
		b, err := d.Bytes()
		if err != nil {
			return err
		}
		w := walker{next: []any{b}}
		w.open()
		return p.getContainer(&w, v)
	}
	switch p.class {
	case classSlice:
		return p.getSlice(d, v)
	case classArray:
		return p.getArray(d, v)
	case classMap:
		return p.getMap(d, v)
	default:
		if k == KindArray {
			return p.getFields(d, v)
		}
		return p.getStruct(d, v)
	}
}

// getTyped reads a typed or packed array, or a typed dictionary.
func (p *plan) getTyped(d Decoder, v reflect.Value) error {
	native, err := d.Native()
	if err != nil {
		return wanting(p.want, err)
	}
	if rv := reflect.ValueOf(native); p.packed == rv.Type() {
		v.Set(rv.Convert(p.typ))
		return nil
	}
	w := walker{next: []any{native}}
	k := w.open()
	if k == KindNative || p.class != classStruct && (k == KindArray) != (p.class <= classArray) {
		return mismatch(p.want, nativeName(native))
	}
	return p.getContainer(&w, v)
}

// What is allocated for elements before any has come: for small ones what the
// count says, which is never more than the bytes left, else this many bytes.
const (
	smallElement = 32
	room         = 1 << 16
)

func (p *plan) getSlice(d Decoder, v reflect.Value) error {
	n, err := d.Array()
	if err != nil {
		return err
	}
	v.Set(p.empty)
	first := n
	if size := int(p.elem.typ.Size()); size > smallElement {
		first = min(n, 1+room/size)
	}
	v.Grow(first)
	v.SetLen(first)
	for i := range n {
		if i == v.Len() {
			v.Grow(1)
			v.SetLen(min(n, v.Cap()))
		}
		if err := p.elem.get(d, v.Index(i)); err != nil {
			return at(step(i), err)
		}
	}
	return nil
}

func (p *plan) getArray(d Decoder, v reflect.Value) error {
	n, err := d.Array()
	if err != nil {
		return wanting(p.want, err)
	}
	if n != v.Len() {
		return mismatch(p.want, lengthText(KindArray, n))
	}
	for i := range n {
		if err := p.elem.get(d, v.Index(i)); err != nil {
			return at(step(i), err)
		}
	}
	return nil
}

// maxHint is how many entries a map is made for before any has come.
const maxHint = 64

func (p *plan) getMap(d Decoder, v reflect.Value) error {
	n, err := d.Map()
	if err != nil {
		return err
	}
	m := reflect.MakeMapWithSize(p.typ, min(n, maxHint))
	key, elem := reflect.New(p.key.typ).Elem(), reflect.New(p.elem.typ).Elem()
	for i := range n {
		key.SetZero()
		elem.SetZero()
		if err := p.key.get(d, key); err != nil {
			return at(" key "+step(i), err)
		}
		if !key.Comparable() {
			return at(" key "+step(i), mismatch("a key", nativeName(key.Interface())))
		}
		if err := p.elem.get(d, elem); err != nil {
			return at(" value "+step(i), err)
		}
		m.SetMapIndex(key, elem)
	}
	v.Set(m)
	return nil
}

// getFields reads an array as the fields of a struct. One that knows fewer sends fewer, one that knows more sends more.
func (p *plan) getFields(d Decoder, v reflect.Value) error {
	n, err := d.Array()
	if err != nil {
		return err
	}
	v.SetZero()
	for i := range n {
		if i >= len(p.fields.list) {
			if err := d.Skip(); err != nil {
				return err
			}
			continue
		}
		f := &p.fields.list[i]
		if err := f.plan.get(d, v.FieldByIndex(f.index)); err != nil {
			return at("."+f.name, err)
		}
	}
	return nil
}

func (p *plan) getStruct(d Decoder, v reflect.Value) error {
	n, err := d.Map()
	if err != nil {
		return wanting(p.want, err)
	}
	v.SetZero()
	for range n {
		key, err := d.StringBytes()
		var f *field
		if err == nil {
			f = p.fields.find(key)
		} else if _, ok := err.(*MismatchError); ok {
			err = d.Skip() // no field has such a key
		}
		if err != nil {
			return err
		}
		if f == nil {
			if err := d.Skip(); err != nil {
				return err
			}
			continue
		}
		fv := v.FieldByIndex(f.index)
		if err := f.plan.get(d, fv); err != nil {
			return at("."+f.name, err)
		}
	}
	return nil
}

// getNative reads one of Godot's types.
func (p *plan) getNative(d Decoder, v reflect.Value) error {
	if p.native == variant.TypeVector2 || p.native == variant.TypeVector3 {
		if done, err := getFast(d, v.Addr().Interface()); done {
			return err
		}
	}
	k, err := d.Kind()
	if err != nil {
		return err
	}
	var a any
	switch {
	case k == KindString && p.typ.Kind() == reflect.String:
		return p.getName(d, v)
	case k == KindNil && p.native == variant.TypeObject:
		v.SetZero()
		return d.Nil()
	case k == KindInt && p.native == variant.TypeColor:
		n, err := d.Int()
		if err != nil {
			return wanting(p.want, err)
		}
		color, err := hexColor(n)
		v.Set(reflect.ValueOf(color))
		return err
	case k == KindBytes && p.native == variant.TypeArray:
		a, err = d.Bytes()
	case k == KindArray && p.native == variant.TypeArray:
		values, err := getList(d)
		v.Set(reflect.ValueOf(variant.Array{Values: values}))
		return err
	case k == KindMap && p.native == variant.TypeDictionary:
		dictionary, err := getDictionary(d)
		v.Set(reflect.ValueOf(dictionary))
		return err
	case k != KindNative:
		return mismatch(p.want, k.String())
	default:
		a, err = d.Native()
	}
	if err != nil {
		return wanting(p.want, err)
	}
	rv := reflect.ValueOf(a)
	if rv.Type() != p.typ {
		b, ok := convert(a, p.native)
		if !ok {
			return mismatch(p.want, nativeName(a))
		}
		rv = reflect.ValueOf(b)
	}
	v.Set(rv)
	return nil
}

// getName reads a string as a StringName or NodePath.
func (p *plan) getName(d Decoder, v reflect.Value) error {
	s, err := d.String()
	if err == nil && p.native == variant.TypeNodePath {
		path, bad := variant.ParseNodePath(s)
		if bad != nil {
			return mismatch(p.want, "string")
		}
		s = string(path)
	}
	v.SetString(s)
	return err
}
