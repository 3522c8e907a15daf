package multiplayer_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// What is passed on for others has its share of a peer's budget, and nothing of the server's own.

// relay passes a packet on to client 2.
func relay(s *multiplayer.MultiplayerPeer, source multiplayer.PeerID, d multiplayer.Delivery, data []byte) error {
	return s.Relay(source, []*multiplayer.Peer{s.Peer(2)}, d, data)
}

// flood passes reliable packets on to client 2 until none of the sources can put another one there, and tells how many
// there were. Numbers of a source begin at a million times its id.
func flood(p *party, size int, sources ...multiplayer.PeerID) (accepted map[multiplayer.PeerID]int) {
	p.t.Helper()
	accepted = map[multiplayer.PeerID]int{}
	for quiet := 0; quiet < 20; quiet++ { // what the kernel takes late makes room again
		for _, id := range sources {
			for {
				err := relay(p.server, id, multiplayer.Delivery{}, numbered(int(id)*1_000_000+accepted[id], size))
				if err != nil {
					if !errors.Is(err, multiplayer.ErrBufferFull) {
						p.t.Fatal(err)
					}
					break
				}
				accepted[id]++
				quiet = 0
			}
		}
		p.server.Poll()
	}
	return accepted
}

// bySource sorts numbers that came by their source, 0 for the server's own.
func bySource(numbers []int) map[multiplayer.PeerID][]int {
	by := map[multiplayer.PeerID][]int{}
	for _, n := range numbers {
		id := multiplayer.PeerID(n / 1_000_000)
		by[id] = append(by[id], n%1_000_000)
	}
	return by
}

// takeAll polls client 2 again, which was left alone, and gives all that was accepted for it.
func takeAll(p *party, c *multiplayer.MultiplayerPeer) map[multiplayer.PeerID][]int {
	p.t.Helper()
	p.peers = append(p.peers, c)
	var came []int
	sent, ended := false, false
	p.until("all came", func() bool {
		for pkt := range c.Packets() {
			if ended = string(pkt.Data) == "end"; !ended {
				came = append(came, int(binary.LittleEndian.Uint32(pkt.Data)))
			}
		}
		if !sent {
			err := p.server.Send(2, multiplayer.Delivery{}, []byte("end"))
			if sent = err == nil; !sent && !errors.Is(err, multiplayer.ErrBufferFull) {
				p.t.Fatal(err)
			}
		}
		return ended
	})
	return bySource(came)
}

// TestRelaysLeaveTheOtherHalf floods a peer that does not read for one sender, or for several, with packets of any size:
// the server's own find their half of its budget, and all that was accepted comes in its order.
func TestRelaysLeaveTheOtherHalf(t *testing.T) {
	const budget = 65535
	for _, size := range []int{4, 500, 4000, 20_000, 60_000} {
		for _, window := range []time.Duration{0, deadline} {
			t.Run(fmt.Sprintf("%d bytes, window %v", size, window), func(t *testing.T) {
				everyLink(t, &multiplayer.Options{ResumeWindow: window}, func(t *testing.T, p *party) {
					c := p.join(nil)
					p.peers = p.peers[:1]
					accepted := flood(p, size, 7, 8, 9)
					own := 0
					for p.server.Send(2, multiplayer.Delivery{}, numbered(own, size/4)) == nil {
						own++
					}
					if cost := size/4*5/4 + 300; (own+1)*cost < budget/2 { // of memory
						t.Errorf("%d packets of the server's own were accepted, of %d bytes", own, max(4, size/4))
					}
					came := takeAll(p, c)
					for id, n := range accepted {
						if !slices.Equal(came[id], upTo(n)) {
							t.Errorf("%d packets of %d were accepted, these came: %v", n, id, came[id])
						}
					}
					if !slices.Equal(came[0], upTo(own)) {
						t.Errorf("%d packets were accepted, these came: %v", own, came[0])
					}
				})
			})
		}
	}
}

// TestSourcesLeaveRoomForEachOther has one sender after the other flood a peer: each finds something, and the first no
// more than half of what is for all of them.
func TestSourcesLeaveRoomForEachOther(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		p.join(nil)
		p.peers = p.peers[:1]
		flood(p, 1000, 5) // until the connection is full
		waiting := p.server.Peer(2).Stats().QueuedPackets
		for id := multiplayer.PeerID(6); id < 9; id++ {
			n := flood(p, 200, id)[id]
			if n == 0 {
				t.Errorf("nothing of %d was accepted", id)
			}
		}
		if bytes := waiting * 1000; bytes > 65535/4 {
			t.Errorf("%d packets of the first wait", waiting)
		}
	})
}

