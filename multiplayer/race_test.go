package multiplayer_test

import (
	"context"
	"sync"
	"testing"

	"github.com/peerage-go/peerage/multiplayer"
)

// TestOrderedByTheSocket has what one goroutine did before it sent a packet read by others when they have received it, which
// the race detector is not to take for a race.
func TestOrderedByTheSocket(t *testing.T) {
	const clients = 4
	s, err := multiplayer.Listen("127.0.0.1:0", nil)
	must(t, err)
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	said := 0
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			c, err := multiplayer.Dial(s.URL(), nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			for ctx.Err() == nil {
				c.Wait(ctx)
				c.Poll()
				for range c.Packets() {
					if said != 1 {
						t.Errorf("what was done before is not seen: %d", said)
					}
					return
				}
			}
			t.Error("nothing came")
		})
	}
	for s.Stats().Peers < clients && ctx.Err() == nil {
		s.Wait(ctx)
		s.Poll()
	}
	said = 1
	must(t, s.Send(multiplayer.Everyone, multiplayer.Delivery{}, []byte("x")))
	s.Flush()
	all.Wait()
}
