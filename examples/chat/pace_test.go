package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/transport"
)

func TestBucket(t *testing.T) {
	now := time.Unix(1000, 0)
	b := newBucket(3, 100, now)
	takes := func(want time.Duration) {
		t.Helper()
		if wait := b.wait(now); wait != want {
			t.Fatalf("wait %v, want %v", wait, want)
		} else if wait == 0 {
			b.take(1)
		}
	}
	for range 3 {
		takes(0)
	}
	takes(10 * time.Millisecond)
	now = now.Add(5 * time.Millisecond)
	takes(5 * time.Millisecond)
	now = now.Add(5 * time.Millisecond)
	takes(0)
	takes(10 * time.Millisecond)
	now = now.Add(1000 * time.Hour)
	for range 3 {
		takes(0)
	}
	takes(10 * time.Millisecond)
	b.take(1000) // more than there is
	takes(40 * time.Millisecond)
	now = now.Add(40 * time.Millisecond)
	takes(0)
	takes(10 * time.Millisecond)
}

// bubble is a chat in memory, whose time is made up.
type bubble struct {
	*testing.T
	srv  *server
	log  bytes.Buffer // to be read when the server is down
	stop func()

	guests []*transport.WebSocketPeer
}

// inBubble runs a test with a server at work, which is down when it returns.
func inBubble(t *testing.T, test func(b *bubble)) {
	synctest.Test(t, func(t *testing.T) {
		quiet := slog.New(slog.DiscardHandler)
		ctx, cancel := context.WithCancel(context.Background())
		b := &bubble{T: t}
		b.srv = newServer(slog.New(slog.NewTextHandler(&b.log, nil)), quiet, nil)
		var done sync.WaitGroup
		done.Go(func() { b.srv.run(ctx) })
		b.stop = sync.OnceFunc(func() {
			cancel()
			done.Wait()
		})
		defer func() {
			b.stop()
			for _, ws := range b.guests {
				ws.Close(-1, "")
				<-ws.Done()
			}
		}()
		test(b)
	})
}

// dial connects somebody, and waits until the server has met it.
func (b *bubble) dial(o transport.Options) *transport.WebSocketPeer {
	b.Helper()
	if !b.srv.enter() {
		b.Fatal("the chat is full")
	}
	o.SupportedProtocols = []string{subprotocol}
	_, ws := transport.Pipe(b.srv.opts, &o)
	b.guests = append(b.guests, ws)
	synctest.Wait()
	b.srv.handshakes.Done()
	if ws.Poll(); ws.ReadyState() != transport.Open {
		b.Fatal(ws.Err())
	}
	if lines := heard(ws); len(lines) < 2 || !strings.HasPrefix(lines[0], "Server says: you are [") {
		b.Fatal("a newcomer is not greeted")
	}
	return ws
}

// heard takes the lines that somebody got.
func heard(ws *transport.WebSocketPeer) (lines []string) {
	synctest.Wait()
	ws.Poll()
	for p := range ws.Packets() {
		lines = append(lines, string(p.Data))
	}
	return lines
}

// TestAllSpeakToASlowReader has many speak as fast as they may, the operator too, in long and in short messages, to one
// who reads 100 KB in a second: that one stays, and reads all of it in time.
func TestAllSpeakToASlowReader(t *testing.T) {
	for name, size := range map[string]int{"long": maxMessage, "short": 1} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(b *bubble) {
				t := b.T
				const reading, step, seconds = 100_000, 20 * time.Millisecond, 30
				slow := b.dial(transport.Options{InboundBufferSize: maxMessage + 100, MaxQueuedPackets: 100})
				stop := make(chan struct{})
				var speaking sync.WaitGroup
				defer speaking.Wait()
				defer close(stop)
				text := strings.Repeat("x", size)
				for range 6 {
					ws := b.dial(transport.Options{InboundBufferSize: 1 << 20, WriteTimeout: patient})
					speaking.Go(func() {
						for ws.ReadyState() == transport.Open {
							ws.Poll()
							for range ws.Packets() {
							}
							for ws.SendText(text) == nil {
							}
							select {
							case <-time.After(step):
							case <-stop:
								ws.Close(-1, "")
								return
							}
						}
						t.Errorf("a speaker was sent away: %v", ws.Err())
					})
				}
				speaking.Go(func() {
					for {
						select {
						case <-b.srv.say(text):
						case <-stop:
							return
						}
					}
				})
				right, read, lines := 0, 0, 0
				for range seconds * time.Second / step {
					time.Sleep(step)
					right += reading * int(step) / int(time.Second)
					for slow.Poll(); right > 0 && slow.AvailablePacketCount() > 0; slow.Poll() {
						data, _ := slow.GetPacket()
						right -= len(data) + 4
						read += len(data)
						lines++
						synctest.Wait()
					}
					right = min(right, 0)
					if slow.ReadyState() != transport.Open {
						t.Fatalf("the slow reader was sent away after %d bytes: %d %s", read, slow.CloseCode(), slow.CloseReason())
					}
				}
				if most := seconds*roomPerSecond + roomBurst; (read+lines*lineCost)*10 < most*9 {
					t.Errorf("the room passed on %d lines of %d bytes in all, and %d bytes with what lines cost would have been allowed", lines, read, most)
				}
			})
		})
	}
}

