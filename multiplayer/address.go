package multiplayer

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/peerage-go/peerage/transport"
)

// addresses are where a client connects: to the URL that the program gave, and to the one that the last goodbye named
// (docs/protocol.md, "Closing"). nil, of a client that is connected in memory, has none.
type addresses struct {
	first, current *url.URL
	moved          *url.URL // nil: no goodbye has named one
	home           *url.URL // the server that gave the session
	allowed        []string
}

// turn takes the other address, after an attempt that failed.
func (a *addresses) turn() {
	switch {
	case a == nil || a.moved == nil:
	case a.current == a.first:
		a.current = a.moved
	default:
		a.current = a.first
	}
}

// arrived notes that the server at the current address has given a session, or gone on with it.
func (a *addresses) arrived() {
	if a != nil {
		a.home = a.current
	}
}

// move takes the address of a goodbye. secrets says that handshakes have headers of the program's. The error says why the
// client does not go there.
func (a *addresses) move(address string, secrets bool) error {
	if a == nil {
		return fmt.Errorf("this client is connected in memory")
	}
	to, err := a.home.Parse(address)
	switch {
	case err != nil:
		return fmt.Errorf("it is no URL")
	case to.Scheme == "http":
		to.Scheme = "ws"
	case to.Scheme == "https":
		to.Scheme = "wss"
	}
	switch {
	case to.Scheme != "ws" && to.Scheme != "wss" || to.Hostname() == "":
		return fmt.Errorf("it is no ws:// or wss:// URL")
	case weaker(a.home, to), weaker(a.first, to):
		return fmt.Errorf("it is not encrypted")
	case secrets && !a.mayTell(to):
		return fmt.Errorf("another host may not be told HandshakeHeaders: add %q to Options.AllowedHosts", to.Host)
	}
	a.moved, a.current = to, to
	return nil
}

// mayTell tells whether the server at an address may be told the secret of a session, and the program's headers.
func (a *addresses) mayTell(to *url.URL) bool {
	if a == nil {
		return true
	}
	if weaker(a.home, to) {
		return false
	}
	for _, host := range append([]string{a.home.Host, a.first.Host}, a.allowed...) {
		if strings.EqualFold(withPort(host, to.Scheme), withPort(to.Host, to.Scheme)) {
			return true
		}
	}
	return false
}

// weaker tells whether to would send in plain text what from encrypts.
func weaker(from, to *url.URL) bool { return from.Scheme == "wss" && to.Scheme != "wss" }

// withPort is a host with its port, the scheme's own if it names none.
func withPort(host, scheme string) string {
	if (&url.URL{Host: host}).Port() != "" {
		return host
	}
	if scheme == "wss" {
		return host + ":443"
	}
	return host + ":80"
}

// dialer gives what connects a client to its current address.
func (m *MultiplayerPeer) dialer(rawURL string) (func() (*transport.WebSocketPeer, error), error) {
	first, err := url.Parse(rawURL)
	if err != nil { // transport.Dial says so without the URL, which may have a secret in it
		return func() (*transport.WebSocketPeer, error) { return transport.Dial(rawURL, m.ts) }, nil
	}
	for _, host := range m.opts.AllowedHosts {
		if u, err := url.Parse("wss://" + host); err != nil || u.Host != host || u.Hostname() == "" {
			return nil, fmt.Errorf("multiplayer: Options.AllowedHosts has %q: give hosts as game.example or game.example:9080", host)
		}
	}
	m.addresses = &addresses{first: first, current: first, home: first, allowed: m.opts.AllowedHosts}
	return func() (*transport.WebSocketPeer, error) {
		return transport.Dial(m.addresses.current.String(), m.offer())
	}, nil
}