// TestUnreliableRelaysGiveWay floods a peer that does not read with unreliable packets of two senders: each loses its own
// oldest, and neither the other's nor the server's.
func TestUnreliableRelaysGiveWay(t *testing.T) {
	for _, mode := range []multiplayer.TransferMode{multiplayer.Unreliable, multiplayer.UnreliableOrdered} {
		t.Run(mode.String(), func(t *testing.T) {
			everyLink(t, nil, func(t *testing.T, p *party) {
				c := p.join(nil)
				p.peers = p.peers[:1]
				flood(p, 4000, 9)
				d := func(n int) multiplayer.Delivery { return multiplayer.Delivery{Mode: mode, Key: uint64(n)} }
				for i := range 10 {
					must(t, p.server.Send(2, d(i), numbered(i, 1000)))
				}
				must(t, relay(p.server, 7, d(1), numbered(7_000_000, 300)))
				const n = 3000
				for i := range n {
					must(t, relay(p.server, 8, d(i), numbered(8_000_000+i, 300)))
				}
				for i := range 3 { // large ones for which there is never room push nothing out
					must(t, relay(p.server, 8, d(n+i), numbered(8_000_000+n+i, 60_000)))
				}
				s := p.server.Peer(2).Stats()
				came := takeAll(p, c)
				if !slices.Equal(came[0], upTo(10)) || !slices.Equal(came[7], upTo(1)) {
					t.Errorf("of the server's 10 came %v, of the other's one %v", came[0], came[7])
				}
				late := came[8]
				if len(late) == 0 || !slices.IsSorted(late) || late[len(late)-1] != n-1 || int(s.Dropped) != n+3-len(late) {
					t.Errorf("of %d came %v, %d were dropped", n, late, s.Dropped)
				}
			})
		})
	}
}

// TestRelaysDoNotHoldUpHigherChannels keeps relaying on channel 0 more than a peer reads, and sends to it on a higher one:
// that arrives as well, and a lower channel of the server's own still leaves first.
func TestRelaysDoNotHoldUpHigherChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, nil, &multiplayer.Options{Transport: transport.Options{MaxQueuedPackets: 2}})
		relays := map[multiplayer.PeerID]int{}
		fill := func() {
			for id := multiplayer.PeerID(7); id < 27; id++ {
				for relay(b.s, id, multiplayer.Delivery{}, numbered(int(id)*1_000_000+relays[id], 300)) == nil {
					relays[id]++
				}
			}
		}
		for range 50 {
			fill()
			b.s.Poll()
			synctest.Wait()
		}
		must(t, b.s.Send(2, multiplayer.Delivery{Channel: 9}, numbered(9, 0)))
		must(t, b.s.Send(2, multiplayer.Delivery{Channel: 8}, numbered(8, 0)))
		var own, all []int
		for len(own) < 2 {
			fill()
			b.tick(time.Millisecond)
			had := len(all)
			numbers(b.c, &all)
			for _, n := range all[had:] {
				if n < 1_000_000 {
					own = append(own, n)
				}
			}
			if len(all) > 1000 {
				t.Fatalf("of %d packets that came these are the server's own: %v", len(all), own)
			}
		}
		if !slices.Equal(own, []int{8, 9}) {
			t.Errorf("the server's own came as %v", own)
		}
		for id, relayed := range bySource(all) {
			if id != 0 && !slices.Equal(relayed, upTo(len(relayed))) {
				t.Errorf("those of %d came as %v", id, relayed)
			}
		}
	})
}

