package transport

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestClientAddr finds clients behind proxies, and no one else.
func TestClientAddr(t *testing.T) {
	for _, test := range []struct {
		name         string
		trusted      string
		remote       string
		forwardedFor []string
		forwarded    []string
		want         string
	}{
		{"no proxy", "", "192.0.2.1:80", nil, nil, "192.0.2.1:80"},
		{"nobody is trusted", "", "192.0.2.1:80", []string{"198.51.100.7"}, nil, "192.0.2.1:80"},
		{"another is trusted", "192.0.2.2", "192.0.2.1:80", []string{"198.51.100.7"}, nil, "192.0.2.1:80"},
		{"one proxy", "192.0.2.1", "192.0.2.1:80", []string{"198.51.100.7"}, nil, "198.51.100.7:0"},
		{"one that tells nothing", "192.0.2.1", "192.0.2.1:80", nil, nil, "192.0.2.1:80"},
		{"with a port", "192.0.2.1", "192.0.2.1:80", []string{"198.51.100.7:1234"}, nil, "198.51.100.7:1234"},
		{"a network", "192.0.2.0/24", "192.0.2.99:80", []string{"198.51.100.7"}, nil, "198.51.100.7:0"},
		{"what the client made up before it", "192.0.2.1", "192.0.2.1:80", []string{"10.9.8.7, 198.51.100.7"}, nil, "198.51.100.7:0"},
		{"in a line of its own", "192.0.2.1", "192.0.2.1:80", []string{"10.9.8.7", "198.51.100.7"}, nil, "198.51.100.7:0"},
		{"two proxies", "192.0.2.1 10.0.0.0/8", "10.1.1.1:80", []string{"203.0.113.5, 198.51.100.7, 192.0.2.1"}, nil, "198.51.100.7:0"},
		{"nothing but proxies", "10.0.0.0/8", "10.1.1.1:80", []string{"10.2.2.2,10.3.3.3"}, nil, "10.2.2.2:0"},
		{"a proxy that hides them", "192.0.2.1", "192.0.2.1:80", []string{"198.51.100.7, unknown"}, nil, "192.0.2.1:80"},
		{"IPv6", "2001:db8::/32", "[2001:db8::1]:80", []string{"2001:db9::7"}, nil, "[2001:db9::7]:0"},
		{"IPv6 in brackets", "2001:db8::1", "[2001:db8::1]:80", []string{"[2001:db9::7]:99"}, nil, "[2001:db9::7]:99"},
		{"IPv4 in IPv6", "192.0.2.1", "[::ffff:192.0.2.1]:80", []string{"::ffff:198.51.100.7"}, nil, "198.51.100.7:0"},
		{"a trusted network of such", "::ffff:192.0.2.0/120", "192.0.2.1:80", []string{"198.51.100.7"}, nil, "198.51.100.7:0"},
		{"a Unix socket", "127.0.0.1", "@", []string{"198.51.100.7"}, nil, "198.51.100.7:0"},
		{"a Unix socket and nobody trusted", "", "@", []string{"198.51.100.7"}, nil, "@"},
		{"Forwarded", "192.0.2.1", "192.0.2.1:80", nil, []string{"for=198.51.100.7;proto=https"}, "198.51.100.7:0"},
		{"Forwarded, quoted", "192.0.2.1", "192.0.2.1:80", nil, []string{`for=10.9.8.7, by=x ; For="[2001:db9::7]:4711"`}, "[2001:db9::7]:4711"},
		{"Forwarded, hidden", "192.0.2.1", "192.0.2.1:80", nil, []string{"for=198.51.100.7, for=_hidden"}, "192.0.2.1:80"},
		{"Forwarded without for", "192.0.2.1", "192.0.2.1:80", nil, []string{"for=198.51.100.7, proto=https"}, "192.0.2.1:80"},
		{"quotes that swallow the proxy's word", "192.0.2.1", "192.0.2.1:80", nil, []string{`for=10.9.8.7;x=", for=198.51.100.7`}, "192.0.2.1:80"},
		{"the same, where the proxy quotes", "192.0.2.1", "192.0.2.1:80", nil, []string{`for=10.9.8.7;x=", for="[2001:db9::7]"`}, "192.0.2.1:80"},
		{"an escaped quote", "192.0.2.1", "192.0.2.1:80", nil, []string{`for=10.9.8.7;x="\", for=198.51.100.7`}, "198.51.100.7:0"},
		{"both, alike", "192.0.2.1", "192.0.2.1:80", []string{"198.51.100.7"}, []string{"for=198.51.100.7"}, "198.51.100.7:0"},
		{"both, and one is the client's work", "192.0.2.1", "192.0.2.1:80", []string{"198.51.100.7"}, []string{"for=10.9.8.7"}, "192.0.2.1:80"},
		{"rubbish", "192.0.2.1", "192.0.2.1:80", []string{",,%%,"}, []string{";;=,="}, "192.0.2.1:80"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := &Options{TrustedProxies: strings.Fields(test.trusted)}
			if err := o.Validate(); err != nil {
				t.Fatal(err)
			}
			r := &http.Request{RemoteAddr: test.remote, Header: http.Header{}}
			r.Header["X-Forwarded-For"], r.Header["Forwarded"] = test.forwardedFor, test.forwarded
			if got := o.ClientAddr(r); got != test.want {
				t.Errorf("the client is %s, want %s", got, test.want)
			}
		})
	}
	for _, proxy := range []string{"", "localhost", "10.0.0.0/33", "127.0.0.1:80"} {
		if err := (&Options{TrustedProxies: []string{proxy}}).Validate(); !errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), "192.0.2.0/24") {
			t.Errorf("TrustedProxies of %q: %v", proxy, err)
		}
	}
}

