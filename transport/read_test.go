package transport

import (
	"bufio"
	"encoding/binary"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/peerage-go/peerage/internal/frame"
	"github.com/peerage-go/peerage/internal/socket"
)

// Frames that break the protocol end the connection they came on, with the
// right code, and no other: on every kind of connection, in either role.
func TestHostileFrames(t *testing.T) {
	x := strings.Repeat
	for _, test := range []struct {
		name string
		sent func(r *raw) []byte
		code int
	}{
		{"negative length", length(0x82, 8, 1<<63), 1002},
		{"largest length", length(0x82, 8, 1<<64-1), 1002},
		{"negative length of a ping", length(0x89, 8, 1<<63), 1002},
		{"negative length of a continuation", sequence(whole(frame.Binary, "x"), length(0x80, 8, 1<<63)), 1002},
		{"a short length in 8 bytes", length(0x82, 8, 5), 1002},
		{"a length of 2 bytes in 8", length(0x82, 8, 65535), 1002},
		{"a short length in 2 bytes", length(0x82, 2, 125), 1002},
		{"no length of a ping in 2 bytes", length(0x89, 2, 0), 1002},
		{"huge length", length(0x82, 8, 1<<62), 1009},
		{"one over the limit", length(0x82, 8, 65536), 1009},
		{"message in parts over the limit", sequence(whole(frame.Binary, x("x", 60000)), whole(frame.Continuation|frame.Fin, x("x", 5536))), 1009},
		{"masked as the other role", func(r *raw) []byte {
			return (&raw{server: !r.server}).frame(frame.Fin|frame.Binary, "x")
		}, 1002},
		{"reserved bit 1", whole(0xC2, "x"), 1002},
		{"reserved bit 3", whole(0x92, "x"), 1002},
		{"opcode 3", whole(0x83, "x"), 1002},
		{"opcode 11", whole(0x8B, "x"), 1002},
		{"ping in parts", whole(frame.Ping, "x"), 1002},
		{"ping of 126 bytes", whole(frame.Fin|frame.Ping, x("x", 126)), 1002},
		{"close of 126 bytes", whole(frame.Fin|frame.Close, x("x", 126)), 1002},
		{"close of one byte", whole(frame.Fin|frame.Close, "x"), 1002},
		{"close with a code that must not be sent", whole(frame.Fin|frame.Close, closeFrame(1006, "")), 1002},
		{"close with a reason that is not UTF-8", whole(frame.Fin|frame.Close, closeFrame(1000, "\xff")), 1007},
		{"continuation of nothing", whole(frame.Fin|frame.Continuation, "x"), 1002},
		{"a message inside another", sequence(whole(frame.Text, "x"), whole(frame.Fin|frame.Text, "y")), 1002},
		{"text that is not UTF-8", whole(frame.Fin|frame.Text, "\xff\xfe"), 1007},
		{"text in parts that is not UTF-8", sequence(whole(frame.Text, "\xc3"), whole(frame.Fin|frame.Continuation, "x")), 1007},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachRole(t, func(t *testing.T, open rawSide, network string) {
				g, p, r := open(t, network, nil)
				_, bystander, other := open(t, network, &Options{Group: g})
				r.send(frame.Fin|frame.Text, "in front")
				r.text(string(test.sent(r)))
				r.wantClose(test.code)
				r.Close()
				finished(t, p)
				p.Poll()
				var broke *ProtocolError
				if p.ReadyState() != Closed || p.CloseCode() != -1 || !errors.As(p.Err(), &broke) || broke.Code != test.code {
					t.Errorf("%v, code %d, %v", p.ReadyState(), p.CloseCode(), p.Err())
				}
				if b, err := p.GetPacket(); err != nil || string(b) != "in front" {
					t.Errorf("%q, %v", b, err)
				}
				check(t, bystander.SendText("alive"))
				bystander.Flush()
				other.want(frame.Text, "alive")
			})
		})
	}
}

// whole is a frame, length a header that declares n in so many bytes, sequence
// one behind the other, in the role of a raw.
func whole(first byte, payload string) func(*raw) []byte {
	return func(r *raw) []byte { return r.frame(first, payload) }
}

func length(first byte, size int, n uint64) func(*raw) []byte {
	return func(r *raw) []byte {
		b := binary.BigEndian.AppendUint64(nil, n)
		b = append([]byte{first, map[int]byte{2: 126, 8: 127}[size]}, b[8-size:]...)
		if !r.server {
			b[1] |= maskBit
			b = append(b, "KEYS"...)
		}
		return append(b, "hello"...)
	}
}

