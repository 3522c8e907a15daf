package variant

import "testing"

var (
	benchDict  = NewDictionary("id", 7, "name", "Ada", "pos", Vector2{1, 2}, "hp", 0.5)
	benchInts  = make([]any, 100)
	benchTrio  = []any{int64(1000), 0.1, "hello"}
	benchSink  any
	benchCases = []struct {
		name string
		v    []any // the values of one operation
	}{
		{"IntFloatString", benchTrio},
		{"Vector3", []any{Vector3{1, 2, 3}}},
		{"Dictionary4", []any{benchDict}},
		{"Array100Ints", []any{benchInts}},
	}
)

func init() {
	for i := range benchInts {
		benchInts[i] = int64(i * 1000)
	}
}

func benchEncode(b *testing.B, encode func([]byte, any) ([]byte, error)) {
	for _, c := range benchCases {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				buf = buf[:0]
				for _, v := range c.v {
					var err error
					if buf, err = encode(buf, v); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}

func BenchmarkAppend(b *testing.B)    { benchEncode(b, Append) }
func BenchmarkAppendArg(b *testing.B) { benchEncode(b, AppendArg) }

func BenchmarkAppendTyped(b *testing.B) {
	b.Run("IntFloatString", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf = AppendIntArg(buf[:0], 1000)
			buf = AppendFloatArg(buf, 0.1)
			buf = AppendStringArg(buf, "hello")
		}
	})
	b.Run("Vector3", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf = AppendVector3(buf[:0], Vector3{1, 2, 3})
		}
	})
	b.Run("Array100Ints", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf = AppendArrayHeader(buf[:0], 100)
			for i := range int64(100) {
				buf = AppendInt(buf, i*1000)
			}
		}
	})
}

func benchWire(b *testing.B, v []any, arg bool) []byte {
	var wire []byte
	for _, v := range v {
		var err error
		if arg {
			wire, err = AppendArg(wire, v)
		} else {
			wire, err = Append(wire, v)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	return wire
}

func benchDecode(b *testing.B, arg bool) {
	for _, c := range benchCases {
		b.Run(c.name, func(b *testing.B) {
			wire := benchWire(b, c.v, arg)
			var d Decoder
			for b.Loop() {
				d.Reset(wire, Limits{})
				for range c.v {
					var err error
					if benchSink, err = d.Value(arg); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkValue(b *testing.B)    { benchDecode(b, false) }
func BenchmarkValueArg(b *testing.B) { benchDecode(b, true) }

func BenchmarkTypedReads(b *testing.B) {
	var d Decoder
	b.Run("IntFloatString", func(b *testing.B) {
		wire := benchWire(b, benchTrio, true)
		for b.Loop() {
			d.Reset(wire, Limits{})
			_, err1 := d.Int(true)
			_, err2 := d.Float(true)
			_, err3 := d.String(true)
			if err1 != nil || err2 != nil || err3 != nil {
				b.Fatal(err1, err2, err3)
			}
		}
	})
	b.Run("Vector3", func(b *testing.B) {
		wire := benchWire(b, []any{Vector3{1, 2, 3}}, true)
		for b.Loop() {
			d.Reset(wire, Limits{})
			if _, err := d.Vector3(true); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Dictionary4", func(b *testing.B) {
		wire := benchWire(b, []any{benchDict}, true)
		for b.Loop() {
			d.Reset(wire, Limits{})
			n, _, _, err := d.DictionaryHeader(true)
			for range 2 * n {
				if err == nil {
					err = d.Skip(false)
				}
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Array100Ints", func(b *testing.B) {
		wire := benchWire(b, []any{benchInts}, true)
		for b.Loop() {
			d.Reset(wire, Limits{})
			n, _, err := d.ArrayHeader(true)
			for range n {
				if err == nil {
					_, err = d.Int(false)
				}
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
