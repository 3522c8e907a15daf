package transport

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/frame"
	"github.com/peerage-go/peerage/internal/racetest"
)

// sharedOnly skips the test where each connection has a reader of its own.
func sharedOnly(t testing.TB) {
	t.Helper()
	if !canShare() {
		t.Skip("there is no shared reader")
	}
}

func isShared(p *WebSocketPeer) bool {
	_, ok := p.in.reader.(*sharedConn)
	return ok
}

func isReading() bool {
	sharedMu.Lock()
	defer sharedMu.Unlock()
	return theReader != nil
}

// eventually waits for something that nothing tells of.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal(what + ": waited in vain")
		}
	}
}

// The shared reader is there while it has something to read.
func TestSharedReaderComesAndGoes(t *testing.T) {
	sharedOnly(t)
	for range 3 {
		eventually(t, "end", func() bool { return !isReading() })
		t.Run("peers", func(t *testing.T) {
			g, a, first := rawClient(t, "tcp", nil)
			_, b, second := rawClient(t, "tcp", &Options{Group: g})
			if !isShared(a) || !isShared(b) || !isReading() {
				t.Fatal("nothing is shared")
			}
			first.Close()
			finished(t, a)
			second.send(frame.Fin|frame.Text, "still read")
			equal(t, receive(t, b.group, b), []byte("still read"))
		})
	}
	eventually(t, "end", func() bool { return !isReading() })
}

// TLS, memory and unknown types are not shared.
func TestSharedWhich(t *testing.T) {
	sharedOnly(t)
	for name, l := range links {
		_, s, c := opened(t, l, nil, nil)
		if want := name == "tcp" || name == "http"; isShared(s) != want || isShared(c) != want {
			t.Errorf("%s: server %v, client %v", name, isShared(s), isShared(c))
		}
	}
}

// What comes right behind the request, in one piece with it, is not lost.
func TestSharedEarly(t *testing.T) {
	near, far := rawNets["tcp"](t)
	r := &raw{Conn: far, t: t, br: bufio.NewReader(far)}
	large := r.frame(frame.Fin|frame.Binary, string(payload(3000)))
	r.text(request() + string(r.frame(frame.Fin|frame.Text, "first")) + string(large[:2000]))
	g := NewGroup()
	p := Accept(near, &Options{Group: g})
	_, err := http.ReadResponse(r.br, nil)
	check(t, err)
	equal(t, receive(t, g, p), []byte("first"))
	r.text(string(large[2000:]))
	equal(t, receive(t, g, p), payload(3000))
	r.send(frame.Fin|frame.Text, "last")
	equal(t, receive(t, g, p), []byte("last"))
	r.Close()
	finished(t, p)
}

// More comes at once than the shared buffer holds.
func TestSharedLarge(t *testing.T) {
	g, p, r := rawClient(t, "tcp", &Options{InboundBufferSize: 8 << 20})
	done := pour(r, append(r.frame(frame.Fin|frame.Binary, string(payload(5<<20))), r.frames(100, frame.Fin|frame.Binary, "small")...))
	equal(t, receive(t, g, p), payload(5<<20))
	for range 100 {
		equal(t, receive(t, g, p), []byte("small"))
	}
	<-done
}

// Of many pings in one read the last is answered, and all are counted.
func TestSharedPings(t *testing.T) {
	sharedOnly(t)
	_, p, r := rawClient(t, "tcp", nil)
	r.Write(append(r.frames(1000, frame.Fin|frame.Ping, "old"), r.frame(frame.Fin|frame.Ping, "new")...))
	for {
		op, b, err := r.read()
		check(t, err)
		if op == frame.Pong && string(b) == "new" {
			break
		}
	}
	if s := p.Stats(); s.PingsIn != 1001 || s.Writes > 10 {
		t.Errorf("%+v", s)
	}
}

