package frame

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const parserLimit = 4096

// built is a frame with this first byte, of a client if masked.
func built(masked bool, first byte, payload string) []byte {
	b := Append(nil, first&0xF, payload)
	if masked {
		b = AppendMasked(nil, first&0xF, payload, 0x04030201)
	}
	b[0] = first
	return b
}

// FuzzParser gives any bytes, in pieces, to a Parser, and at once to a reader
// that is as simple as can be. They must agree.
func FuzzParser(f *testing.F) {
	more, end := byte(Continuation), byte(Fin|Continuation)
	frame := func(first byte, payload string) []byte { return built(true, first, payload) }
	for _, seed := range [][][]byte{
		{frame(Fin|Text, "hello"), frame(Fin|Binary, ""), frame(Fin|Pong, "x")},
		{frame(Text, "he"), frame(Fin|Ping, "x"), frame(more, ""), frame(end, "llo")},
		{frame(Text, "\xc3"), frame(end, "\xbc"), frame(Text, "\xc3"), frame(end, "x")},
		{frame(Fin|Binary, strings.Repeat("x", 600)), frame(Fin|Ping, strings.Repeat("x", 125))},
		{frame(Binary, strings.Repeat("x", 3000)), frame(end, strings.Repeat("y", 1096)), frame(Fin|Text, "z")},
		{frame(Binary, strings.Repeat("x", 3000)), frame(end, strings.Repeat("y", 1097))},
		{frame(Fin|Binary, strings.Repeat("x", 4096)), frame(Fin|Binary, strings.Repeat("x", 4097))},
		{frame(Text, "x"), frame(Text, "y")},
		{frame(Text, "x"), frame(Fin|Text, "y")},
		{frame(end, "x")},
		{frame(more, "x")},
		{frame(Fin|Close, "\x03\xe8bye"), frame(Fin|Text, "late")},
		{frame(Fin|Close, "")},
		{frame(Close, "\x03\xe8")},
		{frame(Fin|Close, strings.Repeat("x", 126))},
		{frame(Fin|Ping, strings.Repeat("x", 126))},
		{frame(Fin|Text, "\xff")},
		{frame(Ping, "x")},
		{frame(0x83, "x")},
		{frame(0x03, "x")},
		{frame(0x8B, "x")},
		{frame(0xC1, "x")},
		{frame(0xA9, "x")},
		{built(false, 0x82, "x"), built(false, 0x81, strings.Repeat("x", 200))},
		{[]byte("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00KEYS")},
		{[]byte("\x8F\xff\x80\x00\x00\x00\x00\x00\x00\x00KEYS")},
		{[]byte("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00")},
		{[]byte("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xffKEYSx")},
		{[]byte("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x03KEYSxyz")},
		{[]byte("\x88\xfe\x00\x7eKEYS")},
		{[]byte("\xC2\xfe\x03\xffKEYSx")}, // malformed, and not whole
		{[]byte("\x82\x7e\x03\xffx")},
		{[]byte("\x83\xfe\x03\xffKEYSx")},
		{[]byte("\x02\xfe\x03\xffKEYSx")},
		{},
	} {
		for _, pieces := range [][]byte{nil, {1}, {3}, {2, 7, 200}} {
			f.Add(slices.Concat(seed...), pieces)
		}
	}
	f.Fuzz(func(t *testing.T, stream, pieces []byte) {
		for _, masked := range []bool{true, false} {
			got, want := parsed(stream, pieces, masked), read(stream, masked)
			if !slices.Equal(got, want) {
				t.Errorf("masked %v: found %.200q, want %.200q", masked, got, want)
			}
		}
	})
}

// parsed is what a Parser finds in a stream that comes in pieces of these
// sizes, again and again.
func parsed(stream, pieces []byte, masked bool) (found []string) {
	p := NewParser(parserLimit, masked)
	defer p.Release()
	stream = bytes.Clone(stream)
	for at := 0; len(stream) > 0; at++ {
		piece := stream
		if len(pieces) > 0 {
			piece = stream[:min(len(stream), int(pieces[at%len(pieces)])+1)]
		}
		stream = stream[len(piece):]
		for len(piece) > 0 {
			used, f := p.Next(piece)
			piece = piece[used:]
			switch f.Op {
			case Nothing:
				continue
			case Broken:
				return append(found, fmt.Sprint(f.Fault.Code))
			}
			found = append(found, fmt.Sprintf("%x %s", f.Op, f.Data))
			if f.Buf != nil {
				f.Buf.Release()
			}
		}
	}
	return found
}

