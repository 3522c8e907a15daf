package multiplayer_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
)

// logged is a server and a client in memory, and the server's log.
func logged(t *testing.T, so *multiplayer.Options) (server, client *multiplayer.MultiplayerPeer, log *bytes.Buffer) {
	t.Helper()
	log = new(bytes.Buffer)
	if so == nil {
		so = &multiplayer.Options{}
	}
	so.Logger = slog.New(slog.NewTextHandler(log, nil))
	server, client, err := multiplayer.Pipe(so, nil)
	must(t, err)
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	return server, client, log
}

// pollAll polls both until something holds.
func pollAll(t *testing.T, what string, holds func() bool, peers ...*multiplayer.MultiplayerPeer) {
	t.Helper()
	for end := time.Now().Add(deadline); !holds(); {
		if time.Now().After(end) {
			t.Fatal(what)
		}
		for _, p := range peers {
			p.Poll()
		}
	}
}

func TestCallbacksThatPanic(t *testing.T) {
	given := multiplayer.PeerID(7)
	server, client, log := logged(t, &multiplayer.Options{AssignID: func(any) (multiplayer.PeerID, error) { return given, nil }})
	server.OnPeerConnected = func(multiplayer.PeerID) { panic("at the coming") }
	server.OnPeerDisconnected = func(multiplayer.PeerID, error) { panic(errors.New("at the going")) }
	ran := false
	server.Post(func() { panic("posted") })
	server.Post(nil)
	server.Post(func() { ran = true })
	pollAll(t, "no session", func() bool { return client.ConnectionStatus() == multiplayer.Connected }, server, client)
	if !ran {
		t.Error("what was posted behind a panic did not run")
	}
	client.Close()
	pollAll(t, "the client is not gone", func() bool { return server.Peer(7) == nil }, server)
	if n := server.Stats().CallbackPanics; n != 4 {
		t.Errorf("%d panics counted, want 4", n)
	}
	for _, want := range []string{`callback=OnPeerConnected panic="at the coming"`, `callback=OnPeerDisconnected panic="at the going"`, `callback=Post panic=posted`, "stack="} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %s:\n%s", want, log)
		}
	}
}

func TestAssignIDThatPanics(t *testing.T) {
	server, client, _ := logged(t, &multiplayer.Options{AssignID: func(any) (multiplayer.PeerID, error) { panic("no id") }})
	pollAll(t, "the client is not turned away", func() bool { return client.ConnectionStatus() == multiplayer.Disconnected }, server, client)
	if s := server.Stats(); s.CallbackPanics != 1 || s.Peers != 0 {
		t.Errorf("%+v", s)
	}
}

// TestInsidePoll polls, shuts down and closes in events.
func TestInsidePoll(t *testing.T) {
	server, client, _ := logged(t, nil)
	depth, most := 0, 0
	var inside error
	again := func() {
		depth++
		most = max(most, depth)
		server.Poll()
		inside = server.Shutdown(context.Background(), multiplayer.Goodbye{})
		server.Flush()
		depth--
	}
	server.OnPeerConnected = func(multiplayer.PeerID) { again() }
	server.OnPeerDisconnected = func(multiplayer.PeerID, error) { again() }
	server.Post(again)
	pollAll(t, "no session", func() bool { return server.Peer(2) != nil && client.ConnectionStatus() == multiplayer.Connected }, server, client)
	if !errors.Is(inside, multiplayer.ErrInPoll) {
		t.Errorf("Shutdown inside Poll gave %v", inside)
	}
	inside = nil
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	must(t, server.Shutdown(ctx, multiplayer.Goodbye{}))
	if most != 1 || !errors.Is(inside, multiplayer.ErrInPoll) {
		t.Errorf("events nested %d deep; Shutdown in an event of Shutdown gave %v", most, inside)
	}
}

// TestCloseInsidePoll closes a session in each of its events.
func TestCloseInsidePoll(t *testing.T) {
	for _, event := range []string{"connected", "disconnected", "posted"} {
		t.Run(event, func(t *testing.T) {
			server, client, _ := logged(t, nil)
			end := func() { server.Close() }
			switch event {
			case "connected":
				server.OnPeerConnected = func(multiplayer.PeerID) { end() }
			case "disconnected":
				server.OnPeerDisconnected = func(multiplayer.PeerID, error) { end() }
				client.OnPeerConnected = func(multiplayer.PeerID) { go client.Close() }
			case "posted":
				client.OnPeerConnected = func(multiplayer.PeerID) { server.Post(end) }
			}
			pollAll(t, "the session goes on", func() bool { return server.ConnectionStatus() == multiplayer.Disconnected }, server, client)
		})
	}
}

func TestPostAfterTheEnd(t *testing.T) {
	server, client, _ := logged(t, nil)
	if !server.Post(func() {}) {
		t.Error("nothing can be posted to a session that stands")
	}
	pollAll(t, "no session", func() bool { return client.ConnectionStatus() == multiplayer.Connected }, server, client)
	server.Close()
	select {
	case <-server.Done():
	default:
		t.Error("Done is not closed after Close")
	}
	ran := false
	if !server.Post(func() { ran = true }) {
		t.Error("nothing can be posted before the last Poll")
	}
	server.Poll()
	if !ran {
		t.Error("what was posted before the last Poll did not run")
	}
	if server.Post(func() { t.Error("posted after the end, and ran") }) {
		t.Error("Post after the end gave true")
	}
	server.Poll()
	pollAll(t, "the client does not notice", func() bool { return client.ConnectionStatus() == multiplayer.Disconnected }, client)
	<-client.Done()
	client.Poll()
	if client.Post(func() {}) {
		t.Error("Post to a client that lost its server gave true")
	}
}
