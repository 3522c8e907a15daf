package transport

import (
	"net/url"
	"slices"
	"strings"
)

// allowedOrigin reports whether a page of that origin may connect to host.
// Only browsers send an origin, and always do.
func allowedOrigin(origin, host string, patterns []string) bool {
	if origin == "" || slices.Contains(patterns, "*") {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false // also the "null" of a page without an origin
	}
	at := withoutPort(u.Scheme, u.Host)
	if at == withoutPort(u.Scheme, host) {
		return true
	}
	for _, pattern := range patterns {
		if scheme, rest, ok := strings.Cut(pattern, "://"); ok {
			if !strings.EqualFold(scheme, u.Scheme) {
				continue
			}
			pattern = rest
		}
		if matchHost(withoutPort(u.Scheme, pattern), at) {
			return true
		}
	}
	return false
}

// withoutPort is host in small letters and without the port of the scheme, if
// it names that one.
func withoutPort(scheme, host string) string {
	host = strings.ToLower(host)
	switch scheme {
	case "http", "ws":
		return strings.TrimSuffix(host, ":80")
	case "https", "wss":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}

// matchHost matches a host with its port, where a leading "*." stands for any
// subdomain and a ":*" at the end for any port.
func matchHost(pattern, host string) bool {
	if name, ok := strings.CutSuffix(pattern, ":*"); ok {
		pattern = name
		if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
			host = host[:i]
		}
	}
	if domain, ok := strings.CutPrefix(pattern, "*"); ok && strings.HasPrefix(domain, ".") {
		return len(host) > len(domain) && strings.HasSuffix(host, domain)
	}
	return pattern == host
}
