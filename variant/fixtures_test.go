package variant

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
)

// fixture is a value as Godot 4.3 sent it.
type fixture struct {
	Type    string
	TypeID  Type
	Value   string
	general []byte
	arg     []byte
}

func fixtures(t testing.TB) []fixture {
	t.Helper()
	f, err := os.Open("testdata/variants.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []fixture
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var row struct {
			fixture
			Marshal string
			Arg     string `json:"rpc_arg"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		row.general, row.arg = unhex(t, row.Marshal), unhex(t, row.Arg)
		rows = append(rows, row.fixture)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// unhex decodes hex digits, with blanks where the reader likes them.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type anys = []any

// fixtureValues are the values of the fixtures, row by row.
var fixtureValues = []any{
	nil,
	true,
	false,
	int64(0),
	int64(1),
	int64(-1),
	int64(127),
	int64(128),
	int64(-128),
	int64(-129),
	int64(255),
	int64(256),
	int64(32767),
	int64(32768),
	int64(-32768),
	int64(-32769),
	int64(65535),
	int64(65536),
	int64(2147483647),
	int64(2147483648),
	int64(-2147483648),
	int64(-2147483649),
	int64(9223372036854775807),
	int64(-9223372036854775808),
	0.0,
	1.0,
	-1.0,
	0.5,
	0.1,
	1e300,
	0.0,
	math.Inf(1),
	math.Inf(-1),
	math.Float64frombits(0x7ff8000000000000),
	3.4028234e38,
	1e-45,
	16777217.0,
	"",
	"a",
	"ab",
	"abc",
	"abcd",
	"abcde",
	"héllo",
	"日本語",
	"🎮",
	"nul\tand\nnewline",
	strings.Repeat("x", 300),
	Vector2{1.5, -2},
	Vector2i{-3, 4},
	Rect2{Vector2{1, 2}, Vector2{3, 4}},
	Rect2i{Vector2i{-1, -2}, Vector2i{3, 4}},
	Vector3{1, 2, 3},
	Vector3i{-1, 2, -3},
	Transform2D{Vector2{0.87758255, 0.47942555}, Vector2{-0.47942555, 0.87758255}, Vector2{10, 20}},
	Transform2D{X: Vector2{X: 1}, Y: Vector2{Y: 1}},
	Vector4{1, 2, 3, 4},
	Vector4i{1, -2, 3, -4},
	Plane{Vector3{0, 1, 0}, 5},
	Quaternion{0, 0, 0, 1},
	Quaternion{0.1, 0.2, 0.3, 0.9},
	AABB{Vector3{1, 2, 3}, Vector3{4, 5, 6}},
	Basis{Vector3{X: 1}, Vector3{Y: 1}, Vector3{Z: 1}},
	Basis{Vector3{1, 2, 3}, Vector3{4, 5, 6}, Vector3{7, 8, 9}},
	Transform3D{Basis{Vector3{X: 1}, Vector3{Y: 1}, Vector3{Z: 1}}, Vector3{1, 2, 3}},
	Projection{Vector4{X: 1}, Vector4{Y: 1}, Vector4{Z: 1}, Vector4{W: 1}},
	Color{1, 0.5, 0.25, 1},
	Color{1, 0, 0, 1},
	StringName("name"),
	StringName(""),
	NodePath("a/b:c:d"),
	NodePath("/root/Main"),
	NodePath(""),
	NodePath(".."),
	RID(0),
	Dictionary{},
	NewDictionary("a", int64(1)),
	NewDictionary(int64(1), "x", "y", anys{int64(1), 2.5, nil}),
	NewDictionary(Vector2i{1, 2}, true),
	NewDictionary("n", NewDictionary("m", NewDictionary("o", int64(1)))),
	anys{},
	anys{int64(1), "a", nil, true, 2.5},
	anys{anys{int64(1)}, anys{int64(2), anys{int64(3)}}},
	anys{int64(2147483648), int64(-5)},
	Array{Typed(TypeInt), anys{int64(1), int64(2), int64(300)}},
	Array{Typed(TypeString), anys{"a", "bc"}},
	Array{ContainerType{Type: TypeObject, Name: "EncodedObjectAsID"}, anys{}},
	anys{anys{anys{anys{anys{anys{anys{anys{anys{}}}}}}}}},
	[]byte{},
	[]byte{1},
	[]byte{1, 2, 3, 4, 5},
	[]int32{1, -1, 2147483647},
	[]int64{1, -1, 9223372036854775807},
	[]float32{1.5, -0.1},
	[]float64{1.5, -0.1},
	[]string{},
	[]string{"a", "", "héllo"},
	[]Vector2{{1, 2}, {3, 4}},
	[]Vector3{{1, 2, 3}},
	[]Color{{1, 0, 0, 1}, {0, 0.5, 1, 0.25}},
	[]Vector4{{1, 2, 3, 4}},
	ObjectID(0x0509000401),
	Callable{},
	Signal{},
}

// same is equality of type and value, in which a NaN is itself.
func same(a, b any) bool {
	if x, ok := a.(float64); ok {
		y, ok := b.(float64)
		return ok && math.Float64bits(x) == math.Float64bits(y)
	}
	return reflect.DeepEqual(a, b)
}

// blankPadding zeroes the padding of a NodePath, in place.
func blankPadding(b []byte) []byte {
	if len(b) < 16 || Type(b[0]) != TypeNodePath {
		return b
	}
	for off := 16; off < len(b); {
		n := int(le.Uint32(b[off:]))
		clear(b[off+4+n : off+4+padded(n)])
		off += 4 + padded(n)
	}
	return b
}

func TestFixtures(t *testing.T) {
	rows := fixtures(t)
	if len(rows) != len(fixtureValues) {
		t.Fatalf("%d rows, %d values", len(rows), len(fixtureValues))
	}
	for i, row := range rows {
		want := fixtureValues[i]
		if got, ok := TypeOf(want); !ok || got != row.TypeID || got.String() != row.Type {
			t.Errorf("row %d %s: TypeOf = %v", i+1, row.Value, got)
		}
		checkForm(t, row, "general", row.general, want, Decode, Append, false)
		checkForm(t, row, "argument", row.arg, want, DecodeArg, AppendArg, true)
	}
}

func checkForm(t *testing.T, row fixture, form string, wire []byte, want any,
	decode func([]byte) (any, int, error), encode func([]byte, any) ([]byte, error), arg bool) {
	t.Helper()
	// What follows is the next value's.
	more := append(bytes.Clone(wire), 0xff, 0xff, 0xff, 0xff, 0xff)
	got, n, err := decode(more)
	if err != nil || n != len(wire) || !same(got, want) {
		t.Errorf("%s %s: decoded %#v (%T), %d bytes, %v; want %#v, %d bytes",
			form, row.Value, got, got, n, err, want, len(wire))
	}
	enc, err := encode([]byte("head"), want)
	// The engine leaves the padding of a NodePath uninitialised; ours is zero.
	if wire := append([]byte("head"), blankPadding(bytes.Clone(wire))...); err != nil || !bytes.Equal(enc, wire) {
		t.Errorf("%s %s: encoded %x, %v; want %x", form, row.Value, enc, err, wire)
	}
	var d Decoder
	d.Reset(more, Limits{})
	if typ, err := d.Type(arg); err != nil || typ != row.TypeID {
		t.Errorf("%s %s: Type = %v, %v", form, row.Value, typ, err)
	}
	if err := d.Skip(arg); err != nil || d.Offset() != len(wire) {
		t.Errorf("%s %s: skipped %d of %d bytes, %v", form, row.Value, d.Offset(), len(wire), err)
	}
	for n := range wire {
		if v, _, err := decode(wire[:n:n]); err == nil {
			t.Errorf("%s %s: %d of %d bytes gave %#v", form, row.Value, n, len(wire), v)
		}
		d.Reset(wire[:n:n], Limits{})
		if err := d.Skip(arg); err == nil || d.Offset() != 0 {
			t.Errorf("%s %s: skipped %d of %d bytes", form, row.Value, n, len(wire))
		}
		if v, err := d.Value(arg); err == nil || d.Offset() != 0 {
			t.Errorf("%s %s: Value of %d of %d bytes gave %#v", form, row.Value, n, len(wire), v)
		}
	}
}
