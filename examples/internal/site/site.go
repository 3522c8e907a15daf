// Package site serves the WebSocket and the pages of an example at one address.
package site

import (
	"errors"
	"expvar"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/peerage-go/peerage/client/js"
)

// A Site listens at one address.
type Site struct {
	addr net.Addr
	http *http.Server
	done chan struct{}
}

// Listen begins to serve at a TCP address: WebSocket handshakes are for ws, at any path, and whatever else is asked
// for comes from pages. Who asks from this machine gets the program's counters at /debug/vars.
func Listen(addr string, ws http.Handler, pages fs.FS, log *slog.Logger) (*Site, error) {
	ln, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use: end the program that listens there, or choose another address with -addr", addr)
	}
	if err != nil {
		return nil, err
	}
	s := &Site{
		addr: ln.Addr(),
		http: &http.Server{
			Handler:           Handler(ws, pages),
			ReadHeaderTimeout: 3 * time.Second,
			IdleTimeout:       time.Minute,
			MaxHeaderBytes:    16 << 10,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		},
		done: make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			log.Error("no more connections are accepted", "err", err)
		}
	}()
	return s, nil
}

// WebSocketURL is where clients on this machine reach the WebSocket.
func (s *Site) WebSocketURL() string { return "ws://" + s.host() + "/" }

// PageURL is where a browser on this machine finds the page.
func (s *Site) PageURL() string { return "http://" + s.host() + "/" }

func (s *Site) host() string {
	host, port, err := net.SplitHostPort(s.addr.String())
	if err != nil {
		return s.addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// Close stops listening. Connections that became WebSockets go on.
func (s *Site) Close() {
	s.http.Close()
	<-s.done
}

// Handler is what Listen serves: the pages, and to them the JavaScript client as /peerage.js.
func Handler(ws http.Handler, pages fs.FS) http.Handler {
	files := http.FileServerFS(pages)
	client := js.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wantsWebSocket(r) {
			ws.ServeHTTP(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD, or a WebSocket handshake", http.StatusMethodNotAllowed)
			return
		}
		if r.URL.Path == "/debug/vars" && fromHere(r) {
			expvar.Handler().ServeHTTP(w, r)
			return
		}
		if r.URL.Path == "/peerage.js" {
			client.ServeHTTP(w, r)
			return
		}
		// A new build of the example must not meet the old page.
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		files.ServeHTTP(w, r)
	})
}

// fromHere tells a request from this machine from one over the network. Behind a proxy all are from here.
func fromHere(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && at.Addr().Unmap().IsLoopback()
}

// wantsWebSocket tells a handshake, also a faulty one, from the request for a page.
func wantsWebSocket(r *http.Request) bool {
	for _, list := range r.Header.Values("Upgrade") {
		for token := range strings.SplitSeq(list, ",") {
			if strings.EqualFold(strings.TrimSpace(token), "websocket") {
				return true
			}
		}
	}
	return r.Header.Get("Sec-WebSocket-Key") != ""
}
