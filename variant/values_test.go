package variant

import (
	"errors"
	"reflect"
	"slices"
	"testing"
)

func TestNodePath(t *testing.T) {
	for _, c := range []struct {
		in, canonical   string
		names, subnames []string
		absolute        bool
	}{
		{"", "", nil, nil, false},
		{"/", "/", nil, nil, true},
		{"a", "a", []string{"a"}, nil, false},
		{"a/b:c:d", "a/b:c:d", []string{"a", "b"}, []string{"c", "d"}, false},
		{"/root/Main", "/root/Main", []string{"root", "Main"}, nil, true},
		{"a//b/", "a/b", []string{"a", "b"}, nil, false},
		{"//a", "/a", []string{"a"}, nil, true},
		{"a:", "a", []string{"a"}, nil, false},
		{"a:b:", "a:b", []string{"a"}, []string{"b"}, false},
		{":a/b:c", ":a/b:c", nil, []string{"a/b", "c"}, false},
		{"/:a", "/:a", nil, []string{"a"}, true},
		{"../%Unique/日本:é", "../%Unique/日本:é", []string{"..", "%Unique", "日本"}, []string{"é"}, false},
	} {
		p, err := ParseNodePath(c.in)
		if err != nil || p.String() != c.canonical {
			t.Errorf("ParseNodePath(%q) = %q, %v; want %q", c.in, p, err, c.canonical)
		}
		for _, p := range []NodePath{p, NodePath(c.in)} {
			if !slices.Equal(p.Names(), c.names) || !slices.Equal(p.Subnames(), c.subnames) || p.IsAbsolute() != c.absolute {
				t.Errorf("%q: %q, %q, %v", p, p.Names(), p.Subnames(), p.IsAbsolute())
			}
			b, err := Append(nil, p)
			if err != nil {
				t.Errorf("%q: %v", p, err)
			}
			if v, n, err := Decode(b); v != NodePath(c.canonical) || n != len(b) || err != nil {
				t.Errorf("%q decodes to %#v, %v", p, v, err)
			}
		}
	}
	for s, want := range map[string]error{
		"a::b": ErrUnsupported, "a::": ErrUnsupported, "::": ErrUnsupported, "a:b::": ErrUnsupported,
		"a\x00": ErrString, "a/\xff": ErrString,
	} {
		if p, err := ParseNodePath(s); !errors.Is(err, want) || p != "" {
			t.Errorf("ParseNodePath(%q) = %q, %v; want %v", s, p, err, want)
		}
		if _, err := Append(nil, NodePath(s)); !errors.Is(err, want) {
			t.Errorf("Append(%q): %v; want %v", s, err, want)
		}
	}
}

func TestDictionary(t *testing.T) {
	var d Dictionary
	if v, ok := d.Get("a"); v != nil || ok || d.Len() != 0 {
		t.Error("the zero value is not empty")
	}
	d.Set("a", 1)
	d.Set(2, "two")
	d.Set("a", 3)
	d.Append("a", 4)
	d.Set(StringName("a"), 5)
	d.Set(nil, "null")
	d.Set([]any{1, "x"}, "array")
	d.Set(Vector2{1, 2}, "vector")
	d.Set(int8(7), nil)
	want := []Entry{{"a", 3}, {2, "two"}, {"a", 5}, {nil, "null"}, {[]any{1, "x"}, "array"}, {Vector2{1, 2}, "vector"}, {int8(7), nil}}
	if !reflect.DeepEqual(d.Entries, want) {
		t.Errorf("%v", d.Entries)
	}
	for _, c := range []struct {
		key, want any
		ok        bool
	}{
		{"a", 5, true},
		{StringName("a"), 5, true},
		{NodePath("a"), nil, false},
		{2, "two", true},
		{int64(2), "two", true},
		{uint16(2), "two", true},
		{2.0, nil, false},
		{RID(2), nil, false},
		{nil, "null", true},
		{[]any{1, "x"}, "array", true},
		{[]any{1, "y"}, nil, false},
		{Vector2{1, 2}, "vector", true},
		{Vector2{1, 3}, nil, false},
		{7, nil, true},
		{"b", nil, false},
	} {
		if v, ok := d.Get(c.key); v != c.want || ok != c.ok {
			t.Errorf("Get(%T %v) = %v, %v", c.key, c.key, v, ok)
		}
	}
	f := NewDictionary(float32(0.5), "half")
	if v, _ := f.Get(0.5); v != "half" {
		t.Errorf("Get(0.5) = %v", v)
	}
	var keys []any
	for k := range d.All() {
		if keys = append(keys, k); len(keys) == 3 {
			break
		}
	}
	if !reflect.DeepEqual(keys, []any{"a", 2, "a"}) {
		t.Errorf("All: %v", keys)
	}
	if !reflect.DeepEqual(NewDictionary(), Dictionary{}) {
		t.Error("NewDictionary() is not the zero value")
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic for a key without a value")
		}
	}()
	NewDictionary(append([]any{}, "a")...)
}

func TestTypeNames(t *testing.T) {
	for typ, want := range map[Type]string{
		TypeNil: "Nil", TypePackedVector4Array: "PackedVector4Array", typeCount: "Type(39)", 255: "Type(255)",
	} {
		if typ.String() != want {
			t.Errorf("Type(%d) = %s", typ, typ)
		}
	}
	for want, c := range map[string]ContainerType{
		"Variant": {}, "int": Typed(TypeInt), "Object": Typed(TypeObject), "Node": node, `"res://a.gd"`: script,
	} {
		if c.String() != want {
			t.Errorf("%#v is %s, want %s", c, c, want)
		}
	}
}

// The numbers of the wire do not change.
func TestWireConstants(t *testing.T) {
	if TypeBool != 1 || TypeString != 4 || TypeVector3 != 9 || TypeColor != 20 || TypeObject != 24 ||
		TypeDictionary != 27 || TypePackedByteArray != 29 || TypePackedVector4Array != 38 || typeCount != 39 {
		t.Error("type numbers")
	}
	if flag64 != 0x10000 || flagID != 0x10000 || arrayKindShift != 16 || keyKindShift != 16 || valueKindShift != 18 {
		t.Error("header flags")
	}
	if kindBuiltin != 1 || kindClass != 2 || kindScript != 3 || pathMark != 0x80000000 || argMode64 != 0xc0 || argTrue != 0x80 {
		t.Error("kinds and marks")
	}
	for typ, l := range layouts {
		if l.size8 != 0 && (l.size8 != 2*l.size || l.flags != flag64) || l.size > 0 && l.size%4 != 0 && Type(typ) != TypePackedByteArray {
			t.Errorf("layout of %v: %+v", Type(typ), l)
		}
	}
}
