package variant

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// Each typed method reads its type, in both forms, and refuses every other
// fixture with ErrType, naming both types, without consuming anything.
func TestTypedReads(t *testing.T) {
	reads := map[Type]func(*Decoder, bool) (any, error){
		TypeNil:             func(d *Decoder, arg bool) (any, error) { return nil, d.Nil(arg) },
		TypeBool:            func(d *Decoder, arg bool) (any, error) { return d.Bool(arg) },
		TypeInt:             func(d *Decoder, arg bool) (any, error) { return d.Int(arg) },
		TypeFloat:           func(d *Decoder, arg bool) (any, error) { return d.Float(arg) },
		TypeString:          func(d *Decoder, arg bool) (any, error) { return d.String(arg) },
		TypeVector2:         func(d *Decoder, arg bool) (any, error) { return d.Vector2(arg) },
		TypeVector3:         func(d *Decoder, arg bool) (any, error) { return d.Vector3(arg) },
		TypePackedByteArray: func(d *Decoder, arg bool) (any, error) { return d.Bytes(arg) },
		TypeArray: func(d *Decoder, arg bool) (any, error) {
			n, _, err := d.ArrayHeader(arg)
			return n, err
		},
		TypeDictionary: func(d *Decoder, arg bool) (any, error) {
			n, _, _, err := d.DictionaryHeader(arg)
			return n, err
		},
	}
	for i, row := range fixtures(t) {
		for _, arg := range []bool{false, true} {
			wire := row.general
			if arg {
				wire = row.arg
			}
			for typ, read := range reads {
				checkRead(t, fmt.Sprintf("%v of %s, arg %v", typ, row.Value, arg), wire, arg, fixtureValues[i], row.TypeID, typ, read)
			}
		}
	}
}

func checkRead(t *testing.T, name string, wire []byte, arg bool, want any, is, typ Type, read func(*Decoder, bool) (any, error)) {
	t.Helper()
	var d Decoder
	d.Reset(wire, Limits{})
	v, err := read(&d, arg)
	if is != typ && (is != TypeStringName || typ != TypeString) {
		text := fmt.Sprintf("variant: wrong type: got %v, want %v, at offset 0", is, typ)
		if !errors.Is(err, ErrType) || err.Error() != text || d.Offset() != 0 {
			t.Errorf("%s: %v at %d, want %s", name, err, d.Offset(), text)
		}
		return
	}
	switch w := want.(type) {
	case StringName:
		want = string(w)
	case Array:
		want = len(w.Values)
	case []any:
		want = len(w)
	case Dictionary:
		want = w.Len()
	}
	if err != nil || !same(v, want) {
		t.Errorf("%s: %#v, %v; want %#v", name, v, err, want)
	}
	if typ != TypeArray && typ != TypeDictionary && d.Len() != 0 {
		t.Errorf("%s: %d bytes left", name, d.Len())
	}
	for n := range wire {
		d.Reset(wire[:n:n], Limits{})
		v, err := read(&d, arg)
		if container := typ == TypeArray || typ == TypeDictionary; err == nil && !container {
			t.Errorf("%s: %d of %d bytes gave %#v", name, n, len(wire), v)
		}
		if err != nil && d.Offset() != 0 {
			t.Errorf("%s: a failed read of %d bytes consumed %d", name, n, d.Offset())
		}
	}
}

func TestWideVectorReads(t *testing.T) {
	var d Decoder
	d.Reset(append(wide(TypeVector2, 1, 2), wide(TypeVector3, 1, 2, 3)...), Limits{})
	if v, err := d.Vector2(true); v != (Vector2{1, 2}) || err != nil {
		t.Error(v, err)
	}
	if v, err := d.Vector3(false); v != (Vector3{1, 2, 3}) || err != nil || d.Len() != 0 {
		t.Error(v, err)
	}
}

// A bool or an int in general form, read as an argument, has the argument's form.
func TestArgFormOfNested(t *testing.T) {
	b, _ := AppendArg(nil, []any{true, 300})
	var d Decoder
	d.Reset(b, Limits{})
	if n, _, err := d.ArrayHeader(true); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if v, err := d.Bool(false); !v || err != nil {
		t.Error(v, err)
	}
	if v, err := d.Int(false); v != 300 || err != nil || d.Len() != 0 {
		t.Error(v, err)
	}
}

func TestBytesAlias(t *testing.T) {
	b := append(AppendBytes(nil, []byte{1, 2, 3}), 9)
	var d Decoder
	d.Reset(b, Limits{})
	got, err := d.Bytes(false)
	if err != nil || &got[0] != &b[8] {
		t.Fatalf("%v, %v: not a part of the input", got, err)
	}
	if _ = append(got, 7); b[11] != 0 {
		t.Error("append wrote to the input")
	}
}