func sequence(parts ...func(*raw) []byte) func(*raw) []byte {
	return func(r *raw) (b []byte) {
		for _, part := range parts {
			b = append(b, part(r)...)
		}
		return b
	}
}

// What comes in one piece with the handshake is read like the rest.
func TestEarlyFrames(t *testing.T) {
	for _, test := range []struct {
		name string
		sent func(r *raw) []byte
		code int
	}{
		{"negative length", length(0x82, 8, 1<<63), 1002},
		{"close without a code", whole(frame.Fin|frame.Close, ""), 1005},
		{"large, and close", sequence(whole(frame.Fin|frame.Binary, string(payload(20_000))), whole(frame.Fin|frame.Close, closeFrame(4000, "bye"))), 4000},
	} {
		t.Run(test.name, func(t *testing.T) {
			for network, connect := range rawNets {
				t.Run(network, func(t *testing.T) {
					nc, other := connect(t)
					p := clientOn(t, nc, nil)
					r := &raw{Conn: other, t: t, br: bufio.NewReader(other), server: true}
					r.text(r.reply() + string(test.sent(r)))
					r.wantClose(test.code)
					r.Close()
					finished(t, p)
					p.Poll()
					if p.ReadyState() != Closed {
						t.Errorf("%v, %v", p.ReadyState(), p.Err())
					}
				})
			}
		})
	}
}

func TestFragments(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		g, p, r := rawClient(t, network, nil)
		r.send(frame.Text, "a\xc3")
		r.send(frame.Fin|frame.Ping, "in between")
		r.send(frame.Continuation, "")
		r.send(frame.Continuation, "\xbc")
		r.send(frame.Fin|frame.Continuation, "b")
		r.want(frame.Pong, "in between")
		equal(t, receive(t, g, p), []byte("aüb"))
		if !p.WasStringPacket() {
			t.Error("came as bytes")
		}
	})
}

func TestPingIsAnswered(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		_, p, r := rawClient(t, network, nil)
		for _, payload := range []string{"", "x", strings.Repeat("y", 125)} {
			r.send(frame.Fin|frame.Ping, payload)
			r.want(frame.Pong, payload) // nobody polls
		}
		r.send(frame.Fin|frame.Pong, "unasked")
		r.send(frame.Fin|frame.Ping, "still here")
		r.want(frame.Pong, "still here")
		if s := p.Stats(); s.PingsIn != 4 || s.Writes != 4 {
			t.Errorf("%+v", s)
		}
	})
}

// A frame may come in any pieces.
func TestPieces(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		for _, size := range []int{1, 3, 100, 1024, 5000} {
			g, p, r := rawClient(t, network, nil)
			for _, n := range []int{3, 600, 5000} {
				b := r.frame(frame.Fin|frame.Binary, string(payload(n)))
				for len(b) > 0 {
					k := min(size, len(b))
					_, err := r.Write(b[:k])
					check(t, err)
					b = b[k:]
				}
				equal(t, receive(t, g, p), payload(n))
			}
		}
	})
}

// Who declares much and sends nothing must not cost memory.
func TestDeclaredIsNotAllocated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 200
		runtime.GC()
		var before, after runtime.MemStats
		var raws []*raw
		for range n {
			_, _, r := rawClient(t, "pipe", &Options{InboundBufferSize: 4 << 20})
			raws = append(raws, r)
		}
		runtime.ReadMemStats(&before)
		for _, r := range raws {
			r.text("\x82\xff\x00\x00\x00\x00\x00\x3f\xff\xffKEYS" + "only this")
		}
		synctest.Wait() // all of it has been read
		runtime.ReadMemStats(&after)
		if each := int64(after.TotalAlloc-before.TotalAlloc) / n; each > 10_000 {
			t.Errorf("a header of a large frame costs %d bytes", each)
		}
	})
}

