package rpc_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// duo is a server and a client in memory that know each other.
func duo(t *testing.T, so, co *rpc.Options, setup func(server, client *rpc.SceneMultiplayer)) (server, client *rpc.SceneMultiplayer) {
	t.Helper()
	s, c, err := multiplayer.Pipe(nil, nil)
	must(t, err)
	server, err = rpc.New(s, so)
	must(t, err)
	client, err = rpc.New(c, co)
	must(t, err)
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	setup(server, client)
	return server, client
}

func pollTill(t *testing.T, what string, holds func() bool, ms ...*rpc.SceneMultiplayer) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); {
		if time.Now().After(end) {
			t.Fatal(what)
		}
		for _, m := range ms {
			m.Poll()
		}
	}
}

func TestEventsThatPanic(t *testing.T) {
	var told []string
	bad := func(name string) {
		told = append(told, name)
		panic(name)
	}
	server, client := duo(t, nil, nil, func(server, client *rpc.SceneMultiplayer) {
		server.OnPeerConnected = func(rpc.PeerID) { bad("connected") }
		server.OnPeerDisconnected = func(rpc.PeerID) { bad("disconnected") }
		server.OnPeerPacket = func(rpc.PeerID, []byte) { bad("packet") }
		server.OnCallRefused = func(rpc.Refusal) { bad("refused") }
		client.OnConnectedToServer = func() { bad("to server") }
		client.OnPeerConnected = func(rpc.PeerID) { bad("client connected") }
		client.OnServerDisconnected = func(error) { bad("server gone") }
		server.Node("N").Handle("ask", func() int { return 3 }, anyPeer)
	})
	pollTill(t, "no session", func() bool { return client.HasPeer(1) && server.HasPeer(2) }, server, client)
	must(t, client.SendBytes(1, multiplayer.Delivery{}, []byte{1}))
	client.Node("N").DeclareMethod("nothing", anyPeer)
	must(t, client.Node("N").RPCID(1, "nothing"))
	answered := false
	client.Node("N").Call(context.Background(), 1, "ask").Then(func(any, error) { answered = true; bad("then") })
	pollTill(t, "no answer", func() bool { return answered }, server, client)
	server.Close()
	server.Poll()
	pollTill(t, "the server is not gone", func() bool { return !client.HasPeer(1) }, client)
	client.Poll()
	want := map[string]bool{"connected": true, "disconnected": true, "packet": true, "refused": true, "to server": true, "client connected": true, "server gone": true, "then": true}
	for _, name := range told {
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("not told: %v", want)
	}
	if n := server.Stats().CallbackPanics + client.Stats().CallbackPanics; n != uint64(len(told)) {
		t.Errorf("%d panics counted of %d", n, len(told))
	}
}

func TestAuthCallbackThatPanics(t *testing.T) {
	var failed rpc.PeerID
	server, client := duo(t, &rpc.Options{AuthTimeout: time.Hour, AuthCallback: func(_ rpc.PeerID, data []byte) { _ = data[100] }},
		&rpc.Options{AuthTimeout: time.Hour, AuthCallback: func(rpc.PeerID, []byte) {}}, func(server, client *rpc.SceneMultiplayer) {
			client.OnPeerAuthenticating = func(id rpc.PeerID) { client.SendAuth(id, []byte("short")) }
			server.OnPeerAuthenticationFailed = func(id rpc.PeerID) { failed = id }
		})
	pollTill(t, "the client is not sent away", func() bool { return client.MultiplayerPeer().ConnectionStatus() == multiplayer.Disconnected }, server, client)
	var said *transport.CloseError
	if failed != 2 || server.HasPeer(2) || !errors.As(client.MultiplayerPeer().Err(), &said) || said.Code != multiplayer.CloseNotAuthenticated {
		t.Errorf("failed %d, has it %v, the client was told %v", failed, server.HasPeer(2), client.MultiplayerPeer().Err())
	}
}

