package rpc

import (
	"context"
	"runtime/pprof"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
)

// now is read often: a Duration is read faster than a Time.
func (m *SceneMultiplayer) now() time.Duration { return time.Since(m.made) }

// timed calls a handler, under its labels, and measures it. Of handlers that follow each other the end of one is the
// beginning of the next, which saves half of looking at the clock.
func (m *SceneMultiplayer) timed(method *method, c *Call) (value any, err error) {
	began := m.mark
	if began == 0 {
		began = m.now()
	}
	m.mark = 0
	if m.opts.ProfileHandlers {
		outer := m.labels
		m.label(method.labelled(c.Node))
		defer m.label(outer)
	}
	value, err = m.guard(method, c)
	ended := m.now()
	took := ended - began
	m.stats.Handlers.Add(took)
	method.calls.Add(took)
	if c.from != nil {
		m.mark = ended
	}
	if took >= multiplayer.SlowAfter && m.loud(c.from) {
		m.log.Warn("rpc: a handler was slow", "peer", c.Sender, "node", c.Node.path, "method", method.name, "took", took)
	}
	return value, err
}

func (m *SceneMultiplayer) label(ctx context.Context) {
	m.labels = ctx
	pprof.SetGoroutineLabels(ctx)
}

// labelled gives the labels of the method, which are made once.
func (m *method) labelled(n *Node) context.Context {
	if m.labels == nil {
		m.labels = pprof.WithLabels(context.Background(), pprof.Labels("node", n.path, "method", m.name))
	}
	return m.labels
}
