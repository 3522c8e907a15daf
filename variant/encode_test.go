package variant

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

type (
	team  int8
	flag  bool
	level uint64
	ratio float32
	label string
)

// Go types beyond those that decoding gives encode like the one they stand for.
func TestEncodeKinds(t *testing.T) {
	for _, c := range []struct {
		v    any
		as   any
		want Type
	}{
		{int(-5), int64(-5), TypeInt},
		{int8(-5), int64(-5), TypeInt},
		{int16(-500), int64(-500), TypeInt},
		{int32(-70000), int64(-70000), TypeInt},
		{uint(5), int64(5), TypeInt},
		{uint8(200), int64(200), TypeInt},
		{uint16(40000), int64(40000), TypeInt},
		{uint32(4e9), int64(4e9), TypeInt},
		{uint64(math.MaxInt64), int64(math.MaxInt64), TypeInt},
		{team(-3), int64(-3), TypeInt},
		{level(1 << 40), int64(1 << 40), TypeInt},
		{float32(0.1), float64(float32(0.1)), TypeFloat},
		{ratio(0.5), 0.5, TypeFloat},
		{flag(true), true, TypeBool},
		{flag(false), false, TypeBool},
		{label("x"), "x", TypeString},
		{Array{Values: []any{1}}, []any{int64(1)}, TypeArray},
		{[]any(nil), []any{}, TypeArray},
		{[]byte(nil), []byte{}, TypePackedByteArray},
		{[]string(nil), []string{}, TypePackedStringArray},
	} {
		if got, ok := TypeOf(c.v); !ok || got != c.want {
			t.Errorf("TypeOf(%T %v) = %v, %v", c.v, c.v, got, ok)
		}
		for name, f := range map[string]func([]byte, any) ([]byte, error){"Append": Append, "AppendArg": AppendArg} {
			got, err := f(nil, c.v)
			as, _ := f(nil, c.as)
			if err != nil || !bytes.Equal(got, as) {
				t.Errorf("%s(%T %v) = %x, %v; want %x", name, c.v, c.v, got, err, as)
			}
		}
	}
}

// The typed appenders make what Append and AppendArg make.
func TestAppenders(t *testing.T) {
	check := func(name string, got []byte, v any, f func([]byte, any) ([]byte, error)) {
		t.Helper()
		if want, err := f(nil, v); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s(%v) = %x, want %x, %v", name, v, got, want, err)
		}
	}
	check("AppendNil", AppendNil(nil), nil, Append)
	check("AppendNilArg", AppendNilArg(nil), nil, AppendArg)
	for _, v := range []bool{true, false} {
		check("AppendBool", AppendBool(nil, v), v, Append)
		check("AppendBoolArg", AppendBoolArg(nil, v), v, AppendArg)
	}
	for _, v := range []int64{0, -1, 127, 128, -129, 40000, 1 << 31, math.MinInt64} {
		check("AppendInt", AppendInt(nil, v), v, Append)
		check("AppendIntArg", AppendIntArg(nil, v), v, AppendArg)
	}
	for _, v := range []float64{0, math.Copysign(0, -1), 0.1, 0.5, math.NaN(), math.Inf(1)} {
		check("AppendFloat", AppendFloat(nil, v), v, Append)
		check("AppendFloatArg", AppendFloatArg(nil, v), v, AppendArg)
	}
	for _, v := range []string{"", "a", "日本語", "abcd"} {
		check("AppendString", AppendString(nil, v), v, Append)
		check("AppendStringArg", AppendStringArg(nil, v), v, AppendArg)
		check("AppendBytes", AppendBytes(nil, []byte(v)), []byte(v), Append)
		check("AppendBytesArg", AppendBytesArg(nil, []byte(v)), []byte(v), AppendArg)
	}
	check("AppendVector2", AppendVector2(nil, Vector2{1, 2}), Vector2{1, 2}, Append)
	check("AppendVector3", AppendVector3(nil, Vector3{1, 2, 3}), Vector3{1, 2, 3}, Append)

	b := AppendArrayHeader(nil, 2)
	b = AppendInt(b, 1)
	b = AppendDictionaryHeader(b, 1)
	b = AppendBool(AppendString(b, "k"), true)
	check("headers", b, []any{1, NewDictionary("k", true)}, Append)
	check("headers", b, []any{1, NewDictionary("k", true)}, AppendArg)
}

