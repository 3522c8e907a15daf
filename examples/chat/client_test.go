package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/examples/internal/console"
	"github.com/peerage-go/peerage/examples/internal/program"
	"github.com/peerage-go/peerage/internal/refusing"
)

// start runs the program with a command line, as if typed.
func start(t *testing.T, args ...string) (m *terminal, stop func(), ended <-chan error) {
	m = newTerminal()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, args, m.in, m, m)
		m.in.Close()
	}()
	t.Cleanup(func() { cancel(); m.typed.Close() })
	return m, cancel, done
}

// address waits for a server to say where it is.
func (m *terminal) address(t *testing.T) (ws string) {
	t.Helper()
	m.shows(t, "Ctrl-C stops the server")
	_, ws, _ = strings.Cut(m.String(), "the chat is at ")
	ws, _, _ = strings.Cut(ws, ",")
	return ws
}

func TestProgram(t *testing.T) {
	srv, stop, ended := start(t, "-addr", "127.0.0.1:0")
	url := srv.address(t)

	resp, err := http.Get(strings.Replace(url, "ws:", "http:", 1))
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if !bytes.Contains(page, []byte("<html")) {
		t.Errorf("the page is %q", page)
	}

	a, _, aEnded := start(t, "-join", url)
	a.shows(t, "connected; type a line")
	srv.shows(t, "] connected") // the server has met the one before the other comes
	b, _, bEnded := start(t, "-join", strings.TrimPrefix(url, "ws://")+"test/")
	b.shows(t, "connected; type a line")
	b.shows(t, "Server says: you are [")
	a.shows(t, "Server says: nobody else is here yet\n")
	_, idOfA, _ := strings.Cut(a.String(), "Server says: you are ")
	idOfA, _, _ = strings.Cut(idOfA, "\n")
	b.shows(t, "Server says: 1 other is here: "+idOfA+"\n")
	a.shows(t, "] connected\n")
	b.Type("hello \x1b[31m there")
	a.shows(t, "] Says: hello [31m there\n")
	b.shows(t, "you: hello [31m there\n")
	b.Type(strings.Repeat("x", maxMessage+1))
	b.shows(t, "not sent: it has 2001 bytes")
	b.Type("last")
	b.typed.Close() // the end of the input, as Ctrl-D
	if err := <-bEnded; err != nil {
		t.Error(err)
	}
	a.shows(t, "] Says: last\n")
	a.shows(t, "] disconnected\n")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	srv.shows(t, "the server is down")
	if err := <-aEnded; err == nil || !strings.Contains(err.Error(), "went down") {
		t.Errorf("the other client says %v", err)
	}
	if strings.Contains(srv.String()+a.String()+b.String(), "\x1b") {
		t.Error("an escape character is shown where there is no terminal")
	}
}

// TestPipedServer pipes lines into a server: it says them, and goes on when there are no more.
func TestPipedServer(t *testing.T) {
	srv, stop, ended := start(t, "-addr", "127.0.0.1:0")
	url := srv.address(t)
	a, _, aEnded := start(t, "-join", url)
	a.shows(t, "Server says: you are [")
	srv.Type("tea is ready")
	srv.Type(" \u3164")
	srv.Type(strings.Repeat("x", maxMessage+1))
	srv.Type(strings.Repeat("y", 3*console.MaxLine))
	srv.Type("👩‍👩‍👧 and cake")
	srv.typed.Close()
	a.shows(t, "Server says: tea is ready\nServer says: 👩‍👩‍👧 and cake\n")
	srv.shows(t, "not said: there is nothing to see in it\n")
	srv.shows(t, "not said: it has 2001 bytes, and 2000 are the most\n")
	srv.shows(t, "not said: it has 65536 bytes or more, and 2000 are the most\n")
	srv.shows(t, "Server says: 👩‍👩‍👧 and cake\n")
	a.Type("thanks")
	srv.shows(t, "Says: thanks")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	<-aEnded
}

// TestPipedClient pipes more into a client than the server takes at once: all of it is heard, although the input ends
// at once and the client leaves.
func TestPipedClient(t *testing.T) {
	srv, _, _ := start(t, "-addr", "127.0.0.1:0")
	url := srv.address(t)
	a, _, _ := start(t, "-join", url)
	a.shows(t, "Server says: you are [")
	b, _, bEnded := start(t, "-join", url)
	text := strings.Repeat("x", 500)
	const n = burst + 80
	for i := range n {
		b.Type(fmt.Sprint(text, i))
	}
	b.typed.Close()
	if err := <-bEnded; err != nil {
		t.Error(err)
	}
	a.shows(t, "] disconnected\n")
	for i := range n {
		if !strings.Contains(a.String(), fmt.Sprintf("] Says: %s%d\n", text, i)) {
			t.Fatalf("message %d was not heard", i)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	addr := refusing.Addr(t)
	_, _, ended := start(t, "-join", addr)
	if err := <-ended; err == nil || err.Error() != "nobody listens at ws://"+addr+": start the server with `go run ./examples/chat -addr "+addr+"`" {
		t.Errorf("got %v", err)
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		args string
		says string
		err  error
	}{
		{"-h", "Be the server", flag.ErrHelp},
		{"-nonsense", "not defined: -nonsense\n(-h tells more)\n", program.ErrUsage},
		{"hello", "what is \"hello\" for", program.ErrUsage},
		{"-join=", "wants the URL", program.ErrUsage},
		{"-join x -addr y", "for a server", program.ErrUsage},
		{"-origins a,,b", "", nil},
	} {
		var out bytes.Buffer
		cfg, err := parseFlags(strings.Fields(c.args), &out)
		if !errors.Is(err, c.err) || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: %v, %q", c.args, err, out.String())
		}
		if c.err == program.ErrUsage && strings.Count(out.String(), "\n") != 2 {
			t.Errorf("%s: more than one line and where to read on: %q", c.args, out.String())
		}
		if err == nil && len(cfg.origins) != 2 {
			t.Errorf("%s: %q", c.args, cfg.origins)
		}
	}
}
