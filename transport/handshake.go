package transport

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Handshake headers as they are read, in net/http's spelling.
const (
	headerProtocol   = "Sec-Websocket-Protocol"
	headerExtensions = "Sec-Websocket-Extensions"
	headerKey        = "Sec-Websocket-Key"
	headerVersion    = "Sec-Websocket-Version"

	webSocketVersion = "13"
)

// checkRequest decides over a client's request: the subprotocol to speak, or
// why it is refused.
func checkRequest(r *http.Request, o *Options) (protocol string, refusal *HandshakeError) {
	refuse := func(status int, reason string, header ...string) (string, *HandshakeError) {
		e := &HandshakeError{StatusCode: status, Reason: reason, Header: http.Header{}}
		for i := 0; i < len(header); i += 2 {
			e.Header.Set(header[i], header[i+1])
		}
		return "", e
	}
	if o == nil {
		o = &Options{}
	}
	switch {
	case r.ProtoMajor != 1:
		return refuse(http.StatusHTTPVersionNotSupported, "a WebSocket handshake needs HTTP/1.1, not "+r.Proto)
	case r.Method != http.MethodGet:
		return refuse(http.StatusMethodNotAllowed, "a WebSocket handshake is a GET", "Allow", http.MethodGet)
	case !hasToken(r.Header["Connection"], "upgrade") || !hasToken(r.Header["Upgrade"], "websocket"):
		return refuse(http.StatusUpgradeRequired, "this is a WebSocket endpoint", "Connection", "Upgrade", "Upgrade", "websocket")
	case !slices.Contains(r.Header[headerVersion], webSocketVersion):
		return refuse(http.StatusUpgradeRequired, "only WebSocket version 13 is spoken here",
			"Connection", "Upgrade", "Upgrade", "websocket", headerVersion, webSocketVersion)
	case !r.ProtoAtLeast(1, 1) || r.Host == "":
		return refuse(http.StatusBadRequest, "a WebSocket handshake needs HTTP/1.1 and a Host")
	case r.ContentLength > 0 || len(r.TransferEncoding) > 0:
		return refuse(http.StatusBadRequest, "a WebSocket handshake has no body")
	}
	if keys := r.Header[headerKey]; len(keys) != 1 || !validKey(keys[0]) {
		return refuse(http.StatusBadRequest, "Sec-WebSocket-Key has to be 16 bytes in base64")
	}
	if origin := r.Header.Get("Origin"); !allowedOrigin(origin, r.Host, o.Origins) {
		_, e := refuse(http.StatusForbidden, fmt.Sprintf("origin %q is not allowed", origin))
		e.Err = fmt.Errorf("%w: it is not on the host %q, and Options.Origins are %q: add it there if its pages may connect", ErrOrigin, r.Host, o.Origins)
		return "", e
	}
	offered := tokens(r.Header[headerProtocol])
	switch {
	case len(offered) == 0 && (len(o.SupportedProtocols) == 0 || o.ProtocolOptional):
		return "", nil
	case len(offered) == 0:
		return refuse(http.StatusBadRequest, "a subprotocol is needed, one of "+strings.Join(o.SupportedProtocols, ", "))
	}
	for _, name := range offered {
		if i := slices.Index(o.SupportedProtocols, name); i >= 0 {
			return o.SupportedProtocols[i], nil // not name, which may be part of a larger string
		}
	}
	return refuse(http.StatusBadRequest, "none of the offered subprotocols is spoken here")
}

// tokens splits the values of a header that is a list.
func tokens(values []string) (list []string) {
	for _, v := range values {
		for t := range strings.SplitSeq(v, ",") {
			if t = strings.TrimSpace(t); t != "" {
				list = append(list, t)
			}
		}
	}
	return list
}

func hasToken(values []string, want string) bool {
	return slices.ContainsFunc(tokens(values), func(t string) bool { return strings.EqualFold(t, want) })
}

func validKey(key string) bool {
	var b [18]byte
	if len(key) != 24 {
		return false
	}
	n, err := base64.StdEncoding.Decode(b[:], []byte(key))
	return err == nil && n == 16
}

// ownHeader reports whether the handshake itself is made of the header.
func ownHeader(name string) bool {
	switch name = http.CanonicalHeaderKey(name); name {
	case "Upgrade", "Connection", "Content-Length", "Transfer-Encoding", "Trailer":
		return true
	default:
		return strings.HasPrefix(name, "Sec-Websocket-")
	}
}

// replyLines are the lines that a 101 reply gets besides those it has to have.
func replyLines(protocol string, extra http.Header) []byte {
	var b []byte
	if protocol != "" {
		b = fmt.Appendf(b, "Sec-WebSocket-Protocol: %s\r\n", protocol)
	}
	if len(extra) > 0 {
		own := http.Header{}
		for name, values := range extra {
			if !ownHeader(name) {
				own[name] = values
			}
		}
		var lines bytes.Buffer
		own.Write(&lines)
		b = append(b, lines.Bytes()...)
	}
	return b
}