// read is the same by a reader that has the whole stream.
func read(b []byte, masked bool) (found []string) {
	var message []byte
	op, broken := byte(0), func(code int) []string { return append(found, fmt.Sprint(code)) }
	for len(b) >= 2 {
		first, n, rest := b[0], uint64(b[1]&0x7F), b[2:]
		code := n
		if size := map[uint64]int{126: 2, 127: 8}[code]; size > 0 {
			if len(rest) < size {
				return found
			}
			n = binary.BigEndian.Uint64(append(make([]byte, 8-size), rest[:size]...))
			rest = rest[size:]
		}
		var key []byte
		if b[1]&0x80 != 0 {
			if len(rest) < 4 {
				return found
			}
			key, rest = rest[:4], rest[4:]
		}
		control := first&8 != 0
		switch {
		case n >= 1<<63, code == 126 && n < 126, code == 127 && n < 65536, first&0x70 != 0, masked != (key != nil),
			first&0xF > 0xA || first&0xF > 2 && !control,
			control && (n > 125 || first < 0x80),
			!control && (op != 0) != (first&0xF == 0):
			return broken(1002)
		case !control && n+uint64(len(message)) > parserLimit:
			return broken(1009)
		case uint64(len(rest)) < n:
			return found
		}
		payload := bytes.Clone(rest[:n])
		b = rest[n:]
		for i := range payload {
			if masked {
				payload[i] ^= key[i%4]
			}
		}
		if control {
			found = append(found, fmt.Sprintf("%x %s", first&0xF, payload))
			continue
		}
		if op == 0 {
			op = first & 0xF
		}
		message = append(message, payload...)
		if first >= 0x80 {
			if op == Text && !utf8.Valid(message) {
				return broken(1007)
			}
			found = append(found, fmt.Sprintf("%x %s", op, message))
			op, message = 0, nil
		}
	}
	return found
}

// Between messages a Parser holds no memory.
func TestParserHoldsNothing(t *testing.T) {
	for _, masked := range []bool{true, false} {
		p := NewParser(parserLimit, masked)
		stream := slices.Concat(built(masked, Text, "a"), built(masked, Fin|Ping, "ping"), built(masked, Fin|Continuation, "b"), built(masked, Fin|Binary, "c"))
		for size := 1; size <= len(stream); size++ {
			var found []string
			for piece := range slices.Chunk(bytes.Clone(stream), size) {
				for len(piece) > 0 {
					n, f := p.Next(piece)
					piece = piece[n:]
					if f.Op != Nothing {
						found = append(found, string(f.Data))
					}
					if f.Buf != nil {
						f.Buf.Release()
					}
				}
			}
			if !slices.Equal(found, []string{"ping", "ab", "c"}) {
				t.Errorf("in pieces of %d: %q", size, found)
			}
			if p.msg != nil || p.control != nil || p.n != 0 || p.inside || p.parts || p.Halfway() {
				t.Errorf("in pieces of %d: something is left", size)
			}
		}
	}
}

// What has come takes memory, what is declared does not.
func TestParserDeclaredCostsNothing(t *testing.T) {
	p := NewParser(1<<30, true)
	p.Next([]byte("\x82\xff\x00\x00\x00\x00\x3f\xff\xff\xffKEYS" + "only this"))
	if c := cap(p.msg.B); c > 64 {
		t.Errorf("%d bytes are set aside", c)
	}
	p.Next(payload(100_000))
	if c := cap(p.msg.B); c > 1<<17 || !p.Halfway() {
		t.Errorf("%d bytes are set aside", c)
	}
	p.Release()
}

// A fault is found with the header, whatever is behind it.
func TestParserJudgesHeaders(t *testing.T) {
	for name, stream := range map[string][]byte{
		"reserved bits":   built(true, 0xC2, "x"),
		"unknown opcode":  built(true, 0x83, "x"),
		"not masked":      built(false, 0x82, "x"),
		"a ping in parts": built(true, Ping, "x"),
		"no message":      built(true, Fin|Continuation, "x"),
		"inside":          append(built(true, Text, "x"), built(true, Fin|Text, "x")...),
		"too large":       append(built(true, Binary, strings.Repeat("x", parserLimit)), built(true, Fin|Continuation, "x")...),
	} {
		p := NewParser(parserLimit, true)
		stream = stream[:len(stream)-1] // without the payload
		var f Found
		for f.Op = Nothing; f.Op == Nothing && len(stream) > 0; {
			var n int
			n, f = p.Next(stream)
			stream = stream[n:]
		}
		if f.Op != Broken {
			t.Errorf("%s: found %x", name, f.Op)
		}
		p.Release()
	}
}

func BenchmarkParser(b *testing.B) {
	for _, size := range []int{16, 64, 1024, 16384} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			stream := bytes.Repeat(built(true, Fin|Binary, string(payload(size))), max(32768/size, 1))
			buf := make([]byte, len(stream))
			p := NewParser(1<<20, true)
			b.SetBytes(int64(len(stream)))
			b.ReportAllocs()
			for b.Loop() {
				for in := buf[:copy(buf, stream)]; len(in) > 0; {
					n, found := p.Next(in)
					in = in[n:]
					found.Buf.Release()
				}
			}
		})
	}
}
