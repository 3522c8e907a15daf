package args

import (
	"bytes"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/peerage-go/peerage/variant"
)

// wire is one of the two, for the tests that run on both.
type wire struct {
	name    string
	encoder func() resultEncoder
	decoder func([]byte) Decoder
}

type resultEncoder interface {
	Encoder
	Reset([]byte)
	Result() []byte
}

var (
	messagePack = wire{
		"MessagePack",
		func() resultEncoder { e := new(MessagePackEncoder); e.Reset(nil); return e },
		func(b []byte) Decoder { d := new(MessagePackDecoder); d.Reset(b); return d },
	}
	godot = wire{
		"Variant",
		func() resultEncoder { e := new(VariantEncoder); e.Reset(nil); return e },
		func(b []byte) Decoder { d := new(VariantDecoder); d.Reset(b); return d },
	}
	wires = []wire{messagePack, godot}
)

// onWires runs a test on both wires.
func onWires(t *testing.T, f func(t *testing.T, w wire)) {
	for _, w := range wires {
		t.Run(w.name, func(t *testing.T) { f(t, w) })
	}
}

// encode returns v on the wire.
func (w wire) encode(t testing.TB, v any) []byte {
	t.Helper()
	e := w.encoder()
	if err := PutAny(e, v); err != nil {
		t.Fatalf("%s: PutAny(%#v): %v", w.name, v, err)
	}
	return e.Result()
}

// get reads b as a value of type typ, all of it.
func (w wire) get(b []byte, typ reflect.Type) (any, error) {
	d := w.decoder(b)
	v := reflect.New(typ).Elem()
	if err := GetReflect(d, v); err != nil {
		return nil, err
	}
	if d.Len() != 0 {
		return nil, ErrMalformed
	}
	return v.Interface(), nil
}

type (
	score  int32
	label  string
	flag   bool
	blob   []byte
	path2  []variant.Vector2
	nested struct {
		Name  string
		Inner *nested `peerage:"inner,omitempty"`
		List  []nested
	}
	embedded struct {
		ID int `msgpack:"id"`
	}
	player struct {
		embedded
		Name     label `peerage:"name"`
		Position variant.Vector3
		Tags     []string           `peerage:",omitempty"`
		Skipped  string             `peerage:"-"`
		Scores   map[string]float32 `peerage:"scores"`
		Any      any
		hidden   int
	}
	tree []tree
)

var moment = time.Date(2024, 2, 29, 12, 30, 15, 123456000, time.UTC)

