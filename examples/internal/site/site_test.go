package site

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestHandler(t *testing.T) {
	ws := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "socket") })
	h := Handler(ws, fstest.MapFS{"index.html": {Data: []byte("<p>page</p>")}, "app.js": {Data: []byte("1")}})
	for _, c := range []struct {
		name, method, path string
		header             http.Header
		status             int
		body               string
	}{
		{"page", "GET", "/", nil, 200, "<p>page</p>"},
		{"script", "GET", "/app.js", nil, 200, "1"},
		{"head", "HEAD", "/", nil, 200, ""},
		{"no such file", "GET", "/nothing", nil, 404, "404"},
		{"nothing above", "GET", "/../site.go", nil, 404, "404"},
		{"post", "POST", "/", nil, 405, "only GET"},
		{"handshake", "GET", "/", http.Header{"Upgrade": {"websocket"}}, 200, "socket"},
		{"handshake elsewhere, in capitals", "GET", "/test/", http.Header{"Upgrade": {"h2c, WebSocket"}}, 200, "socket"},
		{"faulty handshake", "GET", "/", http.Header{"Sec-Websocket-Key": {"x"}}, 200, "socket"},
		{"counters over the network", "GET", "/debug/vars", nil, 404, "404"},
		{"counters", "GET", "/debug/vars", http.Header{"From": {"127.0.0.1:1"}}, 200, "{"},
		{"counters, version 6", "GET", "/debug/vars", http.Header{"From": {"[::1]:1"}}, 200, "{"},
		{"another upgrade", "GET", "/", http.Header{"Upgrade": {"h2c"}}, 200, "<p>page</p>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "/", nil)
			r.URL.Path = c.path
			for k, v := range c.header {
				r.Header[k] = v
			}
			if from := r.Header.Get("From"); from != "" {
				r.RemoteAddr = from
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status || !strings.HasPrefix(w.Body.String(), c.body) {
				t.Errorf("got %d %q, want %d %q", w.Code, w.Body, c.status, c.body)
			}
		})
	}
}

func TestListen(t *testing.T) {
	s, err := Listen("127.0.0.1:0", nil, fstest.MapFS{"index.html": {Data: []byte("page")}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := http.Get(s.PageURL())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if b, _ := io.ReadAll(r.Body); string(b) != "page" {
		t.Errorf("got %q", b)
	}
	addr := strings.TrimSuffix(strings.TrimPrefix(s.PageURL(), "http://"), "/")
	if _, err := Listen(addr, nil, nil, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "-addr") {
		t.Errorf("a second one listens there too, or does not say what to do: %v", err)
	}
}
