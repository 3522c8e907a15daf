package multiplayer_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/racetest"
	"github.com/peerage-go/peerage/internal/rawws"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// packet makes one of 4 KiB that can be told from others.
func packet(n int) []byte {
	b := make([]byte, 4096)
	binary.LittleEndian.PutUint32(b, uint32(n))
	return b
}

// take polls a peer that was left alone until the packet that ends a test comes, and gives what came before.
func take(p *party, c *multiplayer.MultiplayerPeer, end string) (numbers []int) {
	p.until("the last packet is there", func() bool {
		for pkt := range c.Packets() {
			if string(pkt.Data) == end {
				return true
			}
			numbers = append(numbers, int(binary.LittleEndian.Uint32(pkt.Data)))
		}
		return false
	})
	return numbers
}

// stall sends packets of a mode to client 2, which is not polled, until n of them have met a full connection.
func stall(p *party, d multiplayer.Delivery, over func(s multiplayer.PeerStats, err error) bool) (sent int) {
	for {
		err := p.server.Send(2, d, packet(sent))
		sent++
		p.server.Poll()
		if over(p.server.Peer(2).Stats(), err) {
			return sent
		}
		if sent > 1<<16 {
			p.t.Fatal("the connection never filled up")
		}
	}
}

func TestReliablePacketsToASlowPeerFail(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		c := p.join(nil)
		other := p.join(nil)
		p.peers = []*multiplayer.MultiplayerPeer{p.server, other} // c is not polled
		var full error
		n := stall(p, multiplayer.Delivery{}, func(_ multiplayer.PeerStats, err error) bool { full = err; return err != nil })
		if !errors.Is(full, multiplayer.ErrBufferFull) {
			t.Errorf("Send: %v", full)
		}
		if s := p.server.Peer(2).Stats(); s.Refused == 0 || s.QueuedBytes > 65535 {
			t.Errorf("stats %+v", s)
		}
		must(t, p.server.Send(3, multiplayer.Delivery{}, []byte("end")))
		take(p, other, "end") // nobody else is held up

		p.peers = append(p.peers, c)
		p.until("there is room again", func() bool { return p.server.Send(2, multiplayer.Delivery{}, []byte("end")) == nil })
		got := take(p, c, "end")
		want := make([]int, n-1)
		for i := range want {
			want[i] = i
		}
		if !slices.Equal(got, want) {
			t.Errorf("of %d accepted packets these came: %v", n-1, got)
		}
	})
}

func TestUnreliablePacketsAreDroppedOldestFirst(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		c := p.join(nil)
		p.peers = p.peers[:1]
		n := stall(p, multiplayer.Delivery{Mode: multiplayer.Unreliable}, func(s multiplayer.PeerStats, err error) bool {
			must(t, err)
			return s.Dropped >= 3
		})
		dropped := int(p.server.Peer(2).Stats().Dropped)
		p.peers = append(p.peers, c)
		p.until("there is room again", func() bool { return p.server.Send(2, multiplayer.Delivery{}, []byte("end")) == nil })
		got := take(p, c, "end")
		if len(got) != n-dropped || !slices.IsSorted(got) || got[len(got)-1] != n-1 {
			t.Errorf("of %d packets, %d dropped, these came: %v", n, dropped, got)
		}
	})
}

func TestUnreliableOrderedGivesWayToTheNewest(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		c := p.join(nil)
		p.peers = p.peers[:1]
		a := multiplayer.Delivery{Mode: multiplayer.UnreliableOrdered, Key: 1}
		b := multiplayer.Delivery{Mode: multiplayer.UnreliableOrdered, Key: 2}
		n := stall(p, a, func(s multiplayer.PeerStats, err error) bool { must(t, err); return s.Replaced >= 3 })
		must(t, p.server.Send(2, b, packet(1<<20)))
		must(t, p.server.Send(2, a, packet(n)))
		p.peers = append(p.peers, c)
		must(t, p.server.Send(2, multiplayer.Delivery{}, []byte("end")))
		got := take(p, c, "end")
		replaced := int(p.server.Peer(2).Stats().Replaced)
		if len(got) != n+2-replaced || got[len(got)-1] != n || got[len(got)-2] != 1<<20 {
			t.Errorf("of %d packets, %d replaced, these came: %v", n+2, replaced, got)
		}
	})
}

func TestLowerChannelsLeaveFirstUnderPressure(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		c := p.join(nil)
		p.peers = p.peers[:1]
		stall(p, multiplayer.Delivery{Channel: 1, Mode: multiplayer.Unreliable}, func(s multiplayer.PeerStats, err error) bool {
			return s.QueuedPackets >= 2
		})
		must(t, p.server.Send(2, multiplayer.Delivery{Channel: 5}, packet(50)))
		must(t, p.server.Send(2, multiplayer.Delivery{Channel: 3}, packet(30)))
		must(t, p.server.Send(2, multiplayer.Delivery{Channel: 5}, packet(51)))
		must(t, p.server.Send(2, multiplayer.Delivery{Channel: 9}, []byte("end")))
		p.peers = append(p.peers, c)
		got := take(p, c, "end")
		if tail := got[len(got)-3:]; !slices.Equal(tail, []int{30, 50, 51}) {
			t.Errorf("the last ones came as %v", tail)
		}
	})
}

