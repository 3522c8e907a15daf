package frame

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// The examples of RFC 6455, section 5.7.
func TestAppend(t *testing.T) {
	for want, got := range map[string][]byte{
		"810548656c6c6f":                                     Append(nil, Text, "Hello"),
		"818537fa213d7f9f4d5158":                             AppendMasked(nil, Text, "Hello", 0x3d21fa37),
		"890548656c6c6f":                                     Append(nil, Ping, "Hello"),
		"8a8537fa213d7f9f4d5158":                             AppendMasked(nil, Pong, "Hello", 0x3d21fa37),
		"827e0100" + strings.Repeat("00", 256):               Append(nil, Binary, make([]byte, 256)),
		"827f0000000000010000" + strings.Repeat("00", 65536): Append(nil, Binary, make([]byte, 65536)),
		"8802" + "03e8":                                      Append(nil, Close, ClosePayload(1000, "")),
		"8800":                                               Append(nil, Close, ClosePayload(CodeNoStatus, "")),
	} {
		if fmt.Sprintf("%x", got) != want {
			t.Errorf("got %.40x, want %.40s", got, want)
		}
	}
}

// payload is data that shows where it was cut or mixed up.
func payload(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}

func TestMask(t *testing.T) {
	for n := range 100 {
		b, want := payload(n), payload(n)
		for i := range want {
			want[i] ^= "\x44\x33\x22\x11"[i%4]
		}
		Mask(b, 0x11223344)
		if !bytes.Equal(b, want) {
			t.Fatalf("%d bytes: %x, want %x", n, b, want)
		}
	}
}

func TestClosePayload(t *testing.T) {
	for _, reason := range []string{"", "bye", strings.Repeat("x", 200), strings.Repeat("ü", 100), "x" + strings.Repeat("ü", 100)} {
		b := ClosePayload(4000, reason)
		code, got, fault := ParseClose(b)
		if fault != nil || code != 4000 || len(b) > MaxControl || !strings.HasPrefix(reason, got) || !utf8.ValidString(got) {
			t.Errorf("%q: %d %q %v", reason, code, got, fault)
		}
		if len(reason) > maxReason && len(got) < maxReason-1 {
			t.Errorf("%d bytes of %d are left", len(got), len(reason))
		}
	}
}

func TestParseClose(t *testing.T) {
	for _, test := range []struct {
		payload string
		code    int
		reason  string
		fault   int
	}{
		{"", CodeNoStatus, "", 0},
		{"\x03\xe8", 1000, "", 0},
		{"\x0f\xa1why", 4001, "why", 0},
		{"\x03", 0, "", CodeProtocolError},
		{"\x00\x00", 0, "", CodeProtocolError},
		{"\x03\xed", 0, "", CodeProtocolError}, // 1005
		{"\x13\x88", 0, "", CodeProtocolError}, // 5000
		{"\x03\xe8\xff", 0, "", CodeInvalidData},
	} {
		code, reason, fault := ParseClose([]byte(test.payload))
		if code != test.code || reason != test.reason || (fault != nil) != (test.fault != 0) || fault != nil && fault.Code != test.fault {
			t.Errorf("%x: %d %q %v", test.payload, code, reason, fault)
		}
	}
}
