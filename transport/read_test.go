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
)

// Frames that break the protocol end the connection they came on, with the
// right code, and no other.
func TestHostileFrames(t *testing.T) {
	length := func(first byte, n uint64) string {
		return string(binary.BigEndian.AppendUint64([]byte{first, bitMask | length64}, n)) + "KEYS"
	}
	frame := func(first byte, payload string) string { return string((&raw{}).frame(first, payload)) }
	for _, test := range []struct {
		name string
		sent string
		code int
	}{
		{"negative length", length(0x82, 1<<63), 1002},
		{"largest length", length(0x82, 1<<64-1), 1002},
		{"negative length of a ping", length(0x89, 1<<63), 1002},
		{"negative length of a continuation", frame(opBinary, "x") + length(0x80, 1<<63), 1002},
		{"a short length in 8 bytes", length(0x82, 5) + "hello", 1002},
		{"a length of 2 bytes in 8", length(0x82, 65535), 1002},
		{"a short length in 2 bytes", "\x82\xfe\x00\x7dKEYS", 1002},
		{"no length of a ping in 2 bytes", "\x89\xfe\x00\x00KEYS", 1002},
		{"huge length", length(0x82, 1<<62), 1009},
		{"one over the limit", length(0x82, 65536), 1009},
		{"message in parts over the limit", frame(opBinary, strings.Repeat("x", 60000)) + frame(opContinuation|bitFin, strings.Repeat("x", 5536)), 1009},
		{"not masked", "\x82\x01x", 1002},
		{"reserved bit 1", frame(0xC2, "x"), 1002},
		{"reserved bit 3", frame(0x92, "x"), 1002},
		{"opcode 3", frame(0x83, "x"), 1002},
		{"opcode 11", frame(0x8B, "x"), 1002},
		{"ping in parts", frame(opPing, "x"), 1002},
		{"ping of 126 bytes", frame(bitFin|opPing, strings.Repeat("x", 126)), 1002},
		{"close of 126 bytes", frame(bitFin|opClose, strings.Repeat("x", 126)), 1002},
		{"continuation of nothing", frame(bitFin|opContinuation, "x"), 1002},
		{"a message inside another", frame(opText, "x") + frame(bitFin|opText, "y"), 1002},
		{"text that is not UTF-8", frame(bitFin|opText, "\xff\xfe"), 1007},
		{"text in parts that is not UTF-8", frame(opText, "\xc3") + frame(bitFin|opContinuation, "x"), 1007},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachNet(t, func(t *testing.T, network string) {
				g, p, r := rawClient(t, network, nil)
				_, bystander, other := rawClient(t, network, &Options{Group: g})
				r.send(bitFin|opText, "in front")
				r.text(test.sent)
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
				other.want(opText, "alive")
			})
		})
	}
}

// A client peer is as strict.
func TestHostileServer(t *testing.T) {
	for _, test := range []struct {
		name string
		sent string
		code int
	}{
		{"negative length", "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", 1002},
		{"too large", "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 1009},
		{"masked", "\x82\x81KEYSx", 1002},
		{"not UTF-8", "\x81\x01\xff", 1007},
		{"close without a code", "\x88\x00", 1005},
	} {
		t.Run(test.name, func(t *testing.T) {
			nc, other := newPipe()
			p := clientOn(t, nc, nil)
			r := &raw{Conn: other, t: t, br: bufio.NewReader(other), server: true}
			req, err := http.ReadRequest(r.br)
			check(t, err)
			// The frame comes in one piece with the reply.
			r.text(strings.Replace(goodReply, "KEY", acceptKey(req.Header.Get(headerKey)), 1) + "\r\n" + test.sent)
			r.wantClose(test.code)
			r.Close()
			finished(t, p)
			p.Poll()
			if p.ReadyState() != Closed {
				t.Errorf("%v, %v", p.ReadyState(), p.Err())
			}
		})
	}
}

func TestFragments(t *testing.T) {
	eachNet(t, func(t *testing.T, network string) {
		g, p, r := rawClient(t, network, nil)
		r.send(opText, "a\xc3")
		r.send(bitFin|opPing, "in between")
		r.send(opContinuation, "")
		r.send(opContinuation, "\xbc")
		r.send(bitFin|opContinuation, "b")
		r.want(opPong, "in between")
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
			r.send(bitFin|opPing, payload)
			r.want(opPong, payload) // nobody polls
		}
		r.send(bitFin|opPong, "unasked")
		r.send(bitFin|opPing, "still here")
		r.want(opPong, "still here")
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
				b := r.frame(bitFin|opBinary, string(payload(n)))
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
	for _, r := range raws {
		r.Conn.(*pipeConn).out.isRead(t)
	}
	runtime.ReadMemStats(&after)
	if each := int64(after.TotalAlloc-before.TotalAlloc) / n; each > 10_000 {
		t.Errorf("a header of a large frame costs %d bytes", each)
	}
}

// isRead waits until everything that was written has been read.
func (h *pipeHalf) isRead(t testing.TB) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.buf) > 0 && !h.reader.closed {
		h.changed.Wait()
	}
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
						if _, err := r.Write(r.frame(bitFin|opBinary, string(b))); err != nil {
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
			r.send(bitFin|opText, "x")
		}
		until(t, g, func() bool { return p.AvailablePacketCount() == 2 })
		check(t, p.Close(1000, ""))
		r.send(bitFin|opClose, closeFrame(1000, ""))
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
	near, far := newPipe()
	nc := &panicking{pipeConn: near}
	p := Accept(nc, &Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	r := &raw{Conn: far, t: t, br: bufio.NewReader(far)}
	r.text(request())
	_, err := http.ReadResponse(r.br, nil)
	check(t, err)
	nc.now.Store(true)
	r.send(bitFin|opText, "x")
	r.send(bitFin|opText, "y")
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
	*pipeConn
	now atomic.Bool
}

func (c *panicking) Read(b []byte) (int, error) {
	n, err := c.pipeConn.Read(b)
	if err == nil && c.now.Swap(false) {
		panic("no")
	}
	return n, err
}
