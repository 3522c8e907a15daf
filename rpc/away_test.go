package rpc_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// TestAwayAndBack reaches the server's program and, through it, the other clients that know the word: also one that comes
// while somebody is away.
func TestAwayAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := multiplayer.NewServer(&multiplayer.Options{ResumeWindow: time.Hour})
		must(t, err)
		s, err := rpc.New(server, nil)
		must(t, err)
		ctx, cancel := context.WithCancel(context.Background())
		var mu sync.Mutex
		var told []string // guarded by mu
		run := func(who string, m *rpc.SceneMultiplayer) {
			note := func(what string) func(rpc.PeerID) {
				return func(id rpc.PeerID) {
					mu.Lock()
					defer mu.Unlock()
					told = append(told, fmt.Sprintf("%s: %d %s %v", who, id, what, m.Away(id)))
				}
			}
			m.OnPeerAway, m.OnPeerBack = note("away"), note("back")
			go m.Run(ctx, 0, nil)
			synctest.Wait()
		}
		run("server", s)
		join := func(who string, o *multiplayer.Options) *rpc.SceneMultiplayer {
			p, err := server.Join(o)
			must(t, err)
			m, err := rpc.New(p, nil)
			must(t, err)
			run(who, m)
			return m
		}
		reconnects := &multiplayer.Options{Reconnect: time.Hour}
		first := join("first", reconnects)
		second := join("second", reconnects)
		join("engine", &multiplayer.Options{Wire: multiplayer.Godot})
		// lose cuts the first one's connection, and has it wait before it comes back.
		lose := func() {
			_, err := multiplayer.Do(ctx, first, func() (int, error) {
				return 0, first.MultiplayerPeer().Peer(1).WebSocket().Close(-1, "")
			})
			must(t, err)
			synctest.Wait()
		}
		expect := func(what string, want ...string) {
			t.Helper()
			mu.Lock()
			defer mu.Unlock()
			slices.Sort(told)
			slices.Sort(want)
			if !slices.Equal(told, want) {
				t.Errorf("%s: told %q, want %q", what, told, want)
			}
			told = nil
		}
		lose()
		expect("lost", "first: 1 away true", "server: 2 away true", "second: 2 away true")
		join("third", nil)
		expect("somebody comes", "third: 2 away true")
		time.Sleep(time.Minute)
		synctest.Wait()
		expect("back", "first: 1 back false", "server: 2 back false", "second: 2 back false", "third: 2 back false")
		lose()
		expect("lost again", "first: 1 away true", "server: 2 away true", "second: 2 away true", "third: 2 away true")
		must(t, first.Close())
		time.Sleep(2 * time.Hour) // until its window is over
		synctest.Wait()
		expect("gone")
		if second.Away(2) || second.HasPeer(2) || s.HasPeer(2) {
			t.Error("it is still there")
		}
		cancel()
		for _, m := range []*rpc.SceneMultiplayer{second, s} {
			m.Close()
		}
		synctest.Wait()
		server.Close()
		time.Sleep(time.Hour)
	})
}

// TestFixedStep calls once for each step that is over, and drops what a stall was too long for.
func TestFixedStep(t *testing.T) {
	steps := 0
	tick := rpc.FixedStep(10*time.Millisecond, 3, func(step time.Duration) {
		if step != 10*time.Millisecond {
			t.Errorf("a step of %v", step)
		}
		steps++
	})
	for _, c := range []struct {
		elapsed time.Duration
		want    int
	}{{9, 0}, {1, 1}, {25, 2}, {5, 1}, {1000, 3}, {9, 0}, {1, 1}, {0, 0}} {
		steps = 0
		if tick(c.elapsed * time.Millisecond); steps != c.want {
			t.Errorf("after %d ms %d steps, want %d", c.elapsed, steps, c.want)
		}
	}
	for _, bad := range []func(){func() { rpc.FixedStep(0, 1, nil) }, func() { rpc.FixedStep(1, 0, nil) }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("it took what makes no sense")
				}
			}()
			bad()
		}()
	}
}

// TestAwayDuringAuthentication admits a client that is away: it has come, and is away.
func TestAwayDuringAuthentication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := multiplayer.NewServer(&multiplayer.Options{ResumeWindow: time.Hour})
		must(t, err)
		s, err := rpc.New(server, &rpc.Options{AuthCallback: func(rpc.PeerID, []byte) {}, AuthTimeout: time.Hour})
		must(t, err)
		var told []string // belongs to the server's goroutine
		note := func(what string) func(rpc.PeerID) {
			return func(id rpc.PeerID) { told = append(told, what) }
		}
		s.OnPeerConnected, s.OnPeerAway, s.OnPeerBack = note("connected"), note("away"), note("back")
		peer, err := server.Join(&multiplayer.Options{Reconnect: time.Hour})
		must(t, err)
		client, err := rpc.New(peer, &rpc.Options{AuthCallback: func(rpc.PeerID, []byte) {}, AuthTimeout: time.Hour})
		must(t, err)
		client.OnPeerAuthenticating = func(id rpc.PeerID) { client.CompleteAuth(id) }
		ctx := t.Context()
		go s.Run(ctx, 0, nil)
		go client.Run(ctx, 0, nil)
		synctest.Wait()
		cut, err := multiplayer.Do(ctx, client, func() (bool, error) {
			return true, client.MultiplayerPeer().Peer(1).WebSocket().Close(-1, "")
		})
		if !cut || err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		_, err = multiplayer.Do(ctx, s, func() (bool, error) { return true, s.CompleteAuth(2) })
		must(t, err)
		time.Sleep(time.Minute)
		told, err = multiplayer.Do(ctx, s, func() ([]string, error) { return told, nil })
		if want := []string{"connected", "away", "back"}; err != nil || !slices.Equal(told, want) {
			t.Errorf("told %q, want %q, %v", told, want, err)
		}
		client.Close()
		s.Close()
	})
}