// A peer whose reader waits for the user has the others read all the same, is
// not taken for dead, and can be dropped.
func TestSharedPause(t *testing.T) {
	_, p, r := rawClient(t, "tcp", &Options{MaxQueuedPackets: 1, HeartbeatInterval: time.Hour})
	g, bystander, other := rawClient(t, "tcp", nil)
	r.Write(r.frames(100, frame.Fin|frame.Binary, "x"))
	eventually(t, "pause", func() bool {
		p.in.mu.Lock()
		defer p.in.mu.Unlock()
		return p.in.paused
	})
	p.onBeat()
	p.onBeat()
	p.onBeat()
	other.send(frame.Fin|frame.Text, "read")
	equal(t, receive(t, g, bystander), []byte("read"))
	p.Poll()
	if p.ReadyState() != Open || p.Stats().PacketsIn != 1 {
		t.Errorf("%v: %v, %d packets", p.ReadyState(), p.Err(), p.Stats().PacketsIn)
	}
	check(t, p.Close(-1, ""))
	finished(t, p)
}

// The other side goes while nobody looks: that shows when there is room.
func TestSharedPauseAndEnd(t *testing.T) {
	g, p, r := rawClient(t, "tcp", &Options{MaxQueuedPackets: 2})
	r.Write(append(r.frames(10, frame.Fin|frame.Binary, "x"), r.frame(frame.Fin|frame.Close, closeFrame(4000, "done"))...))
	r.Conn.(*net.TCPConn).CloseWrite()
	for range 10 {
		equal(t, receive(t, g, p), []byte("x"))
	}
	until(t, g, func() bool { return p.ReadyState() == Closed })
	if p.CloseCode() != 4000 || p.Err() != nil {
		t.Errorf("code %d, %v", p.CloseCode(), p.Err())
	}
	finished(t, p)
}

// Rate limits hold over real sockets: who does not stop is slowed down, then
// disconnected; who waits can be closed in either way.
func TestSharedRate(t *testing.T) {
	flood := func(t *testing.T, o *Options) (*Group, *WebSocketPeer, *raw, <-chan int) {
		o.MaxPacketsPerSecond = 10
		g, p, r := rawClient(t, "tcp", o)
		done := pour(r, r.frames(100_000, frame.Fin|frame.Pong, "12345"))
		eventually(t, "waiting", func() bool { return p.Stats().RateWaits > 0 })
		return g, p, r, done
	}
	t.Run("flood", func(t *testing.T) {
		g, p, r, done := flood(t, &Options{FloodTimeout: time.Millisecond})
		until(t, g, func() bool { return p.ReadyState() == Closed })
		var violation *ProtocolError
		if !errors.As(p.Err(), &violation) || violation.Code != frame.CodePolicy || !errors.Is(p.Err(), ErrFlood) {
			t.Error(p.Err())
		}
		r.wantClose(frame.CodePolicy)
		r.Close()
		<-done
		finished(t, p)
	})
	t.Run("hard", func(t *testing.T) {
		_, p, r, done := flood(t, &Options{FloodTimeout: time.Hour})
		check(t, p.Close(-1, ""))
		finished(t, p)
		r.Close()
		<-done
	})
	t.Run("orderly", func(t *testing.T) {
		_, p, r, done := flood(t, &Options{FloodTimeout: time.Hour, CloseTimeout: time.Hour})
		check(t, p.Close(4000, ""))
		r.want(frame.Close, closeFrame(4000, ""))
		<-done
		r.send(frame.Fin|frame.Close, closeFrame(4000, ""))
		r.wantEOF()
		r.Close()
		finished(t, p)
	})
	t.Run("goes on", func(t *testing.T) {
		g, p, r := rawClient(t, "tcp", &Options{MaxPacketsPerSecond: 1000, FloodTimeout: time.Hour})
		r.Write(append(r.frames(2500, frame.Fin|frame.Pong, ""), r.frame(frame.Fin|frame.Text, "end")...))
		equal(t, receive(t, g, p), []byte("end"))
		r.send(frame.Fin|frame.Text, "waits")
		equal(t, receive(t, g, p), []byte("waits"))
		if s := p.Stats(); s.RateWaits == 0 || s.RateWaited == 0 {
			t.Errorf("%+v", s)
		}
	})
}