func TestRunAndShutdownInsidePoll(t *testing.T) {
	var errs []error
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	server, client := duo(t, nil, nil, func(server, client *rpc.SceneMultiplayer) {
		try := func() {
			server.Poll()
			errs = append(errs, server.Run(ctx, 0, nil), server.Shutdown(ctx, multiplayer.Goodbye{}))
		}
		server.OnPeerConnected = func(rpc.PeerID) { try() }
		server.OnPeerDisconnected = func(rpc.PeerID) { try() }
		server.Node("N").Handle("try", try, anyPeer)
	})
	client.Node("N").DeclareMethod("try", anyPeer)
	pollTill(t, "no session", func() bool { return client.HasPeer(1) }, server, client)
	must(t, client.Node("N").RPCID(1, "try"))
	pollTill(t, "it did not run", func() bool { return len(errs) == 4 }, server, client)
	must(t, server.Shutdown(ctx, multiplayer.Goodbye{}))
	for i, err := range errs {
		if !errors.Is(err, multiplayer.ErrInPoll) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if len(errs) != 6 {
		t.Errorf("%d errors", len(errs))
	}
}

func TestTickThatPanics(t *testing.T) {
	peer, err := multiplayer.NewServer(nil)
	must(t, err)
	m, err := rpc.New(peer, nil)
	must(t, err)
	defer m.Close()
	ctx, cancel := context.WithCancelCause(context.Background())
	enough := errors.New("enough")
	ticks := 0
	if err := m.Run(ctx, 1000, func(time.Duration) {
		if ticks++; ticks == 3 {
			cancel(enough)
		}
		panic("tick")
	}); !errors.Is(err, enough) || m.Stats().CallbackPanics != 3 {
		t.Errorf("%v, %d panics", err, m.Stats().CallbackPanics)
	}
}

// TestRepliesWhereNobodyPolls ends calls of a session that is not polled any more.
func TestRepliesWhereNobodyPolls(t *testing.T) {
	ended, end := context.WithCancelCause(context.Background())
	why := errors.New("why")
	for _, test := range []struct {
		name string
		ctx  context.Context
		end  func(m *rpc.SceneMultiplayer, r *rpc.Reply[any])
		want error
	}{
		{"the context of the call", ended, func(*rpc.SceneMultiplayer, *rpc.Reply[any]) { end(why) }, why},
		{"the time-out", context.Background(), func(*rpc.SceneMultiplayer, *rpc.Reply[any]) {}, rpc.ErrTimeout},
		{"Cancel", context.Background(), func(_ *rpc.SceneMultiplayer, r *rpc.Reply[any]) { r.Cancel() }, context.Canceled},
		{"Close", context.Background(), func(m *rpc.SceneMultiplayer, _ *rpc.Reply[any]) { m.Close() }, net.ErrClosed},
	} {
		t.Run(test.name, func(t *testing.T) {
			timeout := time.Hour
			if test.want == rpc.ErrTimeout {
				timeout = time.Millisecond
			}
			server, client := duo(t, nil, &rpc.Options{ReplyTimeout: timeout}, func(server, client *rpc.SceneMultiplayer) {
				server.Node("N").Handle("later", func(c *rpc.Call) { rpc.Later[any](c) }, anyPeer)
			})
			pollTill(t, "no session", func() bool { return client.HasPeer(1) }, server, client)
			r := client.Node("N").Call(test.ctx, 1, "later")
			var then error
			r.Then(func(_ any, err error) { then = err })
			test.end(client, r)
			_, err := r.Wait(context.Background())
			var call *rpc.CallError
			if !errors.Is(err, test.want) || !errors.As(err, &call) || call.Method != "later" {
				t.Errorf("%v, want %v", err, test.want)
			}
			if then != nil {
				t.Error("Then ran though nobody polled")
			}
			pollTill(t, "Then did not run in Poll", func() bool { return then != nil }, client)
			if !errors.Is(then, test.want) {
				t.Errorf("Then got %v", then)
			}
		})
	}
}
