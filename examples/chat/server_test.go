package main

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/transport"
)

func TestChat(t *testing.T) {
	c, a, b, d := three(t)
	if got := a.ws.SelectedProtocol(); got != subprotocol {
		t.Errorf("subprotocol %q", got)
	}
	a.say("hi")
	a.say("  two spaces  inside ")
	c.until("the others read it", func() bool { return len(b.lines) == 2 && len(d.lines) == 2 })
	want := []string{a.id + " Says: hi", a.id + " Says: two spaces  inside"}
	if !slices.Equal(b.lines, want) || !slices.Equal(d.lines, want) {
		t.Errorf("got %q and %q, want %q", b.lines, d.lines, want)
	}
	c.srv.say("welcome")
	c.until("everybody hears the server", func() bool { return len(a.lines) == 1 && len(b.lines) == 3 && len(d.lines) == 3 })
	if a.lines[0] != "Server says: welcome" {
		t.Errorf("got %q", a.lines[0])
	}
	d.ws.Close(1000, "")
	c.until("the others hear that one left", func() bool { return len(a.lines) == 2 && len(b.lines) == 4 })
	if a.lines[1] != d.id+" disconnected" || b.lines[3] != a.lines[1] {
		t.Errorf("got %q and %q", a.lines[1], b.lines[3])
	}
}

// TestNewcomer has each who comes be told who is there.
func TestNewcomer(t *testing.T) {
	c, a, b, d := three(t)
	e := c.dial("")
	for k, want := range map[*talker][]*talker{a: nil, b: {a}, d: {a, b}, e: {a, b, d}} {
		slices.SortFunc(want, func(a, b *talker) int { return cmp.Or(cmp.Compare(len(a.id), len(b.id)), strings.Compare(a.id, b.id)) })
		ids := ""
		for i, k := range want {
			ids += map[bool]string{true: " ", false: ", "}[i == 0] + k.id
		}
		here := []string{"nobody else is here yet", "1 other is here:", "2 others are here:", "3 others are here:"}[len(want)] + ids
		if k.here != here {
			t.Errorf("it was told %q, want %q", k.here, here)
		}
	}
}

// TestPast has a newcomer read what was said last, and nothing of who came and left.
func TestPast(t *testing.T) {
	c, a, b, d := three(t)
	d.ws.Close(1000, "")
	var want []string
	for i := range maxPast + 3 {
		a.say(fmt.Sprint("line ", i))
		if i > 3 {
			want = append(want, fmt.Sprintf("Before you came: %s Says: line %d", a.id, i))
		}
	}
	c.until("all is said", func() bool { return len(b.lines) == maxPast+4 })
	c.srv.say("the end")
	want = append(want, "Before you came: Server says: the end")
	c.until("the server is heard", func() bool { return len(a.lines) == 2 })
	e := c.dial("")
	c.until("the newcomer has read it", func() bool { return len(e.lines) == maxPast })
	if !slices.Equal(e.lines, want) {
		t.Errorf("got %q, want %q", e.lines, want)
	}
}

func TestHostileMessages(t *testing.T) {
	c, a, b, d := three(t)
	for _, m := range []struct{ say, want string }{
		{"x\n[1] Says: I am somebody else", "x [1] Says: I am somebody else"},
		{"\x1b[2J\x1b]0;title\x07", "[2J ]0;title"},
		{"a\u2028b\u009bc\x7f", "a b c"},
		{"käse 李 👩‍👩‍👧", "käse 李 👩‍👩‍👧"},
		{strings.Repeat("x", maxMessage), strings.Repeat("x", maxMessage)},
	} {
		b.lines = nil
		a.say(" \n\t") // of which nothing is left
		a.say(m.say)
		c.until("it arrives", func() bool { return len(b.lines) == 1 })
		if want := a.id + " Says: " + m.want; b.lines[0] != want {
			t.Errorf("said %q: got %q, want %q", m.say, b.lines[0], want)
		}
	}
	b.lines = nil
	for i, m := range []struct{ say, why string }{
		{strings.Repeat("y", maxMessage+1), "it has 2001 bytes, and 2000 are the most"},
		{"\u3164\u200b\u2800", "there is nothing to see in it"},
	} {
		a.say(m.say)
		c.until("who said what is no message is told", func() bool { return len(a.lines) > i })
		if want := "Server says: nobody got that: " + m.why; a.lines[i] != want {
			t.Errorf("got %q, want %q", a.lines[i], want)
		}
	}
	if len(b.lines) != 0 {
		t.Errorf("others got %q", b.lines)
	}
	a.ws.PutPacket([]byte("bytes"))
	c.until("who sends bytes is sent away", func() bool { return a.ws.ReadyState() == transport.Closed })
	if got := a.ws.CloseCode(); got != closeTextOnly {
		t.Errorf("close code %d", got)
	}
	b.lines = nil
	d.say(strings.Repeat("z", 70_000))
	c.until("who sends far too much is sent away", func() bool { return d.ws.ReadyState() == transport.Closed })
	if got := d.ws.CloseCode(); got != 1009 {
		t.Errorf("close code %d", got)
	}
	c.until("the last one hears of both", func() bool { return slices.Contains(b.lines, d.id+" disconnected") })
}

