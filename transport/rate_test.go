package transport

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/internal/frame"
)

// pour writes b until it is written or the connection is gone, and gives the
// number of bytes.
func pour(r *raw, b []byte) <-chan int {
	done := make(chan int, 1)
	go func() {
		n, _ := r.Write(b)
		done <- n
	}()
	return done
}

// frames are n frames in a row.
func (r *raw) frames(n int, first byte, payload string) (b []byte) {
	one := r.frame(first, payload)
	for range n {
		b = append(b, one...)
	}
	return b
}

// A reader takes two seconds' worth at once, the rest at the limit.
func TestRate(t *testing.T) {
	for name, c := range map[string]struct {
		o       Options
		first   byte
		n, size int
		want    time.Duration
	}{
		"packets":       {Options{MaxPacketsPerSecond: 100}, frame.Fin | frame.Binary, 1000, 1, 8 * time.Second},
		"pings":         {Options{MaxPacketsPerSecond: 100}, frame.Fin | frame.Ping, 1000, 1, 8 * time.Second},
		"pongs":         {Options{MaxPacketsPerSecond: 100}, frame.Fin | frame.Pong, 1000, 1, 8 * time.Second},
		"bytes":         {Options{MaxBytesPerSecond: 10_000}, frame.Fin | frame.Binary, 100, 994, 8 * time.Second},
		"both":          {Options{MaxBytesPerSecond: 1000_000, MaxPacketsPerSecond: 100}, frame.Fin | frame.Binary, 1000, 1, 8 * time.Second},
		"a large one":   {Options{MaxBytesPerSecond: 10_000}, frame.Fin | frame.Binary, 2, 50_000, 8 * time.Second},
		"less":          {Options{MaxPacketsPerSecond: 100}, frame.Fin | frame.Binary, 190, 1, 0},
		"no limit":      {Options{MaxPacketsPerSecond: -1}, frame.Fin | frame.Binary, 2000, 1, 0},
		"also no limit": {Options{}, frame.Fin | frame.Binary, 2000, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := c.o
			o.FloodTimeout, o.InboundBufferSize = time.Minute, 1<<20
			inBubble(t, &o, func(t *testing.T, g *Group, p *WebSocketPeer, r *raw) {
				start := time.Now()
				done := pour(r, append(r.frames(c.n, c.first, strings.Repeat("x", c.size)), r.frame(frame.Fin|frame.Text, "end")...))
				last := time.Duration(0)
				until(t, g, func() bool {
					for packet := range p.Packets() {
						last = time.Since(start)
						if packet.Text {
							return true
						}
					}
					return false
				})
				<-done
				// One read may bring more than there was room for.
				if last < c.want*8/10 || last > c.want*11/10 {
					t.Errorf("took %v, want %v", last, c.want)
				}
				s := p.Stats()
				if (s.RateWaits > 0) != (c.want > 0) || s.RateWaited < c.want*8/10 || s.RateWaited > c.want*11/10 {
					t.Errorf("waited %d times, %v", s.RateWaits, s.RateWaited)
				}
				if n, waited := g.RateWaits(); n > s.RateWaits || n+1 < s.RateWaits || waited != s.RateWaited {
					t.Errorf("the group says %d times, %v", n, waited)
				}
			})
		})
	}
}

// Who stays at the limit is never slowed down, and who was over it is calm a
// second later.
func TestCalm(t *testing.T) {
	inBubble(t, &Options{MaxPacketsPerSecond: 100, FloodTimeout: 6 * time.Second}, func(t *testing.T, g *Group, p *WebSocketPeer, r *raw) {
		for range 6000 {
			r.send(frame.Fin|frame.Binary, "x")
			time.Sleep(time.Second / 100)
			p.Poll()
			p.GetPacket()
		}
		if s := p.Stats(); s.RateWaits != 0 {
			t.Errorf("waited %d times below the limit", s.RateWaits)
		}
		for range 5 { // of floods that do not last
			r.Write(r.frames(600, frame.Fin|frame.Binary, "x"))
			time.Sleep(3 * time.Second)
			if !p.Flooding() {
				t.Fatal("not flooding")
			}
			time.Sleep(3 * time.Second)
			r.send(frame.Fin|frame.Binary, "x")
			synctest.Wait()
			if p.Flooding() {
				t.Fatal("still flooding")
			}
			time.Sleep(2 * time.Second)
			p.Poll()
			for range p.Packets() {
			}
		}
		if p.ReadyState() != Open {
			t.Errorf("%v: %v", p.ReadyState(), p.Err())
		}
	})
}

