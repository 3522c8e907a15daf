package multiplayer_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/internal/rawws"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// A full replay buffer slows the sender down, or refuses: it never costs the session.

// bubble is a server and a client in memory, in a bubble of virtual time.
type bubble struct {
	t    *testing.T
	s, c *multiplayer.MultiplayerPeer
	back int
}

func newBubble(t *testing.T, server, client *multiplayer.Options) *bubble {
	s, c, err := multiplayer.Pipe(server, client)
	must(t, err)
	b := &bubble{t: t, s: s, c: c}
	s.OnPeerBack = func(multiplayer.PeerID) { b.back++ }
	t.Cleanup(func() {
		c.Close()
		s.Close()
	})
	b.until("it is connected", func() bool { return s.Peer(2) != nil && c.ConnectionStatus() == multiplayer.Connected })
	return b
}

// tick polls both ends once, and lets so much time pass.
func (b *bubble) tick(d time.Duration) {
	b.s.Poll()
	b.c.Poll()
	synctest.Wait()
	time.Sleep(d)
}

func (b *bubble) until(what string, done func() bool) {
	b.t.Helper()
	for range 60_000 {
		if done() {
			return
		}
		b.tick(time.Millisecond)
	}
	b.t.Fatalf("not in time: %s", what)
}

func numbers(m *multiplayer.MultiplayerPeer, list *[]int) {
	for pkt := range m.Packets() {
		*list = append(*list, int(binary.LittleEndian.Uint32(pkt.Data)))
	}
}

func numbered(n, size int) []byte {
	b := make([]byte, max(4, size))
	binary.LittleEndian.PutUint32(b, uint32(n))
	return b
}

// TestStreamsKeepTheirSessions streams in both directions with the default buffers, at rates that those of them who count
// acknowledgements by packets would not keep up with, and cuts the connection in the middle.
func TestStreamsKeepTheirSessions(t *testing.T) {
	for _, stream := range []struct{ size, rate int }{{4096, 20}, {5000, 25}, {16 << 10, 60}, {900, 1000}, {60_000, 15}} {
		t.Run(fmt.Sprintf("%d bytes, %d a second", stream.size, stream.rate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, lasting, lasting)
				var up, down []int
				n := 0
				send := func() {
					must(t, b.s.Send(2, multiplayer.Delivery{}, numbered(n, stream.size)))
					must(t, b.c.Send(1, multiplayer.Delivery{}, numbered(n, stream.size)))
					n++
					for range 3 {
						b.tick(time.Second / time.Duration(stream.rate) / 3)
					}
					numbers(b.s, &up)
					numbers(b.c, &down)
				}
				for range 3 * stream.rate {
					send()
				}
				cut(b.s.Peer(2))
				b.until("it is back", func() bool { return b.back == 1 && !b.c.Peer(1).Away() })
				for range stream.rate {
					send()
				}
				b.until("all came", func() bool {
					numbers(b.s, &up)
					numbers(b.c, &down)
					return len(up) >= n && len(down) >= n
				})
				if !slices.Equal(up, upTo(n)) || !slices.Equal(down, upTo(n)) {
					t.Errorf("of %d packets these came: %v and %v", n, up, down)
				}
				if s, c := b.s.Stats(), b.c.Stats(); s.ReplayOverflows+c.ReplayOverflows > 0 || s.Resumed != 1 || s.Peers != 1 {
					t.Errorf("%+v\n%+v", s, c)
				}
			})
		})
	}
}

// TestFullReplayBuffer has either side send more than it may keep, small packets and such as are larger than the whole
// buffer: they wait for the acknowledgements of those before, and the session is resumed at any time.
func TestFullReplayBuffer(t *testing.T) {
	small := &multiplayer.Options{ResumeWindow: deadline, Reconnect: deadline, ReplayBufferSize: 3000}
	for _, size := range []int{4, 700, 5000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, small, small)
				const n = 30
				var up, down []int
				for i := range n / 2 {
					must(t, b.s.Send(2, multiplayer.Delivery{}, numbered(i, size/3)))
					must(t, b.c.Send(1, multiplayer.Delivery{}, numbered(i, size/3)))
				}
				for i := n / 2; i < n; i++ {
					if i == n*2/3 {
						cut(b.c.Peer(1))
						b.until("it is back", func() bool { return b.back == 1 && !b.c.Peer(1).Away() })
					}
					b.until("there is room", func() bool { return b.s.Send(2, multiplayer.Delivery{}, numbered(i, size)) == nil })
					b.until("there is room", func() bool { return b.c.Send(1, multiplayer.Delivery{}, numbered(i, size)) == nil })
					if kept := b.s.Peer(2).Stats().UnackedBytes; kept > max(3000, size+1000) {
						t.Fatalf("%d bytes are kept", kept)
					}
				}
				b.until("all came", func() bool {
					numbers(b.s, &up)
					numbers(b.c, &down)
					return len(up) >= n && len(down) >= n
				})
				if !slices.Equal(up, upTo(n)) || !slices.Equal(down, upTo(n)) {
					t.Errorf("these came: %v and %v", up, down)
				}
				if s := b.s.Stats(); s.ReplayOverflows == 0 || s.Resumed != 1 || s.Peers != 1 || s.SlowPeers != 0 {
					t.Errorf("%+v", s)
				}
				b.until("all is acknowledged", func() bool { return b.s.Peer(2).Stats().UnackedPackets == 0 })
				if s := b.s.Peer(2).Stats(); s.UnackedBytes != 0 {
					t.Errorf("%d bytes are kept of nothing", s.UnackedBytes)
				}
			})
		})
	}
}

