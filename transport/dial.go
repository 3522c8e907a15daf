package transport

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Dial starts to connect to a ws:// or wss:// URL and returns at once: the
// peer is Connecting until the handshake is over, and Closed if it fails or
// takes longer than HandshakeTimeout. The error is [ErrURL] or [ErrOptions],
// for what is wrong from the start; what goes wrong later is in Err.
//
// A name and a password in the URL become an Authorization header. Redirects
// are not followed. A wss:// server's certificate is verified; see
// [Options].TLSConfig.
func Dial(rawURL string, o *Options) (*WebSocketPeer, error) {
	p, target, err := newClient(rawURL, o)
	if err != nil {
		return nil, err
	}
	go p.dial(target, func(ctx context.Context) (net.Conn, error) {
		nc, err := new(net.Dialer).DialContext(ctx, "tcp", target.addr)
		if err != nil {
			return nil, &HandshakeError{Reason: "cannot connect", Err: err}
		}
		if target.tls == nil {
			return nc, nil
		}
		secure := tls.Client(nc, target.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			nc.Close()
			return nil, &HandshakeError{Reason: "TLS", Err: err}
		}
		return secure, nil
	})
	return p, nil
}

// A target is where a client connects, and with what.
type target struct {
	ctx       context.Context
	url       string // without a password
	addr      string
	tls       *tls.Config
	header    http.Header
	protocols []string
	optional  bool
	timeout   time.Duration
}

func newClient(rawURL string, o *Options) (*WebSocketPeer, *target, error) {
	s, err := o.settings()
	if err != nil {
		return nil, nil, err
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		if err = withoutURL(err); strings.Contains(rawURL, "@") { // it may have part of a password
			err = errors.New("escape what is special in its name and password")
		}
		return nil, nil, fmt.Errorf("%w: %w", ErrURL, err)
	}
	t := &target{header: http.Header{}}
	port := "80"
	switch u.Scheme {
	case "ws":
	case "wss":
		port = "443"
		t.tls = &tls.Config{}
		if o != nil && o.TLSConfig != nil {
			t.tls = o.TLSConfig.Clone()
			if len(t.tls.NextProtos) > 0 { // net/http puts h2 there, over which there is no such handshake
				t.tls.NextProtos = []string{"http/1.1"}
			}
		}
		if t.tls.ServerName == "" {
			t.tls.ServerName = u.Hostname()
		}
	default:
		return nil, nil, fmt.Errorf("%w: its scheme is %q", ErrURL, u.Scheme)
	}
	if u.Hostname() == "" {
		return nil, nil, fmt.Errorf("%w: it has no host", ErrURL)
	}
	if strings.ContainsFunc(u.Hostname(), func(r rune) bool { return r > unicode.MaxASCII }) {
		return nil, nil, fmt.Errorf("%w: its host name has letters beyond ASCII: give it in its form that begins with xn--", ErrURL)
	}
	if u.Port() != "" {
		port = u.Port()
	}
	t.addr = net.JoinHostPort(u.Hostname(), port)
	if o != nil {
		t.optional = o.ProtocolOptional
		t.protocols = slices.Clone(o.SupportedProtocols)
		for name, values := range o.HandshakeHeaders {
			if !ownHeader(name) {
				name = http.CanonicalHeaderKey(name)
				t.header[name] = append(t.header[name], values...)
			}
		}
	}
	if len(t.protocols) > 0 {
		// In this spelling gws sends it but does not look at the answer; that
		// is done here, in the way of Godot.
		t.header["Sec-WebSocket-Protocol"] = []string{strings.Join(t.protocols, ", ")}
	}
	if user := u.User; user != nil {
		if _, ok := t.header["Authorization"]; !ok {
			password, _ := user.Password()
			t.header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
		}
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	t.url = u.String()

	p := newPeer(s, o, false)
	p.url = t.url
	ctx, cancel := context.WithCancel(context.Background())
	t.ctx, p.in.cancel = ctx, cancel
	t.timeout = o.handshakeTimeout()
	p.in.timer = time.AfterFunc(t.timeout, func() { p.drop(ErrHandshakeTimeout) })
	return p, t, nil
}

// withoutURL takes the URL out of an error about it: there may be a secret in it.
func withoutURL(err error) error {
	var about *url.Error
	if errors.As(err, &about) {
		return about.Err
	}
	return err
}

// dial is the goroutine of a client's handshake.
func (p *WebSocketPeer) dial(t *target, connect func(context.Context) (net.Conn, error)) {
	nc, err := connect(t.ctx)
	if err == nil {
		if !p.whileConnecting(func() { p.nc = nc }) {
			nc.Close()
		} else {
			noDelay(nc)
			var early []byte
			if early, err = p.request(t); err == nil && p.open(early) {
				return
			}
		}
	}
	p.in.mu.Lock()
	p.endLocked(ending{code: -1, err: err})
	p.in.mu.Unlock()
	p.logDebug("dial failed", "addr", t.addr, "err", err)
	p.finish()
	p.unref()
}

// request does a client's handshake, and decides over the reply. It returns
// what the server sent right behind that.
func (p *WebSocketPeer) request(t *target) (early []byte, err error) {
	resp, early, err := shakeClient(p.nc, t)
	switch {
	case resp != nil && resp.StatusCode != http.StatusSwitchingProtocols:
		return nil, &HandshakeError{StatusCode: resp.StatusCode}
	case err != nil:
		return nil, &HandshakeError{Err: withoutURL(err)}
	}
	if ext := resp.Header.Get(headerExtensions); ext != "" {
		return nil, &HandshakeError{Reason: fmt.Sprintf("the server chose extension %q, which was not offered", ext)}
	}
	chosen := strings.Join(tokens(resp.Header[headerProtocol]), ", ")
	switch i := slices.Index(t.protocols, chosen); {
	case i >= 0:
		p.whileConnecting(func() { p.protocol = t.protocols[i] })
	case chosen != "":
		return nil, &HandshakeError{Reason: fmt.Sprintf("the server chose subprotocol %q, which was not offered", chosen)}
	case len(t.protocols) > 0 && !t.optional:
		return nil, &HandshakeError{Reason: "the server chose none of the subprotocols offered: " + strings.Join(t.protocols, ", ")}
	}
	return early, nil
}
