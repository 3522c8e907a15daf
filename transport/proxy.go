package transport

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// ClientAddr returns the address that a request comes from, as RemoteAddr has it:
// that, unless it is one of TrustedProxies. Then it is the nearest address before
// it, in X-Forwarded-For or Forwarded (RFC 7239), that is none of them; its port
// is 0 if the proxy does not tell. Where both headers are there and differ, one
// of them is the client's own work, and the address is that of the proxy.
func (o *Options) ClientAddr(r *http.Request) string {
	if o == nil || len(o.TrustedProxies) == 0 {
		return r.RemoteAddr
	}
	peer := parseAddr(r.RemoteAddr)
	trusted := make([]netip.Prefix, 0, len(o.TrustedProxies))
	for _, s := range o.TrustedProxies {
		if p, err := parseProxy(s); err == nil {
			trusted = append(trusted, p)
		}
	}
	var clients []netip.AddrPort
	for _, hops := range [...][]string{tokens(r.Header["X-Forwarded-For"]), forwardedFor(r.Header["Forwarded"])} {
		if len(hops) > 0 {
			clients = append(clients, behind(peer, hops, trusted))
		}
	}
	if len(clients) == 0 || clients[0] == peer || len(clients) == 2 && clients[0].Addr() != clients[1].Addr() {
		return r.RemoteAddr
	}
	return clients[0].String()
}

// behind walks from the address of a connection towards the client, past those
// who are trusted to tell whom they speak for.
func behind(at netip.AddrPort, hops []string, trusted []netip.Prefix) netip.AddrPort {
	for i := len(hops) - 1; i >= 0 && isTrusted(at.Addr(), trusted); i-- {
		next := parseAddr(hops[i])
		if !next.IsValid() { // a name of the proxy's own, which hides the client
			break
		}
		at = next
	}
	return at
}

// isTrusted tells a trusted proxy. Who comes over no IP network comes from this
// machine, through a file that only those can open who may.
func isTrusted(a netip.Addr, trusted []netip.Prefix) bool {
	if !a.IsValid() {
		return true
	}
	for _, p := range trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// forwardedFor takes the "for" of each hop out of Forwarded (RFC 7239, section
// 4). A hop without one is "".
func forwardedFor(values []string) (hops []string) {
	for _, v := range values {
		if strings.Count(v, `"`)%2 != 0 { // the client has opened quotes that what a proxy added may close
			hops = append(hops, "")
			continue
		}
		for hop := range splitQuoted(v, ',') {
			node := ""
			for pair := range splitQuoted(hop, ';') {
				if name, value, ok := strings.Cut(pair, "="); ok && strings.EqualFold(strings.TrimSpace(name), "for") {
					node = strings.Trim(strings.TrimSpace(value), `"`)
				}
			}
			hops = append(hops, node)
		}
	}
	return hops
}

// splitQuoted splits s at each sep that does not stand in quotes.
func splitQuoted(s string, sep byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		quoted, from := false, 0
		for i := range len(s) {
			switch {
			case s[i] == '"':
				quoted = !quoted
			case s[i] == sep && !quoted:
				if !yield(s[from:i]) {
					return
				}
				from = i + 1
			}
		}
		yield(s[from:])
	}
}

// parseAddr reads an IP address with or without a port, as the headers and
// RemoteAddr have it: 192.0.2.1, 192.0.2.1:80, 2001:db8::1, [2001:db8::1],
// [2001:db8::1]:80. An IPv4 address in an IPv6 one is the IPv4 address.
func parseAddr(s string) netip.AddrPort {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Unmap(), 0)
}

// parseProxy reads one of TrustedProxies.
func parseProxy(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		return p, nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%w: TrustedProxies has %q: give addresses as 192.0.2.1, or networks as 192.0.2.0/24", ErrOptions, s)
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// fromClient gives the request with its ClientAddr as RemoteAddr.
func (o *Options) fromClient(r *http.Request) *http.Request {
	client := o.ClientAddr(r)
	if client == r.RemoteAddr {
		return r
	}
	c := *r
	c.RemoteAddr = client
	return &c
}

// speaksFor makes the RemoteAddr of a request that of the peer.
func (p *WebSocketPeer) speaksFor(r *http.Request) {
	if client := parseAddr(r.RemoteAddr); client.IsValid() && client != parseAddr(p.nc.RemoteAddr().String()) {
		p.client = net.TCPAddrFromAddrPort(client)
	}
}