// byHandInMemory makes a raw client in a bubble of time whose messages are sent on the channel it gives.
func byHandInMemory(t *testing.T, s *multiplayer.MultiplayerPeer) (c *rawws.Client, came chan []byte) {
	near, far := net.Pipe()
	s.Accept(near)
	t.Cleanup(func() { far.Close() })
	c = rawws.New(far)
	came = make(chan []byte, 4096)
	go far.Write([]byte(rawws.Request(multiplayer.Subprotocol)))
	if _, err := c.Response(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			b, err := c.Next()
			if err != nil {
				close(came)
				return
			}
			came <- b
		}
	}()
	must(t, c.Message(0x00, 0x80))
	for range 100 {
		if s.Poll(); s.Peer(2) != nil {
			break
		}
		synctest.Wait()
	}
	s.Flush()
	if b := <-came; b[0] != 0x01 {
		t.Fatalf("welcome is %x", b)
	}
	return c, came
}

// TestPeerThatDoesNotAcknowledge reads all and acknowledges nothing: what is kept for it stays within the limit, what is
// over it waits, then fails, and a peer of which nothing is heard for SlowPeerTimeout is disconnected as a slow one. Pings
// and answers to them do not count.
func TestPeerThatDoesNotAcknowledge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := multiplayer.NewServer(&multiplayer.Options{ResumeWindow: time.Hour, ReplayBufferSize: 10_000, SlowPeerTimeout: 7 * time.Second,
			Transport: transport.Options{OutboundBufferSize: 20_000, HeartbeatInterval: time.Hour}})
		must(t, err)
		defer s.Close()
		c, came := byHandInMemory(t, s)
		accepted := 0
		send := func() error {
			err := s.Send(2, multiplayer.Delivery{}, numbered(accepted, 1000))
			s.Poll()
			synctest.Wait()
			return err
		}
		for err = send(); err == nil; err = send() {
			accepted++
		}
		if !errors.Is(err, multiplayer.ErrBufferFull) || accepted < 20 || len(came) >= 10 {
			t.Fatalf("%v after %d, of which %d came", err, accepted, len(came))
		}
		if p := s.Peer(2).Stats(); p.UnackedPackets != len(came) || p.UnackedBytes > 10_000 || p.QueuedBytes > 20_000 {
			t.Errorf("%+v", p)
		}
		// What is acknowledged makes room for as much.
		must(t, c.Message(0x04, 0x03))
		synctest.Wait()
		before := len(came)
		s.Poll()
		synctest.Wait()
		if len(came) != before+3 {
			t.Errorf("%d came, then %d", before, len(came))
		}
		for start := time.Now(); s.Peer(2) != nil; time.Sleep(500 * time.Millisecond) {
			c.Message(0x02, 0x00) // ping
			if err := send(); err == nil {
				accepted++
			}
			if time.Since(start) > time.Minute {
				t.Fatal("it is still there")
			}
		}
		if stats := s.Stats(); stats.SlowPeers != 1 {
			t.Errorf("%+v", stats)
		}
	})
}