func TestStreamedContainers(t *testing.T) {
	want := []any{
		NewDictionary("a", []any{1, 2}, "b", []any{}),
		[]any{[]any{[]any{"x"}}},
		Dictionary{},
		true,
	}
	b, err := Append(nil, want)
	if err != nil {
		t.Fatal(err)
	}
	b = AppendInt(b, 5)
	var d Decoder
	for range 3 { // it can be used again
		d.Reset(b, Limits{})
		v, err := stream(&d)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Append(nil, v); err != nil || !bytes.Equal(got, b[:d.Offset()]) {
			t.Errorf("%#v, %v", v, err)
		}
		if d.Depth() != 0 || d.r.reserved != 0 {
			t.Errorf("at the end: depth %d, reserved %d", d.Depth(), d.r.reserved)
		}
		if n, err := d.Int(false); n != 5 || err != nil || d.Len() != 0 {
			t.Errorf("behind it: %d, %v", n, err)
		}
	}
}

// stream reads a value by the headers of its containers.
func stream(d *Decoder) (any, error) {
	typ, err := d.Type(false)
	if err != nil {
		return nil, err
	}
	switch typ {
	case TypeArray:
		n, t, err := d.ArrayHeader(false)
		a := Array{t, []any{}}
		for i := 0; i < n && err == nil; i++ {
			var v any
			v, err = stream(d)
			a.Values = append(a.Values, v)
		}
		return a, err
	case TypeDictionary:
		n, kt, vt, err := d.DictionaryHeader(false)
		m := Dictionary{KeyType: kt, ValueType: vt}
		for i := 0; i < n && err == nil; i++ {
			var k, v any
			if k, err = stream(d); err == nil {
				v, err = stream(d)
			}
			m.Append(k, v)
		}
		return m, err
	}
	return d.Value(false)
}

func TestStreamedFixtures(t *testing.T) {
	for _, row := range fixtures(t) {
		var d Decoder
		d.Reset(row.general, Limits{})
		v, err := stream(&d)
		if err != nil || d.Len() != 0 || d.Depth() != 0 {
			t.Errorf("%s: %v, %d bytes left, depth %d", row.Value, err, d.Len(), d.Depth())
		}
		got, err := Append(nil, v)
		if err != nil || !bytes.Equal(got, blankPadding(row.general)) {
			t.Errorf("%s: %x, %v", row.Value, got, err)
		}
	}
}

// The depth limit holds however the containers are read.
func TestStreamedDepth(t *testing.T) {
	for _, limit := range []int{0, 1, 7, MaxDepth, 1000, -1} {
		l := Limits{Depth: limit}
		most := limit
		if limit <= 0 || limit > MaxDepth {
			most = MaxDepth
		}
		ok, _ := Append(nil, nested(most+1))
		deep := append(AppendArrayHeader(nil, 1), ok...)
		deepDict := AppendNil(append(AppendDictionaryHeader(nil, 1), ok...))
		var d Decoder
		d.Reset(ok, l)
		if _, err := stream(&d); err != nil || d.Len() != 0 {
			t.Errorf("limit %d: %v", limit, err)
		}
		for _, b := range [][]byte{deep, deepDict} {
			d.Reset(b, l)
			if _, err := stream(&d); !errors.Is(err, ErrDepth) {
				t.Errorf("limit %d: streamed one deeper: %v", limit, err)
			}
			// Half by headers, the rest by Value or Skip.
			for _, last := range []func() error{
				func() error { _, err := d.Value(false); return err },
				func() error { return d.Skip(false) },
			} {
				d.Reset(b, l)
				for range most / 2 {
					if typ, _ := d.Type(false); typ == TypeDictionary {
						_, _, _, err := d.DictionaryHeader(false)
						if err != nil {
							t.Fatal(err)
						}
					} else if _, _, err := d.ArrayHeader(false); err != nil {
						t.Fatal(err)
					}
				}
				off := d.Offset()
				if err := last(); !errors.Is(err, ErrDepth) || d.Offset() != off {
					t.Errorf("limit %d: read one deeper: %v", limit, err)
				}
			}
		}
	}
}

// Siblings do not add up to depth.
func TestStreamedSiblings(t *testing.T) {
	const n = 500
	b := AppendArrayHeader(nil, 2*n)
	for range n {
		b = AppendNil(AppendArrayHeader(b, 1))
		b = AppendArrayHeader(b, 0)
	}
	var d Decoder
	d.Reset(b, Limits{Depth: 2})
	if _, err := stream(&d); err != nil || d.Len() != 0 || d.Depth() != 0 {
		t.Errorf("%v, %d bytes left, depth %d", err, d.Len(), d.Depth())
	}
}

