package multiplayer

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/peerage-go/peerage/transport"
)

// from is the request of somebody at an address.
func from(host string) *http.Request { return &http.Request{RemoteAddr: host + ":9"} }

// open counts the connections that have not ended.
func open(m *MultiplayerPeer) (n int) {
	for ws := range m.live {
		select {
		case <-ws.Done():
		default:
			n++
		}
	}
	return n
}

// TestIdlersMakeRoom fills a session with connections that begin a handshake and say no more.
func TestIdlersMakeRoom(t *testing.T) {
	const x, y = "192.0.2.1", "192.0.2.2"
	one := []string{"198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"}
	for _, test := range []struct {
		name       string
		limits     Options
		idlers     []string      // the addresses that hold a place each
		waited     time.Duration // since they came
		newcomer   string
		want       error
		leavesOpen int // idlers
	}{
		{"many of one address", Options{MaxPeers: 4}, []string{x, x, x, x}, 0, y, nil, 3},
		{"one each", Options{MaxPeers: 4}, one, 0, y, ErrFull, 4},
		{"one each, slow, but none of the newcomer's", Options{MaxPeers: 4}, one, 2 * time.Second, y, ErrFull, 4},
		{"no more than of the newcomer's", Options{MaxPeers: 4}, []string{x, x, y, y}, 0, y, ErrFull, 4},
		{"its own, quick", Options{MaxPeers: 2}, []string{y, y}, 400 * time.Millisecond, y, ErrFull, 2},
		{"its own, slow", Options{MaxPeers: 2}, []string{y, y}, 600 * time.Millisecond, y, nil, 1},
		{"the address is full", Options{MaxPeersPerAddress: 2}, []string{y, y, x}, 0, y, ErrTooManyFromAddress, 3},
		{"the address is full of slow ones", Options{MaxPeersPerAddress: 2}, []string{y, y, x}, time.Second, y, nil, 2},
		{"the address and the session are full of slow ones", Options{MaxPeers: 3, MaxPeersPerAddress: 2}, []string{y, y, x}, time.Second, y, nil, 2},
		{"the same address in IPv6", Options{MaxPeersPerAddress: 2}, []string{"[::ffff:192.0.2.2]", y}, 0, y, ErrTooManyFromAddress, 2},
		{"a household's IPv6", Options{MaxPeersPerAddress: 2}, []string{"[2001:db8::1]", "[2001:db8::9:1]"}, 0, "[2001:db8::ffff:1]", ErrTooManyFromAddress, 2},
		{"another household's IPv6", Options{MaxPeersPerAddress: 2}, []string{"[2001:db8::1]", "[2001:db8::9:1]"}, 0, "[2001:db8:0:1::1]", nil, 2},
		{"a /64 of idlers", Options{MaxPeers: 3}, []string{"[2001:db8::1]", "[2001:db8::2]", "[2001:db8::3]"}, 0, y, nil, 2},
		{"room enough", Options{MaxPeers: 5}, []string{x, x, x, x}, 0, y, nil, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, err := NewServer(&test.limits)
				if err != nil {
					t.Fatal(err)
				}
				var others []*transport.WebSocketPeer
				for _, host := range test.idlers {
					pl := new(place)
					if err := m.reserve(pl, from(host)); err != nil {
						t.Fatal(err)
					}
					ws, other := transport.Pipe(m.gate(pl), nil)
					m.adopt(ws, pl)
					others = append(others, other)
				}
				time.Sleep(test.waited)
				before := m.taken
				newcomer := new(place)
				if err := m.reserve(newcomer, from(test.newcomer)); !errors.Is(err, test.want) {
					t.Errorf("the newcomer is told %v, want %v", err, test.want)
				}
				synctest.Wait()
				left := open(m)
				if left != test.leavesOpen {
					t.Errorf("%d idlers are left, want %d", left, test.leavesOpen)
				}
				if want := before + 1 - (len(test.idlers) - left); test.want == nil && m.taken != want {
					t.Errorf("%d places are taken, want %d", m.taken, want)
				}
				m.leave(newcomer)
				m.Close()
				for _, o := range others {
					o.Close(-1, "")
				}
				m.Poll()
				synctest.Wait()
				if m.taken != 0 || len(m.networks) != 0 || m.shaking.Len() != 0 {
					t.Errorf("left behind: %d places, %v, %d in their handshake", m.taken, m.networks, m.shaking.Len())
				}
			})
		})
	}
}

