package trouble

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/peerage-go/peerage/transport"
)

var place = Place{URL: "ws://127.0.0.1:1/", Start: "go run ./x", Other: "add -godot"}

func TestNotConnected(t *testing.T) {
	for _, c := range []struct {
		err  error
		want []string
	}{
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
			[]string{"nobody listens at ws://127.0.0.1:1/: start the server with `go run ./x`"}},
		{&net.DNSError{Name: "nowhere\x1b", IsNotFound: true}, []string{"there is no host nowhere:"}},
		{fmt.Errorf("x: %w", transport.ErrHandshakeTimeout), []string{"no answer from ws://127.0.0.1:1/"}},
		{&transport.HandshakeError{StatusCode: 503}, []string{"is full"}},
		{&transport.HandshakeError{StatusCode: 400}, []string{"not the server of this example", "add -godot"}},
		{&transport.CloseError{Code: 4003, Reason: "go\x1b[2J away"}, []string{"turned us away (go[2J away)"}},
		{errors.New("odd\x07"), []string{"no connection to", "odd"}},
	} {
		got := place.NotConnected(c.err).Error()
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%v: %q does not say %q", c.err, got, want)
			}
		}
		if strings.ContainsAny(got, "\x1b\x07") {
			t.Errorf("%v: a control character in %q", c.err, got)
		}
	}
}

func TestLost(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&transport.CloseError{Code: 1001}, "went down: join again"},
		{&transport.CloseError{Code: 1013}, "did not read"},
		{&transport.CloseError{Code: 4013, Reason: "you do not read what you are sent"}, "did not read"},
		{&transport.CloseError{Code: 4000, Reason: "too many\nfouls"}, "sent us away (too many fouls)"},
		{&transport.CloseError{Code: 4002}, "sent us away (code 4002)"},
		{&transport.ProtocolError{Code: 1002, Err: errors.New("x")}, "rules of WebSocket"},
		{transport.ErrConnectionLost, "was lost"},
	} {
		if got := place.Lost(c.err).Error(); !strings.Contains(got, c.want) {
			t.Errorf("%v: %q does not say %q", c.err, got, c.want)
		}
	}
	if err := place.Lost(nil); err != nil {
		t.Error(err)
	}
}

func TestURL(t *testing.T) {
	for in, want := range map[string]string{
		"localhost:8080":       "ws://localhost:8080",
		"http://a/b":           "ws://a/b",
		"HTTPS://a":            "wss://a",
		"ws://127.0.0.1:8080/": "ws://127.0.0.1:8080/",
		"wss://a/":             "wss://a/",
	} {
		if got := URL(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestStart(t *testing.T) {
	for at, want := range map[string]string{
		"ws://127.0.0.1:8080/":  "run",
		"ws://localhost:8080":   "run",
		"ws://127.0.0.1:9000/x": "run -addr 127.0.0.1:9000",
		"ws://localhost:9000":   "run -addr localhost:9000",
		"ws://[::1]:8080":       "run -addr [::1]:8080",
		"ws://192.168.0.7:8080": "run -addr 192.168.0.7:8080",
		"ws://example.com":      "run -addr example.com:80",
		"ws://%":                "run",
	} {
		if got := Start("run", "127.0.0.1:8080", at); got != want {
			t.Errorf("%s: got %q, want %q", at, got, want)
		}
	}
}