// TestPeerBehindProxy has the client's address wherever a server shows one.
func TestPeerBehindProxy(t *testing.T) {
	for name, dial := range map[string]func(t testing.TB, g *Group, o *Options) net.Conn{"bare": dialBare, "net/http": dialHTTP} {
		t.Run(name, func(t *testing.T) {
			g, asked := NewGroup(), ""
			nc := dial(t, g, &Options{TrustedProxies: []string{"127.0.0.1"}, Admit: func(r *http.Request) (any, error) {
				asked = r.RemoteAddr
				return nil, nil
			}})
			_, err := io.WriteString(nc, edit("Host:", "X-Forwarded-For: 198.51.100.7:99\r\nHost:"))
			check(t, err)
			var p *WebSocketPeer
			until(t, g, func() bool {
				if len(g.polled) > 0 {
					p = g.polled[0]
				}
				return p != nil && p.ReadyState() == Open
			})
			if asked != "198.51.100.7:99" || p.ConnectedHost() != "198.51.100.7" || p.ConnectedPort() != 99 || p.RemoteAddr().String() != asked {
				t.Errorf("Admit was told %q, the peer is at %s port %d, %v", asked, p.ConnectedHost(), p.ConnectedPort(), p.RemoteAddr())
			}
			nc.Close()
			p.Close(-1, "")
			finished(t, p)
		})
	}
}

// FuzzClientAddr has clients make up what stands before their proxy's word: they are where it says, or at the proxy.
func FuzzClientAddr(f *testing.F) {
	f.Add("10.9.8.7, ", `for=10.9.8.7;x=", `, true, false)
	f.Add("", `for="[2001:db8::1]:80", `, false, true)
	f.Add(`"`, `\",`, true, true)
	o := &Options{TrustedProxies: []string{"192.0.2.1"}}
	f.Fuzz(func(t *testing.T, forwardedFor, forwarded string, both, quoted bool) {
		proxy, client := "192.0.2.1:80", "198.51.100.7"
		r := &http.Request{RemoteAddr: proxy, Header: http.Header{"X-Forwarded-For": {forwardedFor + "," + client}}}
		if !both {
			r.Header.Del("X-Forwarded-For")
		}
		if quoted {
			client = `"198.51.100.7:99"`
		}
		r.Header["Forwarded"] = []string{forwarded + ", for=" + client}
		got := o.ClientAddr(r)
		if host, _, _ := net.SplitHostPort(got); host != "198.51.100.7" && got != proxy {
			t.Errorf("the client is %s", got)
		}
	})
}