// TestManyLeaveAtOnce counts the lines about those who leave: each who stays gets one for each who left.
func TestManyLeaveAtOnce(t *testing.T) {
	c, a, b, d := three(t)
	var leaving []*talker
	for i := range 20 {
		k := c.dial("")
		c.until("all hear of the newcomer", func() bool { return len(a.lines) == i+1 && len(b.lines) == i+1 && len(d.lines) == i+1 })
		if got := a.joined(i); got != k.id {
			t.Errorf("%s has joined, and was told that it is %s", got, k.id)
		}
		leaving = append(leaving, k)
	}
	for _, k := range []*talker{a, b, d} {
		k.lines = nil
	}
	for i, k := range leaving {
		k.say("bye")
		if i%2 == 0 {
			k.ws.Flush()
			k.ws.Close(1000, "")
		} else {
			k.ws.Flush()
			k.ws.Close(3000+i, "so long")
		}
	}
	c.until("all hear of all", func() bool { return len(a.lines) >= 40 && len(b.lines) >= 40 && len(d.lines) >= 40 })
	a.say("end")
	c.until("the end", func() bool { return len(b.lines) == 41 && len(d.lines) == 41 })
	for _, k := range []*talker{a, b, d} {
		for _, l := range leaving {
			said, left := slices.Index(k.lines, l.id+" Says: bye"), slices.Index(k.lines, l.id+" disconnected")
			if said < 0 || left < said {
				t.Errorf("%s: bye is line %d, disconnected line %d", l.id, said, left)
			}
		}
	}
	if len(a.lines) != 40 {
		t.Errorf("%d lines", len(a.lines))
	}
}

func TestServerGoesDown(t *testing.T) {
	c, a, b, d := three(t)
	a.say("last words")
	c.until("they are read", func() bool { return len(b.lines) == 1 && len(d.lines) == 1 })
	go c.stop()
	c.until("all are told", func() bool {
		return a.ws.ReadyState() == transport.Closed && b.ws.ReadyState() == transport.Closed && d.ws.ReadyState() == transport.Closed
	})
	for _, k := range []*talker{a, b, d} {
		if k.ws.CloseCode() != closeGoingAway {
			t.Errorf("close code %d", k.ws.CloseCode())
		}
	}
	if len(a.lines) != 0 || len(b.lines) != 1 || len(d.lines) != 1 {
		t.Errorf("more than needed was said: %q, %q, %q", a.lines, b.lines, d.lines)
	}
	c.stop()
	if c.srv.count != 0 {
		t.Errorf("%d members are left", c.srv.count)
	}
}

func TestHandshakes(t *testing.T) {
	c := newChat(t)
	for _, h := range []struct {
		name, protocol, origin string
		status                 int
	}{
		{"as the demo", subprotocol, "", 101},
		{"one of several", "x, demo-chat", "", 101},
		{"none", "", "", 400},
		{"another", "ludus", "", 400},
		{"the server's page", subprotocol, "SELF", 101},
		{"another page", subprotocol, "http://example.com", 403},
	} {
		t.Run(h.name, func(t *testing.T) {
			r, _ := http.NewRequest("GET", strings.Replace(c.url, "ws:", "http:", 1)+"test/", nil)
			for k, v := range map[string]string{
				"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
				"Sec-WebSocket-Key": "n4QYHxP9iIeOq5HxoLNlaQ==", "Sec-WebSocket-Protocol": h.protocol,
				"Origin": strings.Replace(h.origin, "SELF", "http://"+r.URL.Host, 1),
			} {
				if v != "" {
					r.Header.Set(k, v)
				}
			}
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != h.status {
				t.Errorf("status %d, want %d", resp.StatusCode, h.status)
			}
		})
	}
}