// brokenLog panics when it is told of the rate limit.
type brokenLog struct {
	slog.Handler
	mu   *sync.Mutex
	last *string
}

func (l brokenLog) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "rate limit") {
		panic("no")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	*l.last = r.Message
	return nil
}

// A panic in the reader ends the connection that it was reading, and no other.
func TestSharedPanic(t *testing.T) {
	log := brokenLog{slog.NewTextHandler(nil, &slog.HandlerOptions{Level: slog.LevelDebug}), new(sync.Mutex), new(string)}
	_, p, r := rawClient(t, "tcp", &Options{MaxPacketsPerSecond: 1, Logger: slog.New(log)})
	g, bystander, other := rawClient(t, "tcp", nil)
	r.Write(r.frames(10, frame.Fin|frame.Pong, ""))
	eventually(t, "reading", func() bool { return p.Stats().Reads > 0 })
	r.send(frame.Fin|frame.Pong, "")
	r.wantClose(frame.CodeProtocolError)
	r.Close()
	finished(t, p)
	p.Poll()
	var broke *ProtocolError
	if !errors.As(p.Err(), &broke) {
		t.Error(p.Err())
	}
	eventually(t, "log", func() bool {
		log.mu.Lock()
		defer log.mu.Unlock()
		return strings.Contains(*log.last, "panic") || strings.Contains(*log.last, "violation")
	})
	other.send(frame.Fin|frame.Text, "alive")
	equal(t, receive(t, g, bystander), []byte("alive"))
}

// Connections come and go in all ways while others talk, so that the system
// gives their numbers to others all the time.
func TestSharedChurn(t *testing.T) {
	l := listen(t)
	g := NewGroup()
	const workers, rounds = 8, 60
	var wg sync.WaitGroup
	peers := make(chan *WebSocketPeer, workers*rounds)
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			peers <- Accept(nc, &Options{Group: g, MaxQueuedPackets: 3, CloseTimeout: 100 * time.Millisecond})
		}
	}()
	for w := range workers {
		wg.Go(func() {
			for i := range rounds {
				nc, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				r := &raw{Conn: nc, t: t, br: bufio.NewReader(nc)}
				nc.Write([]byte(request()))
				http.ReadResponse(r.br, nil)
				nc.Write(r.frames(i%5, frame.Fin|frame.Text, "hello"))
				switch (i + w) % 4 {
				case 0:
					nc.Write(r.frame(frame.Fin|frame.Close, closeFrame(1000, "")))
				case 1:
					nc.Write([]byte("nonsense that breaks the protocol"))
				case 2:
					nc.(*net.TCPConn).SetLinger(0)
				case 3: // the server drops it
					nc.Write(r.frame(frame.Fin|frame.Text, "drop"))
					r.br.Peek(1)
				}
				nc.Close()
			}
		})
	}
	closed := 0
	until(t, g, func() bool {
		for _, p := range g.polled {
			for packet := range p.Packets() {
				switch string(packet.Data) {
				case "hello":
				case "drop":
					p.Close(-1, "")
				default:
					t.Errorf("packet %q", packet.Data)
				}
				packet.Release()
			}
			if p.ReadyState() == Closed {
				closed++
			}
		}
		return closed == workers*rounds
	})
	wg.Wait()
	l.Close()
	for range workers * rounds {
		finished(t, <-peers)
	}
}

// Receiving leaves nothing to the garbage collector.
func TestSharedNoGarbage(t *testing.T) {
	sharedOnly(t)
	if racetest.Enabled {
		t.Skip("the race detector allocates")
	}
	g, p, r := rawClient(t, "tcp", nil)
	frames := r.frames(10, frame.Fin|frame.Binary, string(payload64))
	if n := testing.AllocsPerRun(1000, func() {
		r.Write(frames)
		for got := 0; got < 10; {
			g.Wait(context.Background())
			for _, q := range g.Poll() {
				for packet := range q.Packets() {
					packet.Release()
					got++
				}
			}
		}
	}); n > 0.5 {
		t.Errorf("receiving allocates %v times", n)
	}
	p.Close(-1, "")
}
