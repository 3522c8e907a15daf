package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"strings"
	"testing"

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

func TestProgram(t *testing.T) {
	srv, stop, ended := start(t, "-addr", "127.0.0.1:0")
	srv.shows(t, "Ctrl-C stops the server")
	_, url, _ := strings.Cut(srv.String(), "the chat is at ")
	url, _, _ = strings.Cut(url, ",")

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
		{"-nonsense", "not defined: -nonsense\n(-h tells more)\n", errUsage},
		{"hello", "what is \"hello\" for", errUsage},
		{"-join=", "wants the URL", errUsage},
		{"-join x -addr y", "for a server", errUsage},
		{"-origins a,,b", "", nil},
	} {
		var out bytes.Buffer
		cfg, err := parseFlags(strings.Fields(c.args), &out)
		if !errors.Is(err, c.err) || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: %v, %q", c.args, err, out.String())
		}
		if c.err == errUsage && strings.Count(out.String(), "\n") != 2 {
			t.Errorf("%s: more than one line and where to read on: %q", c.args, out.String())
		}
		if err == nil && len(cfg.origins) != 2 {
			t.Errorf("%s: %q", c.args, cfg.origins)
		}
	}
}
