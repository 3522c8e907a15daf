package multiplayer_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

// byName admits everybody as the player that the URL names, in a header.
func byName(r *http.Request) (any, error) {
	return r.Header.Get("Player") + r.URL.Query().Get("player"), nil
}

// TestRefusals are told in words where they can be, and give their places back.
func TestRefusals(t *testing.T) {
	for name, refusal := range map[string]*multiplayer.Refusal{
		"for good":  {Code: 4100, Reason: "no such player"},
		"for now":   {Reason: "asleep", RetryAfter: 90 * time.Second},
		"bad codes": {Code: 1000, Reason: "a code that is none"},
	} {
		for _, by := range []string{"Admit", "AssignID"} {
			t.Run(name+" by "+by, func(t *testing.T) {
				o := multiplayer.Options{MaxPeers: 1}
				if by == "Admit" {
					o.Admit = func(r *http.Request) (any, error) { return nil, fmt.Errorf("wrapped: %w", refusal) }
				} else {
					o.AssignID = func(any) (multiplayer.PeerID, error) { return 0, refusal }
				}
				everyLink(t, &o, func(t *testing.T, p *party) {
					want := *refusal
					if want.Code != 4100 {
						want.Code = multiplayer.CloseRefused
					}
					for i := range 3 {
						c := p.start(&multiplayer.Options{})
						p.until("it is refused", func() bool { return c.ConnectionStatus() == multiplayer.Disconnected })
						var r *multiplayer.Refusal
						if !errors.As(c.Err(), &r) || r.Code != want.Code || r.Reason != want.Reason || r.RetryAfter != want.RetryAfter {
							t.Errorf("it was told %v", c.Err())
						}
						p.answered(func(s multiplayer.Stats) bool { return s.NotAdmitted == uint64(i+1) && s.Connections == 0 })
					}
					g := p.start(&multiplayer.Options{Wire: multiplayer.Godot})
					p.until("it is refused", func() bool { return g.ConnectionStatus() == multiplayer.Disconnected })
					var r *multiplayer.Refusal
					if !errors.As(g.Err(), &r) || r.Code != want.Code || r.Reason != want.Reason {
						t.Errorf("on Godot's wire it was told %v", g.Err())
					}
				})
			})
		}
	}
}

// TestReplaced lets a player come again who is there already: the old connection is closed, and others are none of it.
func TestReplaced(t *testing.T) {
	for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		ids := map[any]multiplayer.PeerID{"ann": 7, "bob": 9, "thief": 7}
		everyLink(t, &multiplayer.Options{
			Admit:        byName,
			AssignID:     func(admitted any) (multiplayer.PeerID, error) { return ids[admitted], nil },
			MaxPeers:     2,
			ResumeWindow: time.Hour,
		}, func(t *testing.T, p *party) {
			as := func(name string) *multiplayer.MultiplayerPeer {
				return p.start(&multiplayer.Options{Wire: wire, Reconnect: time.Hour,
					Transport: transport.Options{HandshakeHeaders: http.Header{"Player": {name}}}})
			}
			in := func(c *multiplayer.MultiplayerPeer) func() bool {
				return func() bool { return c.ConnectionStatus() == multiplayer.Connected }
			}
			first, bob := as("ann"), as("bob")
			p.until("both are in", func() bool { return in(first)() && in(bob)() })
			p.events = nil
			again := as("ann")
			p.until("she is in again, and out before", func() bool {
				return in(again)() && first.ConnectionStatus() == multiplayer.Disconnected
			})
			var closed *transport.CloseError
			if !errors.As(first.Err(), &closed) || closed.Code != multiplayer.CloseReplaced || again.UniqueID() != 7 {
				t.Errorf("the first was told %v, the second has the id %d", first.Err(), again.UniqueID())
			}
			at := slices.DeleteFunc(slices.Clone(p.events), func(e string) bool { return e[:2] != "1:" })
			if want := []string{"1: disconnected 7", "1: connected 7"}; !slices.Equal(at, want) {
				t.Errorf("the server was told %q, want %q", at, want)
			}
			thief := as("thief")
			p.until("a thief is refused", func() bool { return thief.ConnectionStatus() == multiplayer.Disconnected })
			if !in(again)() || !in(bob)() || p.server.Stats().Peers != 2 {
				t.Errorf("somebody else went: %+v", p.server.Stats())
			}
		})
	}
}

// TestJoinURL has Admit see what a client in memory asks for.
func TestJoinURL(t *testing.T) {
	var seen string
	server, err := multiplayer.NewServer(&multiplayer.Options{Admit: func(r *http.Request) (any, error) {
		seen = r.URL.String() + " " + r.Header.Get("Authorization")
		return nil, nil
	}})
	must(t, err)
	defer server.Close()
	c, err := server.JoinURL("ws://game/duel?mode=ctf", &multiplayer.Options{
		Transport: transport.Options{HandshakeHeaders: http.Header{"Authorization": {"Bearer x"}}}})
	must(t, err)
	defer c.Close()
	pollUntil(t, c, "it is in", func() bool { server.Poll(); return c.ConnectionStatus() != multiplayer.Connecting })
	if seen != "/duel?mode=ctf Bearer x" {
		t.Errorf("Admit saw %q", seen)
	}
	if _, err := server.JoinURL("http://game/", nil); !errors.Is(err, transport.ErrURL) {
		t.Errorf("a URL that is none: %v", err)
	}
}
