package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/internal/leaktest"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// visitor is a guest in memory, which writes down what it is told.
type visitor struct {
	session *rpc.SceneMultiplayer
	hall    *rpc.Node
	told    []string
}

// inBubble runs a test with a room, in virtual time and without a network.
func inBubble(t *testing.T, test func(t *testing.T, join func(*multiplayer.Options) *visitor)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		peer, err := multiplayer.NewServer(nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := newRoom(peer, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer r.session.Close()
		go r.session.Run(t.Context(), 0, nil)
		test(t, func(o *multiplayer.Options) *visitor {
			client, err := peer.Join(o)
			if err != nil {
				t.Fatal(err)
			}
			session, err := rpc.New(client, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { session.Close() })
			v := &visitor{session: session, hall: session.Node(hallPath)}
			v.hall.Declare(enter, say)
			note := func(format string, args ...any) { v.told = append(v.told, fmt.Sprintf(format, args...)) }
			welcome.Handle(v.hall, func(_ *rpc.Call, here []Guest, past []Line) {
				note("welcome %v", here)
				for _, l := range past {
					note("before %s: %s", l.From.Name, l.Text)
				}
			})
			joined.Handle(v.hall, func(_ *rpc.Call, g Guest) { note("joined %v", g) })
			left.Handle(v.hall, func(_ *rpc.Call, g Guest) { note("left %v", g) })
			said.Handle(v.hall, func(_ *rpc.Call, l Line) { note("said %v: %s", l.From, l.Text) })
			go session.Run(t.Context(), 0, nil)
			synctest.Wait()
			return v
		})
	})
}

// ask makes a call, and gives the code of its failure: 0 for none.
func (v *visitor) ask(q rpc.Query1[string, any], text string) rpc.Code {
	var refused *rpc.Error
	done := make(chan error, 1)
	v.session.Post(func() {
		q.Call(context.Background(), v.hall, multiplayer.Server, text).Then(func(_ any, err error) { done <- err })
	})
	if err := <-done; err == nil {
		return 0
	} else if !errors.As(err, &refused) {
		panic(err)
	}
	return refused.Code
}

// reads wants a visitor to have been told this since it was asked last.
func (v *visitor) reads(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	if !slices.Equal(v.told, want) {
		t.Errorf("a visitor was told\n%q, want\n%q", v.told, want)
	}
	v.told = nil
}

func TestRoom(t *testing.T) {
	inBubble(t, func(t *testing.T, join func(*multiplayer.Options) *visitor) {
		ann := join(nil)
		if code := ann.ask(enter, " Ann\u202e "); code != 0 {
			t.Fatal(code)
		}
		ann.reads(t, "joined {2 Ann}", "welcome [{2 Ann}]")
		ann.ask(say, "is \n somebody here?")
		ann.reads(t, "said {2 Ann}: is somebody here?")
		bob := join(nil)
		bob.ask(enter, "Bob")
		bob.reads(t, "joined {3 Bob}", "welcome [{2 Ann} {3 Bob}]", "before Ann: is somebody here?")
		ann.reads(t, "joined {3 Bob}")
		bob.ask(say, "I am")
		ann.reads(t, "said {3 Bob}: I am")
		bob.reads(t, "said {3 Bob}: I am")
		bob.session.Close()
		ann.reads(t, "left {3 Bob}")
		bob = join(nil)
		bob.ask(enter, "Bob") // the name is free again
		bob.reads(t, "joined {4 Bob}", "welcome [{2 Ann} {4 Bob}]", "before Ann: is somebody here?", "before Bob: I am")
	})
}

func TestRefusals(t *testing.T) {
	inBubble(t, func(t *testing.T, join func(*multiplayer.Options) *visitor) {
		ann, eve := join(nil), join(nil)
		ann.ask(enter, "Ann")
		for _, c := range []struct {
			ask  rpc.Query1[string, any]
			text string
			want rpc.Code
		}{
			{say, "hello", codeOutside},
			{enter, "", codeBadName},
			{enter, "\u200b \u3164", codeBadName},
			{enter, "ann", codeBadName},
			{enter, "A\u200bnn", codeBadName},
			{enter, "\u0410nn", codeBadName}, // Cyrillic
			{enter, strings.Repeat("x", maxName+1), codeBadName},
			{enter, "Eve", 0},
			{enter, "Eva", codeBadName},
			{say, "\u202e", codeBadText},
			{say, strings.Repeat("x", maxText+1), codeBadText},
			{say, strings.Repeat("x", maxText), 0},
		} {
			if code := eve.ask(c.ask, c.text); code != c.want {
				t.Errorf("%s %q: code %d, want %d", c.ask.Name, c.text, code, c.want)
			}
		}
		ann.reads(t, "joined {2 Ann}", "welcome [{2 Ann}]", "joined {3 Eve}", "said {3 Eve}: "+strings.Repeat("x", maxText))
	})
}

