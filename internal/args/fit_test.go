package args

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/variant"
)

// TestFits has values that arrive as those of another type.
func TestFits(t *testing.T) {
	for _, c := range []struct{ sent, want any }{
		{1, 1.0}, {-3, float32(-3)}, {2.0, 2}, {2.0, int8(2)}, {-1.0, int64(-1)}, {255.0, uint8(255)}, {1 << 53, float64(1 << 53)},
		{300, int16(300)}, {1 << 62, float32(1 << 62)}, {-(1 << 62), float32(-(1 << 62))}, {7, uint(7)}, {int8(-1), int64(-1)}, {uint16(9), score(9)}, {1 << 24, float32(1 << 24)},
		{0.1, float32(0.1)}, {float32(0.5), 0.5}, {math.Inf(-1), float32(math.Inf(-1))}, {1e-60, float32(0)},
		{"x", label("x")}, {"x", variant.StringName("x")}, {"a/b:c", variant.NodePath("a/b:c")}, {variant.StringName("x"), "x"},
		{variant.StringName("x"), label("x")}, {[]byte{1, 2}, [2]byte{1, 2}}, {[2]byte{1, 2}, []byte{1, 2}}, {[]byte{1}, blob{1}},
		{nil, (*int)(nil)}, {nil, []int(nil)}, {nil, map[string]int(nil)}, {nil, []byte(nil)}, {nil, []variant.Vector2(nil)}, {nil, blob(nil)},
		{[]int(nil), []int{}}, {map[string]int(nil), map[string]int{}}, {[]byte(nil), []byte{}}, {5, func() *int { v := 5; return &v }()},
		{[]int32{1, 2}, []int{1, 2}}, {[]int64{1}, []uint8n{1}}, {[]float32{1, 2}, []int{1, 2}}, {[]int32{1}, []float64{1}}, {[]string{"a"}, []label{"a"}},
		{[]float32{0.5}, []float64{0.5}}, {[]float64{0.5}, []float32{0.5}}, {[]int32{1, 2}, [2]int16{1, 2}}, {[]int{1, 2}, []int32{1, 2}},
		{[]variant.Vector2{{X: 1}}, [1]variant.Vector2{{X: 1}}}, {[]any{variant.Vector2{X: 1}}, []variant.Vector2{{X: 1}}},
		{[]variant.Vector3{{X: 1}}, []any{variant.Vector3{X: 1}}}, {[]variant.Color{{R: 1}}, []any{variant.Color{R: 1}}}, {[]variant.Vector4{{X: 1}}, []any{variant.Vector4{X: 1}}},
		{variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(1), int64(2)}}, []int{1, 2}},
		{variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(1)}}, []float64{1}},
		{variant.Array{Type: variant.Typed(variant.TypeFloat), Values: []any{1.0}}, []uint{1}},
		{variant.Array{Type: variant.Typed(variant.TypeBool), Values: []any{true}}, []bool{true}},
		{variant.Array{Type: variant.Typed(variant.TypePackedByteArray), Values: []any{[]byte{1}}}, [][]byte{{1}}},
		{variant.Array{Type: variant.Typed(variant.TypeStringName), Values: []any{variant.StringName("a")}}, []string{"a"}},
		{variant.Array{Type: variant.Typed(variant.TypeObject), Values: []any{nil, variant.ObjectID(1)}}, []any{nil, variant.ObjectID(1)}},
		{variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(0)}}, []time.Duration{0}},
		{variant.Array{Type: variant.Typed(variant.TypeArray), Values: []any{[]any{int64(1)}}}, [][]int{{1}}},
		{variant.Array{Type: variant.Typed(variant.TypeDictionary), Values: []any{variant.NewDictionary("ID", int64(1))}}, []struct{ ID int }{{1}}},
		{variant.Array{Type: variant.Typed(variant.TypeDictionary), Values: []any{variant.NewDictionary("a", int64(1))}}, []map[string]any{{"a": int64(1)}}},
		{variant.Dictionary{KeyType: variant.Typed(variant.TypeString), Entries: []variant.Entry{{Key: "a", Value: int64(1)}}}, map[string]int{"a": 1}},
		{variant.Dictionary{ValueType: variant.Typed(variant.TypeInt), Entries: []variant.Entry{{Key: variant.StringName("id"), Value: int64(1)}, {Key: int64(1), Value: int64(1)}}}, struct{ ID int }{1}},
		{variant.Array{Values: []any{1}}, []int{1}}, {[]any{1}, variant.Array{Values: []any{int64(1)}}}, {variant.Dictionary{}, map[string]int{}},
		{map[string]int{"a": 1}, variant.NewDictionary("a", int64(1))}, {map[int]any{1: nil}, variant.NewDictionary(int64(1), nil)},
		{map[string]any{"name": "n", "POSITION": variant.Vector3{X: 1}, "unknown": []any{1}, "ID": 4}, player{Name: "n", Position: variant.Vector3{X: 1}, embedded: embedded{4}}},
		{map[any]any{1: 2, variant.StringName("name"): "x", 1.5: nil}, player{Name: "x"}}, {map[string]int{}, player{}},
		{variant.NewDictionary("name", "a", "name", "b"), player{Name: "b"}}, {variant.NewDictionary("a", 1, "a", 2), map[string]int{"a": 2}},
		{variant.NewDictionary("any", 1, "Any", 2), player{Any: int64(2)}}, {variant.NewDictionary("a", 1, "a", 2), any(map[string]any{"a": int64(2)})},
		{[]any{1, map[string]any{"Name": "x"}}, []any{int64(1), variant.NewDictionary("Name", "x")}},
		{map[variant.Vector2i]int{{}: 1}, any(variant.NewDictionary(variant.Vector2i{}, int64(1)))},
		{variant.NewDictionary("b", 1, "a", 2, "c", 3), any(variant.NewDictionary("b", int64(1), "a", int64(2), "c", int64(3)))},
		{[]any{variant.NewDictionary(3, "x", 1, "y")}, []any{variant.NewDictionary(int64(3), "x", int64(1), "y")}}, {map[string]int{}, any(variant.Dictionary{Entries: []variant.Entry{}})},
		{true, 1}, {false, uint8(0)}, {true, 1.0}, {true, float32(1)}, {1, true}, {0, false}, {1.0, true}, {true, score(1)}, {uint8(1), flag(true)},
		{variant.NodePath("a/b:c"), "a/b:c"}, {variant.NodePath("a"), label("a")}, {nil, variant.ObjectID(0)},
		{variant.Vector2i{X: -3, Y: 1 << 24}, variant.Vector2{X: -3, Y: 1 << 24}}, {variant.Vector2{X: -3, Y: -1 << 31}, variant.Vector2i{X: -3, Y: -1 << 31}},
		{variant.Rect2i{Size: variant.Vector2i{X: 2}}, variant.Rect2{Size: variant.Vector2{X: 2}}}, {variant.Rect2{Size: variant.Vector2{X: 2}}, variant.Rect2i{Size: variant.Vector2i{X: 2}}},
		{variant.Vector3i{X: 1, Y: 2, Z: 3}, variant.Vector3{X: 1, Y: 2, Z: 3}}, {variant.Vector3{X: 1, Y: 2, Z: 3}, variant.Vector3i{X: 1, Y: 2, Z: 3}},
		{variant.Vector4i{X: 1, Y: 2, Z: 3, W: 4}, variant.Vector4{X: 1, Y: 2, Z: 3, W: 4}}, {variant.Vector4{X: 1, Y: 2, Z: 3, W: 4}, variant.Vector4i{X: 1, Y: 2, Z: 3, W: 4}},
		{variant.Basis{X: variant.Vector3{Y: 2}}, variant.Transform3D{Basis: variant.Basis{X: variant.Vector3{Y: 2}}}},
		{variant.Transform2D{X: variant.Vector2{X: 1, Y: 2}, Y: variant.Vector2{X: 3, Y: 4}, Origin: variant.Vector2{X: 5, Y: 6}}, variant.Transform3D{
			Basis: variant.Basis{X: variant.Vector3{X: 1, Y: 2}, Y: variant.Vector3{X: 3, Y: 4}, Z: variant.Vector3{Z: 1}}, Origin: variant.Vector3{X: 5, Y: 6}}},
		{variant.Transform3D{Basis: variant.Basis{X: variant.Vector3{X: 1, Y: 2, Z: 3}}, Origin: variant.Vector3{Z: 9}}, variant.Projection{X: variant.Vector4{X: 1, Y: 2, Z: 3}, W: variant.Vector4{Z: 9, W: 1}}},
		{variant.Projection{X: variant.Vector4{X: 1, Y: 2, Z: 3}, W: variant.Vector4{Z: 9, W: 1}}, variant.Transform3D{Basis: variant.Basis{X: variant.Vector3{X: 1, Y: 2, Z: 3}}, Origin: variant.Vector3{Z: 9}}},
		{variant.Transform3D{Basis: variant.Basis{X: variant.Vector3{X: 1, Y: 2}, Z: variant.Vector3{Z: 1}}, Origin: variant.Vector3{X: 5}}, variant.Transform2D{X: variant.Vector2{X: 1, Y: 2}, Origin: variant.Vector2{X: 5}}},
		{0xff003380, variant.Color{R: 1, B: 0.2, A: 128.0 / 255}}, {0, variant.Color{}},
		{[]any{1, 255}, []byte{1, 255}}, {[]int32{7}, []byte{7}}, {[]any{}, []byte{}}, {[]any{1, 2}, [2]byte{1, 2}}, {[]byte{1, 2}, []int{1, 2}}, {[]byte{1, 2}, [2]float64{1, 2}}, {[]byte{1}, blob{1}},
		{variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(1)}}, []byte{1}}, {[]byte{1}, []any{int64(1)}},
		{[]byte{1}, variant.Array{Values: []any{int64(1)}}}, {[]float32{0.5}, variant.Array{Values: []any{0.5}}}, {[]string{"a"}, variant.Array{Values: []any{"a"}}},
		{[]variant.Vector2{{X: 1}}, []variant.Vector2i{{X: 1}}}, {[]any{true, false}, []int{1, 0}}, {map[string]int{"a": 1}, map[string]bool{"a": true}}, {map[string]any{"ID": true}, player{embedded: embedded{1}}},
		{map[string]any{"a": nil}, map[string]*int{"a": nil}}, {moment, moment}, {moment.In(time.FixedZone("x", 3600)), moment},
	} {
		onWires(t, func(t *testing.T, w wire) {
			got, err := w.get(w.encode(t, c.sent), reflect.TypeOf(c.want))
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%T %v: got %#v (%v), want %#v", c.sent, c.sent, got, err, c.want)
			}
		})
	}
}

