package args

import (
	"errors"
	"fmt"
	"testing"

	"github.com/peerage-go/peerage/variant"
)

// sinks keep what is read from being optimized away.
var (
	sinkInt    int
	sinkFloat  float64
	sinkString string
)

// TestAllocations counts those of what is done often.
func TestAllocations(t *testing.T) {
	onWires(t, func(t *testing.T, w wire) {
		e, d := w.encoder(), w.decoder(nil)
		reset := d.(interface{ Reset([]byte) }).Reset
		buf := make([]byte, 0, 4096)
		bytes, list, strs := []byte("some bytes"), []int32{1, 2, 300}, []string{"a", "b"}
		text := "some text"
		any := any(text)
		put := func(name string, want float64, f func() error) {
			t.Helper()
			e.Reset(buf)
			got := testing.AllocsPerRun(100, func() {
				e.Reset(buf)
				if err := f(); err != nil {
					t.Fatal(err)
				}
			})
			if got > want {
				t.Errorf("Put %s: %v allocations, want %v", name, got, want)
			}
		}
		get := func(name string, want float64, f func() error) {
			t.Helper()
			b := append([]byte(nil), e.Result()...)
			got := testing.AllocsPerRun(100, func() {
				reset(b)
				if err := f(); err != nil {
					t.Fatal(err)
				}
			})
			if got != want {
				t.Errorf("Get %s: %v allocations, want %v", name, got, want)
			}
		}
		put("int", 0, func() error { return Put(e, 70000) })
		get("int", 0, func() error { v, err := Get[int](d); sinkInt = v; return err })
		get("int32", 0, func() error { v, err := Get[int32](d); sinkInt = int(v); return err })
		get("uint32", 0, func() error { v, err := Get[uint32](d); sinkInt = int(v); return err })
		get("uint64", 0, func() error { v, err := Get[uint64](d); sinkInt = int(v); return err })
		get("float64 of an int", 0, func() error { v, err := Get[float64](d); sinkFloat = v; return err })
		get("float32 of an int", 0, func() error { v, err := Get[float32](d); sinkFloat = float64(v); return err })
		put("float64", 0, func() error { return Put(e, 3.0) })
		get("float64", 0, func() error { v, err := Get[float64](d); sinkFloat = v; return err })
		get("float32", 0, func() error { v, err := Get[float32](d); sinkFloat = float64(v); return err })
		get("int16 of a float", 0, func() error { v, err := Get[int16](d); sinkInt = int(v); return err })
		put("string", 0, func() error { return Put(e, text) })
		get("string", 1, func() error { v, err := Get[string](d); sinkString = v; return err })
		put("bool", 0, func() error { return Put(e, true) })
		get("bool", 0, func() error { _, err := Get[bool](d); return err })
		put("[]byte", 0, func() error { return Put(e, bytes) })
		get("[]byte", 1, func() error { v, err := Get[[]byte](d); sinkInt = len(v); return err })
		put("Vector2", 0, func() error { return Put(e, variant.Vector2{X: 1}) })
		get("Vector2", 0, func() error { _, err := Get[variant.Vector2](d); return err })
		put("Vector3", 0, func() error { return Put(e, variant.Vector3{X: 1}) })
		get("Vector3", 0, func() error { _, err := Get[variant.Vector3](d); return err })
		put("any", 0, func() error { return PutAny(e, any) })
		put("[]int32", 1, func() error { return Put(e, list) })
		put("[]string", 1, func() error { return Put(e, strs) })
		put("int, float64, string", 0, func() error { return errors.Join(Put(e, 70000), Put(e, 0.1), Put(e, text)) })
		get("int, float64, string", 1, func() error {
			a, err1 := Get[int](d)
			b, err2 := Get[float64](d)
			c, err3 := Get[string](d)
			sinkInt, sinkFloat, sinkString = a, b, c
			return errors.Join(err1, err2, err3)
		})
	})
}

func benchPut[T any](b *testing.B, v T) {
	for _, w := range wires {
		b.Run(w.name, func(b *testing.B) {
			e, buf := w.encoder(), make([]byte, 0, 1<<12)
			b.ReportAllocs()
			for b.Loop() {
				e.Reset(buf)
				if err := Put(e, v); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(e.Result())), "bytes")
		})
	}
}