func TestAppendStringReplaces(t *testing.T) {
	for in, want := range map[string]string{
		"a\xffb":       "a\uFFFDb",
		"a\x00b":       "a\uFFFDb",
		"\xed\xa0\x80": "\uFFFD",
	} {
		got, _, err := Decode(AppendString(nil, in))
		if err != nil || got != want {
			t.Errorf("AppendString(%q) decodes to %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestEncodeErrors(t *testing.T) {
	self := []any{1, nil}
	self[1] = self
	loop := NewDictionary("k", nil)
	loop.Entries[0].Value = loop
	typedLoop := Array{Typed(TypeArray), make([]any, 1)}
	typedLoop.Values[0] = typedLoop
	object := ContainerType{Type: TypeObject, Name: "Node"}

	for name, c := range map[string]struct {
		v    any
		want error
	}{
		"struct":               {struct{}{}, ErrUnsupported},
		"pointer":              {new(int), ErrUnsupported},
		"map":                  {map[string]any{}, ErrUnsupported},
		"dictionary pointer":   {&Dictionary{}, ErrUnsupported},
		"slice":                {[]int{1}, ErrUnsupported},
		"uintptr":              {uintptr(1), ErrUnsupported},
		"complex":              {1i, ErrUnsupported},
		"uint64":               {uint64(math.MaxUint64), ErrUnsupported},
		"level":                {level(math.MaxUint64), ErrUnsupported},
		"element":              {[]any{1, struct{}{}}, ErrUnsupported},
		"key":                  {NewDictionary(struct{}{}, 1), ErrUnsupported},
		"value":                {NewDictionary(1, struct{}{}), ErrUnsupported},
		"utf8":                 {"\xff", ErrString},
		"nul":                  {"a\x00", ErrString},
		"defined string":       {label("\xff"), ErrString},
		"name":                 {StringName("\xff"), ErrString},
		"signal":               {Signal{Name: "\xff"}, ErrString},
		"path":                 {NodePath("a/\xff"), ErrString},
		"strings":              {[]string{"a", "\xff"}, ErrString},
		"path property":        {NodePath("a::b"), ErrUnsupported},
		"self":                 {self, ErrDepth},
		"loop":                 {loop, ErrDepth},
		"typed loop":           {typedLoop, ErrDepth},
		"typed element":        {Array{Typed(TypeInt), []any{1, "a"}}, ErrType},
		"typed int as float":   {Array{Typed(TypeFloat), []any{1.5, 1}}, ErrType},
		"object element":       {Array{object, []any{nil, ObjectID(1), 1}}, ErrType},
		"typed key":            {Dictionary{KeyType: Typed(TypeString), Entries: []Entry{{1, 1}}}, ErrType},
		"typed value":          {Dictionary{ValueType: Typed(TypeString), Entries: []Entry{{1, 1}}}, ErrType},
		"container type":       {Array{Type: Typed(typeCount)}, ErrUnsupported},
		"container int name":   {Array{Type: ContainerType{Type: TypeInt, Name: "x"}}, ErrUnsupported},
		"container nil name":   {Array{Type: ContainerType{Name: "x"}}, ErrUnsupported},
		"container script":     {Dictionary{KeyType: ContainerType{Type: TypeObject, Script: true}}, ErrUnsupported},
		"container value type": {Dictionary{ValueType: Typed(200)}, ErrUnsupported},
		"container utf8":       {Array{Type: ContainerType{Type: TypeObject, Name: "\xff"}}, ErrString},
	} {
		for form, f := range map[string]func([]byte, any) ([]byte, error){"Append": Append, "AppendArg": AppendArg} {
			got, err := f([]byte("head"), c.v)
			if !errors.Is(err, c.want) || string(got) != "head" {
				t.Errorf("%s: %s = %q, %v; want %v", name, form, got, err, c.want)
			}
		}
	}
	if got, ok := TypeOf(struct{}{}); ok {
		t.Errorf("TypeOf(struct{}{}) = %v", got)
	}
	if got, ok := TypeOf(uint64(math.MaxUint64)); ok {
		t.Errorf("TypeOf(MaxUint64) = %v", got)
	}
	if err := checkCount(math.MaxInt32); !errors.Is(err, ErrCount) {
		t.Errorf("checkCount(MaxInt32) = %v", err)
	}
}

// nested returns n arrays, each in the one before.
func nested(n int) any {
	v := any([]any{})
	for range n - 1 {
		v = []any{v}
	}
	return v
}

// The engine takes a value that stands in 100 containers, and no deeper.
func TestDepth(t *testing.T) {
	b, err := Append(nil, nested(MaxDepth+1))
	if err != nil {
		t.Fatal(err)
	}
	if _, n, err := Decode(b); err != nil || n != len(b) {
		t.Errorf("Decode: %d of %d bytes, %v", n, len(b), err)
	}
	var d Decoder
	d.Reset(b, Limits{})
	if err := d.Skip(false); err != nil || d.Len() != 0 {
		t.Errorf("Skip: %d bytes left, %v", d.Len(), err)
	}
	if _, err := Append(nil, nested(MaxDepth+2)); !errors.Is(err, ErrDepth) {
		t.Errorf("Append one deeper: %v", err)
	}
	b = append(AppendArrayHeader(nil, 1), b...)
	if _, _, err := Decode(b); !errors.Is(err, ErrDepth) {
		t.Errorf("Decode one deeper: %v", err)
	}
	if _, _, err := DecodeArg(b); !errors.Is(err, ErrDepth) {
		t.Errorf("DecodeArg one deeper: %v", err)
	}
	d.Reset(b, Limits{})
	if err := d.Skip(false); !errors.Is(err, ErrDepth) || d.Offset() != 0 {
		t.Errorf("Skip one deeper: %v", err)
	}
}
