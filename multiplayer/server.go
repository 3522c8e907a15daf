package multiplayer

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/peerage-go/peerage/transport"
)

// NewServer makes the server of a session. It is an http.Handler: mount it on a mux, under any TLS and middleware.
// It listens nowhere by itself; see Listen. The error tells of options that are wrong.
func NewServer(o *Options) (*MultiplayerPeer, error) { return newPeer(o, true) }

// Listen makes the server of a session that takes connections on a TCP address such as "127.0.0.1:9080", at any
// path (WebSocketMultiplayerPeer.create_server). With Transport.TLSConfig set, which has to hold a certificate, it
// speaks TLS. Addr tells the address, for port 0.
func Listen(addr string, o *Options) (*MultiplayerPeer, error) {
	m, err := NewServer(o)
	if err != nil {
		return nil, err
	}
	if c := m.opts.Transport.TLSConfig; c != nil && len(c.Certificates) == 0 && c.GetCertificate == nil && c.GetConfigForClient == nil {
		return nil, errors.New("multiplayer: Options.Transport.TLSConfig has no certificate: set Certificates or GetCertificate")
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("multiplayer: listen: %w", err)
	}
	m.addr = ln.Addr()
	ln = listener{ln, m}
	m.http = &http.Server{
		Handler:           m,
		ReadHeaderTimeout: m.opts.HandshakeTimeout,
		ReadTimeout:       m.opts.HandshakeTimeout, // those of a connection that becomes a WebSocket are lifted
		WriteTimeout:      m.opts.HandshakeTimeout,
		IdleTimeout:       m.opts.HandshakeTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		TLSConfig:         m.opts.Transport.TLSConfig.Clone(),
		ErrorLog:          slog.NewLogLogger(m.log.Handler(), slog.LevelDebug),
	}
	go func() {
		var err error
		if m.http.TLSConfig != nil {
			err = m.http.ServeTLS(ln, "", "")
		} else {
			err = m.http.Serve(ln)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			m.log.Error("multiplayer: no more connections are accepted", "addr", m.addr, "err", err)
		}
	}()
	return m, nil
}

// maxHeaderBytes bounds what a handshake may send before it is answered.
const maxHeaderBytes = 16 << 10

// Addr is where Listen listens, nil otherwise.
func (m *MultiplayerPeer) Addr() net.Addr { return m.addr }

// URL is where clients on this machine reach a peer that Listen made, "" otherwise.
func (m *MultiplayerPeer) URL() string {
	if m.addr == nil {
		return ""
	}
	scheme := "ws"
	if m.opts.Transport.TLSConfig != nil {
		scheme = "wss"
	}
	return scheme + "://" + m.addr.String()
}

// ServeHTTP takes a connection into the session. Who is refused, by a limit or by Options.Admit, is told as Refusal says;
// what is no WebSocket handshake gets what transport.Upgrade answers. It returns when the handshake is done. Any goroutine may call it. Give the http.Server a ReadHeaderTimeout: it reads the request's head, and without one
// it waits for ever; Listen has HandshakeTimeout for that.
func (m *MultiplayerPeer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !m.server {
		http.Error(w, errClient.Error(), http.StatusNotImplemented)
		return
	}
	pl := new(place)
	ws, err := transport.Upgrade(w, r, m.gate(pl))
	if err != nil {
		m.leave(pl)
		m.turnAway(m.ts.ClientAddr(r), err)
		return
	}
	m.adopt(ws, pl)
}

// Accept takes a bare connection into the session, with its handshake still to come: for listeners of one's own
// that are not net/http's. A client closes it. Any goroutine may call it.
func (m *MultiplayerPeer) Accept(nc net.Conn) {
	if !m.server {
		m.log.Error("multiplayer: a connection was refused", "addr", nc.RemoteAddr(), "err", errClient)
		nc.Close()
		return
	}
	pl := new(place)
	m.adopt(transport.Accept(nc, m.gate(pl)), pl)
}