func benchGet[T any](b *testing.B, v T) {
	for _, w := range wires {
		b.Run(w.name, func(b *testing.B) {
			in := w.encode(b, v)
			d := w.decoder(in)
			reset := d.(interface{ Reset([]byte) }).Reset
			b.ReportAllocs()
			for b.Loop() {
				reset(in)
				if _, err := Get[T](d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

type benchStruct struct {
	Name     string
	Health   int
	Position variant.Vector3
	Tags     []string
}

// benchArray is benchStruct, sent as an array.
type benchArray struct {
	_ struct{} `peerage:",array"`
	benchStruct
}

var (
	benchPlayer = benchStruct{"Zoë", 100, variant.Vector3{X: 1, Y: 2, Z: 3}, []string{"a", "b"}}
	benchMap    = map[string]any{"name": "Zoë", "health": int64(100), "list": []any{int64(1), 2.5, true}}
	benchList   = make([]float32, 100)
)

func BenchmarkPutInt(b *testing.B)     { benchPut(b, 70000) }
func BenchmarkPutFloat(b *testing.B)   { benchPut(b, 0.1) }
func BenchmarkPutString(b *testing.B)  { benchPut(b, "some text") }
func BenchmarkPutVector3(b *testing.B) { benchPut(b, variant.Vector3{X: 1}) }
func BenchmarkPutStruct(b *testing.B)  { benchPut(b, benchPlayer) }
func BenchmarkPutArray(b *testing.B)   { benchPut(b, benchArray{benchStruct: benchPlayer}) }
func BenchmarkPutMap(b *testing.B)     { benchPut(b, benchMap) }
func BenchmarkPutList(b *testing.B)    { benchPut(b, benchList) }

func BenchmarkGetInt(b *testing.B)     { benchGet(b, 70000) }
func BenchmarkGetFloat(b *testing.B)   { benchGet(b, 0.1) }
func BenchmarkGetString(b *testing.B)  { benchGet(b, "some text") }
func BenchmarkGetVector3(b *testing.B) { benchGet(b, variant.Vector3{X: 1}) }
func BenchmarkGetStruct(b *testing.B)  { benchGet(b, benchPlayer) }
func BenchmarkGetArray(b *testing.B)   { benchGet(b, benchArray{benchStruct: benchPlayer}) }
func BenchmarkGetAny(b *testing.B)     { benchGet[any](b, benchMap) }
func BenchmarkGetList(b *testing.B)    { benchGet(b, benchList) }

func BenchmarkTranscode(b *testing.B) {
	for i, from := range wires {
		to := wires[1-i]
		b.Run(from.name, func(b *testing.B) {
			in := from.encode(b, []any{1, 0.5, "some text", benchMap})
			d, e := from.decoder(in), to.encoder()
			reset, buf := d.(interface{ Reset([]byte) }).Reset, make([]byte, 0, 1<<12)
			b.ReportAllocs()
			for b.Loop() {
				reset(in)
				e.Reset(buf)
				if err := Transcode(d, e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkNested passes on a thousand entries of dictionaries that stand in each other, ever deeper: what it costs does
// not grow with that.
func BenchmarkNested(b *testing.B) {
	for _, depth := range []int{1, 4, 16, 62} {
		var v any = "core"
		for range depth {
			level := variant.NewDictionary("inner", v)
			for i := range 992 / depth {
				level.Entries = append(level.Entries, variant.Entry{Key: fmt.Sprint("key", i), Value: 7})
			}
			v = level
		}
		for _, from := range wires {
			b.Run(fmt.Sprintf("%s/depth=%d", from.name, depth), func(b *testing.B) {
				to := wires[0]
				if to.name == from.name {
					to = wires[1]
				}
				sent := from.encode(b, v)
				d, e := from.decoder(sent), to.encoder()
				b.SetBytes(int64(len(sent)))
				for range b.N {
					d.(interface{ Reset([]byte) }).Reset(sent)
					e.Reset(e.Result()[:0])
					if err := Transcode(d, e); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