func TestPeerThatNeverReadsIsDisconnected(t *testing.T) {
	o := &multiplayer.Options{SlowPeerTimeout: 30 * time.Millisecond, Transport: transport.Options{CloseTimeout: 100 * time.Millisecond}}
	everyLink(t, o, func(t *testing.T, p *party) {
		p.join(nil)
		p.peers = p.peers[:1]
		d := time.Now().Add(deadline)
		for p.server.Peer(2) != nil && time.Now().Before(d) {
			p.server.Send(2, multiplayer.Delivery{}, packet(0))
			p.server.Poll()
		}
		if s := p.server.Stats(); s.SlowPeers != 1 || s.Peers != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

// TestSlowPeerMemory holds what the heap grows by for a client that never reads against its budget.
func TestSlowPeerMemory(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector takes memory of its own")
	}
	const budget = 256 << 10
	for _, size := range []int{16, 64, 1000, 4096, 30000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			m, err := multiplayer.Listen("127.0.0.1:0", &multiplayer.Options{SlowPeerTimeout: time.Hour,
				Transport: transport.Options{OutboundBufferSize: budget, MaxQueuedPackets: 1 << 20}})
			must(t, err)
			defer m.Close()
			c, err := rawws.Dial(m.URL(), "")
			must(t, err)
			defer c.Conn.Close()
			for m.Peer(2) == nil {
				must(t, m.Wait(t.Context()))
				m.Poll()
			}
			heap := func() int {
				runtime.GC()
				runtime.GC() // what pools hold is given back by the second
				var s runtime.MemStats
				runtime.ReadMemStats(&s)
				return int(s.HeapAlloc)
			}
			before, most := heap(), 0
			packet := make([]byte, size)
			for range 3 { // what the kernel takes late makes room again
				for n := 0; m.Send(2, multiplayer.Delivery{}, packet) == nil; n++ {
					if n%16 == 15 {
						m.Poll()
					}
				}
				most = max(most, heap()-before)
				m.Poll()
			}
			slack := 32<<10 + size // the session itself keeps room for one packet
			if most > budget+slack {
				t.Errorf("the heap grew by %d bytes, of %d", most, budget)
			}
			if s := m.Peer(2).Stats(); s.QueuedBytes > budget {
				t.Errorf("%d bytes are queued", s.QueuedBytes)
			}
			t.Logf("%d bytes of %d for %d packets", most, budget, m.Peer(2).Stats().QueuedPackets)
		})
	}
}

// TestDisconnectedAfterWhatWaits has a peer that does not keep up get all that was sent before it was disconnected.
func TestDisconnectedAfterWhatWaits(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		c := p.join(nil)
		p.peers = p.peers[:1]
		n := stall(p, multiplayer.Delivery{}, func(_ multiplayer.PeerStats, err error) bool { return err != nil }) - 1
		must(t, p.server.DisconnectPeer(2, false))
		gone := false
		c.OnPeerDisconnected = func(multiplayer.PeerID, error) { gone = true }
		p.peers = append(p.peers, c)
		var got []int
		p.until("the client is disconnected", func() bool {
			for pkt := range c.Packets() {
				got = append(got, int(binary.LittleEndian.Uint32(pkt.Data)))
			}
			return gone
		})
		if len(got) != n || !slices.IsSorted(got) {
			t.Errorf("of %d packets %d came, the last is %d", n, len(got), got[len(got)-1])
		}
	})
}

// TestNothingWaitsForWhoIsGone has a peer that does not keep up lose its connection with packets still to be sent.
func TestNothingWaitsForWhoIsGone(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		p.join(nil)
		p.peers = p.peers[:1]
		stall(p, multiplayer.Delivery{}, func(s multiplayer.PeerStats, err error) bool { return err != nil && s.QueuedPackets > 0 })
		if s := p.server.Stats(); s.QueuedPackets == 0 || s.QueuedBytes == 0 {
			t.Errorf("before: %+v", s)
		}
		p.server.Peer(2).WebSocket().Close(-1, "")
		p.until("the peer is gone", func() bool { return p.server.Peer(2) == nil })
		if s := p.server.Stats(); s.QueuedPackets != 0 || s.QueuedBytes != 0 {
			t.Errorf("after: %d packets, %d bytes", s.QueuedPackets, s.QueuedBytes)
		}
	})
}

