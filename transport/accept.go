package transport

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/peerage-go/peerage/internal/socket"
)

// Accept takes the server's part on a connection that has just been accepted,
// a TCP connection for example, and returns at once. The handshake goes on in
// the background: the peer is Connecting until then, and Closed if it fails
// or is not over after HandshakeTimeout. The peer closes nc. With
// [Options].TLSConfig the connection speaks TLS first.
func Accept(nc net.Conn, o *Options) *WebSocketPeer {
	return accept(nc, o, true)
}

func accept(nc net.Conn, o *Options, mayTLS bool) *WebSocketPeer {
	s, err := o.settings()
	p := newPeer(s, o, true)
	p.nc = nc
	if err != nil {
		p.in.phase, p.in.end = Closed, ending{code: -1, err: err}
		p.newsLocked()
		p.finish()
		p.unref()
		return p
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.in.cancel = cancel
	p.in.timer = time.AfterFunc(o.handshakeTimeout(), func() { p.drop(ErrHandshakeTimeout) })
	var config *tls.Config
	if o != nil && mayTLS {
		config = o.TLSConfig
	}
	go p.serve(ctx, nc, config, o)
	return p
}

// serve is the goroutine of a bare connection's handshake.
func (p *WebSocketPeer) serve(ctx context.Context, nc net.Conn, config *tls.Config, o *Options) {
	noDelay(nc)
	early, err := p.shake(ctx, nc, config, o)
	if err == nil {
		if p.open(early) {
			return
		}
	} else {
		p.in.mu.Lock()
		p.endLocked(ending{code: -1, err: err})
		p.in.mu.Unlock()
		p.logDebug("handshake refused", "addr", p.remoteAddr(), "err", err)
		var refusal *HandshakeError
		if errors.As(err, &refusal) && refusal.StatusCode != 0 {
			p.refuse(refusal)
			p.linger(false)
		}
	}
	p.finish()
	p.unref()
}

// shake does a bare connection's handshake. It returns what the client sent
// right behind its request.
func (p *WebSocketPeer) shake(ctx context.Context, nc net.Conn, config *tls.Config, o *Options) (early []byte, err error) {
	scheme := "ws"
	if config != nil {
		scheme = "wss"
		secure := tls.Server(nc, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, &HandshakeError{Reason: "TLS", Err: err}
		}
		if !p.whileConnecting(func() { p.nc = secure }) {
			return nil, ErrClosed
		}
		nc = secure
	}
	br := heads.Get().(*bufio.Reader)
	defer func() {
		br.Reset(nil)
		heads.Put(br)
	}()
	limited := &io.LimitedReader{R: nc, N: maxHead}
	br.Reset(limited)
	r, err := http.ReadRequest(br)
	switch {
	case err != nil && limited.N <= 0:
		return nil, &HandshakeError{StatusCode: http.StatusRequestHeaderFieldsTooLarge, Reason: errHeadTooLong.Error()}
	case err != nil && isNetError(err):
		return nil, &HandshakeError{Err: err}
	case err != nil:
		return nil, &HandshakeError{StatusCode: http.StatusBadRequest, Reason: "not an HTTP request", Err: err}
	}
	r.RemoteAddr = nc.RemoteAddr().String()
	r = o.fromClient(r)
	if !p.whileConnecting(func() { p.speaksFor(r) }) {
		return nil, ErrClosed
	}
	protocol, refusal := checkRequest(r, o)
	if refusal != nil {
		return nil, refusal
	}
	if secure, ok := nc.(*tls.Conn); ok {
		state := secure.ConnectionState()
		r.TLS = &state
	}
	hang, refusal := admit(r.WithContext(ctx), o)
	switch {
	case refusal != nil:
		return nil, refusal
	case hang != nil && !p.whileConnecting(func() { p.SetUserData(hang) }):
		return nil, ErrClosed
	}
	early, _ = br.Peek(br.Buffered())
	return bytes.Clone(early), p.upgrade(nc, r, scheme, protocol)
}

// heads has the buffers that HTTP requests of bare connections are read with.
var heads = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4<<10) }}

// isNetError tells a connection that failed from bytes that made no sense.
func isNetError(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.ErrClosedPipe) || errors.As(err, &network)
}

