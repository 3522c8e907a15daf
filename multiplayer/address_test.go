package multiplayer

import (
	"net/url"
	"strings"
	"testing"
)

// TestAddressOfAGoodbye decides where a client goes on, and whom it tells its secrets.
func TestAddressOfAGoodbye(t *testing.T) {
	for _, test := range []struct {
		dialed, goodbye string
		allowed         string
		secrets         bool
		to              string // "": it stays
		tell            bool   // the session
	}{
		{"ws://a.example/x", "/y", "", true, "ws://a.example/y", true},
		{"ws://a.example/x", "ws://A.example:80/y", "", true, "ws://A.example:80/y", true},
		{"ws://a.example", "wss://a.example:80", "", false, "wss://a.example:80", false},
		{"ws://a.example", "http://a.example/z", "", false, "ws://a.example/z", true},
		{"ws://a.example", "ws://b.example", "", false, "ws://b.example", false},
		{"ws://a.example", "ws://b.example", "", true, "", true},
		{"ws://a.example", "ws://b.example", "b.example", true, "ws://b.example", true},
		{"ws://a.example", "ws://b.example:81", "b.example", true, "", true},
		{"ws://a.example", "ws://b.example:81", "b.example:81", true, "ws://b.example:81", true},
		{"ws://a.example:9080", "ws://a.example:9081", "", false, "ws://a.example:9081", false},
		{"wss://a.example", "ws://a.example", "a.example", false, "", true},
		{"wss://a.example", "http://a.example", "", false, "", true},
		{"wss://a.example", "https://a.example/b", "", true, "wss://a.example/b", true},
		{"ws://a.example", "file:///etc", "", false, "", true},
		{"ws://a.example", "ws://", "", false, "", true},
		{"ws://a.example", "ws://%zz", "", false, "", true},
		{"ws://a.example", "b.example:9080", "", false, "", true},
	} {
		first, err := url.Parse(test.dialed)
		if err != nil {
			t.Fatal(err)
		}
		a := &addresses{first: first, current: first, home: first, allowed: strings.Fields(test.allowed)}
		err = a.move(test.goodbye, test.secrets)
		if want := test.to; want == "" && (err == nil || a.current != first) || want != "" && (err != nil || a.current.String() != want) {
			t.Errorf("%s, told to go on at %s: goes to %s, %v", test.dialed, test.goodbye, a.current, err)
		}
		if got := a.mayTell(a.current); got != test.tell {
			t.Errorf("%s, told to go on at %s: tells its session there: %v", test.dialed, test.goodbye, got)
		}
	}
}

// TestAddressesTakeTurns follows a client that cannot reach the address of a goodbye.
func TestAddressesTakeTurns(t *testing.T) {
	a, b := &url.URL{Scheme: "ws", Host: "a"}, "ws://b"
	at := &addresses{first: a, current: a, home: a}
	at.turn()
	if at.current != a {
		t.Error("there is one address, and it turned")
	}
	if err := at.move(b, false); err != nil {
		t.Fatal(err)
	}
	var tried []string
	for range 4 {
		tried = append(tried, at.current.Host)
		at.turn()
	}
	if got := strings.Join(tried, " "); got != "b a b a" {
		t.Errorf("tried %s", got)
	}
	var none *addresses // of a client in memory
	none.turn()
	none.arrived()
	if none.move(b, false) == nil || !none.mayTell(nil) {
		t.Error("a client in memory moved")
	}
}
