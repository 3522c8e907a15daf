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

// maxHeld bounds the calls that wait for one remote.
const maxHeld = 256

// hold keeps the call of begin until its target's list is known, a round trip at most.
func (w *godotWire) hold(r *remote, argc int, arguments []byte) error {
	o := &w.out
	if o.d.Mode != multiplayer.Reliable {
		return nil // there will be a newer one
	}
	if len(r.paths.held) >= maxHeld {
		return fmt.Errorf("rpc: %d calls wait to learn which methods the peer has: %w", maxHeld, multiplayer.ErrBufferFull)
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
		w.simplify(from, r, n, n.pathID, n.checksum())
	}
}

// release sends the calls that were held for a node.
func (w *godotWire) release(r *remote, n *Node, a *agreement) {
	calls := r.paths.held
	r.paths.held = nil
	for _, c := range calls {
		if c.node != n {
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
