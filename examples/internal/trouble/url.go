package trouble

import (
	"net"
	"net/url"
	"strings"
)

// URL makes a ws:// URL of what people write: an address alone, or the URL of the page.
func URL(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	switch {
	case !ok:
		return "ws://" + s
	case strings.EqualFold(scheme, "http"):
		return "ws://" + rest
	case strings.EqualFold(scheme, "https"):
		return "wss://" + rest
	}
	return s
}

// Start is the command line that starts a server where a URL leads: command, which listens at usual by itself, with
// -addr where that is somewhere else.
func Start(command, usual, at string) string {
	u, err := url.Parse(at)
	if err != nil || u.Host == "" {
		return command
	}
	host, port := u.Hostname(), u.Port()
	if port == "" {
		port = map[string]string{"ws": "80", "wss": "443"}[u.Scheme]
	}
	addr := net.JoinHostPort(host, port)
	if addr == usual || host == "localhost" && net.JoinHostPort("127.0.0.1", port) == usual {
		return command
	}
	return command + " -addr " + addr
}
