package variant

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	"testing"
)

// wide is a value of 64-bit numbers.
func wide(t Type, v ...float64) []byte {
	b := appendHeader(nil, t, flag64)
	for _, f := range v {
		b = le.AppendUint64(b, math.Float64bits(f))
	}
	return b
}

// widePacked is a packed array of 64-bit numbers.
func widePacked(t Type, n uint32, v ...float64) []byte {
	b := le.AppendUint32(appendHeader(nil, t, flag64), n)
	for _, f := range v {
		b = le.AppendUint64(b, math.Float64bits(f))
	}
	return b
}

func TestDecodeWide(t *testing.T) {
	tenth := float32(0.1)
	for _, c := range []struct {
		b    []byte
		want any
	}{
		{wide(TypeVector2, 0.1, -2), Vector2{tenth, -2}},
		{wide(TypeVector2, 1e300, -1e-300), Vector2{float32(math.Inf(1)), float32(math.Copysign(0, -1))}},
		{wide(TypeRect2, 1, 2, 3, 4), Rect2{Vector2{1, 2}, Vector2{3, 4}}},
		{wide(TypeVector3, 1, 2, 3), Vector3{1, 2, 3}},
		{wide(TypeTransform2D, 1, 2, 3, 4, 5, 6), Transform2D{Vector2{1, 2}, Vector2{3, 4}, Vector2{5, 6}}},
		{wide(TypeVector4, 1, 2, 3, 4), Vector4{1, 2, 3, 4}},
		{wide(TypePlane, 1, 2, 3, 4), Plane{Vector3{1, 2, 3}, 4}},
		{wide(TypeQuaternion, 1, 2, 3, 4), Quaternion{1, 2, 3, 4}},
		{wide(TypeAABB, 1, 2, 3, 4, 5, 6), AABB{Vector3{1, 2, 3}, Vector3{4, 5, 6}}},
		{wide(TypeBasis, 1, 4, 7, 2, 5, 8, 3, 6, 9), Basis{Vector3{1, 2, 3}, Vector3{4, 5, 6}, Vector3{7, 8, 9}}},
		{wide(TypeTransform3D, 1, 4, 7, 2, 5, 8, 3, 6, 9, 10, 11, 12),
			Transform3D{Basis{Vector3{1, 2, 3}, Vector3{4, 5, 6}, Vector3{7, 8, 9}}, Vector3{10, 11, 12}}},
		{wide(TypeProjection, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
			Projection{Vector4{1, 2, 3, 4}, Vector4{5, 6, 7, 8}, Vector4{9, 10, 11, 12}, Vector4{13, 14, 15, 16}}},
		{widePacked(TypePackedVector2Array, 2, 1, 2, 3, 0.1), []Vector2{{1, 2}, {3, tenth}}},
		{widePacked(TypePackedVector3Array, 1, 1, 2, 3), []Vector3{{1, 2, 3}}},
		{widePacked(TypePackedVector4Array, 1, 1, 2, 3, 4), []Vector4{{1, 2, 3, 4}}},
		{wide(TypeFloat, 1.5), 1.5},
		{le.AppendUint64(appendHeader(nil, TypeInt, flag64), 7), int64(7)},
	} {
		v, n, err := Decode(c.b)
		if err != nil || n != len(c.b) || !same(v, c.want) {
			t.Errorf("%x: %#v, %d, %v; want %#v", c.b, v, n, err, c.want)
		}
		checkPrefixes(t, c.b)
	}
}

// checkPrefixes sees that no part of b, cut at its end, is a value.
func checkPrefixes(t *testing.T, b []byte) {
	t.Helper()
	var d Decoder
	for n := range b {
		if v, _, err := Decode(b[:n:n]); err == nil {
			t.Errorf("%d bytes of %x gave %#v", n, b, v)
		}
		d.Reset(b[:n:n], Limits{})
		if err := d.Skip(false); err == nil {
			t.Errorf("skipped %d bytes of %x", n, b)
		}
	}
}

// The 64-bit form of a number that 32 bits hold is accepted, and so is an int
// argument that is longer than it need be.
func TestDecodeLongInts(t *testing.T) {
	for _, s := range []string{"02fe", "42feff", "82feffffff", "c2feffffffffffffff"} {
		b := unhex(t, s)
		if v, n, err := DecodeArg(b); v != int64(-2) || n != len(b) || err != nil {
			t.Errorf("%s: %v, %d, %v", s, v, n, err)
		}
	}
}

var (
	node   = ContainerType{Type: TypeObject, Name: "Node"}
	script = ContainerType{Type: TypeObject, Name: "res://a.gd", Script: true}
)

// containerForms are the container types, their kinds and what the wire says of
// them.
var containerForms = []struct {
	t    ContainerType
	kind uint32
	wire string
	v    any // an element
	el   string
}{
	{ContainerType{}, 0, "", true, "01000000 01000000"},
	{Typed(TypeInt), 1, "02000000", int64(5), "02000000 05000000"},
	{node, 2, "04000000 4e6f6465", ObjectID(3), "18000100 0300000000000000"},
	{node, 2, "04000000 4e6f6465", nil, "00000000"},
	{script, 3, "0a000000 7265733a2f2f612e67640000", ObjectID(4), "18000100 0400000000000000"},
}

func checkBoth(t *testing.T, b []byte, want any) {
	t.Helper()
	for name, decode := range map[string]func([]byte) (any, int, error){"Decode": Decode, "DecodeArg": DecodeArg} {
		v, n, err := decode(b)
		if err != nil || n != len(b) || !same(v, want) {
			t.Errorf("%s(%x) = %#v, %d, %v; want %#v, %d", name, b, v, n, err, want, len(b))
		}
	}
	for name, encode := range map[string]func([]byte, any) ([]byte, error){"Append": Append, "AppendArg": AppendArg} {
		if got, err := encode(nil, want); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%s(%#v) = %x, %v; want %x", name, want, got, err, b)
		}
	}
	checkPrefixes(t, b)
}

func TestTypedArrays(t *testing.T) {
	for _, c := range containerForms {
		b := appendHeader(nil, TypeArray, c.kind<<16)
		b = append(b, unhex(t, c.wire+"02000000"+c.el+c.el)...)
		if c.kind == 0 {
			checkBoth(t, b, []any{c.v, c.v})
			continue
		}
		checkBoth(t, b, Array{c.t, []any{c.v, c.v}})
	}
}

func TestTypedDictionaries(t *testing.T) {
	for _, k := range containerForms {
		for _, v := range containerForms {
			head := appendHeader(nil, TypeDictionary, k.kind<<16|v.kind<<18)
			head = append(head, unhex(t, k.wire+v.wire)...)
			b := append(bytes.Clone(head), unhex(t, "01000000"+k.el+v.el)...)
			checkBoth(t, b, Dictionary{k.t, v.t, []Entry{{k.v, v.v}}})
			checkBoth(t, append(head, 0, 0, 0, 0), Dictionary{k.t, v.t, nil})
		}
	}
}

// A builtin container type of Nil is none, as in the engine.
func TestContainerOfNil(t *testing.T) {
	v, n, err := Decode(unhex(t, "1c000100 00000000 01000000 01000000 01000000"))
	if !same(v, []any{true}) || n != 20 || err != nil {
		t.Errorf("%#v, %d, %v", v, n, err)
	}
	v, _, err = Decode(unhex(t, "1b000500 00000000 00000000 00000000"))
	if !same(v, Dictionary{}) || err != nil {
		t.Errorf("%#v, %v", v, err)
	}
}

func TestSharedFlag(t *testing.T) {
	for s, want := range map[string]any{
		"1c000000 01000080 00000000":                   []any{nil},
		"1c000100 02000000 01000080 02000000 07000000": Array{Typed(TypeInt), []any{int64(7)}},
		"1b000000 01000080 00000000 00000000":          NewDictionary(nil, nil),
	} {
		b := unhex(t, s)
		if v, n, err := Decode(b); !same(v, want) || n != len(b) || err != nil {
			t.Errorf("%s: %#v, %d, %v", s, v, n, err)
		}
	}
}

// The NUL behind the strings of a PackedStringArray may be missing, as for the
// engine.
func TestPackedStringsWithoutNUL(t *testing.T) {
	v, _, err := Decode(unhex(t, "22000000 03000000 02000000 61620000 00000000 01000000 00000000"))
	if !same(v, []string{"ab", "", ""}) || err != nil {
		t.Errorf("%#v, %v", v, err)
	}
}

func TestDecodeErrors(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"empty":                 {"", ErrShort},
		"half a header":         {"0000", ErrShort},
		"type 39":               {"27000000", ErrUnknownType},
		"type 255":              {"ff000000", ErrUnknownType},
		"unused header bits":    {"00010000", ErrFormat},
		"64-bit string":         {"04000100 00000000", ErrFormat},
		"64-bit Vector2i":       {"06000100 0000000000000000 0000000000000000", ErrFormat},
		"64-bit Color":          {"14000100 00000000 00000000 00000000 00000000", ErrFormat},
		"high flag":             {"02000080 00000000", ErrFormat},
		"array flag 18":         {"1c000400 00000000", ErrFormat},
		"object":                {"18000000 04000000 4e6f6465 00000000", ErrObject},
		"null object":           {"18000000 00000000", ErrObject},
		"object in an array":    {"1c000000 01000000 18000000 04000000 4e6f6465 00000000", ErrObject},
		"half an int":           {"02000000 0000", ErrShort},
		"half a wide int":       {"02000100 00000000", ErrShort},
		"string length":         {"04000000 05000000 61616161", ErrCount},
		"negative length":       {"04000000 ffffffff 61616161", ErrCount},
		"no padding":            {"04000000 01000000 61", ErrShort},
		"bytes without padding": {"1d000000 01000000 61", ErrShort},
		"bytes count":           {"1d000000 05000000 61616161", ErrCount},
		"utf8":                  {"04000000 01000000 ff000000", ErrString},
		"surrogate":             {"04000000 03000000 eda08000", ErrString},
		"nul":                   {"04000000 03000000 61006100", ErrString},
		"name utf8":             {"15000000 01000000 ff000000", ErrString},
		"packed utf8":           {"22000000 01000000 02000000 ff000000", ErrString},
		"packed nul":            {"22000000 01000000 04000000 61006100", ErrString},
		"packed nuls":           {"22000000 01000000 02000000 00000000", ErrString},
		"packed negative":       {"22000000 ffffffff 00000000", ErrCount},
		"packed count":          {"1e000000 02000000 00000000", ErrCount},
		"packed shared flag":    {"1e000000 01000080 00000000", ErrCount},
		"packed wide count":     {"23000100 01000000 0000000000000000", ErrCount},
		"array count":           {"1c000000 02000000 00000000", ErrCount},
		"nested array count":    {"1c000000 02000000 1c000000 01000000 00000000", ErrCount},
		"array count max":       {"1c000000 ffffffff 00000000", ErrCount},
		"dictionary count":      {"1b000000 02000000 00000000 00000000 00000000", ErrCount},
		"dictionary half":       {"1b000000 01000000 02000000 00000000", ErrShort},
		"builtin type":          {"1c000100 27000000 00000000", ErrUnknownType},
		"class without name":    {"1c000200 00000000 00000000", ErrFormat},
		"script without path":   {"1c000300 00000000 00000000", ErrFormat},
		"class utf8":            {"1c000200 01000000 ff000000 00000000", ErrString},
		"typed array element":   {"1c000100 02000000 01000000 03000000 00000000", ErrType},
		"null in a typed array": {"1c000100 02000000 01000000 00000000", ErrType},
		"int among nodes":       {"1c000200 01000000 4e000000 01000000 02000000 00000000", ErrType},
		"typed key":             {"1b000100 02000000 01000000 00000000 00000000", ErrType},
		"typed value":           {"1b000400 02000000 01000000 00000000 00000000", ErrType},
		"bad typed element":     {"1c000100 02000000 01000000 63000000", ErrUnknownType},
		"old NodePath":          {"16000000 04000000 61616161 00000000", ErrFormat},
		"NodePath flags":        {"16000000 00000080 00000000 02000000", ErrFormat},
		"NodePath count":        {"16000000 02000080 00000000 00000000 01000000 61000000", ErrCount},
		"NodePath count max":    {"16000000 ffffffff ffffffff 00000000 01000000 61000000", ErrCount},
		"NodePath slash":        {"16000000 01000080 00000000 00000000 03000000 612f6200", ErrFormat},
		"NodePath colon":        {"16000000 00000080 01000000 00000000 03000000 613a6200", ErrFormat},
		"NodePath empty name":   {"16000000 01000080 00000000 00000000 00000000 00000000", ErrFormat},
		"NodePath utf8":         {"16000000 01000080 00000000 00000000 01000000 ff000000", ErrString},
		"half a signal":         {"1a000000 00000000 00000000", ErrShort},
		"signal utf8":           {"1a000000 01000000 ff000000 00000000 00000000", ErrString},
	} {
		b := unhex(t, c.in)
		if v, n, err := Decode(b); !errors.Is(err, c.want) || n != 0 || v != nil {
			t.Errorf("%s: Decode = %#v, %d, %v; want %v", name, v, n, err, c.want)
		}
		var d Decoder
		d.Reset(b, Limits{})
		if err := d.Skip(false); err == nil || d.Offset() != 0 {
			t.Errorf("%s: skipped %d bytes", name, d.Offset())
		}
		if _, err := d.Value(false); !errors.Is(err, c.want) || d.Offset() != 0 {
			t.Errorf("%s: Value: %v; want %v", name, err, c.want)
		}
		if len(b) > 0 && (Type(b[0]) == TypeInt || Type(b[0]) == TypeBool) {
			continue // another form
		}
		if _, _, err := DecodeArg(b); !errors.Is(err, c.want) {
			t.Errorf("%s: DecodeArg: %v; want %v", name, err, c.want)
		}
	}
	for s, want := range map[string]error{
		"":                  ErrShort,
		"02":                ErrShort,
		"4200":              ErrShort,
		"82000000":          ErrShort,
		"c200000000000000":  ErrShort,
		"44000000 00000000": ErrUnknownType,
		"c0000000":          ErrUnknownType,
		"3f":                ErrShort,
		"3f000000":          ErrUnknownType,
		"18000000 00000000": ErrObject,
	} {
		if v, _, err := DecodeArg(unhex(t, s)); !errors.Is(err, want) {
			t.Errorf("DecodeArg(%s) = %#v, %v; want %v", s, v, err, want)
		}
	}
}

