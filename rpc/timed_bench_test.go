package rpc

import (
	"testing"

	"github.com/peerage-go/peerage/internal/racetest"
)

// BenchmarkLabels runs handlers with and without labels for profiles.
func BenchmarkLabels(b *testing.B) {
	for name, on := range map[string]bool{"off": false, "on": true} {
		b.Run(name, func(b *testing.B) {
			m, _ := sinks(b, 1)
			m.opts.ProfileHandlers = on
			b.ReportAllocs()
			for b.Loop() {
				receive(m, m.order[0], movePacket)
			}
		})
	}
}

// TestLabelsDoNotAllocate beside the argument that is a string.
func TestLabelsDoNotAllocate(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector allocates")
	}
	m, _ := sinks(t, 1)
	m.opts.ProfileHandlers = true
	receive(m, m.order[0], movePacket)
	if n := testing.AllocsPerRun(500, func() { receive(m, m.order[0], movePacket) }); n > 1 {
		t.Errorf("a call allocates %v times", n)
	}
}