func TestPace(t *testing.T) {
	inBubble(t, func(t *testing.T, join func(*multiplayer.Options) *visitor) {
		ann := join(nil)
		ann.ask(enter, "Ann")
		lines := func() (n int) {
			for ann.ask(say, "hello") == 0 {
				n++
			}
			return n
		}
		for _, c := range []struct {
			silence time.Duration
			want    int
		}{{0, burst}, {0, 0}, {pace, 1}, {pace / 2, 0}, {pace / 2, 1}, {time.Hour, burst}} {
			time.Sleep(c.silence)
			if n := lines(); n != c.want {
				t.Errorf("after %v %d lines were taken, want %d", c.silence, n, c.want)
			}
		}
	})
}

// TestPast has a newcomer read the last lines, and no more than fit into one message.
func TestPast(t *testing.T) {
	inBubble(t, func(t *testing.T, join func(*multiplayer.Options) *visitor) {
		ann := join(nil)
		ann.ask(enter, "Ann")
		long := strings.Repeat("x", maxText-3)
		for n := range 2 * maxPast {
			time.Sleep(pace)
			ann.ask(say, fmt.Sprintf("%s%03d", long, n))
		}
		bob := join(nil)
		bob.ask(enter, "Bob")
		want := []string{"joined {3 Bob}", "welcome [{2 Ann} {3 Bob}]"}
		for n := range maxPast {
			want = append(want, fmt.Sprintf("before Ann: %s%03d", long, maxPast+n))
		}
		bob.reads(t, want...)
	})
}

// TestGodot has a guest that speaks Godot's wire, which has no replies: it learns from welcome that it is in.
func TestGodot(t *testing.T) {
	inBubble(t, func(t *testing.T, join func(*multiplayer.Options) *visitor) {
		ann := join(nil)
		ann.ask(enter, "Ann")
		ann.reads(t, "joined {2 Ann}", "welcome [{2 Ann}]")
		gd := join(&multiplayer.Options{Wire: multiplayer.Godot})
		for _, c := range []struct {
			method rpc.Query1[string, any]
			text   string
		}{{enter, "ann"}, {enter, "Gd"}, {say, "hello"}} {
			gd.session.Post(func() { gd.hall.RPCID(multiplayer.Server, c.method.Name, c.text) })
		}
		gd.reads(t, "joined {3 Gd}", "welcome [{2 Ann} {3 Gd}]", "said {3 Gd}: hello")
		ann.reads(t, "joined {3 Gd}", "said {3 Gd}: hello")
	})
}

// TestProgram has the program serve, and two guests at terminals.
func TestProgram(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	says, out := io.Pipe()
	served := make(chan error, 1)
	go func() {
		served <- serve(ctx, "127.0.0.1:0", out)
		out.Close()
	}()
	var url string
	if _, err := fmt.Fscanf(says, "the room is at %s", &url); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, says)
	url = strings.TrimSuffix(url, ",")

	ann := newTerminal(t, url, "Ann")
	ann.until("Ann is here, as peer 2")
	bob := newTerminal(t, url, "Bob")
	ann.until("Bob joined")
	fmt.Fprintln(bob.in, "hello \x1b[31m there")
	ann.until("Bob: hello [31m there")
	bob.until("Bob: hello [31m there")
	fmt.Fprintln(bob.in, " ")
	bob.until("not said: there is nothing to see in that")
	fmt.Fprintln(bob.in, "last")
	bob.in.Close()
	if err := <-bob.ended; err != nil {
		t.Error(err)
	}
	ann.until("Bob: last")
	ann.until("Bob left")
	other := newTerminal(t, url, "ann")
	if err := <-other.ended; !errors.Is(err, rpc.Errorf(codeBadName, "")) {
		t.Errorf("who takes Ann's name is told %v", err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := <-ann.ended; err == nil || !strings.Contains(err.Error(), "the room closes") {
		t.Errorf("at the end Ann is told %v", err)
	}
}

// terminal is the two ends of a guest's terminal.
type terminal struct {
	t     *testing.T
	in    *io.PipeWriter
	lines chan string
	ended chan error
}

func newTerminal(t *testing.T, url, name string) *terminal {
	in, typed := io.Pipe()
	says, out := io.Pipe()
	m := &terminal{t, typed, make(chan string, 100), make(chan error, 1)}
	go func() {
		m.ended <- visit(t.Context(), url, name, in, out)
		in.Close()
		out.Close()
	}()
	go func() {
		for s := bufio.NewScanner(says); s.Scan(); {
			m.lines <- s.Text()
		}
	}()
	t.Cleanup(func() { typed.Close() })
	return m
}

// until waits for a line with this in it.
func (m *terminal) until(text string) {
	m.t.Helper()
	late := time.After(30 * time.Second)
	for {
		select {
		case line := <-m.lines:
			if strings.Contains(line, text) {
				return
			}
		case <-late:
			m.t.Fatalf("%q is not shown", text)
		}
	}
}
