package multiplayer_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/internal/rawws"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// TestRefusedDoesNotResume has Admit say no to somebody who has a session's secret.
func TestRefusedDoesNotResume(t *testing.T) {
	everyLink(t, &multiplayer.Options{
		ResumeWindow: deadline,
		SameAdmitted: func(before, now any) bool { return true },
		Admit: func(r *http.Request) (any, error) {
			if strings.Contains(strings.Join(r.Header["Sec-Websocket-Protocol"], ""), "peerage.place.") {
				return nil, &multiplayer.Refusal{Code: 4100, Reason: "banned"}
			}
			return nil, nil
		},
	}, func(t *testing.T, p *party) {
		c := p.join(&multiplayer.Options{Reconnect: deadline})
		cut(c.Peer(1))
		p.until("it gives up", func() bool { return c.ConnectionStatus() == multiplayer.Disconnected })
		var r *multiplayer.Refusal
		if !errors.As(c.Err(), &r) || r.Code != 4100 || r.Reason != "banned" {
			t.Errorf("it was told %v", c.Err())
		}
		if s := p.server.Stats(); s.Resumed != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestErrorsAreForTheOperator keeps what Admit and AssignID say from who is refused, unless it is a Refusal.
func TestErrorsAreForTheOperator(t *testing.T) {
	broken := errors.New("cannot ask 10.0.0.7")
	for name, o := range map[string]multiplayer.Options{
		"Admit":    {Admit: func(*http.Request) (any, error) { return nil, broken }},
		"AssignID": {AssignID: func(any) (multiplayer.PeerID, error) { return 7, fmt.Errorf("wrapped: %w", broken) }},
	} {
		t.Run(name, func(t *testing.T) {
			p := listening(t, &o)
			c := knock(t, p.server, multiplayer.Subprotocol)
			must(t, c.Message(0x00, 0x80)) // it does not know a goodbye in place of a welcome
			var code int
			var reason string
			told := make(chan struct{})
			go func() {
				defer p.server.Wake()
				defer close(told)
				code, reason = c.Closed()
			}()
			p.until("it is refused", func() bool {
				select {
				case <-told:
					return true
				default:
					return false
				}
			})
			if code != multiplayer.CloseNotAuthenticated || reason != "not admitted" {
				t.Errorf("it was told %d %q", code, reason)
			}
		})
	}
}

// TestRefusedTakeNoPlaces fills a session with connections that are refused, and that do not say hello to hear it.
func TestRefusedTakeNoPlaces(t *testing.T) {
	const most = 32
	p := listening(t, &multiplayer.Options{MaxPeers: 1, HandshakeTimeout: time.Hour, Admit: func(r *http.Request) (any, error) {
		if r.Header.Get("Player") == "" {
			return nil, &multiplayer.Refusal{Code: 4100, Reason: "who are you?"}
		}
		return r.Header.Get("Player"), nil
	}})
	for i := range most + 3 {
		c, err := rawws.Dial(p.server.URL(), multiplayer.Subprotocol)
		switch {
		case err == nil && i < most:
			defer c.Close()
		case err == nil:
			t.Fatal("there is no limit to connections")
		case i < most:
			t.Fatalf("connection %d was not told: %v", i, err)
		}
	}
	ann := p.join(&multiplayer.Options{Transport: transport.Options{HandshakeHeaders: http.Header{"Player": {"ann"}}}})
	if s := p.server.Stats(); s.Peers != 1 || s.NotAdmitted != most+3 {
		t.Errorf("%+v, %v", s, ann.Err())
	}
}

// TestRefusedByStatus has 32 connections be told in words that they are refused: the next one sees it in the status of its
// handshake.
func TestRefusedByStatus(t *testing.T) {
	for name, test := range map[string]struct {
		o             multiplayer.Options
		status        int
		after, reason string
	}{
		"for good": {multiplayer.Options{Admit: func(*http.Request) (any, error) {
			return nil, &multiplayer.Refusal{Code: 4100, Reason: "no such player"}
		}}, 403, "", "no such player"},
		"for now": {multiplayer.Options{Admit: func(*http.Request) (any, error) {
			return nil, &multiplayer.Refusal{Reason: "asleep", RetryAfter: 1500 * time.Millisecond}
		}}, 503, "2", "asleep"},
		"by a limit": {multiplayer.Options{MaxPeers: 1}, 503, "5", "the session is full"},
	} {
		for _, protocol := range []string{multiplayer.Subprotocol, ""} {
			t.Run(name+" "+protocol, func(t *testing.T) {
				test.o.HandshakeTimeout = time.Hour
				p := listening(t, &test.o)
				if test.o.MaxPeers > 0 {
					p.join(nil)
				}
				for range 32 { // the server is not polled meanwhile
					c, err := rawws.Dial(p.server.URL(), protocol)
					must(t, err)
					defer c.Close()
				}
				r, err := http.NewRequest("GET", strings.Replace(p.server.URL(), "ws://", "http://", 1), nil)
				must(t, err)
				r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
					"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
				if protocol != "" {
					r.Header.Set("Sec-Websocket-Protocol", protocol)
				}
				resp, err := http.DefaultTransport.RoundTrip(r)
				must(t, err)
				defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
				body, err := io.ReadAll(resp.Body)
				must(t, err)
				resp.Body.Close()
				if resp.StatusCode != test.status || resp.Header.Get("Retry-After") != test.after || strings.TrimSpace(string(body)) != test.reason {
					t.Errorf("%s, Retry-After %q, %q", resp.Status, resp.Header.Get("Retry-After"), body)
				}
			})
		}
	}
}

// TestSilentRefusedMakeRoom has those who do not listen why they are refused give way to who does.
func TestSilentRefusedMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := multiplayer.NewServer(&multiplayer.Options{HandshakeTimeout: time.Minute, Admit: func(r *http.Request) (any, error) {
			return nil, &multiplayer.Refusal{Code: 4100, Reason: "who are you?"}
		}})
		must(t, err)
		defer s.Close()
		poll := func() {
			for range 5 {
				synctest.Wait()
				s.Poll()
			}
		}
		for range 40 {
			defer muteWith(t, s, multiplayer.Subprotocol).Close()
			poll()
		}
		if n := s.Stats().Connections; n != 32 {
			t.Errorf("%d connections are there to be told", n)
		}
		time.Sleep(20 * time.Second)
		c, err := s.Join(nil)
		must(t, err)
		for range 5 {
			poll()
			c.Poll()
		}
		var r *multiplayer.Refusal
		if !errors.As(c.Err(), &r) || r.Reason != "who are you?" {
			t.Errorf("it was told %v", c.Err())
		}
	})
}