type uint8n uint16

// TestMismatch has values that do not fit, with what the error says.
func TestMismatch(t *testing.T) {
	type row struct {
		sent       any
		into       any
		want, text string
		at         string
	}
	var rows []row
	add := func(into any, want string, sentAndText ...any) {
		for i := 0; i < len(sentAndText); i += 2 {
			rows = append(rows, row{sent: sentAndText[i], into: into, want: want, text: sentAndText[i+1].(string)})
		}
	}
	others := func(without ...string) (list []any) {
		all := []any{
			nil, "nil", true, "bool", "x", "string", []byte{1}, "bytes", []any{}, "array", map[string]any{}, "map",
			variant.Vector2{}, "Vector2", variant.NodePath(""), "NodePath", []variant.Vector2{}, "PackedVector2Array",
			variant.Array{Type: variant.Typed(variant.TypeVector2i), Values: []any{variant.Vector2i{}}}, "Array",
			variant.Dictionary{KeyType: variant.Typed(variant.TypeInt), Entries: []variant.Entry{{Key: int64(1)}}}, "Dictionary",
		}
		for i := 0; i < len(all); i += 2 {
			keep := true
			for _, w := range without {
				keep = keep && all[i+1] != w
			}
			if keep {
				list = append(list, all[i], all[i+1])
			}
		}
		return list
	}
	add(false, "bool", append(others("bool"), 2, "int 2", -1, "int -1", 1.5, "float 1.5", math.NaN(), "float NaN")...)
	for want, into := range map[string]any{
		"int": 0, "int8": int8(0), "int16": int16(0), "int32": int32(0), "int64": int64(0),
		"uint": uint(0), "uint8": uint8(0), "uint16": uint16(0), "uint32": uint32(0), "uint64": uint64(0),
	} {
		add(into, want, append(others("bool"), 0.5, "float 0.5", 1e300, "float 1e+300", math.NaN(), "float NaN", math.Inf(1), "float +Inf")...)
		if want[0] == 'u' {
			add(into, want, -1, "int -1", -1.0, "float -1")
		}
	}
	add(score(0), "int32", 1<<31, "int 2147483648", "x", "string")
	add(int8(0), "int8", 128, "int 128", -129.0, "int -129")
	add(uint8(0), "uint8", 256, "int 256")
	add(uint16(0), "uint16", 65536, "int 65536")
	add(uint32(0), "uint32", 1<<32, "int 4294967296")
	add(int64(0), "int64", math.Exp2(63), "float 9.223372036854776e+18")
	add(uint64(0), "uint64", math.Exp2(64), "float 1.8446744073709552e+19")
	add(0.0, "float64", append(others("bool"), 1<<53+1, "int 9007199254740993", math.MaxInt64, "int 9223372036854775807")...)
	add(float32(0), "float32", append(others("bool"), 1<<24+1, "int 16777217", 1e300, "float 1e+300", 1<<53+1, "int 9007199254740993")...)
	add("", "string", append(others("string", "NodePath"), 1, "int", 1.5, "float")...)
	add(label(""), "string", 1, "int")
	add([]byte{}, "bytes", append(others("bytes", "nil", "array", "Array", "PackedVector2Array"), 1, "int")...)
	add([2]byte{}, "bytes of 2", append(others("bytes", "array", "Array", "PackedVector2Array"), []any{1}, "bytes of 1", []byte{1}, "bytes of 1", []byte{1, 2, 3}, "bytes of 3")...)
	add([]int{}, "array", append(others("nil", "bytes", "array", "Array", "PackedVector2Array"), 1, "int")...)
	add([2]int{}, "array of 2", append(others("bytes", "array", "Array", "PackedVector2Array"), []int{1}, "array of 1", []int{1, 2, 3}, "array of 3", variant.Array{Type: variant.Typed(variant.TypeInt)}, "array of 0")...)
	add(map[string]int{}, "map", append(others("nil", "map", "Dictionary"), 1, "int")...)
	add(player{}, "map or array", append(others("map", "Dictionary", "array", "Array", "PackedVector2Array"), 1, "int")...)
	add(&player{}, "map or array", append(others("nil", "map", "Dictionary", "array", "Array", "PackedVector2Array"), 1, "int")...)
	add(variant.Vector2{}, "Vector2", append(others("Vector2"), 1, "int", variant.Vector3{}, "Vector3", variant.Vector2i{X: 1<<24 + 1}, "Vector2i", variant.Vector2i{Y: math.MaxInt32}, "Vector2i")...)
	add(variant.Vector2i{}, "Vector2i", variant.Vector2{X: 0.5}, "Vector2", variant.Vector2{Y: 1 << 31}, "Vector2", variant.Vector3i{}, "Vector3i")
	add(variant.Rect2{}, "Rect2", variant.Rect2i{Size: variant.Vector2i{Y: 1<<24 + 1}}, "Rect2i")
	add(variant.Rect2i{}, "Rect2i", variant.Rect2{Position: variant.Vector2{X: 0.1}}, "Rect2")
	add(variant.Vector3i{}, "Vector3i", variant.Vector3{Z: float32(math.Inf(1))}, "Vector3")
	add(variant.Vector4i{}, "Vector4i", variant.Vector4{W: 0.25}, "Vector4", variant.Quaternion{}, "Quaternion")
	add(variant.Transform3D{}, "Transform3D", variant.Quaternion{W: 1}, "Quaternion", variant.Projection{}, "Projection", variant.Projection{X: variant.Vector4{W: 1}, W: variant.Vector4{W: 1}}, "Projection")
	add(variant.Transform2D{}, "Transform2D", variant.Transform3D{}, "Transform3D")
	add(variant.Quaternion{}, "Quaternion", variant.Basis{}, "Basis")
	add(variant.Basis{}, "Basis", variant.Quaternion{}, "Quaternion")
	add(variant.Color{}, "Color", "red", "string", -1, "int -1", 1<<32, "int 4294967296")
	add(variant.ObjectID(0), "Object", 1, "int")
	add(variant.Vector3{}, "Vector3", append(others(), 1, "int", variant.Vector3i{X: 1<<24 + 1}, "Vector3i")...)
	add(variant.Vector4{}, "Vector4", append(others(), 1, "int", variant.Quaternion{}, "Quaternion", variant.Color{}, "Color")...)
	add(variant.RID(0), "RID", append(others(), 1, "int", variant.ObjectID(1), "Object")...)
	add(variant.StringName(""), "StringName", append(others("string"), 1, "int")...)
	add(variant.NodePath(""), "NodePath", append(others("NodePath", "string"), variant.StringName("x"), "StringName", "a::b", "string")...)
	add(variant.Array{}, "Array", append(others("array", "Array", "bytes", "PackedVector2Array"), 1, "int")...)
	add(variant.Dictionary{}, "Dictionary", append(others("map", "Dictionary"), 1, "int")...)
	add(time.Time{}, "time", append(others(), 0.5, "float")...)
	rows = append(rows,
		row{[]any{1, "x"}, []int{}, "int", "string", "[1]"},
		row{[]any{1, "x"}, [2]int{}, "int", "string", "[1]"},
		row{[]any{map[string]any{"Tags": []any{"a", 1}}}, []player{}, "string", "int", "[0].Tags[1]"},
		row{map[string]any{"a": "x"}, map[string]int{}, "int", "string", " value [0]"},
		row{map[any]any{1: "x"}, map[string]string{}, "string", "int", " key [0]"},
		row{variant.NewDictionary([]any{1}, 2), map[any]any{}, "a key", "Array", " key [0]"},
		row{variant.NewDictionary([]any{1}, 2), map[string]any{}, "string", "array", " key [0]"},
		row{variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(1), int64(-1)}}, []uint{}, "uint", "int -1", "[1]"},
		row{variant.Array{Type: variant.Typed(variant.TypeFloat), Values: []any{0.5}}, []int{}, "int", "float 0.5", "[0]"},
		row{variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(1<<53 + 1)}}, []float64{}, "float64", "int 9007199254740993", "[0]"},
		row{variant.Array{Type: variant.Typed(variant.TypeVector2), Values: []any{variant.Vector2{}}}, [][]int{}, "array", "Vector2", "[0]"},
		row{variant.Array{Type: variant.Typed(variant.TypeVector2), Values: []any{variant.Vector2{}}}, []map[string]int{}, "map", "Vector2", "[0]"},
		row{variant.Array{Type: variant.Typed(variant.TypeVector2), Values: []any{variant.Vector2{}}}, []player{}, "map or array", "Vector2", "[0]"},
		row{variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(1)}}, []variant.Vector2{}, "Vector2", "int", "[0]"},
		row{[]variant.Vector2{{}}, []string{}, "string", "Vector2", "[0]"},
		row{[]variant.Vector2{{}}, []bool{}, "bool", "Vector2", "[0]"},
		row{[]variant.Vector2{{}}, [][]byte{}, "bytes", "Vector2", "[0]"},
		row{[]any{1, 256}, []byte{}, "uint8", "int 256", "[1]"},
		row{[]any{1, -1}, [2]byte{}, "uint8", "int -1", "[1]"},
		row{[]variant.Vector2{{}}, []byte{}, "uint8", "Vector2", "[0]"},
		row{[]byte{1, 200}, []int8{}, "int8", "int 200", "[1]"},
		row{[]variant.Vector2{{}, {X: 0.5}}, []variant.Vector2i{}, "Vector2i", "Vector2", "[1]"},
		row{[]variant.Vector2{{}}, []time.Time{}, "time", "Vector2", "[0]"},
	)
	onWires(t, func(t *testing.T, w wire) {
		for _, r := range rows {
			d := w.decoder(w.encode(t, r.sent))
			err := GetReflect(d, reflect.New(reflect.TypeOf(r.into)).Elem())
			var m *MismatchError
			if !errors.As(err, &m) {
				t.Errorf("%T %v into %T: %v", r.sent, r.sent, r.into, err)
				continue
			}
			if m.Want != r.want || !strings.HasPrefix(m.Got, r.text) || m.At != r.at {
				t.Errorf("%T %v into %T: %v; want %q, %q, %q", r.sent, r.sent, r.into, err, r.want, r.text, r.at)
			}
		}
	})
}

