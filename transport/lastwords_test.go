package transport

import (
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/frame"
)

// TestLastWords closes with a close frame that waits until what was sent before has been read.
func TestLastWords(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		for name, leave := range map[string]func(r *raw){
			"a pong":              func(r *raw) { r.send(0x8a, "farewell") },
			"another close frame": func(r *raw) { r.send(0x88, closeFrame(1000, "")) },
			"a broken frame":      func(r *raw) { r.send(0x83, "") },
			"a pong after the other": func(r *raw) {
				r.send(0x8a, "\x00\x00\x00\x00\x00\x00\x00\x01")
				r.send(0x82, "x")
				r.send(0x8a, "farewell")
			},
		} {
			t.Run(name, func(t *testing.T) {
				_, p, r := rawClient(t, network, nil)
				p.SetLastWords(time.Hour)
				p.PutPacket([]byte("last"))
				if err := p.Close(4321, "why"); err != nil {
					t.Fatal(err)
				}
				p.PutPacket([]byte("too late"))
				p.Flush()
				r.want(frame.Binary, "last")
				r.want(frame.Ping, "farewell")
				leave(r)
				r.want(frame.Close, closeFrame(4321, "why"))
			})
		}
	})
}

// TestLastWordsThatNobodyConfirms closes all the same, after a while.
func TestLastWordsThatNobodyConfirms(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		_, p, r := rawClient(t, network, nil)
		p.SetLastWords(time.Millisecond)
		p.Close(1001, "")
		r.want(frame.Ping, "farewell")
		r.want(frame.Close, closeFrame(1001, ""))
	})
}

// TestLastWordsWithoutAClose takes a pong that nobody asked for as any other.
func TestLastWordsWithoutAClose(t *testing.T) {
	_, p, r := rawClient(t, "tcp", nil)
	p.SetLastWords(time.Hour)
	r.send(0x8a, "farewell")
	r.send(0x82, "goes on")
	p.PutPacket([]byte("as well"))
	p.Flush()
	r.want(frame.Binary, "as well")
	p.Close(-1, "")
}
