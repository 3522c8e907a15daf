package multiplayer_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/rawws"
	"github.com/peerage-go/peerage/multiplayer"
)

// TestCloseCodesThatCanResume has a client close with each code, and ask for its session again.
func TestCloseCodesThatCanResume(t *testing.T) {
	for code, resumes := range map[int]bool{
		1000: false, 1001: true, 1002: false, 1003: false, 1005: false, 1007: false, 1008: false, 1009: false, 1011: true, 1012: true, 1013: true,
		3000: false, multiplayer.CloseDisconnected: false, 4001: false, multiplayer.CloseHandshakeTimeout: true, 4003: false, 4004: false, 4999: false,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			p := listening(t, &multiplayer.Options{ResumeWindow: deadline})
			c, hello := p.byHand(2)
			payload := string([]byte{byte(code >> 8), byte(code)})
			if code == 1005 {
				payload = ""
			}
			must(t, c.Send(rawws.Frame(rawws.Close, payload)))
			c.Closed()
			c.Close()
			p.until("it has closed", func() bool { q := p.server.Peer(2); return q == nil || q.Away() })
			again := knock(t, p.server, multiplayer.Subprotocol)
			must(t, again.Message(hello...))
			p.until("it is there", func() bool { s := p.server.Stats(); return s.Resumed > 0 || p.server.Peer(3) != nil })
			if got := p.server.Stats().Resumed == 1; got != resumes {
				t.Errorf("closed with %d: resumed %v, want %v", code, got, resumes)
			}
		})
	}
}

// TestSessionOfAnother shows a session's secret on a connection that Admit takes for somebody else's.
func TestSessionOfAnother(t *testing.T) {
	type player struct {
		Name string
		at   time.Time
	}
	sameName := func(before, now any) bool { return before.(player).Name == now.(player).Name }
	for _, test := range []struct {
		name    string
		admit   func(who string) any
		same    func(before, now any) bool
		first   string
		second  string
		resumes bool
	}{
		{"the same", func(who string) any { return who }, nil, "Ann", "Ann", true},
		{"another", func(who string) any { return who }, nil, "Ann", "Bob", false},
		{"the same behind a pointer", func(who string) any { return &player{Name: who} }, nil, "Ann", "Ann", true},
		{"another behind a pointer", func(who string) any { return &player{Name: who} }, nil, "Ann", "Bob", false},
		{"what == cannot compare", func(who string) any { return []string{who} }, nil, "Ann", "Ann", true},
		{"not the same to DeepEqual", func(who string) any { return player{who, time.Now()} }, nil, "Ann", "Ann", false},
		{"the same to the program", func(who string) any { return player{who, time.Now()} }, sameName, "Ann", "Ann", true},
		{"another to the program", func(who string) any { return player{who, time.Now()} }, sameName, "Ann", "Bob", false},
		{"a program that panics", func(who string) any { return who }, func(_, _ any) bool { panic("same") }, "Ann", "Ann", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := new(bytes.Buffer)
			p := listening(t, &multiplayer.Options{ResumeWindow: deadline, SameAdmitted: test.same,
				Admit:  func(r *http.Request) (any, error) { return test.admit(r.URL.Query().Get("who")), nil },
				Logger: slog.New(slog.NewTextHandler(log, nil))})
			as := func(who string) *rawws.Client {
				c, err := rawws.Connect(p.server.URL())
				must(t, err)
				t.Cleanup(func() { c.Close() })
				must(t, c.Send([]byte(strings.Replace(rawws.Request(multiplayer.Subprotocol), "GET /", "GET /?who="+who, 1))))
				_, err = c.Response()
				must(t, err)
				return c
			}
			c := as(test.first)
			must(t, c.Message(0x00, 0x80))
			p.until("it is a peer", func() bool { return p.server.Peer(2) != nil })
			session := p.server.Peer(2).Session()
			thief := as(test.second)
			must(t, thief.Message(append([]byte("\x00\x81\xa7session\xc4\x10"), session[:]...)...))
			p.until("it is there", func() bool { s := p.server.Stats(); return s.Resumed > 0 || p.server.Peer(3) != nil })
			s := p.server.Stats()
			if got := s.Resumed == 1; got != test.resumes {
				t.Errorf("resumed %v, want %v", got, test.resumes)
			}
			if !test.resumes && (s.SessionsDenied != 1 || !p.server.Peer(2).Connected() || p.server.Peer(2).Away() || !strings.Contains(log.String(), "SameAdmitted")) {
				t.Errorf("the peer whose session it is was harmed: %+v\n%s", s, log)
			}
		})
	}
}

// TestSmallMaxMessage says that hardly anything is read.
func TestSmallMaxMessage(t *testing.T) {
	for _, n := range []string{"\x0c", "\x00\x01"[1:], "\xff", "\xd0\x80"} { // 12, 1, -1, -128
		p := listening(t, nil)
		c := knock(t, p.server, multiplayer.Subprotocol)
		must(t, c.Message([]byte("\x00\x81\xabmax_message"+n)...))
		p.until("it is sent away", func() bool { return p.server.Stats().ProtocolErrors == 1 })
		if code, reason := c.Closed(); code != multiplayer.CloseProtocolError || !strings.Contains(reason, "max_message") {
			t.Errorf("max_message % x: closed with %d %q", n, code, reason)
		}
	}
}