// TestComesAgainWhenItMay has a client that lost its server refused for now: it waits as long as it is told, but for its
// last try, when the time to reconnect is over.
func TestComesAgainWhenItMay(t *testing.T) {
	for _, c := range []struct {
		wait  time.Duration
		tries int
	}{{10 * time.Second, 7}, {2 * time.Minute, 2}, {0, 1}} {
		t.Run(c.wait.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var tries []time.Time
				s, err := multiplayer.NewServer(&multiplayer.Options{Admit: func(*http.Request) (any, error) {
					if tries = append(tries, time.Now()); len(tries) > 1 {
						return nil, &multiplayer.Refusal{Reason: "not now", RetryAfter: c.wait}
					}
					return nil, nil
				}})
				must(t, err)
				defer s.Close()
				client, err := s.Join(&multiplayer.Options{Reconnect: time.Minute})
				must(t, err)
				defer client.Close()
				turn := func() {
					synctest.Wait()
					s.Poll()
					client.Poll()
				}
				for client.ConnectionStatus() != multiplayer.Connected {
					turn()
				}
				cut(client.Peer(1))
				start := time.Now()
				for client.ConnectionStatus() != multiplayer.Disconnected && time.Since(start) < time.Hour {
					turn()
					time.Sleep(10 * time.Millisecond)
				}
				for i := range tries[1:] {
					if d := tries[i+1].Sub(tries[i]); i > 0 && d < c.wait && tries[i+1].Sub(start) < time.Minute {
						t.Errorf("try %d came after %v", i, d)
					}
				}
				var r *multiplayer.Refusal
				if n := len(tries) - 1; n != c.tries || !errors.As(client.Err(), &r) || r.RetryAfter != c.wait {
					t.Errorf("%d tries, want %d; then it was told %v", n, c.tries, client.Err())
				}
			})
		})
	}
}