// TestPlacesPerAddress counts by default what comes from far away.
func TestPlacesPerAddress(t *testing.T) {
	for _, test := range []struct {
		limit int
		host  string
		want  int
	}{
		{0, "192.0.2.1", 256},
		{0, "[2001:db8::1]", 256},
		{0, "127.0.0.1", 0},
		{0, "[::1]", 0},
		{0, "[::ffff:127.0.0.1]", 0},
		{0, "10.1.2.3", 0},
		{0, "192.168.1.1", 0},
		{0, "[fd00::1]", 0},
		{0, "[fe80::1%eth0]", 0},
		{0, "pipe", 0},
		{-1, "192.0.2.1", 0},
		{3, "192.0.2.1", 3},
		{3, "127.0.0.1", 3},
		{3, "pipe", 0},
	} {
		t.Run(fmt.Sprint(test.limit, " ", test.host), func(t *testing.T) {
			m, err := NewServer(&Options{MaxPeersPerAddress: test.limit})
			if err != nil {
				t.Fatal(err)
			}
			for n := range 300 {
				err := m.reserve(new(place), from(test.host))
				if full := test.want > 0 && n >= test.want; full != (err != nil) {
					t.Fatalf("%d are there, and the next is told %v", n, err)
				}
			}
		})
	}
}

// TestPlaceIsKept has somebody come back where everybody else is turned away, once at a time, and only as long as the
// session can be resumed.
func TestPlaceIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := NewServer(&Options{MaxPeers: 1, MaxPeersPerAddress: 1, ResumeWindow: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		p := &Peer{m: m, session: uuid.New(), resume: &resumption{place: uuid.New()}}
		m.sessions[p.session] = p
		m.keep(p)
		comes := from("192.0.2.1")
		comes.Header = http.Header{"Sec-Websocket-Protocol": {Subprotocol + ", " + keptName(p.resume.place)}}
		guesses := from("192.0.2.1")
		guesses.Header = http.Header{"Sec-Websocket-Protocol": {Subprotocol + ", " + keptName(uuid.New())}}
		for range 1 + spare {
			if err := m.reserve(new(place), from("192.0.2.1")); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.reserve(new(place), guesses); err == nil {
			t.Error("a name that was made up is let in")
		}
		var places []*place
		for range 3 {
			pl := new(place)
			places = append(places, pl)
			if err := m.reserve(pl, comes); err != nil {
				t.Errorf("it is told %v", err)
			}
			ws, other := transport.Pipe(m.gate(pl), nil)
			m.adopt(ws, pl)
			defer other.Close(-1, "")
		}
		synctest.Wait()
		if n := open(m); n != 1 || !places[1].over || places[2].over {
			t.Errorf("%d of its connections are open", n)
		}
		if m.taken != 2+spare {
			t.Errorf("%d places are taken", m.taken)
		}
		p.forgetSession()
		if err := m.reserve(new(place), comes); err == nil {
			t.Error("it is let in after its session has ended")
		}
		m.leave(places[2])
		if len(m.kept) != 0 {
			t.Errorf("%d places are kept", len(m.kept))
		}
		m.Close()
	})
}

// TestPlaceLostDuringAdmit takes the place of one who is being asked for its name, and whose connection ends before that.
func TestPlaceLostDuringAdmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := NewServer(&Options{MaxPeers: 1})
		if err != nil {
			t.Fatal(err)
		}
		slow := new(place)
		if err := m.reserve(slow, from("192.0.2.1")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if err := m.reserve(new(place), from("192.0.2.1")); err != nil {
			t.Errorf("the next is told %v", err)
		}
		ws, other := transport.Pipe(m.gate(slow), nil)
		m.adopt(ws, slow)
		synctest.Wait()
		if open(m) != 0 || m.taken != 1 {
			t.Errorf("%d connections, %d places", open(m), m.taken)
		}
		ended := new(place)
		m.leave(ended)
		if err := m.reserve(ended, from("192.0.2.2")); err == nil || m.taken != 1 {
			t.Errorf("a connection that has ended takes a place: %v, %d", err, m.taken)
		}
		other.Close(-1, "")
		m.Close()
	})
}
