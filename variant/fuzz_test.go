package variant

import (
	"bytes"
	"testing"
)

func FuzzDecode(f *testing.F) {
	for _, row := range fixtures(f) {
		f.Add(row.general)
	}
	f.Fuzz(func(t *testing.T, b []byte) { fuzzForm(t, b, false) })
}

func FuzzDecodeArg(f *testing.F) {
	for _, row := range fixtures(f) {
		f.Add(row.arg)
	}
	f.Fuzz(func(t *testing.T, b []byte) { fuzzForm(t, b, true) })
}

// fuzzForm sees that b is read alike in every way there is, and that what it
// gives is encoded to a value that is the same. Values are compared by their
// encodings, for which a NaN is itself.
func fuzzForm(t *testing.T, b []byte, arg bool) {
	decode, encode := Decode, Append
	if arg {
		decode, encode = DecodeArg, AppendArg
	}
	v, n, err := decode(b)
	checkMemory(t, b, decode)

	var d Decoder
	d.Reset(b, Limits{})
	if skipErr := d.Skip(arg); (skipErr == nil) != (err == nil) || d.Offset() != n {
		t.Fatalf("decoded %d bytes, %v; skipped %d, %v", n, err, d.Offset(), skipErr)
	}
	if !arg {
		d.Reset(b, Limits{})
		s, streamErr := stream(&d)
		// Streaming leaves the types of elements to the caller.
		if err == nil && (streamErr != nil || d.Offset() != n || d.Depth() != 0) {
			t.Fatalf("decoded %d bytes; streamed %d, %v", n, d.Offset(), streamErr)
		}
		if err == nil {
			x, _ := Append(nil, v)
			if y, err := Append(nil, s); err != nil || !bytes.Equal(x, y) {
				t.Fatalf("decoded %x; streamed %x, %v", x, y, err)
			}
		}
	}
	if err != nil {
		if v != nil || n != 0 {
			t.Fatalf("%#v, %d with %v", v, n, err)
		}
		return
	}
	if typ, ok := TypeOf(v); !ok || typ != Type(b[0])&argTypeMask {
		t.Fatalf("%x gave a %v", b, typ)
	}
	enc, err := encode(nil, v)
	if err != nil {
		t.Fatalf("%#v does not encode: %v", v, err)
	}
	v2, n2, err := decode(enc)
	if err != nil || n2 != len(enc) {
		t.Fatalf("%x does not decode: %d, %v", enc, n2, err)
	}
	if enc2, err := encode(nil, v2); err != nil || !bytes.Equal(enc, enc2) {
		t.Fatalf("%x decoded and encoded is %x, %v", enc, enc2, err)
	}
}

// checkMemory sees that decoding b allocates what the documentation allows. The
// slack is for errors, and for what else the process allocates meanwhile.
func checkMemory(t *testing.T, b []byte, decode func([]byte) (any, int, error)) {
	const slack = 32 << 10
	var got uint64
	for range 3 {
		got = allocated(func() { _, _, _ = decode(b) })
		if got <= uint64(10*len(b)+slack) {
			return
		}
	}
	t.Fatalf("%d bytes cost %d of memory", len(b), got)
}
