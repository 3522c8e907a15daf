package transport

import (
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/internal/frame"
	"github.com/peerage-go/peerage/internal/socket"
)

// inBubble runs body with an open server peer whose time is made up. The
// other side is written by hand, and passive: it must not be read to block.
func inBubble(t *testing.T, o *Options, body func(t *testing.T, g *Group, p *WebSocketPeer, r *raw)) {
	synctest.Test(t, func(t *testing.T) {
		g, p, r := rawClient(t, "pipe", o)
		body(t, g, p, r)
	})
}

// wantEnd expects the peer to end by itself after d, for a reason.
func wantEnd(t *testing.T, p *WebSocketPeer, start time.Time, d time.Duration, reason error) {
	t.Helper()
	<-p.Done()
	p.Poll()
	if p.ReadyState() != Closed || p.CloseCode() != -1 || !errors.Is(p.Err(), reason) || !errors.Is(p.Err(), os.ErrDeadlineExceeded) {
		t.Errorf("%v, code %d: %v", p.ReadyState(), p.CloseCode(), p.Err())
	}
	if got := time.Since(start); got != d {
		t.Errorf("after %v, want %v", got, d)
	}
}

func TestCloseTimeout(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, g *Group, p *WebSocketPeer, r *raw) {
		start := time.Now()
		check(t, p.Close(1000, ""))
		wantEnd(t, p, start, 3*time.Second, ErrCloseTimeout)
	})
	inBubble(t, &Options{CloseTimeout: 5 * time.Second}, func(t *testing.T, g *Group, p *WebSocketPeer, r *raw) {
		stuff(t, p, 5000) // the close frame does not even get out
		start := time.Now()
		check(t, p.Close(1000, ""))
		wantEnd(t, p, start, 5*time.Second, ErrCloseTimeout)
	})
}

// The closing handshake is over, but the other side keeps the socket open.
func TestLingerEnds(t *testing.T) {
	for name, first := range map[string]bool{"this side first": true, "other side first": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, g *Group, p *WebSocketPeer, r *raw) {
				start := time.Now()
				if first {
					check(t, p.Close(4000, ""))
				}
				r.send(frame.Fin|frame.Close, closeFrame(4000, ""))
				synctest.Wait()
				p.Poll()
				if p.ReadyState() != Closed || p.CloseCode() != 4000 || p.Err() != nil {
					t.Errorf("%v, code %d: %v", p.ReadyState(), p.CloseCode(), p.Err())
				}
				<-p.Done()
				if time.Since(start) != 3*time.Second {
					t.Errorf("gone after %v", time.Since(start))
				}
			})
		})
	}
}

func TestWriteTimeout(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, g *Group, p *WebSocketPeer, r *raw) {
		start := time.Now()
		stuff(t, p, 5000)
		wantEnd(t, p, start, 10*time.Second, ErrWriteTimeout)
	})
	// A slow reader is no dead one.
	inBubble(t, &Options{WriteTimeout: time.Second}, func(t *testing.T, g *Group, p *WebSocketPeer, r *raw) {
		n := stuff(t, p, 5000)
		for range n {
			time.Sleep(200 * time.Millisecond)
			r.want(frame.Binary, string(payload(5000)))
		}
		p.Poll()
		if p.ReadyState() != Open {
			t.Errorf("%v: %v", p.ReadyState(), p.Err())
		}
	})
}

func TestHeartbeat(t *testing.T) {
	o := &Options{HeartbeatInterval: 5 * time.Second}
	inBubble(t, o, func(t *testing.T, g *Group, p *WebSocketPeer, r *raw) {
		for i := range 3 {
			r.SetReadDeadline(time.Time{})
			op, payload, err := r.read()
			check(t, err)
			if op != frame.Ping || len(payload) != 8 {
				t.Fatalf("opcode %x, %x", op, payload)
			}
			time.Sleep(30 * time.Millisecond)
			r.send(frame.Fin|frame.Pong, "not the answer")
			r.send(frame.Fin|frame.Pong, string(payload))
			synctest.Wait()
			if s := p.Stats(); s.RoundTrip != 30*time.Millisecond || s.PingsOut != uint64(i+1) {
				t.Errorf("%+v", s)
			}
		}
		start := time.Now()
		r.SetReadDeadline(time.Time{})
		r.read()
		sent := time.Since(start)
		wantEnd(t, p, start, sent+5*time.Second, ErrHeartbeat)
		r.wantClose(1011)
	})
	// Two peers keep each other alive.
	synctest.Test(t, func(t *testing.T) {
		s, c := Pipe(o, o)
		time.Sleep(time.Hour)
		for _, p := range []*WebSocketPeer{s, c} {
			p.Poll()
			if p.ReadyState() != Open || p.Stats().PingsOut < 700 || p.Stats().PingsIn < 700 {
				t.Errorf("%v, %v, %+v", p.ReadyState(), p.Err(), p.Stats())
			}
		}
		s.Close(1000, "")
		finished(t, s, c)
	})
}

// A pong that cannot have been read yet is not missed.
func TestHeartbeatIsPatient(t *testing.T) {
	o := &Options{HeartbeatInterval: time.Second, MaxQueuedPackets: 1}
	// Pings at 1 s, 2 s and so on; the reader waits from the start to 2.5 s.
	inBubble(t, o, func(t *testing.T, g *Group, p *WebSocketPeer, r *raw) {
		r.send(frame.Fin|frame.Text, "the reader waits behind this")
		_, ping, err := r.read()
		check(t, err)
		time.Sleep(1500 * time.Millisecond)
		p.Poll()
		_, err = p.GetPacket()
		check(t, err)
		time.Sleep(900 * time.Millisecond)
		r.send(frame.Fin|frame.Pong, string(ping))
		synctest.Wait()
		p.Poll()
		if p.ReadyState() != Open {
			t.Fatalf("closed just after the user had read: %v", p.Err())
		}
	})
	inBubble(t, o, func(t *testing.T, g *Group, p *WebSocketPeer, r *raw) {
		r.send(frame.Fin|frame.Text, "the reader waits behind this")
		time.Sleep(time.Minute)
		p.Poll()
		if p.ReadyState() != Open {
			t.Fatalf("closed while the user did not read: %v", p.Err())
		}
		_, err := p.GetPacket()
		check(t, err)
		_, ping, err := r.read()
		check(t, err)
		r.send(frame.Fin|frame.Pong, string(ping))

		large := r.frame(frame.Fin|frame.Binary, string(payload(60000)))
		for i := range 60 {
			r.Write(large[i*1000 : (i+1)*1000])
			time.Sleep(500 * time.Millisecond)
		}
		synctest.Wait()
		p.Poll()
		if p.ReadyState() != Open {
			t.Fatalf("closed during a large message: %v", p.Err())
		}
		start := time.Now()
		<-p.Done() // but a message that does not go on is no excuse
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("ended after %v", d)
		}
	})
}

// Nobody polls: nothing is left all the same.
func TestForgotten(t *testing.T) {
	inBubble(t, &Options{HeartbeatInterval: time.Second}, func(t *testing.T, g *Group, p *WebSocketPeer, r *raw) {
		<-p.Done()
	})
	synctest.Test(t, func(t *testing.T) {
		near, far := socket.Pipe()
		<-Accept(near, nil).Done()
		far.Close()
		near, far = socket.Pipe()
		<-clientOn(t, near, nil).Done()
		far.Close()
	})
}