// Who does not stop is disconnected, and told.
func TestFlood(t *testing.T) {
	for name, o := range map[string]*Options{
		"packets": {MaxPacketsPerSecond: 10},
		"bytes":   {MaxBytesPerSecond: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			o.FloodTimeout = 6 * time.Second
			inBubble(t, o, func(t *testing.T, g *Group, p *WebSocketPeer, r *raw) {
				start := time.Now()
				done := pour(r, r.frames(5000, frame.Fin|frame.Binary, "12345"))
				time.Sleep(time.Second)
				if p.Flooding() {
					t.Error("flooding after a second")
				}
				time.Sleep(2 * time.Second)
				if !p.Flooding() {
					t.Error("not flooding after three")
				}
				until(t, g, func() bool { return p.ReadyState() == Closed })
				if d := time.Since(start); d < 6*time.Second || d > 8*time.Second {
					t.Errorf("ended after %v", d)
				}
				var violation *ProtocolError
				if !errors.As(p.Err(), &violation) || violation.Code != 1008 || !errors.Is(p.Err(), ErrFlood) || p.CloseCode() != -1 {
					t.Errorf("%v, code %d", p.Err(), p.CloseCode())
				}
				r.wantClose(1008)
				r.Close()
				<-done
			})
		})
	}
}

// Closing does not wait for a reader that does.
func TestRateAndClose(t *testing.T) {
	for name, code := range map[string]int{"orderly": 4000, "hard": -1} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, &Options{MaxBytesPerSecond: 1, FloodTimeout: time.Hour}, func(t *testing.T, g *Group, p *WebSocketPeer, r *raw) {
				r.Write(append(r.frames(100, frame.Fin|frame.Binary, "x"), r.frame(frame.Fin|frame.Close, closeFrame(4000, ""))...))
				synctest.Wait()
				if p.Stats().RateWaits == 0 {
					t.Fatal("the reader does not wait")
				}
				start := time.Now()
				check(t, p.Close(code, ""))
				if code > 0 {
					r.wantClose(4000)
				}
				r.Close()
				<-p.Done()
				if d := time.Since(start); d != 0 {
					t.Errorf("took %v", d)
				}
			})
		})
	}
}

// A heartbeat's pong waits behind a flood, which is no sign of death.
func TestRateAndHeartbeat(t *testing.T) {
	o := &Options{MaxPacketsPerSecond: 10, FloodTimeout: time.Hour, HeartbeatInterval: 5 * time.Second}
	inBubble(t, o, func(t *testing.T, g *Group, p *WebSocketPeer, r *raw) {
		r.Write(r.frames(1000, frame.Fin|frame.Binary, "x"))
		_, ping, err := r.read()
		check(t, err)
		r.send(frame.Fin|frame.Pong, string(ping))
		time.Sleep(99 * time.Second)
		p.Poll()
		if p.ReadyState() != Open || p.Stats().RoundTrip < 80*time.Second {
			t.Errorf("%v: %v, %v", p.ReadyState(), p.Err(), p.Stats().RoundTrip)
		}
	})
}

// It is TCP that slows a sender down.
func TestRateReachesTheSender(t *testing.T) {
	_, p, r := rawClient(t, "tcp", &Options{MaxBytesPerSecond: 1000, FloodTimeout: time.Hour})
	r.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	flood := r.frames(500, frame.Fin|frame.Binary, string(payload(60_000)))
	n, err := r.Write(flood)
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("wrote %d of %d bytes: %v", n, len(flood), err)
	}
	if s := p.Stats(); s.PacketsIn > 2 {
		t.Errorf("%d packets were read", s.PacketsIn)
	}
}

// What reading costs with the limits, and without.
func BenchmarkRead(b *testing.B) {
	for name, o := range map[string]*Options{
		"limits":   {MaxPacketsPerSecond: 1 << 40, MaxBytesPerSecond: 1 << 50},
		"no limit": {},
	} {
		b.Run(name, func(b *testing.B) {
			o.MaxQueuedPackets = 1 << 20
			o.InboundBufferSize = 1 << 29
			g, p, r := rawClient(b, "pipe", o)
			const n = 1000
			batch := r.frames(n, frame.Fin|frame.Binary, string(payload64))
			r.SetWriteDeadline(time.Time{})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := net.Conn(r).Write(batch); err != nil {
					b.Fatal(err)
				}
				for got := 0; got < n; {
					until(b, g, func() bool { return p.AvailablePacketCount() > 0 })
					for packet := range p.Packets() {
						packet.Release()
						got++
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/packet")
		})
	}
}
