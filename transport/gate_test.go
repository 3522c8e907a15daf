package transport

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// through reads everything from a gate that gets the stream in pieces of the
// given size.
func through(g *gate, stream []byte, piece, room int) ([]byte, error) {
	src := func(b []byte) (int, error) {
		if len(stream) == 0 {
			return 0, io.EOF
		}
		n := copy(b[:min(len(b), piece)], stream)
		stream = stream[n:]
		return n, nil
	}
	var got []byte
	buf := make([]byte, room)
	for {
		n, err := g.read(buf, src)
		got = append(got, buf[:n]...)
		if err != nil {
			return got, err
		}
	}
}

// However a stream comes in, the gate lets it through as it is.
func TestGateChangesNothing(t *testing.T) {
	var masked, unmasked []byte
	for _, n := range []int{0, 1, 125, 126, 512, 513, 600, 65535, 65536, 70000, 3} {
		masked = appendMasked(masked, opBinary, payload(n), 0x01020304)
		unmasked = appendFrame(unmasked, opText, payload(n))
	}
	for mask, stream := range map[byte][]byte{bitMask: masked, 0: unmasked} {
		for _, early := range []int{0, 1, 700, len(stream)} {
			for _, piece := range []int{1, 2, 7, 512, 4096, 1 << 20} {
				for _, room := range []int{1, 14, 512, 4096, 1 << 20} {
					g := gate{limit: 1 << 20, mask: mask, early: stream[:early]}
					got, err := through(&g, stream[early:], piece, room)
					if err != io.EOF || !bytes.Equal(got, stream) {
						t.Fatalf("early %d, pieces of %d, room for %d: %d of %d bytes, %v", early, piece, room, len(got), len(stream), err)
					}
					if g.held != nil || g.holding.Load() {
						t.Fatal("a buffer was kept")
					}
				}
			}
		}
	}
}

// The last byte of a large frame's header comes out with its payload.
func TestGateHolds(t *testing.T) {
	frame := appendMasked(nil, opBinary, payload(1000), 1)
	for cut := 8; cut < len(frame); cut++ {
		g := gate{limit: 65535, mask: bitMask}
		got, err := through(&g, frame[:cut], 512, 512)
		if !bytes.Equal(got, frame[:7]) || err != io.EOF {
			t.Fatalf("%d bytes of a frame came, %d went through, %v", cut, len(got), err)
		}
	}
}

func TestGateVerdicts(t *testing.T) {
	negative := []byte{0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0}
	got, err := through(&gate{limit: 65535}, append([]byte{0x81, 1, 'x'}, negative...), 512, 512)
	if !errors.Is(err, errFrameLength) || len(got) != 3+9 {
		t.Errorf("negative length: %d bytes, %v", len(got), err)
	}
	// What is over the limit goes to the frame reader, which says so.
	large := appendHeader(nil, opBinary, 70000)
	got, err = through(&gate{limit: 65535}, append(large, negative...), 512, 512)
	if err != io.EOF || len(got) != len(large)+len(negative) {
		t.Errorf("too large: %d bytes, %v", len(got), err)
	}
	// An HTTP head is no frame, and has an end.
	head := "HTTP/1.1 101 X\r\nA: \x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff\r\n\r\n"
	got, err = through(&gate{limit: 65535, head: true}, append([]byte(head), negative...), 5, 512)
	if !errors.Is(err, errFrameLength) || len(got) != len(head)+9 {
		t.Errorf("head: %d bytes, %v", len(got), err)
	}
	_, err = through(&gate{limit: 65535, head: true}, bytes.Repeat([]byte("a"), maxHead+1), 512, 512)
	if !errors.Is(err, errHeadTooLong) {
		t.Errorf("endless head: %v", err)
	}
	_, err = (&gate{}).read(make([]byte, 8), func([]byte) (int, error) { return 0, nil })
	if err != io.ErrNoProgress {
		t.Errorf("a source that gives nothing: %v", err)
	}
}
