package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/peerage-go/peerage/examples/internal/site"
	"github.com/peerage-go/peerage/internal/leaktest"
	"github.com/peerage-go/peerage/transport"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// chat is a server at work and those who chat on it, polled on the test's goroutine.
type chat struct {
	t     testing.TB
	url   string
	srv   *server
	group *transport.Group
	stop  func()
}

func newChat(t testing.TB) *chat {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	srv := newServer(quiet, quiet, nil)
	at, err := site.Listen("127.0.0.1:0", srv, fstest.MapFS{}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { srv.run(ctx) })
	c := &chat{t: t, url: at.WebSocketURL(), srv: srv, group: transport.NewGroup()}
	c.stop = sync.OnceFunc(func() {
		cancel()
		done.Wait()
		at.Close()
	})
	t.Cleanup(c.stop)
	return c
}

// talker is one who chats.
type talker struct {
	c     *chat
	ws    *transport.WebSocketPeer
	id    string // as others see it, with brackets
	here  string // what it was told of who is here
	lines []string
}

// dial connects, and waits for that.
func (c *chat) dial(path string) *talker {
	c.t.Helper()
	k := &talker{c: c}
	var err error
	k.ws, err = transport.Dial(c.url+path, &transport.Options{
		SupportedProtocols: []string{subprotocol},
		InboundBufferSize:  1 << 20,
		OutboundBufferSize: 1 << 20,
		Group:              c.group,
		UserData:           k,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { k.ws.Close(-1, ""); <-k.ws.Done() })
	c.until("a client is connected", func() bool { return k.ws.ReadyState() != transport.Connecting })
	if k.ws.ReadyState() != transport.Open {
		c.t.Fatal(k.ws.Err())
	}
	c.until("a newcomer is told who is here", func() bool { return k.here != "" })
	return k
}

// three gives a chat of three who know each other.
func three(t *testing.T) (c *chat, a, b, d *talker) {
	c = newChat(t)
	a = c.dial("")
	b = c.dial("test/")
	d = c.dial("any/where?x=1")
	c.until("all know of those who came later", func() bool { return len(a.lines) == 2 && len(b.lines) == 1 })
	if a.joined(0) != b.id || a.joined(1) != d.id || b.joined(0) != d.id {
		t.Fatalf("%s reads %q, %s reads %q, and %s came last", a.id, a.lines, b.id, b.lines, d.id)
	}
	for _, k := range []*talker{a, b, d} {
		k.lines = nil
	}
	return c, a, b, d
}

// joined waits for line n of a talker, which says that somebody connected, and gives the id.
func (k *talker) joined(n int) string {
	k.c.t.Helper()
	k.c.until("somebody connects", func() bool { return len(k.lines) > n })
	m := regexp.MustCompile(`^(\[\d+\]) connected$`).FindStringSubmatch(k.lines[n])
	if m == nil {
		k.c.t.Fatalf("got %q", k.lines[n])
	}
	return m[1]
}

func (k *talker) say(text string) {
	k.c.t.Helper()
	if err := k.ws.SendText(text); err != nil {
		k.c.t.Fatal(err)
	}
}

// until polls everybody until done.
func (c *chat) until(what string, done func() bool) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		for _, ws := range c.group.Poll() {
			k := ws.UserData().(*talker)
			for p := range ws.Packets() {
				line := string(p.Data)
				switch {
				case k.id == "":
					k.id = strings.TrimPrefix(line, "Server says: you are ")
				case k.here == "":
					k.here = strings.TrimPrefix(line, "Server says: ")
				default:
					k.lines = append(k.lines, line)
				}
			}
		}
		if done() {
			return
		}
		if c.group.Wait(ctx) != nil {
			c.t.Fatalf("waited %v until %s", patience, what)
		}
	}
}

// terminal is a terminal's two ends: what a program prints, and what is typed into it.
type terminal struct {
	mu    sync.Mutex
	out   bytes.Buffer
	more  chan struct{}
	in    *io.PipeReader
	typed *io.PipeWriter
}

func newTerminal() *terminal {
	m := &terminal{more: make(chan struct{}, 1)}
	m.in, m.typed = io.Pipe()
	return m
}

func (m *terminal) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case m.more <- struct{}{}:
	default:
	}
	return m.out.Write(p)
}

func (m *terminal) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.out.String()
}

func (m *terminal) Type(line string) { fmt.Fprintln(m.typed, line) }

// shows waits until the program has printed something.
func (m *terminal) shows(t *testing.T, text string) {
	t.Helper()
	timeout := time.After(patience)
	for !strings.Contains(m.String(), text) {
		select {
		case <-m.more:
		case <-timeout:
			t.Fatalf("%q is not shown; this is:\n%s", text, m)
		}
	}
}
