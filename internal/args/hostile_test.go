package args

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/variant"
)

func nest(w wire, depth int) []byte {
	e := w.encoder()
	for range depth {
		_ = e.Array(1, variant.TypeNil)
	}
	_ = e.Nil()
	return e.Result()
}

func TestDepth(t *testing.T) {
	onWires(t, func(t *testing.T, w wire) {
		for depth, want := range map[int]error{MaxDepth: nil, MaxDepth + 1: ErrDepth, 100_000: ErrDepth} {
			b := nest(w, depth)
			if _, err := GetAny(w.decoder(b)); !errors.Is(err, want) {
				t.Errorf("GetAny, %d deep: %v", depth, err)
			}
			if _, err := Get[tree](w.decoder(b)); !errors.Is(err, want) {
				t.Errorf("Get, %d deep: %v", depth, err)
			}
			if err := w.decoder(b).Skip(); !errors.Is(err, want) {
				t.Errorf("Skip, %d deep: %v", depth, err)
			}
			for _, to := range wires {
				if err := Transcode(w.decoder(b), to.encoder()); !errors.Is(err, want) {
					t.Errorf("Transcode to %s, %d deep: %v", to.name, depth, err)
				}
			}
		}
		var v any = []any{}
		for range MaxDepth {
			v = []any{v}
		}
		if err := PutAny(w.encoder(), v); err != nil {
			t.Error(err)
		}
		list := []any{nil}
		list[0] = list
		mapping := map[string]any{}
		mapping["a"] = mapping
		loop := &nested{}
		loop.Inner = loop
		deep := tree{nil}
		deep[0] = deep
		entries := []variant.Entry{{Key: "a"}}
		entries[0].Value = variant.Dictionary{Entries: entries}
		numbered := []variant.Entry{{Key: 1}}
		numbered[0].Value = variant.Dictionary{Entries: numbered}
		odd := []variant.Entry{{Key: true}}
		odd[0].Value = variant.Dictionary{Entries: odd}
		array := variant.Array{Values: []any{nil}}
		array.Values[0] = array
		typed := variant.Array{Type: variant.Typed(variant.TypeArray), Values: []any{nil}}
		typed.Values[0] = typed
		for _, v := range []any{[]any{v}, list, mapping, loop, deep, entries[0].Value, numbered[0].Value, odd[0].Value, array, typed, map[int]any{1: list}} {
			if err := PutAny(w.encoder(), v); !errors.Is(err, ErrDepth) && !errors.Is(err, variant.ErrDepth) {
				t.Errorf("PutAny(%T): %v", v, err)
			}
		}
	})
	// Extensions are as deep as what they are in.
	for _, c := range []struct {
		outside, inside int
		want            error
	}{{32, 32, nil}, {32, 33, ErrDepth}, {64, 1, ErrDepth}, {63, 1, nil}} {
		var v any = true
		for range c.inside {
			v = variant.NewDictionary(true, v)
		}
		e := messagePack.encoder()
		for range c.outside {
			_ = e.Array(1, variant.TypeNil)
		}
		if _, err := e.Native(v); err != nil {
			t.Fatal(err)
		}
		if _, err := GetAny(messagePack.decoder(e.Result())); !errors.Is(err, c.want) {
			t.Errorf("%d in %d: %v", c.inside, c.outside, err)
		}
	}
}

func TestMalformed(t *testing.T) {
	for _, c := range []struct {
		w    wire
		hex  string
		want error
	}{
		{messagePack, "", ErrShort}, {messagePack, "c1", ErrMalformed}, {messagePack, "cc", ErrShort}, {messagePack, "cd01", ErrShort}, {messagePack, "cf01", ErrShort},
		{messagePack, "a2ff61", ErrMalformed}, {messagePack, "d9ff61", ErrShort}, {messagePack, "dbffffffff61", ErrShort}, {messagePack, "c6ffffffff61", ErrShort},
		{messagePack, "ddffffffff01", ErrMalformed}, {messagePack, "dfffffffff0101", ErrMalformed}, {messagePack, "9201", ErrMalformed}, {messagePack, "93 92 01 01", ErrMalformed},
		{messagePack, "81 a161", ErrShort}, {messagePack, "82 a161 a1", ErrMalformed}, {messagePack, "de", ErrShort}, {messagePack, "dc00", ErrShort},
		{messagePack, "c9ffffffff05", ErrShort}, {messagePack, "d4", ErrShort}, {messagePack, "d405", ErrShort}, {messagePack, "d4ff00", ErrMalformed}, {messagePack, "d6ff0000", ErrShort},
		{messagePack, "d405 00", ErrShort}, {messagePack, "d805 00000000000000000000000000000000", ErrMalformed}, {messagePack, "c74105" + strings.Repeat("00", 65), ErrMalformed},
		{messagePack, "d415 ff", ErrMalformed}, {messagePack, "c704 16 613a3a62", ErrMalformed}, {messagePack, "d61b 1c000000", ErrMalformed}, {messagePack, "d71c 1c000000ffffffff", ErrMalformed},
		{messagePack, "d81c 1c000000 01000000 00000000 00000000", ErrMalformed}, {messagePack, "d618 18000000", ErrMalformed}, {messagePack, "d61a 1a000000", ErrShort},
		{messagePack, "c70c1c 1c000100 02000000 00000000", nil}, {messagePack, "d71c 1c000000 00000000", nil}, {messagePack, "d71b 1b000000 00000000", nil}, {messagePack, "d71e 1e000000 00000000", nil},
		{godot, "", ErrShort}, {godot, "27000000", ErrMalformed}, {godot, "42", ErrShort}, {godot, "04000000", ErrShort}, {godot, "04000000 05000000 61000000", ErrMalformed},
		{godot, "04000000 01000000 ff000000", ErrMalformed}, {godot, "04000000 01000000 00000000", ErrMalformed}, {godot, "1c000000 ffffff7f", ErrMalformed}, {godot, "1c000000 02000000 00000000", ErrMalformed},
		{godot, "1b000000 01000000 00000000", ErrMalformed}, {godot, "18000000", ErrMalformed}, {godot, "1d000000 ffffffff", ErrMalformed}, {godot, "1c000100 ff000000 00000000", ErrMalformed},
		{godot, "1c000100 02000000 01000000 01000000 01000000", ErrMalformed}, {godot, "1c000100 00000000 01000000 01000000 01000000", nil}, {godot, "1b000100 02000000 00000000", nil},
	} {
		b := unhex(t, c.hex)
		if _, err := GetAny(c.w.decoder(b)); !errors.Is(err, c.want) {
			t.Errorf("%s %s: GetAny: %v, want %v", c.w.name, c.hex, err, c.want)
		}
		for _, to := range wires {
			if err := Transcode(c.w.decoder(b), to.encoder()); !errors.Is(err, c.want) {
				t.Errorf("%s %s: Transcode: %v, want %v", c.w.name, c.hex, err, c.want)
			}
		}
	}
	var m *MismatchError
	for _, hex := range []string{"d40001", "d46301", "d48001", "d71d1d00000000000000"} {
		d := messagePack.decoder(unhex(t, hex))
		if _, err := GetAny(d); !errors.As(err, &m) {
			t.Errorf("%s: %v", hex, err)
		}
		if err := d.Skip(); err != nil || d.Len() != 0 {
			t.Errorf("%s: Skip: %v", hex, err)
		}
	}
}

