package args

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"time"
)

// fields are those of a struct that travel, in order of declaration.
type fields struct {
	list   []field
	byName map[string]int
	array  bool // they are sent as an array, without their names
}

type field struct {
	name      string
	index     []int
	omitEmpty bool
	plan      *plan
	depth     int  // how many embedded structs it is in
	twice     bool // another field of that depth has the name
	hidden    bool // one less deep has
}

// The keys of a struct's tag that are looked at, the first that is there counts.
const (
	tagName      = "peerage"
	tagOtherName = "msgpack"
	tagOmitEmpty = "omitempty"
)

// asArray is the option in the tag of a blank field that makes an array of a struct; for the other key, as msgpack has
// it, asOtherArray, and its field may be _msgpack.
const (
	asArray      = "array"
	asOtherArray = "as_array"
	otherBlank   = "_msgpack"
)

// fields returns the fields of struct t. As in Go itself a field hides those of its
// name in structs embedded deeper.
func (b builder) fields(t reflect.Type) (*fields, error) {
	array, err := sentAsArray(t)
	if err != nil {
		return nil, err
	}
	f := &fields{byName: make(map[string]int), array: array}
	if err := b.collect(f, t, nil); err != nil {
		return nil, err
	}
	f.unhide()
	if len(f.list) == 0 && t.NumField() > 0 {
		return nil, cannot("%v: none of its fields is exported, so nothing would arrive; export them, or pass another type", t)
	}
	for i := range f.list {
		e := &f.list[i]
		if e.twice {
			return nil, cannot("%v: two fields are %q; give one the tag `%s:\"name\"`", t, e.name, tagName)
		}
		var err error
		if e.plan, err = b.plan(t.FieldByIndex(e.index).Type); err != nil {
			return nil, cannot("field %s of %v: %w", t.FieldByIndex(e.index).Name, t, err)
		}
	}
	return f, nil
}

// sentAsArray tells whether a struct says of itself, in a blank field's tag, that it is sent as an array.
func sentAsArray(t reflect.Type) (array bool, err error) {
	for sf := range t.Fields() {
		if !blank(sf) {
			continue
		}
		for key, option := range map[string]string{tagName: asArray, tagOtherName: asOtherArray} {
			switch tag, tagged := sf.Tag.Lookup(key); {
			case !tagged, tag == "-":
			case tag == ","+option:
				array = true
			default:
				return false, cannot("%v: the tag of %s says %q, which means nothing there; give it `%s:\",%s\"` or none", t, sf.Name, tag, tagName, asArray)
			}
		}
	}
	return array, nil
}

// blank tells of a field that is there for its tag.
func blank(sf reflect.StructField) bool { return sf.Name == "_" || sf.Name == otherBlank }

func (b builder) collect(f *fields, t reflect.Type, index []int) error {
	for sf := range t.Fields() {
		if blank(sf) {
			continue
		}
		tag, tagged := sf.Tag.Lookup(tagName)
		if !tagged {
			tag, tagged = sf.Tag.Lookup(tagOtherName)
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "-" {
			continue
		}
		path := append(slices.Clone(index), sf.Index...)
		if sf.Anonymous && name == "" {
			if sf.Type.Kind() == reflect.Pointer && sf.Type.Elem().Kind() == reflect.Struct {
				return cannot("%v: embedded pointer %v; embed the struct, or give it the tag `%s:\"name\"`", t, sf.Type, tagName)
			}
			if sf.Type.Kind() == reflect.Struct && !whole(sf.Type) {
				if err := b.collect(f, sf.Type, path); err != nil {
					return err
				}
				continue
			}
		}
		if !sf.IsExported() {
			if tagged {
				return cannot("%v: field %s has a tag but is not exported; export it", t, sf.Name)
			}
			continue
		}
		if name == "" {
			name = sf.Name
		}
		f.add(field{
			name: name, index: path, depth: len(index),
			omitEmpty: slices.Contains(strings.Split(options, ","), tagOmitEmpty),
		})
	}
	return nil
}

// whole tells of a struct that is one value: embedded, it is a field like others.
func whole(t reflect.Type) bool {
	_, native := natives[t]
	return native || t == reflect.TypeFor[time.Time]()
}

func (f *fields) add(e field) {
	i, ok := f.byName[e.name]
	switch {
	case !ok:
		f.byName[e.name] = len(f.list)
		f.list = append(f.list, e)
	case e.depth < f.list[i].depth:
		f.list[i].hidden = true
		f.byName[e.name] = len(f.list)
		f.list = append(f.list, e)
	case e.depth == f.list[i].depth:
		f.list[i].twice = true
	}
}

// unhide leaves those out that others hide.
func (f *fields) unhide() {
	f.list = slices.DeleteFunc(f.list, func(e field) bool { return e.hidden })
	for i := range f.list {
		f.byName[f.list[i].name] = i
	}
}

// find returns the field that a key is for: the one so named, or else one whose
// name differs only in case.
func (f *fields) find(key []byte) *field {
	if i, ok := f.byName[string(key)]; ok {
		return &f.list[i]
	}
	for i := range f.list {
		if bytes.EqualFold([]byte(f.list[i].name), key) {
			return &f.list[i]
		}
	}
	return nil
}