// TestOldAcknowledgements plays a client that acknowledges after 64 packets or a second only: all comes, at its pace.
func TestOldAcknowledgements(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := multiplayer.NewServer(&multiplayer.Options{ResumeWindow: time.Hour, SlowPeerTimeout: 5 * time.Second,
			ReplayBufferSize: 100_000, Transport: transport.Options{HeartbeatInterval: -1}})
		must(t, err)
		defer s.Close()
		c, came := byHandInMemory(t, s)
		sent, refused, got, acked := 0, 0, 0, 0
		var last time.Time
		ack := func() {
			acked = got
			must(t, c.Message(binary.BigEndian.AppendUint32([]byte{0x04, 0xce}, uint32(acked))...))
			synctest.Wait()
		}
		for step := 0; step < 600 || got < sent; step++ {
			if step < 600 { // ten seconds
				switch err := s.Send(2, multiplayer.Delivery{}, numbered(sent, 16<<10)); {
				case err == nil:
					sent++
				case errors.Is(err, multiplayer.ErrBufferFull):
					refused++
				default:
					t.Fatal(err)
				}
			}
			s.Poll()
			synctest.Wait()
			for len(came) > 0 {
				b := <-came
				if n := int(binary.LittleEndian.Uint32(b[1:])); n != got {
					t.Fatalf("packet %d came in the place of %d", n, got)
				}
				if got++; got == acked+1 {
					last = time.Now()
				}
			}
			if got-acked >= 64 || got > acked && time.Since(last) >= time.Second {
				ack()
			}
			time.Sleep(time.Second / 60)
		}
		if sent < 50 || refused == 0 || s.Stats().Peers != 1 {
			t.Errorf("%d were sent, %d refused, %+v", sent, refused, s.Stats())
		}
	})
}

// TestSendingToWhoIsAway fails when as much is kept as may be, and takes away neither what was accepted nor the session,
// however long it goes on.
func TestSendingToWhoIsAway(t *testing.T) {
	for _, side := range []string{"server", "client"} {
		t.Run(side, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &multiplayer.Options{ResumeWindow: time.Hour, Reconnect: time.Hour, ReplayBufferSize: 20_000, SlowPeerTimeout: time.Second}
				b := newBubble(t, o, o)
				from, to, id := b.s, b.c, multiplayer.PeerID(2)
				if side == "client" {
					from, to, id = b.c, b.s, 1
				}
				cut(b.c.Peer(1))
				b.c.Poll()
				for !from.Peer(id).Away() {
					from.Poll()
					synctest.Wait()
				}
				n, refused := 0, 0
				for range 100 { // ten times SlowPeerTimeout
					for err := error(nil); err == nil; {
						if err = from.Send(id, multiplayer.Delivery{}, numbered(n, 950)); err == nil {
							n++
						} else if refused++; !errors.Is(err, multiplayer.ErrBufferFull) {
							t.Fatal(err)
						}
					}
					time.Sleep(100 * time.Millisecond)
					synctest.Wait()
				}
				if p := from.Peer(id); p == nil || !p.Away() || n < 15 || refused != 100 || p.Stats().UnackedBytes > 20_000 {
					t.Fatalf("%d were accepted, %d refused", n, refused)
				}
				b.until("it is back", func() bool { return b.back == 1 && !b.c.Peer(1).Away() && !b.s.Peer(2).Away() })
				b.until("there is room", func() bool { return from.Send(id, multiplayer.Delivery{}, numbered(n, 950)) == nil })
				var got []int
				b.until("all came", func() bool {
					numbers(to, &got)
					return len(got) > n
				})
				if !slices.Equal(got, upTo(n+1)) || b.s.Stats().Connected != 1 {
					t.Errorf("%d were accepted, these came: %v", n+1, got)
				}
			})
		})
	}
}

// TestCutWithFullBuffers loses a connection while both the replay buffer and the outbox hold as much as they may: what was
// accepted comes, in order, before what is sent afterwards.
func TestCutWithFullBuffers(t *testing.T) {
	o := &multiplayer.Options{ResumeWindow: deadline, ReplayBufferSize: 30_000}
	everyLink(t, o, func(t *testing.T, p *party) {
		c := p.join(&multiplayer.Options{Reconnect: deadline})
		p.peers = p.peers[:1] // c does not read
		n := 0
		fill := func() {
			for p.server.Send(2, multiplayer.Delivery{Channel: 4}, packet(n)) == nil {
				n++
			}
		}
		fill()
		if s := p.server.Peer(2).Stats(); s.QueuedPackets == 0 || s.UnackedPackets == 0 {
			t.Fatalf("%+v", s)
		}
		cut(p.server.Peer(2))
		p.until("it is away", func() bool { return p.server.Peer(2).Away() })
		fill()
		if err := p.server.Send(2, multiplayer.Delivery{}, packet(n)); !errors.Is(err, multiplayer.ErrBufferFull) {
			t.Errorf("a packet on another channel passes those that wait: %v", err)
		}
		p.peers = append(p.peers, c)
		p.until("there is room", func() bool { return p.server.Send(2, multiplayer.Delivery{Channel: 4}, []byte("end")) == nil })
		if got := take(p, c, "end"); !slices.Equal(got, upTo(n)) {
			t.Errorf("%d were accepted, these came: %v", n, got)
		}
		if s := p.server.Stats(); s.Resumed != 1 || s.SlowPeers != 0 {
			t.Errorf("%+v", s)
		}
	})
}