// upgrade sends the 101 reply to a request that was found to be good.
func (p *WebSocketPeer) upgrade(nc net.Conn, r *http.Request, scheme, protocol string) error {
	if !p.whileConnecting(func() { p.protocol, p.url = protocol, scheme+"://"+r.Host+r.URL.RequestURI() }) {
		return ErrClosed
	}
	if err := shakeServer(nc, r, replyLines(protocol, p.extra)); err != nil {
		return &HandshakeError{Reason: "could not reply", Err: err}
	}
	return nil
}

// whileConnecting calls set unless the peer was closed meanwhile.
func (p *WebSocketPeer) whileConnecting(set func()) bool {
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	if p.in.phase != Connecting {
		return false
	}
	set()
	return true
}

// open makes the peer Open, as the next Poll will show, and starts reading,
// with what came together with the handshake. It reports false if the peer was
// closed meanwhile.
func (p *WebSocketPeer) open(early []byte) bool {
	p.out.mu.Lock()
	p.out.nc, p.out.try = p.nc, socket.NewTryWriter(p.nc)
	p.out.mu.Unlock()
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	p.stopTimerLocked()
	if p.in.cancel != nil {
		p.in.cancel()
		p.in.cancel = nil
	}
	if p.in.phase == Closed {
		return false
	}
	p.in.phase = Open
	p.startHeartbeatLocked()
	p.newsLocked()
	if !p.shareLocked(early) {
		r := newOwnReader(p, early)
		p.in.reader = r
		go r.run()
	}
	return true
}

// refuse writes an HTTP reply on a bare connection.
func (p *WebSocketPeer) refuse(e *HandshakeError) {
	header := e.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	body := e.Reason + "\n"
	r := &http.Response{
		StatusCode: e.StatusCode, ProtoMajor: 1, ProtoMinor: 1, Header: header, Close: true,
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader([]byte(body))),
	}
	r.Write(p.nc)
}

// Upgrade answers an HTTP request for a WebSocket, in the server's part. When
// it returns the handshake is over, though the peer's state turns Open in
// Poll as everywhere. It refuses what is not a WebSocket handshake (400, 405,
// 426, 505), pages of other hosts (403; see [Options].Origins), unknown
// subprotocols (400) and whom [Options].Admit does not admit: then it has
// written the HTTP reply, and returns a [HandshakeError]. What the client sent right behind its request is not
// lost. The peer keeps neither w nor r, so the handler should return.
func Upgrade(w http.ResponseWriter, r *http.Request, o *Options) (*WebSocketPeer, error) {
	s, err := o.settings()
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return nil, err
	}
	r = o.fromClient(r)
	protocol, refusal := checkRequest(r, o)
	var hang any
	if refusal == nil {
		hang, refusal = admit(r, o)
	}
	if refusal != nil {
		for name, values := range refusal.Header {
			w.Header()[name] = values
		}
		http.Error(w, refusal.Reason, refusal.StatusCode)
		if s.logger != nil {
			s.logger.Debug("transport: handshake refused", "addr", r.RemoteAddr, "err", refusal)
		}
		return nil, refusal
	}
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "this server cannot open WebSockets", http.StatusInternalServerError)
		return nil, &HandshakeError{
			StatusCode: http.StatusInternalServerError,
			Reason:     "the ResponseWriter cannot be hijacked; middleware in front has to pass Hijack or Unwrap on",
			Err:        err,
		}
	}
	early, _ := rw.Peek(rw.Reader.Buffered())
	early = bytes.Clone(early)
	p := newPeer(s, o, true)
	if hang != nil {
		p.SetUserData(hang)
	}
	p.nc = nc
	p.speaksFor(r)
	noDelay(nc)
	nc.SetDeadline(time.Now().Add(o.handshakeTimeout()))
	scheme := "ws"
	if r.TLS != nil {
		scheme = "wss"
	}
	if err := p.upgrade(nc, r, scheme, protocol); err != nil {
		nc.Close()
		return nil, err
	}
	if err := nc.SetDeadline(time.Time{}); err != nil {
		nc.Close()
		return nil, &HandshakeError{Err: fmt.Errorf("%w: %w", ErrConnectionLost, err)}
	}
	p.open(early)
	return p, nil
}

func noDelay(nc net.Conn) { _ = setNoDelay(nc, true) }