// TestTooLargePackets sends a packet that no connection to the peer can take, while it keeps up, while it does not and while
// it is away: each time that is told, and nothing makes room for it or waits behind it.
func TestTooLargePackets(t *testing.T) {
	o := &multiplayer.Options{ResumeWindow: deadline, ReplayBufferSize: 64 << 20}
	everyLink(t, o, func(t *testing.T, p *party) {
		c := p.join(&multiplayer.Options{Reconnect: deadline, Transport: transport.Options{InboundBufferSize: 1 << 20}})
		p.peers = p.peers[:1]
		refused := func(when string) {
			for _, mode := range []multiplayer.TransferMode{multiplayer.Reliable, multiplayer.Unreliable} {
				before := p.server.Peer(2).Stats()
				err := p.server.Send(2, multiplayer.Delivery{Mode: mode}, make([]byte, 65535))
				after := p.server.Peer(2).Stats()
				if !errors.Is(err, multiplayer.ErrPacketTooLarge) || before.QueuedPackets != after.QueuedPackets || after.Refused > 0 {
					t.Errorf("%s, %v: %v; %d waited, then %d", when, mode, err, before.QueuedPackets, after.QueuedPackets)
				}
			}
		}
		refused("it keeps up")
		n := stall(p, multiplayer.Delivery{Mode: multiplayer.Unreliable}, func(s multiplayer.PeerStats, err error) bool {
			must(t, err)
			return s.QueuedPackets > 5
		})
		refused("it does not")
		before := p.server.Peer(2).Stats()
		must(t, p.server.Send(2, multiplayer.Delivery{Mode: multiplayer.Unreliable}, make([]byte, 65534))) // fits, but not now
		if s := p.server.Peer(2).Stats(); s.Dropped != before.Dropped+1 || s.QueuedPackets != before.QueuedPackets {
			t.Errorf("%d packets waited, then %d, and %d were dropped", before.QueuedPackets, s.QueuedPackets, s.Dropped-before.Dropped)
		}
		cut(p.server.Peer(2))
		p.until("it is away", func() bool { return p.server.Peer(2).Away() })
		refused("it is away")
		must(t, p.server.Send(2, multiplayer.Delivery{}, packet(n)))
		must(t, p.server.Send(2, multiplayer.Delivery{}, []byte("end")))
		p.peers = append(p.peers, c)
		if got := take(p, c, "end"); len(got) == 0 || got[len(got)-1] != n {
			t.Errorf("of %d packets these came: %v", n, got)
		}
	})
}

// TestReplayMemory holds what the heap grows by for a peer that is away against what may be kept for it.
func TestReplayMemory(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector takes memory of its own")
	}
	const budget = 256 << 10
	for _, size := range []int{1, 16, 1000, 4096} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			p := listening(t, &multiplayer.Options{ResumeWindow: deadline, ReplayBufferSize: budget})
			c, _ := p.byHand(2)
			c.Close()
			p.until("it is away", func() bool { return p.server.Peer(2).Away() })
			heap := func() int {
				runtime.GC()
				runtime.GC() // what pools hold is given back by the second
				var s runtime.MemStats
				runtime.ReadMemStats(&s)
				return int(s.HeapAlloc)
			}
			before, n, packet := heap(), 0, make([]byte, size)
			for p.server.Send(2, multiplayer.Delivery{}, packet) == nil {
				n++
			}
			if got := heap() - before; got > budget+16<<10 {
				t.Errorf("the heap grew by %d bytes, of %d", got, budget)
			}
			if n*(size+100) < budget*3/4 {
				t.Errorf("only %d packets of %d bytes were kept", n, size)
			}
		})
	}
}

// TestAcknowledgementThatDidNotFit is made up for when there is room again.
func TestAcknowledgementThatDidNotFit(t *testing.T) {
	ws, m := fakeServer(t, &multiplayer.Options{ReplayBufferSize: 64 << 20, Transport: transport.Options{MaxQueuedPackets: 1}})
	must(t, ws.PutPacket([]byte("\x01\x83\xa2id\x05\xa7session\xc4\x10"+strings.Repeat("s", 16)+"\xadresume_window\xcd\x7f\xff")))
	ws.Flush()
	pollUntil(t, m, "it is connected", func() bool { return m.ConnectionStatus() == multiplayer.Connected })
	fill := func() {
		for m.Send(1, multiplayer.Delivery{}, packet(0)) == nil {
			m.Flush()
		}
	}
	for came, sent := 0, 0; came < 64; {
		for ; sent < 64 && ws.PutPacket([]byte("\x10x")) == nil; sent++ {
		}
		ws.Flush()
		pollUntil(t, m, "packets come", func() bool {
			fill()
			return m.AvailablePacketCount() > 0
		})
		for range m.Packets() {
			came++
		}
	}
	pollUntil(t, m, "the acknowledgement comes", func() bool {
		for range 100 { // it reads one at a time
			ws.Poll()
			for pkt := range ws.Packets() {
				if string(pkt.Data) == "\x04\x40" {
					return true
				}
			}
			runtime.Gosched()
		}
		return false
	})
}
