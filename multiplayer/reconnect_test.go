package multiplayer_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
)

// TestReconnectToTheEnd has a server take its client again just before the client's time is over, however its pauses fall;
// and a client give up when its time is over, not before.
func TestReconnectToTheEnd(t *testing.T) {
	const window = 15 * time.Second
	for _, taken := range []time.Duration{window - 10*time.Millisecond, window + time.Minute} {
		for range 50 { // the pauses are random
			synctest.Test(t, func(t *testing.T) {
				s, err := multiplayer.NewServer(nil)
				must(t, err)
				c, err := s.Join(&multiplayer.Options{Reconnect: window})
				must(t, err)
				poll := func() {
					for range 4 {
						s.Poll()
						c.Poll()
						synctest.Wait()
					}
				}
				for poll(); c.ConnectionStatus() != multiplayer.Connected; poll() {
				}
				s.SetRefuseNewConnections(true)
				s.Peer(2).WebSocket().Close(-1, "")
				lost := time.Now()
				for poll(); c.ConnectionStatus() == multiplayer.Connecting; poll() {
					time.Sleep(5 * time.Millisecond)
					s.SetRefuseNewConnections(time.Since(lost) < taken)
				}
				after := time.Since(lost)
				if back := c.ConnectionStatus() == multiplayer.Connected; back != (taken < window) || after < window-time.Second/20 || after > window+time.Second/20 {
					t.Errorf("taken after %v: %v after %v", taken, c.ConnectionStatus(), after)
				}
				c.Close()
				s.Close()
				poll()
			})
		}
	}
}
