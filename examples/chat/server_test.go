package main

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

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
	a.say(strings.Repeat("y", maxMessage+1))
	c.until("who said too much is told", func() bool { return len(a.lines) == 1 })
	if !strings.HasPrefix(a.lines[0], "Server says: nobody got that") {
		t.Errorf("got %q", a.lines[0])
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
		k.id = a.joined(i)
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

// TestSlowReader has one who does not read: the others chat on, and it is sent away.
func TestSlowReader(t *testing.T) {
	c, a, b, _ := three(t)
	u, _ := url.Parse(c.url)
	nc, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.(*net.TCPConn).SetReadBuffer(4 << 10)
	fmt.Fprintf(nc, "GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: n4QYHxP9iIeOq5HxoLNlaQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: demo-chat\r\n\r\n", u.Host)
	id := a.joined(0)
	b.lines = nil
	text := strings.Repeat("x", maxMessage-100)
	n := 0
	heard := func() int {
		k := 0
		for _, l := range b.lines {
			if strings.HasPrefix(l, a.id+" Says: ") {
				k++
			}
		}
		return k
	}
	for !slices.Contains(b.lines, id+" disconnected") {
		if n > 50_000 {
			t.Fatal("the slow reader stays")
		}
		for range 10 {
			c.srv.say(text) // as fast as it goes: members are slowed down
		}
		a.say(fmt.Sprint(n))
		n++
		c.until("the others still read", func() bool { return heard() == n })
	}
	if a.ws.ReadyState() != transport.Open || b.ws.ReadyState() != transport.Open {
		t.Error("one who reads was sent away")
	}
}

// TestFlood has one speak faster than one may: it is slowed down, and nothing is lost.
func TestFlood(t *testing.T) {
	c, a, b, _ := three(t)
	const n = burst + 50
	start := time.Now() // none of it has gone out
	for i := range n {
		a.say(fmt.Sprint(i))
	}
	a.ws.Flush()
	c.until("all of it is there", func() bool { return len(b.lines) == n })
	if took := time.Since(start); took < 40*interval {
		t.Errorf("%d messages took %v", n, took)
	}
	for i, line := range b.lines {
		if line != fmt.Sprintf("%s Says: %d", a.id, i) {
			t.Fatalf("line %d is %q", i, line)
		}
	}
	// One who leaves is not slowed down.
	b.lines = nil
	for i := range n {
		a.say(fmt.Sprint(i))
	}
	a.ws.Close(1000, "")
	c.until("all of it is there", func() bool { return len(b.lines) == n+1 })
	if b.lines[n] != a.id+" disconnected" {
		t.Errorf("last came %q", b.lines[n])
	}
}

func TestPace(t *testing.T) {
	now := time.Unix(1000, 0)
	p := newPace(now)
	for i := range burst {
		if wait := p.take(now); wait != 0 {
			t.Fatalf("message %d has to wait %v", i, wait)
		}
	}
	if wait := p.take(now); wait != interval {
		t.Errorf("wait %v", wait)
	}
	now = now.Add(interval / 2)
	if wait := p.take(now); wait != interval/2 {
		t.Errorf("wait %v", wait)
	}
	now = now.Add(interval / 2)
	if a, b := p.take(now), p.take(now); a != 0 || b != interval {
		t.Errorf("wait %v and %v", a, b)
	}
	now = now.Add(time.Hour)
	for i := range burst {
		if wait := p.take(now); wait != 0 {
			t.Fatalf("message %d has to wait %v", i, wait)
		}
	}
	if wait := p.take(now); wait == 0 {
		t.Error("more than a burst is saved up")
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
