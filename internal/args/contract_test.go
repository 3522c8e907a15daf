package args

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/peerage-go/peerage/variant"
)

// reads are the typed reads of a Decoder.
var reads = map[string]func(d Decoder) error{
	"Nil":         Decoder.Nil,
	"Bool":        func(d Decoder) error { _, err := d.Bool(); return err },
	"Int":         func(d Decoder) error { _, err := d.Int(); return err },
	"Uint":        func(d Decoder) error { _, err := d.Uint(); return err },
	"Float":       func(d Decoder) error { _, err := d.Float(); return err },
	"String":      func(d Decoder) error { _, err := d.String(); return err },
	"StringBytes": func(d Decoder) error { _, err := d.StringBytes(); return err },
	"Bytes":       func(d Decoder) error { _, err := d.Bytes(); return err },
	"Time":        func(d Decoder) error { _, err := d.Time(); return err },
	"Array":       func(d Decoder) error { _, err := d.Array(); return err },
	"Map":         func(d Decoder) error { _, err := d.Map(); return err },
	"Native":      func(d Decoder) error { _, err := d.Native(); return err },
	"vector2":     func(d Decoder) error { _, err := d.(vectorDecoder).vector2(); return err },
	"vector3":     func(d Decoder) error { _, err := d.(vectorDecoder).vector3(); return err },
}

// TestMismatchConsumesNothing tries every read on every value, at the top level and
// in an array.
func TestMismatchConsumesNothing(t *testing.T) {
	all := append([]any{nil, 0.5, -1.0, math.NaN(), 1e300, uint64(1 << 62), 1<<53 + 1}, values...)
	onWires(t, func(t *testing.T, w wire) {
		for _, v := range all {
			e := w.encoder()
			if err := errors.Join(PutAny(e, v), e.Array(2, variant.TypeNil), PutAny(e, v), e.Bool(true), e.Int(7)); err != nil {
				t.Fatal(err)
			}
			for name, read := range reads {
				d := w.decoder(e.Result())
				for i := range 2 {
					before := d.Len()
					err := read(d)
					if err == nil && (name == "Array" || name == "Map") {
						break
					}
					if err != nil {
						var m *MismatchError
						if !errors.As(err, &m) {
							t.Fatalf("%s of %T: %v", name, v, err)
						}
						if m.Want == "" || m.Got == "" || d.Len() != before {
							t.Fatalf("%s of %T: %v, and %d bytes of %d left", name, v, err, d.Len(), before)
						}
						if err := d.Skip(); err != nil {
							t.Fatalf("%s of %T, then Skip: %v", name, v, err)
						}
					}
					if i == 0 {
						if n, err := d.Array(); n != 2 || err != nil {
							t.Fatalf("%s of %T, then %d, %v", name, v, n, err)
						}
						continue
					}
					b, err1 := d.Bool()
					n, err2 := d.Int()
					if !b || n != 7 || err1 != nil || err2 != nil || d.Len() != 0 {
						t.Fatalf("%s of %T in an array: then %v (%v), %v (%v), and %d bytes", name, v, b, err1, n, err2, d.Len())
					}
				}
			}
		}
	})
}

