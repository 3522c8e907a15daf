package multiplayer

import (
	"bytes"
	"runtime"
	"testing"
)

// TestDeclaredFieldsAreNotAllocated gives the maps of a connection fields that declare to be as long as can be: no more
// than a little is allocated for any.
func TestDeclaredFieldsAreNotAllocated(t *testing.T) {
	const most = 4 << 20
	for name, c := range map[string]struct {
		fields string
		into   any
	}{
		"hello with a long session":     {"\x81\xa7session\xc6\xff\xff\xff\xff", new(hello)},
		"hello with a session as text":  {"\x81\xa7session\xdb\xff\xff\xff\xff", new(hello)},
		"hello with a session of 16 MB": {"\x81\xa7session\xc6\x01\x00\x00\x00", new(hello)},
		"hello with a long agent":       {"\x81\xa5agent\xdb\xff\xff\xff\xff", new(hello)},
		"hello with a long key":         {"\x81\xdb\xff\xff\xff\xff", new(hello)},
		"hello with a long field":       {"\x81\xa1x\xc6\xff\xff\xff\xff", new(hello)},
		"hello with many fields":        {"\xdf\xff\xff\xff\xff", new(hello)},
		"hello with a long list":        {"\x81\xa1x\xdd\xff\xff\xff\xff", new(hello)},
		"hello with a long extension":   {"\x81\xa1x\xc9\xff\xff\xff\xff\x05", new(hello)},
		"welcome with a long session":   {"\x81\xa7session\xc6\xff\xff\xff\xff", new(welcome)},
		"goodbye with a long reason":    {"\x81\xa6reason\xdb\xff\xff\xff\xff", new(goodbyeFields)},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := unmarshal([]byte(c.fields), c.into)
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Error("it was taken")
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > most {
				t.Errorf("%d bytes were allocated for it", n)
			}
		})
	}
}

// TestSessionOnTheWire pins the form of a session, and which lengths are taken.
func TestSessionOnTheWire(t *testing.T) {
	for fields, want := range map[string][]byte{
		"\x81\xa7session\xc4\x03abc":          []byte("abc"),
		"\x81\xa7session\xa3abc":              []byte("abc"),
		"\x81\xa7session\xc6\x00\x00\x00\x00": nil,
		"\x81\xa7session\xc0":                 nil,
		"\x80":                                nil,
	} {
		var h hello
		if err := unmarshal([]byte(fields), &h); err != nil || !bytes.Equal(h.Session, want) {
			t.Errorf("%q gives %q, %v", fields, h.Session, err)
		}
	}
}