// TestTooSlow has one read nothing, and another a quarter of what is said: the others chat on, and these are sent away.
func TestTooSlow(t *testing.T) {
	for name, c := range map[string]struct {
		reads int // one message of so many
		why   string
	}{
		"nothing":   {1 << 30, transport.ErrWriteTimeout.Error()},
		"a quarter": {4, fmt.Sprint("sent away\" code=", closeBehind)},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(b *bubble) {
				t := b.T
				a, slow := b.dial(transport.Options{InboundBufferSize: 1 << 20}), b.dial(transport.Options{})
				text := strings.Repeat("x", maxMessage)
				n := 0
				for !slices.ContainsFunc(heard(a), func(l string) bool { return strings.HasSuffix(l, "] disconnected") }) {
					if n++; n > 2*maxUnwritten/maxMessage {
						t.Fatal("the slow reader stays")
					}
					<-b.srv.say(text)
					if n%c.reads == 0 {
						slow.Poll()
						slow.GetPacket()
					}
				}
				if a.ReadyState() != transport.Open {
					t.Error("one who reads was sent away")
				}
				b.stop()
				if !strings.Contains(b.log.String(), c.why) {
					t.Errorf("the log does not say %q:\n%s", c.why, &b.log)
				}
			})
		})
	}
}

// TestFlood has one speak faster than one may: it is slowed down and told so, and nothing is lost.
func TestFlood(t *testing.T) {
	inBubble(t, func(b *bubble) {
		t := b.T
		flood, ear := b.dial(transport.Options{OutboundBufferSize: 1 << 20}), b.dial(transport.Options{InboundBufferSize: 1 << 20})
		const n = burst + 2*perSecond
		say := func() (took time.Duration) {
			start := time.Now()
			for i := range n {
				if err := flood.SendText(fmt.Sprint(i)); err != nil {
					t.Fatal(err)
				}
			}
			flood.Poll()
			lines := heard(ear)
			for len(lines) < n {
				time.Sleep(tick)
				lines = append(lines, heard(ear)...)
			}
			took = time.Since(start)
			for i, line := range lines {
				if !strings.HasSuffix(line, fmt.Sprintf("] Says: %d", i)) {
					t.Fatalf("line %d is %q", i, line)
				}
			}
			return took
		}
		if took := say(); took < 1900*time.Millisecond || took > 2100*time.Millisecond {
			t.Errorf("%d messages took %v", n, took)
		}
		const notice = "Server says: not so fast: you say more than 100 messages in a second. What you say waits its turn, and nothing of it is lost"
		if told := heard(flood)[1:]; !slices.Equal(told, []string{notice}) {
			t.Errorf("who is too fast reads %q", told)
		}
		// One who leaves is not heard faster, and what it said last is not lost.
		time.Sleep(time.Hour)
		for i := range n {
			flood.SendText(fmt.Sprint(i))
		}
		flood.Close(1000, "")
		lines := heard(ear)
		if len(lines) > burst {
			t.Errorf("who leaves says %d messages at once", len(lines))
		}
		for len(lines) <= n {
			time.Sleep(tick)
			lines = append(lines, heard(ear)...)
		}
		if !strings.HasSuffix(lines[n-1], fmt.Sprintf("] Says: %d", n-1)) || !strings.HasSuffix(lines[n], "] disconnected") {
			t.Errorf("last came %q", lines[n-1:])
		}
	})
}

// TestBusyRoom has some take all that the room has: another one is heard in turn with them, and all who wait are told
// why.
func TestBusyRoom(t *testing.T) {
	inBubble(t, func(b *bubble) {
		t := b.T
		big := strings.Repeat("x", maxMessage)
		var loud []*transport.WebSocketPeer
		for range 5 {
			ws := b.dial(transport.Options{OutboundBufferSize: 1 << 20, InboundBufferSize: 4 << 20, MaxQueuedPackets: 1 << 16})
			for range 200 {
				ws.SendText(big)
			}
			ws.Poll()
			loud = append(loud, ws)
		}
		time.Sleep(5 * time.Second)
		calm := b.dial(transport.Options{InboundBufferSize: 4 << 20, MaxQueuedPackets: 1 << 16})
		calm.SendText("may I?")
		calm.Poll()
		time.Sleep(time.Second)
		const notice = "Server says: not so fast: the room passes on 64 KB in a second, of all together. What you say waits its turn, and nothing of it is lost"
		for i, ws := range loud {
			lines := heard(ws)
			if n := strings.Count(strings.Join(lines, "\n"), notice); n != 1 {
				t.Errorf("speaker %d was told %d times that the room is busy", i, n)
			}
			if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasSuffix(l, "] Says: may I?") }) {
				t.Errorf("speaker %d does not hear the one who says little", i)
			}
		}
		if slices.Contains(heard(calm), notice) {
			t.Error("who says little is told that it is too fast")
		}
	})
}

// TestDownWhileSomebodyWaits stops a server at which one who left has not been heard to the end.
func TestDownWhileSomebodyWaits(t *testing.T) {
	inBubble(t, func(b *bubble) {
		t := b.T
		flood := b.dial(transport.Options{})
		for i := range 2 * burst {
			flood.SendText(fmt.Sprint(i))
		}
		flood.Close(1000, "")
		synctest.Wait()
		if b.srv.count != 1 {
			t.Fatalf("%d members are there", b.srv.count)
		}
		b.stop()
		if b.srv.count != 0 {
			t.Errorf("%d members are left", b.srv.count)
		}
	})
}
