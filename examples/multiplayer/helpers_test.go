package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peerage-go/peerage/examples/multiplayer/game"
	"github.com/peerage-go/peerage/internal/leaktest"
	"github.com/peerage-go/peerage/multiplayer"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// hall is a server and its guests, all polled on the test's goroutine.
type hall struct {
	t      testing.TB
	srv    *server
	url    string
	guests []*guest
	dice   int // the next roll
}

// guest is a client that writes down what it sees.
type guest struct {
	bystander
	*client
	h    *hall
	log  []string
	gone bool
}

func (g *guest) logged(line string) { g.log = append(g.log, line) }

// newHall makes a server with a host, if that has a name.
func newHall(t testing.TB, host string) *hall {
	t.Helper()
	h := &hall{t: t}
	quiet := slog.New(slog.DiscardHandler)
	srv, err := newServer(serverOptions{node: defaultNode, log: quiet, warnings: quiet, dice: func() int { h.dice++; return h.dice }})
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		srv.host(host)
	}
	at, err := serve("127.0.0.1:0", srv, quiet)
	if err != nil {
		t.Fatal(err)
	}
	h.srv, h.url = srv, at.WebSocketURL()
	t.Cleanup(func() {
		for _, g := range h.guests {
			g.m.Close()
		}
		srv.m.Close()
		at.Close()
	})
	return h
}

// join brings a guest, and waits until it is seated under its name.
func (h *hall) join(name string, wire multiplayer.Wire) *guest {
	h.t.Helper()
	g := h.connect(name, wire)
	h.until("a guest is seated", func() bool {
		p, ok := g.table.Find(g.me())
		return ok && p.Name != "" && g.table.Turn() == h.srv.table.Turn()
	})
	return g
}

func (h *hall) connect(name string, wire multiplayer.Wire) *guest {
	h.t.Helper()
	c, err := join(joinOptions{url: h.url, name: name, node: defaultNode, godot: wire == multiplayer.Godot})
	if err != nil {
		h.t.Fatal(err)
	}
	g := &guest{client: c, h: h}
	c.watch(g)
	h.guests = append(h.guests, g)
	return g
}

// leave has a guest go, and waits until the server knows.
func (h *hall) leave(g *guest) {
	h.t.Helper()
	id := g.me()
	g.gone = true
	g.m.Close()
	h.until("a guest has left", func() bool {
		_, there := h.srv.table.Find(id)
		return !there
	})
	h.agree()
}

// until polls everybody until done.
func (h *hall) until(what string, done func() bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		h.srv.m.Poll()
		for _, g := range h.guests {
			if !g.gone {
				g.m.Poll()
			}
		}
		if done() {
			return
		}
		if ctx.Err() != nil {
			h.t.Fatalf("waited %v until %s", patience, what)
		}
		h.wait(ctx)
	}
}

// wait returns when somebody has something to poll.
func (h *hall) wait(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() { h.srv.m.Wait(ctx); cancel() })
	for _, g := range h.guests {
		if !g.gone {
			all.Go(func() { g.m.Wait(ctx); cancel() })
		}
	}
	all.Wait()
}

// seen is the table as somebody sees it.
func seen(t *game.Table) string {
	var b strings.Builder
	for i, p := range t.Players() {
		if i == t.Turn() {
			b.WriteString("*")
		}
		fmt.Fprintf(&b, "%s ", p.Label())
	}
	return strings.TrimSpace(b.String())
}

// agree waits until everybody sees the table as the server does, and gives how that is.
func (h *hall) agree() string {
	h.t.Helper()
	var want string
	h.until("everybody sees the same", func() bool {
		want = seen(&h.srv.table)
		for _, g := range h.guests {
			if !g.gone && seen(&g.table) != want {
				return false
			}
		}
		return true
	})
	return want
}

// sees waits until everybody sees the table so.
func (h *hall) sees(want string) {
	h.t.Helper()
	if got := h.agree(); got != want {
		h.t.Errorf("the table is %q, want %q", got, want)
	}
}

// reads waits until everybody's last line is this one.
func (h *hall) reads(want string) {
	h.t.Helper()
	for _, g := range h.guests {
		if !g.gone {
			h.until("everybody reads "+want, func() bool { return len(g.log) > 0 && g.log[len(g.log)-1] == want })
		}
	}
}

// does has a guest ask for something, and waits until the server has heard it.
func (g *guest) does(action string) {
	g.h.t.Helper()
	before := g.h.srv.m.Stats().CallsIn
	if err := g.act(action); err != nil {
		g.h.t.Fatal(err)
	}
	g.h.until("the server hears it", func() bool { return g.h.srv.m.Stats().CallsIn > before })
}

// terminal is a terminal's two ends: what a program prints, and what is typed into it.
type terminal struct {
	mu    sync.Mutex
	out   bytes.Buffer
	more  chan struct{}
	in    *io.PipeReader
	typed *io.PipeWriter
	read  int // how much of out was expected
}

// start runs the program with a command line, as if typed.
func start(t *testing.T, args ...string) (m *terminal, stop func(), ended <-chan error) {
	m = &terminal{more: make(chan struct{}, 1)}
	m.in, m.typed = io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, args, m.in, m, m)
		m.in.Close()
	}()
	t.Cleanup(func() { cancel(); m.typed.Close() })
	return m, cancel, done
}

func (m *terminal) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("WARN: rpc: a handler was slow")) {
		return len(p), nil // which says only that the machine is busy, between any two lines
	}
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

func (m *terminal) types(line string) { fmt.Fprintln(m.typed, line) }

// shows waits until the program prints something, behind what was waited for before.
func (m *terminal) shows(t *testing.T, text string) {
	t.Helper()
	timeout := time.After(patience)
	for {
		all := m.String()
		if i := strings.Index(all[m.read:], text); i >= 0 {
			m.read += i + len(text)
			return
		}
		select {
		case <-m.more:
		case <-timeout:
			t.Fatalf("%q is not shown after\n%s\nbut\n%s", text, all[:m.read], all[m.read:])
		}
	}
}

// syncBuffer is a buffer that several goroutines may use.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
