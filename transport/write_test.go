package transport

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/frame"
	"github.com/peerage-go/peerage/internal/pool"
	"github.com/peerage-go/peerage/internal/racetest"
	"github.com/peerage-go/peerage/internal/socket"
)

func TestSendRefusals(t *testing.T) {
	both(t, nil, nil, func(t *testing.T, g *Group, a, b *WebSocketPeer) {
		var large, bad Prepared
		large.Set(WriteBinary, payload(65536))
		bad.Set(WriteText, []byte("\xff"))
		for _, test := range []struct {
			err, want error
		}{
			{a.PutPacket(payload(65536)), ErrMessageTooLarge},
			{a.SendText(strings.Repeat("x", 65536)), ErrMessageTooLarge},
			{a.SendPrepared(&large), ErrMessageTooLarge},
			{a.SendText("\xff"), ErrInvalidUTF8},
			{a.Send([]byte("\xc3"), WriteText), ErrInvalidUTF8},
			{a.SendPrepared(&bad), ErrInvalidUTF8},
		} {
			if !errors.Is(test.err, test.want) {
				t.Errorf("%v, want %v", test.err, test.want)
			}
		}
		// None of that did any harm.
		check(t, a.Send([]byte("\xff"), WriteBinary))
		equal(t, receive(t, g, b), []byte("\xff"))
	})
}

func TestSendWhileConnecting(t *testing.T) {
	nc, other := socket.Pipe()
	p := clientOn(t, nc, nil)
	if err := p.SendText("x"); err != ErrNotOpen {
		t.Errorf("error %v", err)
	}
	if err := p.SetNoDelay(true); err != ErrNotOpen {
		t.Errorf("error %v", err)
	}
	if p.ConnectedHost() != "" || p.ConnectedPort() != 0 || p.RequestedURL() != "ws://pipe/" {
		t.Errorf("%q %d %q", p.ConnectedHost(), p.ConnectedPort(), p.RequestedURL())
	}
	p.Close(1000, "")
	other.Close()
	finished(t, p)
	p.Poll()
	if err := p.SendText("x"); err != ErrClosed {
		t.Errorf("error %v", err)
	}
}

// stuff sends to a peer whose other side does not read, until it is full.
func stuff(t *testing.T, p *WebSocketPeer, size int) (accepted int) {
	t.Helper()
	for range 100000 {
		err := p.PutPacket(payload(size))
		if err == nil {
			accepted++
			continue
		}
		if err != ErrBufferFull {
			t.Fatal(err)
		}
		return accepted
	}
	t.Fatal("never full")
	return 0
}

func TestOutboundBudget(t *testing.T) {
	for name, o := range map[string]*Options{
		"bytes":   {OutboundBufferSize: 10000},
		"packets": {MaxQueuedPackets: 10},
	} {
		t.Run(name, func(t *testing.T) {
			eachNet(t, func(t *testing.T, network string) {
				g, p, r := rawClient(t, network, o)
				n := stuff(t, p, 1000)
				// The system may still make room for a while.
				for end := time.Now().Add(patience); name == "bytes" && (!p.Congested() || p.CurrentOutboundBufferedAmount() <= 9000); {
					if time.Now().After(end) {
						t.Fatal("full but not congested")
					}
					n += stuff(t, p, 1000)
				}
				// Either of the two makes the end of it news.
				got := p.CurrentOutboundBufferedAmount()
				if name == "bytes" && got > 10000 || name == "packets" && got > 10*1004 {
					t.Errorf("%d bytes are buffered", got)
				}
				g.Flush()
				g.Poll()
				for range n {
					r.want(frame.Binary, string(payload(1000)))
				}
				// That there is room again is news.
				waitFor(t, g, p)
				if p.Congested() || p.CurrentOutboundBufferedAmount() != 0 {
					t.Errorf("congested with %d bytes", p.CurrentOutboundBufferedAmount())
				}
				check(t, p.SendText("on we go"))
				p.Flush()
				r.want(frame.Text, "on we go")
			})
		})
	}
}

// waitFor waits until the group reports the peer.
func waitFor(t *testing.T, g *Group, p *WebSocketPeer) {
	t.Helper()
	until(t, g, func() bool {
		for _, q := range g.polled {
			if q == p {
				return true
			}
		}
		return false
	})
}

// The limit is on what waits, not on what is sent between two flushes.
func TestFastReaderIsNotLimited(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		g, p, r := rawClient(t, network, &Options{OutboundBufferSize: 2000, MaxQueuedPackets: 4})
		for range 20 { // within what the system buffers
			check(t, p.PutPacket(payload(1000)))
		}
		g.Flush()
		for range 20 {
			r.want(frame.Binary, string(payload(1000)))
		}
	})
}

// Pongs go between frames, and a flood of pings does not fill the memory.
func TestPongsWhileCongested(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		_, p, r := rawClient(t, network, nil)
		if nc, ok := p.nc.(*net.TCPConn); ok {
			nc.SetWriteBuffer(8 << 10)
			r.Conn.(*net.TCPConn).SetReadBuffer(8 << 10)
		}
		n := stuff(t, p, 5000)
		for range 1000 {
			r.send(frame.Fin|frame.Ping, "old")
		}
		r.send(frame.Fin|frame.Ping, "new")
		for p.Stats().PingsIn < 1001 {
			p.Poll()
		}
		if got := p.CurrentOutboundBufferedAmount(); got > 65535 {
			t.Errorf("%d bytes are buffered", got)
		}
		p.Flush()
		var pongs []string
		for n > 0 || len(pongs) == 0 || pongs[len(pongs)-1] != "new" {
			op, b, err := r.read()
			check(t, err)
			switch op {
			case frame.Binary:
				equal(t, b, payload(5000))
				n--
			case frame.Pong:
				pongs = append(pongs, string(b))
			}
		}
		if len(pongs) > 10 {
			t.Errorf("%d pongs were kept", len(pongs))
		}
	})
}