// Counts leave room for what the containers around need, so that a caller may
// allocate by them.
func TestStreamedCounts(t *testing.T) {
	const size = 1 << 16
	var b []byte
	for range MaxDepth {
		b = AppendArrayHeader(b, (size-len(b)-8)/4)
	}
	b = append(b, make([]byte, size-len(b))...)
	var d Decoder
	d.Reset(b, Limits{})
	sum := 0
	for {
		n, _, err := d.ArrayHeader(false)
		if err != nil {
			if !errors.Is(err, ErrCount) {
				t.Error(err)
			}
			break
		}
		sum += n
	}
	if sum > size/4 {
		t.Errorf("%d elements announced in %d bytes", sum, size)
	}
	// A failed read leaves the count of what is reserved as it was.
	b = append(AppendArrayHeader(nil, 2), unhex(t, "1c000000 03000000 ff000000 00000000 00000000 00000000")...)
	d.Reset(b, Limits{})
	if _, _, err := d.ArrayHeader(false); err != nil {
		t.Fatal(err)
	}
	reserved := d.r.reserved
	if _, err := d.Value(false); !errors.Is(err, ErrUnknownType) || d.r.reserved != reserved {
		t.Errorf("%v, %d bytes reserved, were %d", err, d.r.reserved, reserved)
	}
}

func TestSizeLimit(t *testing.T) {
	value, _ := Append(nil, []any{"abcd", []byte{1, 2, 3, 4}, 7}) // 8+12+12+8 bytes
	b := bytes.Repeat(value, 3)
	var d Decoder
	d.Reset(b, Limits{Size: len(value)})
	if d.Len() != len(b) {
		t.Errorf("Len = %d", d.Len())
	}
	for _, read := range []func() error{
		func() error { _, err := d.Value(false); return err },
		func() error { return d.Skip(false) },
		func() error { _, err := stream(&d); return err },
	} {
		if err := read(); err != nil {
			t.Error(err)
		}
	}
	if d.Len() != 0 {
		t.Errorf("%d bytes left", d.Len())
	}
	for size := 1; size < len(value); size++ {
		for name, read := range map[string]func() error{
			"Value":  func() error { _, err := d.Value(false); return err },
			"Skip":   func() error { return d.Skip(false) },
			"stream": func() error { _, err := stream(&d); return err },
		} {
			d.Reset(b, Limits{Size: size})
			if err := read(); !errors.Is(err, ErrSize) {
				t.Errorf("%s with %d bytes of %d: %v", name, size, len(value), err)
			}
		}
	}
	big := AppendBytes(nil, make([]byte, DefaultSize))
	if _, _, err := Decode(big); !errors.Is(err, ErrSize) {
		t.Errorf("over the default size: %v", err)
	}
	big = AppendBytes(big[:0], make([]byte, DefaultSize-8))
	if _, _, err := Decode(big); err != nil {
		t.Errorf("of the default size: %v", err)
	}
}

func TestZeroDecoder(t *testing.T) {
	var d Decoder
	if _, err := d.Value(true); !errors.Is(err, ErrShort) {
		t.Error(err)
	}
	if _, err := d.Type(true); !errors.Is(err, ErrShort) {
		t.Error(err)
	}
}

func TestNoAllocations(t *testing.T) {
	var b []byte
	b = AppendNil(b)
	b = AppendBoolArg(b, true)
	b = AppendIntArg(b, 1<<40)
	b = AppendFloat(b, 0.1)
	b = AppendBytes(b, []byte("abc"))
	b = AppendVector3(AppendVector2(b, Vector2{1, 2}), Vector3{1, 2, 3})
	b = AppendInt(AppendArrayHeader(b, 1), 5)
	b = AppendNil(AppendInt(AppendDictionaryHeader(b, 1), 5))
	b, err := Append(b, []any{"skipped", NodePath("a:b"), []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	read := func() {
		var d Decoder
		d.Reset(b, Limits{})
		_ = d.Nil(true)
		_, _ = d.Bool(true)
		_, _ = d.Int(true)
		_, _ = d.Float(true)
		_, _ = d.Bytes(true)
		_, _ = d.Vector2(true)
		_, _ = d.Vector3(true)
		_, _, _ = d.ArrayHeader(true)
		_, _ = d.Int(false)
		_, _, _, _ = d.DictionaryHeader(true)
		_, _ = d.Int(false)
		_ = d.Nil(false)
		if err := d.Skip(true); err != nil || d.Len() != 0 {
			t.Error(err, d.Len())
		}
	}
	if n := testing.AllocsPerRun(100, read); n != 0 {
		t.Errorf("%v allocations reading", n)
	}

	buf := make([]byte, 0, 1<<12)
	var v any = []any{1, 2.5, "s", Vector3{1, 2, 3}, NodePath("a/b:c"), NewDictionary("k", []float32{1}), []string{"x"}}
	if n := testing.AllocsPerRun(100, func() { _, _ = Append(buf, v); _, _ = AppendArg(buf, v) }); n != 0 {
		t.Errorf("%v allocations encoding", n)
	}
	s := AppendString(nil, "a longer string than that")
	if n := testing.AllocsPerRun(100, func() {
		var d Decoder
		d.Reset(s, Limits{})
		_, _ = d.String(true)
	}); n > 1 {
		t.Errorf("%v allocations for a string", n)
	}
}
