package args

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/variant"
)

// recording is a value that Godot sent.
type recording struct {
	Type, Value string
	Arg         string `json:"rpc_arg"`
	Marshal     string `json:"marshal"`
}

func recordings(t testing.TB) (rows []recording) {
	t.Helper()
	f, err := os.Open("testdata/variants.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var r recording
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	if len(rows) < 100 {
		t.Fatalf("%d rows", len(rows))
	}
	return rows
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// transcode passes one value from wire to wire.
func transcode(from, to wire, b []byte) ([]byte, error) {
	d, e := from.decoder(b), to.encoder()
	if err := Transcode(d, e); err != nil {
		return nil, err
	}
	if d.Len() != 0 {
		return nil, ErrMalformed
	}
	return e.Result(), nil
}

// TestRecordings takes what Godot sent as arguments to MessagePack and back.
func TestRecordings(t *testing.T) {
	// MessagePack has these packed arrays as plain ones.
	plainThere := map[string]bool{
		"PackedInt32Array": true, "PackedInt64Array": true,
		"PackedFloat32Array": true, "PackedFloat64Array": true, "PackedStringArray": true,
	}
	for _, r := range recordings(t) {
		b := unhex(t, r.Arg)
		// Godot leaves the padding of a NodePath as it was, here it is zero.
		canonical := b
		if r.Type == "NodePath" {
			canonical = godot.encode(t, must(variant.DecodeArg(b)))
		}
		there, err := transcode(godot, messagePack, b)
		if err != nil {
			t.Errorf("%s %s: %v", r.Type, r.Value, err)
			continue
		}
		back, err := transcode(messagePack, godot, there)
		if err != nil {
			t.Errorf("%s %s: back: %v", r.Type, r.Value, err)
			continue
		}
		if plainThere[r.Type] {
			want, _ := godot.get(b, reflect.TypeFor[[]string]())
			got, _ := godot.get(back, reflect.TypeFor[[]string]())
			if r.Type != "PackedStringArray" {
				want, _ = godot.get(b, reflect.TypeFor[[]float64]())
				got, _ = godot.get(back, reflect.TypeFor[[]float64]())
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s %s: got %v, want %v", r.Type, r.Value, got, want)
			}
		} else if string(back) != string(canonical) {
			t.Errorf("%s %s: got %x, want %x", r.Type, r.Value, back, canonical)
		}
		// The same in a container, where values have the general form.
		inside := append(variant.AppendArrayHeader(nil, 1), unhex(t, r.Marshal)...)
		if there, err = transcode(godot, messagePack, inside); err == nil {
			_, err = transcode(messagePack, godot, there)
		}
		if err != nil {
			t.Errorf("%s %s in an array: %v", r.Type, r.Value, err)
		}
		v, err := GetAny(godot.decoder(b))
		if err != nil {
			t.Errorf("%s %s: GetAny: %v", r.Type, r.Value, err)
			continue
		}
		if again := godot.encode(t, v); string(again) != string(canonical) {
			t.Errorf("%s %s: GetAny and PutAny: %x, want %x", r.Type, r.Value, again, canonical)
		}
		checkPasses(t, godot, b)
		checkPasses(t, messagePack, there)
	}
}

func must[T any](v T, _ int, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestTranscodeValues takes Go values from each wire to the other.
func TestTranscodeValues(t *testing.T) {
	for _, v := range values {
		if reflect.TypeOf(v) == reflect.TypeFor[time.Time]() && v.(time.Time).Year() < 1700 {
			continue
		}
		for i, from := range wires {
			to := wires[1-i]
			there, err := transcode(from, to, from.encode(t, v))
			if err != nil {
				t.Errorf("%T %.60v from %s: %v", v, v, from.name, err)
				continue
			}
			if holdsTime(v) && from.name == "Variant" {
				continue // it is an int by now, and stays one
			}
			if got, err := to.get(there, reflect.TypeOf(v)); err != nil || !reflect.DeepEqual(got, v) {
				t.Errorf("%T from %s: got %.60v (%v), want %.60v", v, from.name, got, err, v)
			}
			if holdsTime(v) {
				continue
			}
			back, err := transcode(to, from, there)
			if err != nil {
				t.Errorf("%T %.60v to %s: %v", v, v, from.name, err)
			}
			if got, err := from.get(back, reflect.TypeOf(v)); err != nil || !reflect.DeepEqual(got, v) {
				t.Errorf("%T back to %s: got %.60v (%v), want %.60v", v, from.name, got, err, v)
			}
		}
	}
}

// TestTranscodeKeys takes a map from each wire to the other, and looks at what it is
// in MessagePack and what a handler gets.
func TestTranscodeKeys(t *testing.T) {
	big := int64(math.MaxInt64)
	for _, c := range []struct {
		v    variant.Dictionary
		want Kind
	}{
		{variant.NewDictionary(), KindMap},
		{variant.NewDictionary("b", int64(1), "a", nil), KindMap},
		{variant.NewDictionary(int64(9), "x", int64(-3), "y", big, "z", int64(math.MinInt64), nil, int64(0), true), KindMap},
		{variant.NewDictionary(int64(2), variant.NewDictionary(int64(1), variant.NewDictionary(true, int64(5)))), KindMap},
		{variant.NewDictionary(int64(1), "x", "1", "y"), KindNative},
		{variant.NewDictionary("1", "x", int64(1), "y"), KindNative},
		{variant.NewDictionary(1.0, "x"), KindNative},
		{variant.NewDictionary(int64(1), "x", 2.0, "y"), KindNative},
		{variant.NewDictionary(variant.StringName("a"), "x"), KindNative},
		{variant.NewDictionary(variant.Vector2i{X: 1}, variant.NewDictionary(int64(1), "x")), KindNative},
		{variant.Dictionary{KeyType: variant.Typed(variant.TypeInt), Entries: []variant.Entry{{Key: int64(1), Value: "x"}}}, KindNative},
		{variant.Dictionary{ValueType: variant.Typed(variant.TypeInt), Entries: []variant.Entry{{Key: int64(2), Value: int64(1)}}}, KindNative},
	} {
		engine := godot.encode(t, c.v)
		there, err := transcode(godot, messagePack, engine)
		if err != nil {
			t.Errorf("%v: %v", c.v, err)
			continue
		}
		if again := messagePack.encode(t, c.v); string(again) != string(there) {
			t.Errorf("%v: transcoded %x, put %x", c.v, there, again)
		}
		if k, err := messagePack.decoder(there).Kind(); k != c.want || err != nil {
			t.Errorf("%v: %v (%v), want %v", c.v, k, err, c.want)
		}
		// The same bytes, so the order of the keys is kept.
		if back, err := transcode(messagePack, godot, there); err != nil || string(back) != string(engine) {
			t.Errorf("%v: back %x (%v), want %x", c.v, back, err, engine)
		}
		if on, err := transcode(messagePack, messagePack, there); err != nil || string(on) != string(there) {
			t.Errorf("%v: on %x (%v), want %x", c.v, on, err, there)
		}
		// As those send it that have only extension 27 for it.
		e := new(VariantEncoder)
		e.Reset(nil)
		if err := PutAny(e, c.v); err != nil {
			t.Fatal(err)
		}
		m := new(MessagePackEncoder)
		m.Reset(nil)
		if err := m.extension(extDictionary, e.Result()); err != nil {
			t.Fatal(err)
		}
		if on, err := transcode(messagePack, messagePack, m.Result()); err != nil || string(on) != string(there) {
			t.Errorf("%v: extension 27 became %x (%v), want %x", c.v, on, err, there)
		}
		for _, typ := range []reflect.Type{reflect.TypeFor[any](), reflect.TypeFor[variant.Dictionary](), reflect.TypeFor[map[any]any](), reflect.TypeFor[map[int]any](), reflect.TypeFor[map[int64]string](), reflect.TypeFor[map[uint8]int]()} {
			want, wantErr := godot.get(engine, typ)
			got, err := messagePack.get(there, typ)
			if !reflect.DeepEqual(got, want) || (err == nil) != (wantErr == nil) {
				t.Errorf("%v into %v: %v (%v), on Godot's wire %v (%v)", c.v, typ, got, err, want, wantErr)
			}
		}
	}
	// A map that comes in no order goes on in the one that it came in.
	b := messagePack.encode(t, map[int]int{5: 1, 1: 2, 9: 3, -4: 4})
	e, err := transcode(messagePack, godot, b)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := transcode(godot, messagePack, e); err != nil || string(back) != string(b) {
		t.Errorf("%x came back as %x: %v", b, back, err)
	}
}

func holdsTime(v any) bool { return strings.Contains(reflect.TypeOf(v).String(), "time.Time") }

// What one wire has and the other has not.
func TestTranscodeRefuses(t *testing.T) {
	for _, v := range []any{uint64(math.MaxUint64), "a\x00b", []any{uint64(1 << 63)}, map[string]string{"a": "\x00"}, variant.StringName("\x00")} {
		if _, err := transcode(messagePack, godot, messagePack.encode(t, v)); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%v: %v", v, err)
		}
	}
	// Over an int64, but still a float, and a text of its own in what does not fit.
	b := messagePack.encode(t, uint64(1<<63))
	if v, err := Get[float64](messagePack.decoder(b)); err != nil || v != 1<<63 {
		t.Error(v, err)
	}
	if v, err := Get[float32](messagePack.decoder(b)); err != nil || v != 1<<63 {
		t.Error(v, err)
	}
	b = messagePack.encode(t, uint64(math.MaxUint64))
	if v, err := GetAny(messagePack.decoder(b)); err != nil || v != uint64(math.MaxUint64) {
		t.Error(v, err)
	}
	for _, read := range []func(Decoder) error{
		func(d Decoder) error { _, err := Get[int](d); return err },
		func(d Decoder) error { _, err := Get[uint8](d); return err },
		func(d Decoder) error { _, err := Get[float64](d); return err },
		func(d Decoder) error { _, err := Get[float32](d); return err },
	} {
		if err := read(messagePack.decoder(b)); err == nil || !strings.Contains(err.Error(), "int 18446744073709551615") {
			t.Error(err)
		}
	}
	e := godot.encoder()
	if err := PutAny(e, uint64(1<<63)); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
}

// TestMessagePackBytes pins the form of values on the wire peerage.v1.
func TestMessagePackBytes(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{nil, "c0"}, {false, "c2"}, {true, "c3"},
		{0, "00"}, {127, "7f"}, {128, "cc80"}, {256, "cd0100"}, {65536, "ce00010000"}, {1 << 32, "cf0000000100000000"},
		{-1, "ff"}, {-32, "e0"}, {-33, "d0df"}, {-129, "d1ff7f"}, {-32769, "d2ffff7fff"}, {math.MinInt64, "d38000000000000000"},
		{uint64(math.MaxUint64), "cfffffffffffffffff"}, {uint64(5), "05"}, {time.Duration(1), "01"},
		{1.5, "ca3fc00000"}, {0.1, "cb3fb999999999999a"}, {float32(0.1), "ca3dcccccd"}, {math.NaN(), "cb7ff8000000000001"},
		{"", "a0"}, {"abc", "a3616263"}, {[]byte(nil), "c400"}, {[]byte{1}, "c40101"}, {[2]byte{1, 2}, "c4020102"},
		{[]any(nil), "90"}, {[]int{1}, "9101"}, {[]int32{1, -1}, "9201ff"}, {[]int64{1}, "9101"}, {[]float32{1}, "91ca3f800000"}, {[]float64{0.5}, "91ca3f000000"}, {[]string{"a"}, "91a161"},
		{map[string]int(nil), "80"}, {map[string]int{"a": 1}, "81a16101"}, {map[int]int{1: 2}, "810102"}, {embedded{1}, "81a2696401"},
		{time.Unix(1, 0), "d6ff00000001"}, {time.Unix(1, 1), "d7ff0000000400000001"}, {time.Unix(-1, 0), "c70cff00000000ffffffffffffffff"},
		{variant.Vector2{X: 1, Y: 2}, "d705 0000803f 00000040"}, {variant.Vector2i{X: 1, Y: -1}, "d706 01000000 ffffffff"},
		{variant.Rect2{Size: variant.Vector2{Y: 1}}, "d807 00000000 00000000 00000000 0000803f"}, {variant.Rect2i{Size: variant.Vector2i{Y: 1}}, "d808 00000000 00000000 00000000 01000000"},
		{variant.Vector3{Z: 1}, "c70c09 00000000 00000000 0000803f"}, {variant.Vector3i{Z: 1}, "c70c0a 00000000 00000000 01000000"},
		{variant.Vector4{W: 1}, "d80c 00000000 00000000 00000000 0000803f"}, {variant.Vector4i{W: 1}, "d80d 00000000 00000000 00000000 01000000"},
		{variant.Plane{D: 1}, "d80e 00000000 00000000 00000000 0000803f"}, {variant.Quaternion{W: 1}, "d80f 00000000 00000000 00000000 0000803f"},
		{variant.Basis{Y: variant.Vector3{X: 1}}, "c72411 00000000 0000803f 00000000" + strings.Repeat("00000000", 6)},
		{variant.Transform2D{Origin: variant.Vector2{Y: 1}}, "c7180b" + strings.Repeat("00000000", 5) + "0000803f"}, {variant.AABB{Size: variant.Vector3{Z: 1}}, "c71810" + strings.Repeat("00000000", 5) + "0000803f"},
		{variant.Transform3D{Origin: variant.Vector3{Z: 1}}, "c73012" + strings.Repeat("00000000", 11) + "0000803f"}, {variant.Projection{W: variant.Vector4{W: 1}}, "c74013" + strings.Repeat("00000000", 15) + "0000803f"},
		{variant.Color{A: 1}, "d814 00000000 00000000 00000000 0000803f"}, {variant.StringName("hi"), "d515 6869"}, {variant.NodePath("a:b"), "c70316 613a62"},
		{variant.RID(1), "c70c17 17000000 01000000 00000000"}, {variant.ObjectID(1), "c70c18 18000100 01000000 00000000"}, {variant.Callable{}, "d619 19000000"},
		{variant.Signal{Name: "a"}, "c7141a 1a000000 01000000 61000000 00000000 00000000"},
		{variant.NewDictionary("a", 1), "81a16101"}, {variant.NewDictionary(), "80"}, {variant.NewDictionary(7, true, -1, []int32{2}, uint64(math.MaxUint64), nil), "8307c3ff9102cfffffffffffffffffc0"},
		{variant.NewDictionary(int8(2), 0, score(1), 0, time.Duration(0), 0), "83020001000000"}, {variant.NewDictionary(1, 0, 1, 1), "8201000101"},
		{variant.NewDictionary(true, true), "c7181b 1b000000 01000000 01000000 01000000 01000000 01000000"}, {variant.NewDictionary(nil, 1), "c7141b 1b000000 01000000 00000000 02000000 01000000"},
		{variant.NewDictionary(1, true, "a", nil), "c7281b 1b000000 02000000 02000000 01000000 01000000 01000000 04000000 01000000 61000000 00000000"},
		{variant.NewDictionary("a", nil, 1, true), "c7281b 1b000000 02000000 04000000 01000000 61000000 00000000 02000000 01000000 01000000 01000000"},
		{variant.NewDictionary(variant.RID(1), nil), "c7181b 1b000000 01000000 17000000 01000000 00000000 00000000"}, {variant.NewDictionary(variant.StringName("a"), nil), "c7181b 1b000000 01000000 15000000 01000000 61000000 00000000"},
		{variant.Dictionary{KeyType: variant.Typed(variant.TypeInt), Entries: []variant.Entry{{Key: int64(1), Value: true}}}, "c71c1b 1b000100 02000000 01000000 02000000 01000000 01000000 01000000"},
		{variant.Array{Values: []any{1}}, "9101"}, {variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{1}}, "c7141c 1c000100 02000000 01000000 02000000 01000000"},
		{[]variant.Vector2{{}}, "d823 23000000 01000000 00000000 00000000"}, {[]variant.Vector3{}, "d724 24000000 00000000"}, {[]variant.Color{}, "d725 25000000 00000000"}, {[]variant.Vector4{}, "d726 26000000 00000000"},
	} {
		if got := messagePack.encode(t, c.v); string(got) != string(unhex(t, c.want)) {
			t.Errorf("%T %v: got %x, want %s", c.v, c.v, got, c.want)
		}
	}
}