// TestFastIsSlow compares the two ways that Get has.
func TestFastIsSlow(t *testing.T) {
	onWires(t, func(t *testing.T, w wire) {
		for _, v := range append(values, nil, -0.5, 1e300, math.MaxInt64, math.Inf(1), []int32{1}) {
			b := w.encode(t, v)
			same[int](t, w, b)
			same[int8](t, w, b)
			same[int16](t, w, b)
			same[int32](t, w, b)
			same[int64](t, w, b)
			same[uint](t, w, b)
			same[uint8](t, w, b)
			same[uint16](t, w, b)
			same[uint32](t, w, b)
			same[uint64](t, w, b)
			same[float32](t, w, b)
			same[float64](t, w, b)
			same[bool](t, w, b)
			same[string](t, w, b)
			same[[]byte](t, w, b)
			same[any](t, w, b)
			same[time.Time](t, w, b)
			same[time.Duration](t, w, b)
			same[variant.Vector2](t, w, b)
			same[variant.Vector3](t, w, b)
			same[variant.Color](t, w, b)
			same[variant.Vector2i](t, w, b)
			same[variant.Vector3i](t, w, b)
			same[variant.Quaternion](t, w, b)
			same[variant.StringName](t, w, b)
		}
	})
}

func same[T any](t *testing.T, w wire, b []byte) {
	t.Helper()
	d := w.decoder(b)
	fast, fastErr := Get[T](d)
	e := w.decoder(b)
	slow, slowErr := getSlow[T](e)
	if !reflect.DeepEqual(fast, slow) || !reflect.DeepEqual(fastErr, slowErr) || fastErr == nil && d.Len() != e.Len() {
		t.Errorf("%x: %v, %v; with reflection %v, %v", b, fast, fastErr, slow, slowErr)
	}
	if fastErr != nil {
		return
	}
	f := w.encoder()
	if err := Put(f, fast); err != nil {
		t.Error(err)
	}
	if g := w.encode(t, slow); len(f.Result()) != len(g) { // a map may come in another order
		t.Errorf("Put(%v) is %x, PutAny %x", slow, f.Result(), g)
	}
}