// A decoded value keeps nothing of the input.
func TestDecodeCopies(t *testing.T) {
	for _, row := range fixtures(t) {
		b := bytes.Clone(row.general)
		v, _, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b {
			b[i] = 0xaa
		}
		want, _, _ := Decode(row.general)
		if !same(v, want) {
			t.Errorf("%s changed with its input", row.Value)
		}
	}
}

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Inputs made to take much memory take no more than the documented ten bytes for
// each of theirs.
func TestMemory(t *testing.T) {
	const size = 1 << 20
	fill := func(head []byte, element string) []byte {
		el := unhex(t, element)
		n := size / len(el)
		return append(le.AppendUint32(head, uint32(n)), bytes.Repeat(el, n)...)
	}
	array := unhex(t, "1c000000")
	dict := unhex(t, "1b000000")

	// Each level claims all that is left for its elements.
	var greedy []byte
	for range MaxDepth {
		greedy = le.AppendUint32(append(greedy, array...), uint32(size-len(greedy)-8)/4)
	}
	greedy = append(greedy, make([]byte, size-len(greedy))...)
	var greedyDict []byte
	for range MaxDepth {
		greedyDict = le.AppendUint32(append(greedyDict, dict...), uint32(size-len(greedyDict)-8)/8)
	}
	greedyDict = append(greedyDict, make([]byte, size-len(greedyDict))...)

	chain := ""
	for range MaxDepth - 1 {
		chain += "1b000000 01000000 00000000"
	}
	for name, b := range map[string][]byte{
		"nils":               fill(array, "00000000"),
		"ints":               fill(array, "02000000 ffffff7f"),
		"empty arrays":       fill(array, "1c000000 00000000"),
		"empty dictionaries": fill(array, "1b000000 00000000"),
		"typed arrays":       fill(array, "1c000100 02000000 00000000"),
		"typed dictionaries": fill(array, "1b000100 02000000 00000000"),
		"class arrays":       fill(array, "1c000200 01000000 61000000 00000000"),
		"arrays of one":      fill(array, "1c000000 01000000 00000000"),
		"dictionaries of 1":  fill(array, "1b000000 01000000 00000000 00000000"),
		"dictionary chains":  fill(array, chain+"00000000"),
		"dictionary":         fill(dict, "00000000 00000000"),
		"strings":            fill(array, "04000000 01000000 61000000"),
		"packed strings":     fill(unhex(t, "22000000"), "00000000"),
		"packed strings a":   fill(unhex(t, "22000000"), "02000000 61000000"),
		"packed arrays":      fill(array, "1e000000 00000000"),
		"colors":             fill(array, "14000000 00000000 00000000 00000000 00000000"),
		"paths":              fill(array, "16000000 01000080 00000000 00000000 01000000 61000000"),
		"signals":            fill(array, "1a000000 00000000 00000000 00000000"),
		"greedy arrays":      greedy,
		"greedy dicts":       greedyDict,
	} {
		var err error
		got := allocated(func() { _, _, err = Decode(b) })
		ratio := float64(got) / float64(len(b))
		t.Logf("%-20s %.1f bytes a byte, %v", name, ratio, err)
		if ratio > 10 {
			t.Errorf("%s: decoding %d bytes allocates %d, %.1f times as much", name, len(b), got, ratio)
		}
	}
}