// values are Go values that arrive as they were sent, on both wires.
var values = []any{
	false, true,
	0, 1, -1, 127, 128, -32, -33, -128, -129, 255, 256, 32767, 32768, -32768, -32769,
	65535, 65536, math.MaxInt32, math.MinInt32, math.MaxInt32 + 1, math.MaxInt64, math.MinInt64,
	int8(-128), int16(-32768), int32(math.MinInt32), int64(math.MinInt64),
	uint(7), uint8(255), uint16(65535), uint32(math.MaxUint32), uint64(math.MaxInt64),
	float32(0.1), float32(math.Inf(1)), float32(math.MaxFloat32),
	0.0, 0.1, 1.5, -1.0, 1e300, math.Inf(1), math.Inf(-1), math.SmallestNonzeroFloat64,
	"", "a", "héllo", "日本語", string(bytes.Repeat([]byte("x"), 40)), string(bytes.Repeat([]byte("x"), 70000)),
	[]byte{}, []byte{1, 2, 3}, bytes.Repeat([]byte{7}, 300), bytes.Repeat([]byte{7}, 70000),
	[3]byte{1, 2, 3}, [0]byte{}, blob{1, 2},
	score(-5), label("named"), flag(true), time.Second, moment, time.Unix(0, 0).UTC(), time.Time{},
	[]int{}, []int{1, -2, 70000}, []int32{1, -1, math.MaxInt32}, []int64{1, math.MinInt64},
	[]int8{-1}, []int16{-1}, []uint16{1}, []uint32{1}, []uint64{1}, []score{1, 2},
	[]float32{1.5, -0.1}, []float64{1.5, -0.1}, []string{"a", "", "ü"}, []label{"x"}, []bool{true, false},
	[2]int{1, 2}, [2]string{"a", "b"}, [0]int{}, [2][]int{{1}, {2, 3}},
	[][]int{{1}, {}, {2, 3}}, []any{nil, true, int64(1), 2.5, "x", []any{}, variant.NewDictionary("k", int64(1))},
	[]time.Time{moment}, []time.Duration{1, 2}, [][]byte{{1}, {}},
	make([]int, 20), make([]int, 70000),
	map[string]int{}, map[string]int{"a": 1, "b": 2}, map[int]string{1: "x", -7: "y"}, map[bool]int{true: 1},
	map[score]label{1: "a"}, map[float64]int{1.5: 1}, map[[2]int]int{{1, 2}: 3}, map[variant.Vector2i]bool{{X: 1, Y: 2}: true},
	map[string]any{"n": nil, "l": []any{int64(1)}}, map[any]int{"a": 1, int64(2): 2}, map[label]map[string]bool{"x": {"y": true}},
	map[string]time.Time{"t": moment},
	struct{}{}, embedded{ID: 3},
	struct {
		time.Time
		variant.Vector2
		X int
	}{moment, variant.Vector2{X: 1}, 7},
	player{embedded: embedded{9}, Name: "Zoë", Position: variant.Vector3{X: 1, Y: 2, Z: 3}, Scores: map[string]float32{"a": 1}},
	player{Tags: []string{"x"}, Scores: map[string]float32{}, Any: "any"},
	nested{Name: "a", Inner: &nested{Name: "b", List: []nested{}}, List: []nested{{Name: "c", List: []nested{}}}},
	tree{{}, {{}, {}}}, (*int)(nil), new(int), &player{Scores: map[string]float32{}}, []*int{nil, new(int)},
	struct{ A, B any }{nil, "x"},
	compact{ID: 7, embedded: embedded{9}, Tags: []string{"x"}}, []compact{{Tags: []string{}}}, &compact{Tags: []string{}, Next: &compact{Name: "b", Tags: []string{}}},
	map[string]compact{"a": {Tags: []string{}}}, [1]compact{{Tags: []string{}}},
	variant.Vector2{X: 1.5, Y: -2}, variant.Vector2i{X: -3, Y: 4},
	variant.Rect2{Position: variant.Vector2{X: 1}, Size: variant.Vector2{Y: 2}}, variant.Rect2i{Position: variant.Vector2i{X: 1}},
	variant.Vector3{X: 1, Y: 2, Z: 3}, variant.Vector3i{X: -1, Y: 2, Z: -3},
	variant.Transform2D{X: variant.Vector2{X: 1}, Y: variant.Vector2{Y: 1}, Origin: variant.Vector2{X: 5}},
	variant.Vector4{X: 1, W: 4}, variant.Vector4i{X: 1, W: -4}, variant.Plane{Normal: variant.Vector3{Y: 1}, D: 5},
	variant.Quaternion{X: .1, W: .9}, variant.AABB{Position: variant.Vector3{X: 1}}, variant.Basis{X: variant.Vector3{X: 1}},
	variant.Transform3D{Origin: variant.Vector3{X: 1}}, variant.Projection{X: variant.Vector4{X: 1}}, variant.Color{R: 1, A: .5},
	variant.StringName("name"), variant.StringName(""), variant.NodePath("a/b:c:d"), variant.NodePath("/root/Main"), variant.NodePath(""),
	variant.RID(1 << 63), variant.ObjectID(1<<63 + 5), variant.Callable{}, variant.Signal{Name: "hit", Object: 7},
	variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{int64(1), int64(300)}},
	variant.Array{Type: variant.ContainerType{Type: variant.TypeObject, Name: "Node"}, Values: []any{}},
	variant.Dictionary{KeyType: variant.Typed(variant.TypeString), Entries: []variant.Entry{{Key: "a", Value: int64(1)}}},
	variant.NewDictionary("a", int64(1)), variant.NewDictionary(int64(1), "x", "y", []any{int64(1), 2.5, nil}),
	variant.NewDictionary(variant.Vector2i{X: 1, Y: 2}, true), variant.NewDictionary(int64(9), "a", int64(-1), []any{}, int64(math.MaxInt64), nil),
	map[int64]string{1: "a", math.MinInt64: "b"}, map[uint16]bool{1: true},
	[]variant.Vector2{{X: 1, Y: 2}}, []variant.Vector3{{X: 1}}, []variant.Color{{R: 1}}, []variant.Vector4{{W: 1}},
	[]variant.Vector2i{{X: 1}}, path2{{X: 1}}, []variant.StringName{"a"}, []variant.RID{1},
	map[variant.StringName]int{"a": 1}, []variant.Dictionary{variant.NewDictionary("a", int64(1))},
}

func TestRoundTrip(t *testing.T) {
	onWires(t, func(t *testing.T, w wire) {
		for _, want := range values {
			typ := reflect.TypeOf(want)
			if err := Check(typ); err != nil {
				t.Errorf("Check(%v): %v", typ, err)
				continue
			}
			b := w.encode(t, want)
			got, err := w.get(b, typ)
			if err != nil {
				t.Errorf("%T %.60v: %v", want, want, err)
			} else if !reflect.DeepEqual(got, want) {
				t.Errorf("%T: got %.60v, want %.60v", want, got, want)
			}
			checkPasses(t, w, b)
		}
	})
}

// checkPasses tries what must work on whatever a wire carries.
func checkPasses(t *testing.T, w wire, b []byte) {
	t.Helper()
	d := w.decoder(append(b[:len(b):len(b)], b...))
	if err := d.Skip(); err != nil {
		t.Errorf("Skip of %x: %v", b, err)
	} else if d.Len() != len(b) {
		t.Errorf("Skip of %x left %d bytes", b, d.Len())
	}
	if _, err := GetAny(d); err != nil {
		t.Errorf("GetAny of %x: %v", b, err)
	} else if d.Len() != 0 {
		t.Errorf("GetAny of %x left %d bytes", b, d.Len())
	}
	for n := range min(len(b), 400) {
		if _, err := GetAny(w.decoder(b[:n:n])); err == nil {
			t.Errorf("%x: no error for the first %d bytes", b, n)
		}
		if err := w.decoder(b[:n:n]).Skip(); err == nil {
			t.Errorf("%x: Skip took the first %d bytes", b, n)
		}
		if err := Transcode(w.decoder(b[:n:n]), w.encoder()); err == nil {
			t.Errorf("%x: Transcode took the first %d bytes", b, n)
		}
	}
}

func TestNaN(t *testing.T) {
	onWires(t, func(t *testing.T, w wire) {
		b := w.encode(t, math.NaN())
		if v, err := Get[float64](w.decoder(b)); err != nil || !math.IsNaN(v) {
			t.Error(v, err)
		}
		if v, err := Get[float32](w.decoder(b)); err != nil || !math.IsNaN(float64(v)) {
			t.Error(v, err)
		}
		if _, err := Get[int](w.decoder(b)); err == nil {
			t.Error("an int that is not a number")
		}
	})
}
