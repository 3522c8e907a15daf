package transport

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// The examples of RFC 6455, section 5.7.
func TestFrames(t *testing.T) {
	for want, got := range map[string][]byte{
		"810548656c6c6f":                                     appendFrame(nil, opText, "Hello"),
		"818537fa213d7f9f4d5158":                             appendMasked(nil, opText, "Hello", 0x3d21fa37),
		"890548656c6c6f":                                     appendFrame(nil, opPing, "Hello"),
		"8a8537fa213d7f9f4d5158":                             appendMasked(nil, opPong, "Hello", 0x3d21fa37),
		"827e0100" + strings.Repeat("00", 256):               appendFrame(nil, opBinary, make([]byte, 256)),
		"827f0000000000010000" + strings.Repeat("00", 65536): appendFrame(nil, opBinary, make([]byte, 65536)),
		"8802" + "03e8":                                      appendFrame(nil, opClose, closePayload(1000, "")),
	} {
		if fmt.Sprintf("%x", got) != want {
			t.Errorf("got %.40x, want %.40s", got, want)
		}
	}
}

func TestMaskBytes(t *testing.T) {
	for n := range 100 {
		b, want := payload(n), payload(n)
		for i := range want {
			want[i] ^= "\x44\x33\x22\x11"[i%4]
		}
		maskBytes(b, 0x11223344)
		if !bytes.Equal(b, want) {
			t.Fatalf("%d bytes: %x, want %x", n, b, want)
		}
	}
}
