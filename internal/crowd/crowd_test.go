package crowd

import (
	"net/netip"
	"testing"
	"time"
)

func TestNetwork(t *testing.T) {
	for host, want := range map[string]string{
		"192.0.2.1":            "192.0.2.1",
		"::ffff:192.0.2.1":     "192.0.2.1",
		"2001:db8::1:2:3:4":    "2001:db8::",
		"2001:db8:0:1::1":      "2001:db8:0:1::",
		"fe80::1%eth0":         "fe80::",
		"pipe":                 "invalid IP",
		"192.0.2.1:80":         "invalid IP",
		"":                     "invalid IP",
		"::ffff:192.0.2.1%bad": "192.0.2.1",
	} {
		if got := Network(host).String(); got != want {
			t.Errorf("%q comes from %s, want %s", host, got, want)
		}
	}
}

func TestNear(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1": true, "::1": true, "10.0.0.1": true, "172.16.0.1": true, "192.168.9.9": true, "169.254.1.1": true, "fd00::1": true, "fe80::1": true,
		"192.0.2.1": false, "172.32.0.1": false, "2001:db8::1": false, "pipe": false,
	} {
		if Near(Network(host)) != want {
			t.Errorf("%s is near: %v", host, !want)
		}
	}
}

// TestCrowded has newcomers of a and b, and of the empty network, look for room.
func TestCrowded(t *testing.T) {
	a, b, none := Network("192.0.2.1"), Network("192.0.2.2"), netip.Addr{}
	var c Crowd[string]
	if who, ok := c.Crowded(a, 100); ok {
		t.Errorf("%q makes room where nobody waits", who)
	}
	for i, name := range []string{"a1", "a2", "a3", "b1", "none1", "none2"} {
		from := map[byte]netip.Addr{'a': a, 'b': b, 'n': none}[name[0]]
		c.Enter(name, from, 10)
		if name == "a2" {
			c.Enter(name, from, 1) // again, and longer
		}
		if c.Len() != i+1 {
			t.Errorf("%d wait", c.Len())
		}
	}
	for _, test := range []struct {
		from netip.Addr
		slow time.Duration
		want string
	}{
		{b, 0, "a2"},                      // three, and b has one
		{none, 0, ""}, {none, 10, "none"}, // three are not more than two and the newcomer
		{a, 0, ""}, {a, 1, "a2"}, // its own
		{Network("192.0.2.3"), 0, "a2"},
	} {
		who, ok := c.Crowded(test.from, test.slow)
		if ok != (test.want != "") || ok && who[:len(test.want)] != test.want {
			t.Errorf("for %v, slow %v: %q, %v", test.from, test.slow, who, ok)
		}
	}
	c.Leave("a2")
	c.Leave("a2")
	if who, ok := c.Crowded(Network("192.0.2.3"), 0); !ok || who == "a2" || c.Len() != 5 {
		t.Errorf("%q of %d makes room", who, c.Len())
	}
}
