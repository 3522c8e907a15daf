package args

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/variant"
)

// fuzzed are the types that fuzzing reads.
var fuzzed = []reflect.Type{
	reflect.TypeFor[any](), reflect.TypeFor[int8](), reflect.TypeFor[uint64](), reflect.TypeFor[float32](), reflect.TypeFor[string](),
	reflect.TypeFor[[]byte](), reflect.TypeFor[[4]byte](), reflect.TypeFor[[]int](), reflect.TypeFor[[2]float32](), reflect.TypeFor[[]string](),
	reflect.TypeFor[map[string]int](), reflect.TypeFor[map[any]any](), reflect.TypeFor[map[int]any](), reflect.TypeFor[player](), reflect.TypeFor[*nested](), reflect.TypeFor[tree](),
	reflect.TypeFor[time.Time](), reflect.TypeFor[variant.Vector2](), reflect.TypeFor[variant.NodePath](), reflect.TypeFor[variant.Array](), reflect.TypeFor[variant.Dictionary](),
	reflect.TypeFor[compact](), reflect.TypeFor[[]*compact](), reflect.TypeFor[[]variant.Vector3](), reflect.TypeFor[map[variant.Vector2i]any](),
}

func seed(f *testing.F, ws ...wire) {
	for _, w := range ws {
		for _, v := range values {
			if b := w.encode(f, v); len(b) < 200 {
				f.Add(b)
			}
		}
	}
	for _, r := range recordings(f) {
		f.Add(unhex(f, r.Arg))
	}
}

func FuzzMessagePackDecoder(f *testing.F) {
	seed(f, messagePack)
	f.Fuzz(func(t *testing.T, b []byte) { fuzzDecoder(t, messagePack, b) })
}

func FuzzVariantDecoder(f *testing.F) {
	seed(f, godot)
	f.Fuzz(func(t *testing.T, b []byte) { fuzzDecoder(t, godot, b) })
}

// fuzzDecoder reads b as everything. What was read can be put and read
// again.
func fuzzDecoder(t *testing.T, w wire, b []byte) {
	input := bytes.Clone(b)
	for _, typ := range fuzzed {
		v := reflect.New(typ).Elem()
		err := GetReflect(w.decoder(b), v)
		if err != nil {
			checkError(t, err)
			continue
		}
		e := w.encoder()
		if err := PutAny(e, v.Interface()); errors.Is(err, ErrUnsupported) {
			continue // a dictionary of what Godot's form does not have
		} else if err != nil {
			t.Fatalf("%v %#v was read but cannot be put: %v", typ, v, err)
		}
		again, err := w.get(e.Result(), typ)
		if err != nil {
			t.Fatalf("%v %#v was put but cannot be read: %v", typ, v, err)
		}
		// Not the values: maps have no order, and nil and empty slices are one on
		// the wire. A time that travels in Godot's form comes back as an int, and
		// a dictionary with such keys is a plain map from then on.
		f := w.encoder()
		if err := PutAny(f, again); err != nil || len(f.Result()) != len(e.Result()) && !strings.Contains(fmt.Sprintf("%#v", v), "time.Date(") {
			t.Fatalf("%v: read %#v, and again %#v: %v", typ, v, again, err)
		}
	}
	skipped, got := w.decoder(b), w.decoder(b)
	err := skipped.Skip()
	if _, getErr := GetAny(got); getErr == nil && (err != nil || skipped.Len() != got.Len()) {
		t.Fatalf("GetAny left %d bytes, Skip %d: %v", got.Len(), skipped.Len(), err)
	}
	if !bytes.Equal(input, b) {
		t.Fatal("the input was written to")
	}
}

// checkError fails unless err is one of those that the package has.
func checkError(t *testing.T, err error) {
	t.Helper()
	var m *MismatchError
	if !errors.As(err, &m) && !errors.Is(err, ErrShort) && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrDepth) {
		t.Fatalf("not an error of reading: %v", err)
	}
	if m != nil && (m.Want == "" || m.Got == "") {
		t.Fatalf("a mismatch of nothing: %+v", m)
	}
}

func FuzzTranscode(f *testing.F) {
	seed(f, messagePack, godot)
	f.Fuzz(func(t *testing.T, b []byte) {
		for i, from := range wires {
			to := wires[1-i]
			d, e := from.decoder(b), to.encoder()
			if err := Transcode(d, e); err != nil {
				if !errors.Is(err, ErrUnsupported) {
					checkError(t, err)
				}
				continue
			}
			v, err := GetAny(from.decoder(b))
			if err != nil {
				t.Fatalf("transcoded from %s but cannot be read: %v", from.name, err)
			}
			// What has arrived can go back, and does not change any more.
			there := e.Result()
			back, err := transcode(to, from, there)
			if err != nil {
				t.Fatalf("%s %x (%v) went to %x, not back: %v", from.name, b, v, there, err)
			}
			again, err := transcode(from, to, back)
			if err != nil || len(again) != len(there) && !strings.Contains(fmt.Sprint(v), "NaN") {
				t.Fatalf("%s %x (%v) went to %x, back to %x, then to %x: %v", from.name, b, v, there, back, again, err)
			}
		}
	})
}

func FuzzNumbers(f *testing.F) {
	for _, v := range []float64{0, -1, 1.5, math.MaxInt64, math.MinInt64, math.MaxUint64, math.NaN(), math.Inf(1)} {
		f.Add(v, int64(v))
	}
	f.Fuzz(func(t *testing.T, x float64, n int64) {
		for _, w := range wires {
			b := w.encode(t, x)
			if v, err := Get[int64](w.decoder(b)); err == nil && float64(v) != x {
				t.Errorf("%s: %v became %v", w.name, x, v)
			}
			if v, err := Get[uint64](w.decoder(b)); err == nil && float64(v) != x {
				t.Errorf("%s: %v became %v", w.name, x, v)
			}
			if v, err := Get[float64](w.decoder(b)); err != nil || math.Float64bits(v) != math.Float64bits(x) && x == x {
				t.Errorf("%s: %v became %v, %v", w.name, x, v, err)
			}
			b = w.encode(t, n)
			if v, err := Get[int64](w.decoder(b)); err != nil || v != n {
				t.Errorf("%s: %v became %v, %v", w.name, n, v, err)
			}
			if v, err := Get[float64](w.decoder(b)); err == nil && int64(v) != n {
				t.Errorf("%s: %v became %v", w.name, n, v)
			}
			if v, err := Get[float32](w.decoder(b)); err == nil && int64(v) != n {
				t.Errorf("%s: %v became %v", w.name, n, v)
			}
			if v, err := Get[uint16](w.decoder(b)); err == nil && int64(v) != n {
				t.Errorf("%s: %v became %v", w.name, n, v)
			}
		}
	})
}
