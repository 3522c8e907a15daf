package transport

import (
	"bytes"
	"time"

	"github.com/peerage-go/peerage/internal/frame"
	"github.com/peerage-go/peerage/internal/pool"
)

// A farewell is a close frame that waits until the other side has read what
// was sent before it. Guarded by inbox.mu.
type farewell struct {
	code   int
	reason string
	timer  *time.Timer
}

// farewellPing is the payload of the ping that stands behind what was sent.
var farewellPing = []byte("farewell")

// SetLastWords makes Close send a ping behind what was sent, and the close
// frame when its pong has come, or after wait. It is for the other sides that
// throw away what they read together with a close frame, as Godot's engine
// does. 0, the default: the close frame follows at once. Use it before Close,
// on any goroutine.
func (p *WebSocketPeer) SetLastWords(wait time.Duration) { p.lastWords.Store(int64(wait)) }

// sendFarewell is sendClose for who may have last words to be read.
func (p *WebSocketPeer) sendFarewell(code int, reason string) {
	wait := time.Duration(p.lastWords.Load())
	if wait <= 0 {
		p.sendClose(code, reason)
		return
	}
	p.in.mu.Lock()
	closed := p.in.phase == Closed
	if !closed {
		p.in.farewell = &farewell{code, reason, time.AfterFunc(wait, p.sayFarewell)}
	}
	p.in.mu.Unlock()
	if closed {
		return
	}

	o := &p.out
	o.mu.Lock()
	var broke error
	if !o.shut && !o.broken && o.nc != nil {
		p.copyCommonLocked()
		o.ended.Store(true)
		if o.batch == nil {
			o.batch = pool.GetGrown()
		}
		o.batch.B = appendFor(p, o.batch.B, frame.Ping, farewellPing)
		broke = p.writeLocked(p.packLocked())
	}
	o.mu.Unlock()
	if broke != nil {
		p.writeFailed(broke)
	}
}

// sayFarewell sends the close frame, if it still waits.
func (p *WebSocketPeer) sayFarewell() {
	p.in.mu.Lock()
	f := p.in.farewell
	p.in.farewell = nil
	p.in.mu.Unlock()
	if f != nil {
		f.timer.Stop()
		p.sendClose(f.code, f.reason)
	}
}

// isFarewell reports whether a pong is the one that a farewell waits for.
func isFarewell(pong []byte) bool { return bytes.Equal(pong, farewellPing) }