// What Go knows to be all of one type is an Array[T] on Godot's wire: a typed parameter takes no other there, an untyped
// one takes it too.
func TestTypedArrays(t *testing.T) {
	one := 1
	for _, c := range []struct {
		v    any
		want variant.Type
	}{
		{[]int{1}, variant.TypeInt}, {[]uint16{1}, variant.TypeInt}, {[]time.Duration{1}, variant.TypeInt}, {[]time.Time{moment}, variant.TypeInt},
		{[2]int32{1, 2}, variant.TypeInt}, {[]bool{true}, variant.TypeBool}, {[1]float64{1}, variant.TypeFloat}, {[]label{"x"}, variant.TypeString},
		{[1]string{"x"}, variant.TypeString}, {[]variant.Vector2i{{X: 1}}, variant.TypeVector2i}, {[]variant.StringName{"x"}, variant.TypeStringName},
		{[]map[string]int{{"a": 1}}, variant.TypeDictionary}, {[]struct{ A int }{{1}}, variant.TypeDictionary}, {[]variant.Dictionary{{}}, variant.TypeDictionary},
		{[][]int{{1}}, variant.TypeArray}, {[][]any{{1}}, variant.TypeArray}, {[][2]string{{"a", "b"}}, variant.TypeArray},
		{[][]byte{{1}}, variant.TypePackedByteArray}, {[][2]byte{{1}}, variant.TypePackedByteArray},
		{[][]int32{{1}}, variant.TypePackedInt32Array}, {[][]string{{"a"}}, variant.TypePackedStringArray},
		{[]any{1}, variant.TypeNil}, {[]*int{&one}, variant.TypeNil}, {[]variant.ObjectID{1}, variant.TypeNil}, {[]variant.Array{{}}, variant.TypeArray},
	} {
		b := godot.encode(t, c.v)
		got, n, err := variant.DecodeArg(b)
		if err != nil || n != len(b) {
			t.Errorf("%T: %v, %d of %d bytes", c.v, err, n, len(b))
			continue
		}
		switch a := got.(type) {
		case variant.Array:
			if a.Type != variant.Typed(c.want) || c.want == variant.TypeNil || len(a.Values) != reflect.ValueOf(c.v).Len() {
				t.Errorf("%T is an Array[%v] of %d", c.v, a.Type, len(a.Values))
			}
		case []any:
			if c.want != variant.TypeNil {
				t.Errorf("%T has no type", c.v)
			}
		default:
			t.Errorf("%T is %T", c.v, got)
		}
	}
}