// A reader that has enough stops reading, and goes on when there is room.
func TestInboundBackpressure(t *testing.T) {
	for name, o := range map[string]*Options{
		"bytes":   {InboundBufferSize: 4000},
		"packets": {MaxQueuedPackets: 10},
		"one":     {MaxQueuedPackets: 1},
	} {
		t.Run(name, func(t *testing.T) {
			eachNet(t, func(t *testing.T, network string) {
				g, p, r := rawClient(t, network, o)
				const n = 1000
				go func() {
					for i := range n {
						b := payload(1000)
						binary.BigEndian.PutUint32(b, uint32(i))
						if _, err := r.Write(r.frame(frame.Fin|frame.Binary, string(b))); err != nil {
							return // the test has failed
						}
					}
				}()
				most, next := 0, 0
				until(t, g, func() bool {
					most = max(most, p.AvailablePacketCount())
					// Leave some unread now and then, and take the others.
					keep := min(next%3, int(p.maxPackets)-1)
					for ; next < n && p.AvailablePacketCount() > min(keep, n-1-next); next++ {
						b, err := p.GetPacket()
						check(t, err)
						if got := int(binary.BigEndian.Uint32(b)); got != next {
							t.Fatalf("packet %d came as number %d", got, next)
						}
					}
					return next >= n
				})
				if most > 10 {
					t.Errorf("%d packets waited", most)
				}
			})
		})
	}
}

// A reader that waits for room does not keep a peer from closing.
func TestCloseWhileReaderWaits(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		g, p, r := rawClient(t, network, &Options{MaxQueuedPackets: 2})
		for range 20 {
			r.send(frame.Fin|frame.Text, "x")
		}
		until(t, g, func() bool { return p.AvailablePacketCount() == 2 })
		check(t, p.Close(1000, ""))
		r.send(frame.Fin|frame.Close, closeFrame(1000, ""))
		r.wantClose(1000)
		until(t, g, func() bool { return p.ReadyState() == Closed })
		if p.CloseCode() != 1000 || p.AvailablePacketCount() != 2 {
			t.Errorf("code %d, %d packets, %v", p.CloseCode(), p.AvailablePacketCount(), p.Err())
		}
	})
}

func TestRelease(t *testing.T) {
	g, s, c := opened(t, links["tcp"], nil, nil)
	for range 100 {
		check(t, c.PutPacket(payload(300)))
		until(t, g, func() bool { return s.AvailablePacketCount() > 0 })
		for packet := range s.Packets() {
			equal(t, packet.Data, payload(300))
			packet.Release()
			packet.Release()
			if packet.Data != nil {
				t.Error("Data is still there")
			}
		}
	}
	// What is not released stays as it is.
	var kept [][]byte
	for i := range 100 {
		check(t, c.PutPacket([]byte{byte(i)}))
		b := receive(t, g, s)
		kept = append(kept, b)
		if cap(b) != len(b) {
			t.Fatal("there is memory behind the packet")
		}
	}
	for i, b := range kept {
		equal(t, b, []byte{byte(i)})
	}
	if _, err := s.GetPacket(); err != ErrNoPacket {
		t.Errorf("error %v", err)
	}
}

// The iterator can be left, and goes on where it was.
func TestPacketsStops(t *testing.T) {
	g, s, c := opened(t, links["pipe"], nil, nil)
	for i := range 10 {
		check(t, c.PutPacket([]byte{byte(i)}))
	}
	until(t, g, func() bool { return s.AvailablePacketCount() == 10 })
	for i := range 10 {
		for packet := range s.Packets() {
			equal(t, packet.Data, []byte{byte(i)})
			break
		}
	}
}

// A panic in the frame reader ends its connection only.
func TestPanicWhileReading(t *testing.T) {
	var log strings.Builder
	near, far := socket.Pipe()
	nc := &panicking{PipeConn: near}
	p := Accept(nc, &Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	r := &raw{Conn: far, t: t, br: bufio.NewReader(far)}
	r.text(request())
	_, err := http.ReadResponse(r.br, nil)
	check(t, err)
	nc.now.Store(true)
	r.send(frame.Fin|frame.Text, "x")
	r.send(frame.Fin|frame.Text, "y")
	r.wantClose(1002)
	r.Close()
	finished(t, p)
	p.Poll()
	var broke *ProtocolError
	if !errors.As(p.Err(), &broke) || !strings.Contains(log.String(), "panic") {
		t.Errorf("%v; logged %q", p.Err(), log.String())
	}
}

// panicking is a connection whose reader panics once, from now on.
type panicking struct {
	*socket.PipeConn
	now atomic.Bool
}

func (c *panicking) Read(b []byte) (int, error) {
	n, err := c.PipeConn.Read(b)
	if err == nil && c.now.Swap(false) {
		panic("no")
	}
	return n, err
}
