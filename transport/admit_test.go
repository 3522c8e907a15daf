package transport

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var errNoTicket = errors.New("no ticket")

// Whoever takes the connection asks Admit, and answers with what it says.
func TestAdmit(t *testing.T) {
	full := &HandshakeError{StatusCode: 503, Reason: "come back later", Header: http.Header{"Retry-After": {"7"}}}
	for name, c := range map[string]struct {
		admit  func(r *http.Request) (any, error)
		status int
		reason string
		header string
		is     error
	}{
		"nobody asks":    {nil, 101, "", "", nil},
		"admitted":       {func(r *http.Request) (any, error) { return r.URL.Query().Get("room"), nil }, 101, "", "", nil},
		"without a word": {func(*http.Request) (any, error) { return nil, nil }, 101, "", "", nil},
		"any error":      {func(*http.Request) (any, error) { return nil, errNoTicket }, 403, "Forbidden", "", errNoTicket},
		"chosen":         {func(*http.Request) (any, error) { return "kept", full }, 503, "come back later", "7", full.Err},
		"chosen, wrapped": {func(*http.Request) (any, error) {
			return nil, fmt.Errorf("%w", &HandshakeError{StatusCode: 401, Err: errNoTicket})
		},
			401, "Unauthorized", "", errNoTicket},
		"no status for a refusal": {func(*http.Request) (any, error) { return nil, &HandshakeError{StatusCode: 200} }, 403, "Forbidden", "", nil},
		"panic":                   {func(*http.Request) (any, error) { panic("oops") }, 500, "Internal Server Error", "", nil},
	} {
		for _, way := range []string{"accept", "upgrade"} {
			t.Run(name+"/"+way, func(t *testing.T) {
				g := NewGroup()
				var asked string
				o := &Options{Group: g, UserData: "from the options", Admit: c.admit}
				if c.admit != nil {
					o.Admit = func(r *http.Request) (any, error) {
						asked = r.RemoteAddr
						return c.admit(r)
					}
				}
				var p *WebSocketPeer
				var other net.Conn
				done := make(chan error, 1)
				if way == "accept" {
					var nc net.Conn
					nc, other = rawNets["tcp"](t)
					p = Accept(nc, o)
				} else {
					srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						var err error
						p, err = Upgrade(w, r, o)
						done <- err
					}))
					srv.Config.ErrorLog = discardLog
					srv.Start()
					defer srv.Close()
					var err error
					other, err = net.Dial("tcp", srv.Listener.Addr().String())
					check(t, err)
				}
				defer other.Close()
				_, err := io.WriteString(other, strings.Replace(request(), "/play", "/play?room=7", 1))
				check(t, err)
				resp, err := http.ReadResponse(bufio.NewReader(other), nil)
				check(t, err)
				var refusal error
				var body []byte
				if resp.StatusCode != 101 {
					body, err = io.ReadAll(resp.Body)
					check(t, err)
				}
				switch {
				case way == "upgrade":
					refusal = <-done
				case resp.StatusCode != 101:
					other.Close()
					finished(t, p)
					p.Poll()
					refusal = p.Err()
				}
				if resp.StatusCode != c.status || resp.Header.Get("Retry-After") != c.header {
					t.Errorf("answered %s, %v", resp.Status, resp.Header)
				}
				if c.admit != nil && asked != other.LocalAddr().String() {
					t.Errorf("asked about %q", asked)
				}
				if c.status == 101 {
					want := "from the options"
					if name == "admitted" {
						want = "7"
					}
					if refusal != nil || p.UserData() != want {
						t.Errorf("user data %v, %v", p.UserData(), refusal)
					}
					p.Close(-1, "")
					finished(t, p)
					return
				}
				if strings.TrimSpace(string(body)) != c.reason {
					t.Errorf("told %q", body)
				}
				var e *HandshakeError
				if !errors.As(refusal, &e) || e.StatusCode != c.status || !errors.Is(refusal, ErrNotAdmitted) || c.is != nil && !errors.Is(refusal, c.is) {
					t.Errorf("error: %v", refusal)
				}
			})
		}
	}
	if full.Err != nil {
		t.Error("the program's error was written to")
	}
}