// TestMemory decodes what claims to be more than it is.
func TestMemory(t *testing.T) {
	const size = 1 << 16
	rep := func(b ...byte) []byte { return bytes.Repeat(b, size/len(b)) }
	for _, c := range []struct {
		name string
		w    wire
		b    []byte
	}{
		{"arrays that claim all", messagePack, rep(0xdd, 0, 0, 0xf0, 0)},
		{"arrays in arrays", messagePack, rep(0xdc, 0x3f, 0xff)},
		{"maps in arrays", messagePack, rep(0xdc, 0x20, 0x00, 0xde, 0x08, 0x00)},
		{"empty strings", messagePack, append([]byte{0xdd, 0, 0, 0xff, 0xf0}, rep(0xa0)...)},
		{"empty arrays", messagePack, append([]byte{0xdd, 0, 0, 0xff, 0xf0}, rep(0x90)...)},
		{"empty maps", messagePack, append([]byte{0xdd, 0, 0, 0xff, 0xf0}, rep(0x80)...)},
		{"pairs", messagePack, append([]byte{0xdf, 0, 0, 0x7f, 0xf0}, rep(0xa0, 0xc0)...)},
		{"maps of one", messagePack, append([]byte{0xdd, 0, 0, 0x55, 0}, rep(0x81, 0xa0, 0xc0)...)},
		{"extensions that claim all", messagePack, rep(0xc9, 0, 0, 0xf0, 0, 0x1c, 0x1c, 0, 0, 0, 0, 0x30, 0, 0)},
		{"a long string", messagePack, append([]byte{0xdb, 0x7f, 0xff, 0xff, 0xff}, rep(0x61)...)},
		{"arrays that claim all", godot, rep(0x1c, 0, 0, 0, 0, 0x38, 0, 0)},
		{"dictionaries", godot, rep(0x1b, 0, 0, 0, 0, 0x10, 0, 0)},
		{"empty arrays", godot, append([]byte{0x1c, 0, 0, 0, 0, 0x20, 0, 0}, rep(0x1c, 0, 0, 0, 0, 0, 0, 0)...)},
		{"packed", godot, rep(0x1e, 0, 0, 0, 0, 0x80, 0, 0)},
	} {
		t.Run(c.w.name+" "+c.name, func(t *testing.T) {
			for name, read := range map[string]func(Decoder) error{
				"GetAny":            func(d Decoder) error { _, err := GetAny(d); return err },
				"Get[tree]":         func(d Decoder) error { _, err := Get[tree](d); return err },
				"Get[[]int]":        func(d Decoder) error { _, err := Get[[]int](d); return err },
				"Get[[]string]":     func(d Decoder) error { _, err := Get[[]string](d); return err },
				"Get[map[any]any]":  func(d Decoder) error { _, err := Get[map[any]any](d); return err },
				"Get[Array]":        func(d Decoder) error { _, err := Get[variant.Array](d); return err },
				"Get[Dictionary]":   func(d Decoder) error { _, err := Get[variant.Dictionary](d); return err },
				"Get[[][1000]int]":  func(d Decoder) error { _, err := Get[[][1000]int](d); return err },
				"Transcode":         func(d Decoder) error { return Transcode(d, messagePack.encoder()) },
				"Transcode, Godot":  func(d Decoder) error { return Transcode(d, godot.encoder()) },
				"Skip":              Decoder.Skip,
				"Get[[]map[string]": func(d Decoder) error { _, err := Get[[]map[string]int](d); return err },
			} {
				d := c.w.decoder(c.b)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_ = read(d)
				runtime.ReadMemStats(&after)
				// The dearest are maps of one entry, three bytes each.
				if n := after.TotalAlloc - before.TotalAlloc; n > 128*size {
					t.Errorf("%s: %d bytes, %d times the input", name, n, n/size)
				} else {
					t.Logf("%s: %.1f times the input", name, float64(n)/size)
				}
			}
		})
	}
}
