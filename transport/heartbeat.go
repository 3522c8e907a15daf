package transport

import (
	"encoding/binary"
	"time"

	"github.com/peerage-go/peerage/internal/frame"
)

// firstBeat is when the first ping is sent at the latest, so that the round
// trip is soon known.
const firstBeat = time.Second

// A heartbeat pings at each interval, and drops the connection if the pong
// has not come by the next one. Guarded by inbox.mu.
type heartbeat struct {
	timer   *time.Timer
	id      uint64 // of the last ping, its payload
	sent    time.Time
	pending bool   // no pong for it yet
	excused bool   // the reader waited for the user in this interval
	seen    uint64 // bytesIn at that time
}

func (h *heartbeat) stop() {
	if h != nil {
		h.timer.Stop()
	}
}

func (p *WebSocketPeer) startHeartbeatLocked() {
	if p.heartbeat > 0 {
		p.in.beat = &heartbeat{timer: time.AfterFunc(min(p.heartbeat, firstBeat), p.onBeat)}
	}
}

func (p *WebSocketPeer) onBeat() {
	p.in.mu.Lock()
	h := p.in.beat
	if h == nil || p.in.phase != Open {
		p.in.mu.Unlock()
		return
	}
	h.timer.Reset(p.heartbeat)
	if h.pending {
		// A pong cannot be read while the reader waits for the user, and
		// cannot overtake a large message that is on its way.
		seen := p.bytesIn.Load()
		alive := p.in.paused || h.excused || p.in.halfway.Load() && seen != h.seen
		h.seen, h.excused = seen, false
		p.in.mu.Unlock()
		if !alive {
			p.logDebug("no pong", "addr", p.remoteAddr())
			p.sendClose(frame.CodeInternalError, "no pong")
			p.drop(ErrHeartbeat)
		}
		return
	}
	h.id++
	h.sent, h.pending, h.excused, h.seen = time.Now(), true, false, p.bytesIn.Load()
	payload := binary.BigEndian.AppendUint64(nil, h.id)
	p.in.mu.Unlock()
	p.sendControl(frame.Ping, payload)
}

func (p *WebSocketPeer) onPong(payload []byte) {
	p.meter.packet()
	if isFarewell(payload) {
		p.sayFarewell()
		return
	}
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	if h := p.in.beat; h != nil && h.pending && len(payload) == 8 && binary.BigEndian.Uint64(payload) == h.id {
		h.pending = false
		p.in.trip = time.Since(h.sent)
	}
}
