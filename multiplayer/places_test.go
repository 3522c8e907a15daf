package multiplayer

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/transport"
)

// TestIdlersMakeRoom fills a session with connections that begin a handshake and say no more.
func TestIdlersMakeRoom(t *testing.T) {
	for _, test := range []struct {
		name       string
		limits     Options
		idlers     []string      // the addresses that hold a place each
		waited     time.Duration // since they came
		newcomer   string
		want       error
		leavesOpen int // idlers
	}{
		{"many of one address", Options{MaxPeers: 4}, []string{"x", "x", "x", "x"}, 0, "y", nil, 3},
		{"one each", Options{MaxPeers: 4}, []string{"a", "b", "c", "d"}, 0, "y", ErrFull, 4},
		{"one each, slow, but none of the newcomer's", Options{MaxPeers: 4}, []string{"a", "b", "c", "d"}, 2 * time.Second, "y", ErrFull, 4},
		{"no more than of the newcomer's", Options{MaxPeers: 4}, []string{"x", "x", "y", "y"}, 0, "y", ErrFull, 4},
		{"its own, quick", Options{MaxPeers: 2}, []string{"y", "y"}, 400 * time.Millisecond, "y", ErrFull, 2},
		{"its own, slow", Options{MaxPeers: 2}, []string{"y", "y"}, 600 * time.Millisecond, "y", nil, 1},
		{"the address is full", Options{MaxPeersPerAddress: 2}, []string{"y", "y", "x"}, 0, "y", ErrTooManyFromAddress, 3},
		{"the address is full of slow ones", Options{MaxPeersPerAddress: 2}, []string{"y", "y", "x"}, time.Second, "y", nil, 2},
		{"room enough", Options{MaxPeers: 5}, []string{"x", "x", "x", "x"}, 0, "y", nil, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, err := NewServer(&test.limits)
				if err != nil {
					t.Fatal(err)
				}
				var others []*transport.WebSocketPeer
				for _, host := range test.idlers {
					if err := m.reserve(host); err != nil {
						t.Fatal(err)
					}
					ws, other := transport.Pipe(m.ts, nil)
					m.adopt(ws, host)
					others = append(others, other)
				}
				time.Sleep(test.waited)
				before := m.taken
				if err := m.reserve(test.newcomer); !errors.Is(err, test.want) {
					t.Errorf("the newcomer is told %v, want %v", err, test.want)
				}
				open := 0
				synctest.Wait()
				for ws := range m.live {
					select {
					case <-ws.Done():
					default:
						open++
					}
				}
				if open != test.leavesOpen {
					t.Errorf("%d idlers are left, want %d", open, test.leavesOpen)
				}
				if want := before + 1 - (len(test.idlers) - open); test.want == nil && m.taken != want {
					t.Errorf("%d places are taken, want %d", m.taken, want)
				}
				if test.want == nil {
					m.release(test.newcomer)
				}
				m.Close()
				for _, o := range others {
					o.Close(-1, "")
				}
				m.Poll()
				synctest.Wait()
				if m.taken != 0 || len(m.hosts) != 0 || len(m.shaking) != 0 {
					t.Errorf("left behind: %d places, %v, %d in their handshake", m.taken, m.hosts, len(m.shaking))
				}
			})
		})
	}
}