// What was sent before Close goes out even to who reads slowly.
func TestCloseWhileCongested(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		g, p, r := rawClient(t, network, nil)
		n := stuff(t, p, 5000)
		check(t, p.Close(4000, "end"))
		for range n {
			r.want(frame.Binary, string(payload(5000)))
		}
		r.want(frame.Close, closeFrame(4000, "end"))
		r.send(frame.Fin|frame.Close, closeFrame(4000, ""))
		r.wantEOF()
		until(t, g, func() bool { return p.ReadyState() == Closed })
		if p.CloseCode() != 4000 {
			t.Errorf("code %d", p.CloseCode())
		}
	})
}

func TestDropWhileCongested(t *testing.T) {
	for name, l := range links {
		t.Run(name, func(t *testing.T) {
			_, s, c := opened(t, l, nil, &Options{MaxQueuedPackets: 1})
			for range 100000 {
				if s.PutPacket(payload(5000)) != nil {
					break
				}
			}
			check(t, s.Close(-1, ""))
			finished(t, s)
			c.Close(-1, "")
		})
	}
}

// The other side goes away while this side writes.
func TestWriteToTheDead(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		g, p, r := rawClient(t, network, nil)
		r.Close()
		for p.SendText("hello?") == nil {
			g.Poll()
		}
		until(t, g, func() bool { return p.ReadyState() == Closed })
		if !errors.Is(p.Err(), ErrConnectionLost) {
			t.Errorf("error %v", p.Err())
		}
		if err := p.SendText("x"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("error %v", err)
		}
	})
}

func TestClientMasks(t *testing.T) {
	_, _, c := opened(t, links["pipe"], nil, nil)
	keys := map[string]bool{}
	for range 100 {
		check(t, c.SendText("hello"))
	}
	for b := c.out.batch.B; len(b) > 0; b = b[2+4+5:] {
		if b[1] != maskBit|5 {
			t.Fatalf("header %x", b[:2])
		}
		keys[string(b[2:6])] = true
	}
	if len(keys) < 99 {
		t.Errorf("%d masking keys for 100 frames", len(keys))
	}
}

func TestPrepared(t *testing.T) {
	both(t, nil, nil, func(t *testing.T, g *Group, a, b *WebSocketPeer) {
		var f Prepared
		check(t, a.SendPrepared(&f))
		equal(t, receive(t, g, b), nil)
		for _, n := range []int{0, 5, 125, 126, 65535, 126, 3} {
			f.Set(WriteBinary, payload(n)[:n/3], nil, payload(n)[n/3:])
			if f.Len() != n {
				t.Errorf("length %d, want %d", f.Len(), n)
			}
			until(t, g, sent(t, a, func() error { return a.SendPrepared(&f) }))
			equal(t, receive(t, g, b), payload(n))
		}
		f.Set(WriteText, []byte("h\xc3"), []byte("\xbc"))
		check(t, a.SendPrepared(&f))
		equal(t, receive(t, g, b), []byte("hü"))
		if !b.WasStringPacket() {
			t.Error("came as bytes")
		}

		var several Prepared
		several.Add(WriteText, []byte("one")) // behind the empty one that it is without Set
		several.Add(WriteBinary, payload(200), payload(100))
		if several.Count() != 3 || several.Len() != 303 {
			t.Errorf("%d messages of %d bytes", several.Count(), several.Len())
		}
		check(t, a.SendPrepared(&several))
		for _, want := range [][]byte{nil, []byte("one"), append(payload(200), payload(100)...)} {
			equal(t, receive(t, g, b), want)
			if b.WasStringPacket() != (string(want) == "one") {
				t.Errorf("%q came as text: %t", want, b.WasStringPacket())
			}
		}
		several.Add(WriteText, []byte("\xff"))
		several.Add(WriteText, []byte("x"))
		if err := a.SendPrepared(&several); err != ErrInvalidUTF8 {
			t.Errorf("text that is not UTF-8, with others: %v", err)
		}
		several.Set(WriteBinary, []byte("again"))
		check(t, a.SendPrepared(&several))
		equal(t, receive(t, g, b), []byte("again"))
	})
}

func TestNoGarbage(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector allocates")
	}
	g, p, r := rawClient(t, "tcp", nil)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for b := make([]byte, 64<<10); ; { // which leaves no garbage either
			if _, err := r.Read(b); err != nil {
				return
			}
		}
	}()
	var f Prepared
	f.Set(WriteBinary, payload(100))
	if n := testing.AllocsPerRun(1000, func() {
		p.SendPrepared(&f)
		p.PutPacket(payload64)
		g.Flush()
	}); n > 0.1 {
		t.Errorf("sending allocates %v times", n)
	}
	p.Close(-1, "")
	<-gone
}

// What the socket did not take is not in a buffer that others use.
func TestRestIsKept(t *testing.T) {
	for name, at := range map[string]int{"nearly all": 10, "little": 100_000 - 10} {
		t.Run(name, func(t *testing.T) {
			_, s, _ := opened(t, links["tcp"], nil, nil)
			o, all := &s.out, payload(100_000)
			w := pool.GetGrown()
			w.B = append(w.B, all...)
			o.mu.Lock() // the writing goroutine has to wait
			defer o.mu.Unlock()
			s.restLocked(parcel{w.B, w, 1}, at)
			for range 100 {
				b := pool.GetGrown()
				clear(b.B[:cap(b.B)])
				defer b.Release()
			}
			equal(t, o.rest.B[o.restAt:], all[at:])
		})
	}
}