// TestEnd reads where there is nothing.
func TestEnd(t *testing.T) {
	onWires(t, func(t *testing.T, w wire) {
		for name, read := range reads {
			if err := read(w.decoder(nil)); !errors.Is(err, ErrShort) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.decoder(nil).Kind(); !errors.Is(err, ErrShort) {
			t.Error(err)
		}
		if err := w.decoder(nil).Skip(); !errors.Is(err, ErrShort) {
			t.Error(err)
		}
		if _, err := Get[int](w.decoder(nil)); !errors.Is(err, ErrShort) {
			t.Error(err)
		}
	})
}

func TestKinds(t *testing.T) {
	onWires(t, func(t *testing.T, w wire) {
		for want, v := range map[Kind]any{
			KindNil: nil, KindBool: true, KindInt: 1, KindFloat: 1.5, KindString: "", KindBytes: []byte{}, KindArray: []any{}, KindMap: map[int]int{}, KindNative: variant.Color{},
		} {
			if got, err := w.decoder(w.encode(t, v)).Kind(); got != want || err != nil {
				t.Errorf("%T: %v, %v", v, got, err)
			}
		}
		want := KindTime
		if w.name == "Variant" {
			want = KindInt
		}
		if got, err := w.decoder(w.encode(t, moment)).Kind(); got != want || err != nil {
			t.Errorf("time: %v, %v", got, err)
		}
	})
	if s := fmt.Sprint(KindNative, Kind(200)); s != "native unknown" {
		t.Error(s)
	}
}

// TestEncoderErrors has values of types that travel, which yet have no form.
func TestEncoderErrors(t *testing.T) {
	onWires(t, func(t *testing.T, w wire) {
		for _, v := range []any{
			"\xff", []string{"\xff"}, label("\xff"), variant.StringName("\xff"), variant.NodePath("a::b"), map[string]int{"\xff": 1}, map[string]any{"\xff": 1}, map[label]int{"\xff": 1},
			variant.Signal{Name: "\xff"}, variant.Array{Type: variant.Typed(variant.TypeInt), Values: []any{"x"}}, variant.NewDictionary(1, "\xff"), variant.NewDictionary(true, "\xff"), []any{make(chan int)},
			variant.NewDictionary("a", make(chan int)), variant.NewDictionary(1, make(chan int)), variant.NewDictionary(true, make(chan int)), struct{ S string }{"\xff"}, map[string]string{"a": "\xff"},
		} {
			if err := PutAny(w.encoder(), v); !errors.Is(err, ErrUnsupported) {
				t.Errorf("%T %v: %v", v, v, err)
			}
		}
		for _, v := range []any{nil, 1, "x", []byte{}, []any{}, map[string]any{}, []int{}, label(""), time.Time{}, path2{}} {
			e := w.encoder()
			if done, err := e.Native(v); done || err != nil || len(e.Result()) != 0 {
				t.Errorf("Native(%T): %v, %v", v, done, err)
			}
		}
		e := w.encoder()
		if err := errors.Join(e.Array(-1, variant.TypeNil), e.Map(-1)); !errors.Is(err, ErrUnsupported) {
			t.Error(err)
		}
	})
	far := time.Unix(math.MaxInt64/2, 0)
	if err := godot.encoder().Time(far); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
}

// TestReset uses coders again, after errors too.
func TestReset(t *testing.T) {
	for _, e := range []resultEncoder{new(MessagePackEncoder), new(VariantEncoder)} {
		e.Reset([]byte("head"))
		if err := errors.Join(e.Array(3, variant.TypeNil), e.Bool(true)); err != nil {
			t.Fatal(err)
		}
		e.Reset([]byte("head"))
		if err := e.Int(1); err != nil || len(e.Result()) > len("head")+2 || string(e.Result()[:4]) != "head" {
			t.Errorf("%T: %q, %v", e, e.Result(), err)
		}
	}
	var m MessagePackDecoder
	var v VariantDecoder
	for range 2 {
		m.Reset([]byte{0x92, 1})
		if _, err := GetAny(&m); err == nil {
			t.Error("a short array")
		}
		m.Reset([]byte{0x91, 1})
		if got, err := GetAny(&m); err != nil || !reflect.DeepEqual(got, []any{int64(1)}) {
			t.Error(got, err)
		}
		v.Reset(nest(godot, 5)[:30])
		if _, err := GetAny(&v); err == nil {
			t.Error("a short array")
		}
		v.Reset([]byte{2, 1})
		if got, err := GetAny(&v); err != nil || got != int64(1) {
			t.Error(got, err)
		}
	}
}

// TestSeveral reads arguments one after the other, as a remote call has them.
func TestSeveral(t *testing.T) {
	onWires(t, func(t *testing.T, w wire) {
		e := w.encoder()
		err := errors.Join(Put(e, 1), Put(e, []any{1, "x", []int{300}}), Put(e, true), Put(e, map[string]bool{"a": true}), Put(e, -300), Put(e, variant.Vector2{X: 1}), Put(e, "end"))
		if err != nil {
			t.Fatal(err)
		}
		d := w.decoder(e.Result())
		a, err1 := Get[uint8](d)
		b, err2 := Get[[]any](d)
		c, err3 := Get[bool](d)
		m, err4 := Get[map[string]bool](d)
		n, err5 := Get[int16](d)
		p, err6 := Get[variant.Vector2](d)
		s, err7 := Get[string](d)
		if err := errors.Join(err1, err2, err3, err4, err5, err6, err7); err != nil {
			t.Fatal(err)
		}
		if a != 1 || len(b) != 3 || !c || !m["a"] || n != -300 || p.X != 1 || s != "end" || d.Len() != 0 {
			t.Error(a, b, c, m, n, p, s, d.Len())
		}
	})
}
