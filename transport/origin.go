package transport

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// allowedOrigin reports whether a page of that origin may connect to host.
// Only browsers send an origin, and always do.
func allowedOrigin(origin, host string, patterns []string) bool {
	if origin == "" || slices.Contains(patterns, "*") {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return slices.Contains(patterns, origin) // "null", of a page that has none
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

// checkOrigin says what keeps a pattern from ever matching, and how to mend it.
func checkOrigin(pattern string) error {
	scheme, host, whole := strings.Cut(pattern, "://")
	if !whole {
		scheme, host = "", pattern
	}
	name, _ := strings.CutPrefix(strings.TrimSuffix(host, ":*"), "*.")
	wrong := func(mend string) error { return fmt.Errorf("%w: Origins has %q: %s", ErrOptions, pattern, mend) }
	switch u, err := url.Parse("https://" + name); {
	case pattern == "*", pattern == "null":
		return nil
	case strings.ContainsAny(pattern, ", \t\n"):
		return wrong("give each origin as an element of its own")
	case scheme == "ws" || scheme == "wss":
		return wrong("a page's origin is http:// or https://, whatever it connects to")
	case strings.ContainsFunc(pattern, func(r rune) bool { return r > unicode.MaxASCII }):
		return wrong("browsers send the form of such a name that begins with xn--: give that")
	case strings.ContainsAny(host, "/?#@\\"):
		return wrong("an origin ends with its host and port: leave out what follows, and what stands before an @")
	case strings.Contains(name, "*"):
		return wrong(`"*" stands alone, for a whole subdomain as in "*.example.com", or for a port as in "example.com:*"`)
	case err != nil || u.Hostname() == "" || u.Host != name || strings.Count(name, ":") > 1 && name[0] != '[':
		return wrong(`give a host, such as "example.com", "example.com:8080" or "[::1]:8080", or an origin, such as "https://example.com"`)
	}
	return nil
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
