package multiplayer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/peerage-go/peerage/transport"
)

// Goodbye is what clients are told when their server goes down. On Godot's wire only the reason can be told.
type Goodbye struct {
	// Reason is the reason of the close frame, up to 123 bytes.
	Reason string
	// After is how long a client should wait before it connects again; URL where to, "" for the same place.
	After time.Duration
	URL   string
}

// maxAfter is how long a client waits at most because a goodbye asks for it.
const maxAfter = 24 * time.Hour

// goodbyeFields is a Goodbye on peerage.v1.
type goodbyeFields struct {
	Code   int    `msgpack:"code"`
	Reason string `msgpack:"reason,omitempty"`
	After  int64  `msgpack:"after,omitempty"` // milliseconds
	URL    string `msgpack:"url,omitempty"`
}

// Shutdown ends a server well: it takes no more peers, writes everything that is queued, tells every client with
// CloseGoingAway and g, and waits until they have answered. When ctx ends first it drops who is left and gives the
// error of ctx. It polls meanwhile: call it on the goroutine that polls. Inside Poll it does nothing and gives ErrInPoll.
func (m *MultiplayerPeer) Shutdown(ctx context.Context, g Goodbye) error {
	if m.owner.Polling() {
		return ErrInPoll
	}
	m.refusing.Store(true)
	m.ending.Store(true)
	if m.http != nil {
		m.http.Close()
	}
	m.Poll()
	for _, p := range m.order {
		if p.wire.kind() == Peerage && !p.Away() {
			f := goodbyeFields{CloseGoingAway, g.Reason, g.After.Milliseconds(), g.URL}
			if err := p.control(opGoodbye, f); err != nil {
				m.log.Debug("multiplayer: goodbye", "peer", p.id, "err", err)
			}
		}
	}
	queued := func() bool {
		return slices.ContainsFunc(m.order, func(p *Peer) bool { return !p.drained() && !p.Away() })
	}
	for queued() && ctx.Err() == nil {
		m.Wait(ctx)
		m.Poll()
	}
	m.mu.Lock()
	m.closed = true
	live := slices.Collect(maps.Keys(m.live))
	m.mu.Unlock()
	m.Flush()
	for _, ws := range live {
		ws.Close(CloseGoingAway, g.Reason)
	}
	err := waitDone(ctx, live)
	m.owner.Poll(m.finish)
	return err
}

// waitDone waits for connections to be gone, and drops them when ctx ends.
func waitDone(ctx context.Context, live []*transport.WebSocketPeer) error {
	dropped := 0
	for _, ws := range live {
		select {
		case <-ws.Done():
		case <-ctx.Done():
			ws.Close(-1, "")
			<-ws.Done()
			dropped++
		}
	}
	if dropped > 0 {
		return fmt.Errorf("multiplayer: %d connections were dropped: %w", dropped, context.Cause(ctx))
	}
	return nil
}

// finish tells the events of the end. It runs inside Poll.
func (m *MultiplayerPeer) finish() {
	m.poll()
	if !m.server && m.status != Disconnected { // it was away, or had not come in yet
		m.err = ErrLeft
		m.giveUp()
	}
	for _, p := range slices.Clone(m.order) {
		m.end(p) // those that were away
	}
	m.status = Disconnected
	m.ended()
	m.stopPosts()
	m.show()
}

func (m *MultiplayerPeer) isClosed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}