// TestGrowingPackets has unreliable ordered packets replaced by larger ones: they take no more than may wait.
func TestGrowingPackets(t *testing.T) {
	for _, source := range []multiplayer.PeerID{0, 7} {
		everyLink(t, nil, func(t *testing.T, p *party) {
			p.join(nil)
			p.peers = p.peers[:1]
			stall(p, multiplayer.Delivery{}, func(_ multiplayer.PeerStats, err error) bool { return p.server.Peer(2).WebSocket().Congested() })
			for _, size := range []int{4, 60_000} {
				for key := range uint64(100) {
					must(t, relay(p.server, source, multiplayer.Delivery{Mode: multiplayer.UnreliableOrdered, Key: key}, make([]byte, size)))
				}
			}
			if s := p.server.Peer(2).Stats(); s.QueuedBytes > 65535 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestRelaysDisconnectNobody floods a peer that reads nothing for far longer than SlowPeerTimeout, and then calls it for the
// server itself, which does end it.
func TestRelaysDisconnectNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, err := multiplayer.Pipe(&multiplayer.Options{SlowPeerTimeout: time.Second, Transport: transport.Options{HeartbeatInterval: time.Minute}}, nil)
		must(t, err)
		defer s.Close()
		defer c.Close()
		for range 20 {
			s.Poll()
			c.Poll()
			synctest.Wait()
		}
		for range 300 {
			for relay(s, 7, multiplayer.Delivery{}, make([]byte, 3000)) == nil {
			}
			time.Sleep(100 * time.Millisecond)
			s.Poll()
			if s.Peer(2) == nil {
				t.Fatalf("it is gone: %+v", s.Stats())
			}
		}
		for start := time.Now(); s.Peer(2) != nil; s.Poll() {
			s.Send(2, multiplayer.Delivery{}, make([]byte, 3000))
			time.Sleep(100 * time.Millisecond)
			if time.Since(start) > 20*time.Second {
				t.Fatal("it is still there")
			}
		}
	})
}

// TestRelaysToWhoIsAway floods a peer that is away: it comes back, to all of the server's own, and to what was accepted of
// the others.
func TestRelaysToWhoIsAway(t *testing.T) {
	for _, size := range []int{4, 3000, 60_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			everyLink(t, &multiplayer.Options{ResumeWindow: deadline}, func(t *testing.T, p *party) {
				c := p.join(&multiplayer.Options{Reconnect: deadline})
				p.peers = p.peers[:1]
				cut(p.server.Peer(2))
				p.until("it is away", func() bool { return p.server.Peer(2).Away() })
				accepted := flood(p, size, 7, 8)
				own, bytes := 0, 0
				for p.server.Send(2, multiplayer.Delivery{}, numbered(own, 3000)) == nil {
					own++
					bytes += 3000
				}
				if accepted[7] == 0 || accepted[8] == 0 || bytes < 8*65535/2*3/4 {
					t.Errorf("%v and %d bytes of the server's own were accepted", accepted, bytes)
				}
				came := takeAll(p, c)
				if !slices.Equal(came[0], upTo(own)) || !slices.Equal(came[7], upTo(accepted[7])) || !slices.Equal(came[8], upTo(accepted[8])) {
					t.Errorf("%d and %v were accepted, of these came %d, %d and %d", own, accepted, len(came[0]), len(came[7]), len(came[8]))
				}
				p.until("it acknowledged", func() bool { return p.server.Peer(2).Stats().UnackedPackets == 0 })
				if s := p.server.Peer(2).Stats(); s.UnackedBytes != 0 || s.QueuedPackets != 0 || p.server.Stats().Resumed != 1 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// TestRelaysToWhoKeepsUp are not limited by shares, however large they are and however many come in one Poll.
func TestRelaysToWhoKeepsUp(t *testing.T) {
	p := listening(t, nil)
	c := p.join(&multiplayer.Options{Transport: transport.Options{InboundBufferSize: 8 << 20, MaxQueuedPackets: 1 << 16}})
	for _, size := range []int{4, 9000, 65_000} {
		n := min(4000, 600_000/size)
		for i := range n {
			must(t, relay(p.server, 7, multiplayer.Delivery{}, numbered(i, size)))
		}
		must(t, p.server.Send(2, multiplayer.Delivery{}, []byte("end")))
		if got := take(p, c, "end"); !slices.Equal(got, upTo(n)) {
			t.Errorf("of %d packets of %d bytes these came: %v", n, size, got)
		}
	}
	if s := p.server.Stats(); s.Refused != 0 {
		t.Errorf("%+v", s)
	}
}

// TestRelayTogether sends packets at one stroke: who can take them gets all of them, in order, and who cannot gets none.
func TestRelayTogether(t *testing.T) {
	everyLink(t, nil, func(t *testing.T, p *party) {
		p.join(nil)
		p.join(&multiplayer.Options{Wire: multiplayer.Godot})
		peers := []*multiplayer.Peer{p.server.Peer(2), p.server.Peer(3)}
		packets := [][]byte{[]byte("a"), []byte("bc"), []byte("d")}
		relay := func(mode multiplayer.TransferMode, packets ...[]byte) error {
			return p.server.RelayTogether(7, peers, multiplayer.Delivery{Mode: mode}, packets)
		}
		heard := func(c *multiplayer.MultiplayerPeer, want string) {
			t.Helper()
			var got []byte
			must(t, p.server.Send(c.UniqueID(), multiplayer.Delivery{}, []byte("end")))
			p.until("all has come", func() bool {
				for pkt := range c.Packets() {
					got = append(append(got, pkt.Data...), ' ')
				}
				return bytes.HasSuffix(got, []byte("end "))
			})
			if string(got) != want+"end " {
				t.Errorf("%d heard %q, want %q", c.UniqueID(), got, want)
			}
		}

		out := p.server.Stats().PacketsOut
		must(t, relay(multiplayer.Reliable, packets...))
		if n := p.server.Stats().PacketsOut - out; n != 6 {
			t.Errorf("%d packets are counted, want 6", n)
		}
		heard(p.all[1], "a bc d ")
		heard(p.all[2], "a bc d ") // Godot's wire

		must(t, relay(multiplayer.Reliable))
		if err := relay(3, packets...); err != multiplayer.ErrTransferMode {
			t.Errorf("a transfer mode that is none: %v", err)
		}
		if err := relay(multiplayer.Unreliable, []byte("x"), make([]byte, 1<<20)); !errors.Is(err, multiplayer.ErrBufferFull) {
			t.Errorf("one that is too large among them: %v", err)
		}

		// Until one does not keep up.
		peers = peers[:1]
		p.peers = p.peers[:1]
		n := 0
		for relay(multiplayer.Reliable, packet(2*n), packet(2*n+1)) == nil {
			n++
			p.server.Poll()
		}
		p.until("something else has room", func() bool { return p.server.Send(2, multiplayer.Delivery{}, []byte("end")) == nil })
		p.peers = p.all
		if got := take(p, p.all[1], "end"); !slices.Equal(got, upTo(2*n)) {
			t.Errorf("%d pairs were accepted, these packets came: %v", n, got)
		}
		must(t, p.all[1].Close())
		peer := peers[0]
		p.until("it is gone", func() bool { return p.server.Peer(2) == nil })
		if err := p.server.RelayTogether(7, []*multiplayer.Peer{peer}, multiplayer.Delivery{}, packets); !errors.Is(err, multiplayer.ErrNotConnected) {
			t.Errorf("to one that is gone: %v", err)
		}
	})
}

// TestRelayTogetherToWhoMayComeBack fails where each packet is kept until it is acknowledged.
func TestRelayTogetherToWhoMayComeBack(t *testing.T) {
	everyLink(t, &multiplayer.Options{ResumeWindow: deadline}, func(t *testing.T, p *party) {
		c := p.join(nil)
		p.join(&multiplayer.Options{Wire: multiplayer.Godot})
		var failed *multiplayer.PeerError
		err := p.server.RelayTogether(7, []*multiplayer.Peer{p.server.Peer(2), p.server.Peer(3)}, multiplayer.Delivery{}, [][]byte{packet(0), packet(1)})
		if !errors.As(err, &failed) || failed.Peer != 2 || !errors.Is(err, multiplayer.ErrBufferFull) {
			t.Error(err)
		}
		must(t, p.server.RelayTogether(7, []*multiplayer.Peer{p.server.Peer(2)}, multiplayer.Delivery{Mode: multiplayer.Unreliable}, [][]byte{packet(2), packet(3)}))
		must(t, p.server.Send(multiplayer.Everyone, multiplayer.Delivery{}, []byte("end")))
		if got := take(p, c, "end"); !slices.Equal(got, []int{2, 3}) {
			t.Errorf("it heard %v", got)
		}
		if got := take(p, p.all[2], "end"); !slices.Equal(got, []int{0, 1}) {
			t.Errorf("the other heard %v", got)
		}
	})
}
