package rpc

import (
	"bytes"
	"fmt"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
)

// heldCall is a call that waits until it is known which of a node's known lists its target has: without it the number
// could be that of another method there.
type heldCall struct {
	from   *remote
	node   *Node
	method *method
	d      multiplayer.Delivery
	argc   int
	args   []byte
}

// What may wait for one remote: so many calls, and so many bytes of arguments, or one call. Those that clients make have
// half of both, and of that one client at most as much as it leaves free for others.
const (
	maxHeld      = 256
	maxHeldBytes = 64 << 10
)

// mayHold tells whether another call may wait, of a client or of the server itself (nil).
func mayHold(held []heldCall, from *remote, size int) bool {
	var all, relayed, own struct{ calls, bytes int }
	for _, c := range held {
		all.calls, all.bytes = all.calls+1, all.bytes+len(c.args)
		if c.from != nil {
			relayed.calls, relayed.bytes = relayed.calls+1, relayed.bytes+len(c.args)
		}
		if c.from == from {
			own.calls, own.bytes = own.calls+1, own.bytes+len(c.args)
		}
	}
	switch {
	case all.calls == 0:
		return true
	case all.calls >= maxHeld || all.bytes+size > maxHeldBytes:
		return false
	}
	return from == nil || relayed.calls == 0 ||
		own.calls < maxHeld/2-relayed.calls && own.bytes+size <= maxHeldBytes/2-relayed.bytes
}

// hold keeps the call of begin until its target's list is known, a round trip at most.
func (w *godotWire) hold(r *remote, argc int, arguments []byte) error {
	o := &w.out
	if o.d.Mode != multiplayer.Reliable {
		return nil // there will be a newer one
	}
	if n := len(r.paths.held); !mayHold(r.paths.held, o.from, len(arguments)) {
		return fmt.Errorf("rpc: %d calls wait to learn which methods the peer has: %w", n, multiplayer.ErrBufferFull)
	}
	r.paths.held = append(r.paths.held, heldCall{o.from, o.node, o.method, o.d, argc, bytes.Clone(arguments)})
	return nil
}

// insistEvery is how often a remote is told a path again that calls wait for.
const insistEvery = time.Second

// insist tells a path again where no answer came: an engine does not give one while the node is not in its tree.
func (w *godotWire) insist(from, r *remote, n *Node, s *sentPath) {
	now := time.Now()
	if s.with.insisted.IsZero() {
		s.with.insisted = now // tell has just told it
	}
	if now.Sub(s.with.insisted) >= insistEvery && !s.confirmed {
		s.with.insisted = now
		w.simplify(from, r, n.id, n.checksum())
	}
}

// release sends the calls that were held for a node.
func (w *godotWire) release(r *remote, n *Node, a *agreement) {
	calls := r.paths.held
	r.paths.held = nil
	for _, c := range calls {
		if c.node.methodSet != n.methodSet {
			r.paths.held = append(r.paths.held, c)
			continue
		}
		if c.from != nil && c.from.phase == departed {
			continue
		}
		m := message{kind: kindCall, node: c.node, method: c.method, target: r.id, delivery: c.d}
		_, err := w.begin(c.from, &m, []*remote{r})
		if err == nil {
			err = w.sendCall(c.argc, c.args)
		}
		if err != nil && w.m.loud(r) {
			w.m.log.Warn("rpc: a call that waited could not be sent", "peer", r.id, "node", n.path, "method", c.method.name, "err", err)
		}
	}
}
