package multiplayer_test

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/peerage-go/peerage/internal/racetest"
	"github.com/peerage-go/peerage/internal/rawws"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// TestNoGarbageOfPackets takes packets from a socket to the receiver, and allocates nothing for them.
func TestNoGarbageOfPackets(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector allocates")
	}
	for _, protocol := range []string{"", multiplayer.Subprotocol} {
		m, err := multiplayer.Listen("127.0.0.1:0", &multiplayer.Options{
			Transport: transport.Options{MaxPacketsPerSecond: -1, MaxBytesPerSecond: -1}})
		must(t, err)
		defer m.Close()
		got := new(counter)
		m.SetReceiver(got)
		c, err := rawws.Dial(m.URL(), protocol)
		must(t, err)
		defer c.Close()
		packet := append([]byte{0x10}, make([]byte, 64)...)
		if protocol != "" {
			must(t, c.Message(0x00, 0x80)) // a hello that says nothing
		}
		const many = 20000
		sent := make(chan error, 1)
		begun, from := false, 0
		var before, after runtime.MemStats
		for ; got.n < 2*many; m.Poll() {
			if !begun && m.Peer(2) != nil {
				begun = true
				all := bytes.Repeat(rawws.Frame(rawws.Binary, packet), 2*many)
				go func() { sent <- c.Send(all) }()
			}
			if got.n > many && from == 0 {
				from = got.n
				runtime.ReadMemStats(&before)
			}
			must(t, m.Wait(t.Context()))
		}
		runtime.ReadMemStats(&after)
		must(t, <-sent)
		if each := float64(after.Mallocs-before.Mallocs) / float64(got.n-from); each > 0.1 {
			t.Errorf("%q: %.2f allocations a packet", protocol, each)
		}
	}
}

// counter counts packets.
type counter struct{ n int }

func (*counter) PeerConnected(*multiplayer.Peer)                       {}
func (*counter) PeerDisconnected(*multiplayer.Peer, error)             {}
func (c *counter) ReceivePacket(*multiplayer.Peer, multiplayer.Packet) { c.n++ }
func (*counter) Polled()                                               {}

func (*counter) PeerAway(*multiplayer.Peer)            {}
func (*counter) PeerBack(*multiplayer.Peer)            {}
func (*counter) PacketsDropped(*multiplayer.Peer, int) {}
