package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// What the server and its clients share.
var (
	Say = rpc.Method1[string]{Name: "say", Config: rpc.Config{Mode: rpc.AnyPeer}}
	Add = rpc.Query2[int, int, int]{Name: "add", Config: rpc.Config{Mode: rpc.AnyPeer}}
	Ask = rpc.Query1[string, string]{Name: "ask", Config: rpc.Config{Mode: rpc.AnyPeer}}
)

// A server and a client of one session: a call, and a call with a reply.
func Example() {
	peer, err := multiplayer.Listen("127.0.0.1:0", nil)
	if err != nil {
		panic(err)
	}
	defer peer.Close()
	server, _ := rpc.New(peer, nil)
	hall := server.Node("Hall")
	Say.Handle(hall, func(c *rpc.Call, what string) {
		fmt.Printf("%d says %s\n", c.Sender, what)
	})
	Add.Handle(hall, func(c *rpc.Call, a, b int) (int, error) {
		return a + b, nil
	})
	go server.Run(context.Background(), 60, nil)

	cp, err := multiplayer.Dial(peer.URL(), nil)
	if err != nil {
		panic(err)
	}
	defer cp.Close()
	client, _ := rpc.New(cp, nil)
	ctx, leave := context.WithTimeout(context.Background(), 10*time.Second)
	client.OnConnectedToServer = func() {
		hall := client.Node("Hall")
		Say.RPCID(hall, multiplayer.Server, "hello")
		Add.Call(ctx, hall, multiplayer.Server, 19, 23).Then(func(sum int, err error) {
			fmt.Println("the sum is", sum, err)
			leave()
		})
	}
	client.Run(ctx, 0, nil)
	// Output:
	// 2 says hello
	// the sum is 42 <nil>
}

// A game server: poll, simulate and flush, sixty times a second.
func ExampleSceneMultiplayer_Run() {
	game, _ := rpc.New(multiplayer.Offline(), nil)
	ctx, stop := context.WithCancel(context.Background())
	ticks := 0
	game.Run(ctx, 60, func(elapsed time.Duration) {
		if ticks++; ticks == 3 {
			stop()
		}
	})
	fmt.Println(ticks, "ticks")
	// Output: 3 ticks
}

// A call with a reply: the typed one, which the compiler checks, and the one by name.
func ExampleQuery2_Call() {
	server, client, err := multiplayer.Pipe(nil, nil)
	if err != nil {
		panic(err)
	}
	defer server.Close()
	defer client.Close()
	s, _ := rpc.New(server, nil)
	Add.Handle(s.Node("Hall"), func(c *rpc.Call, a, b int) (int, error) {
		if a < 0 || b < 0 {
			return 0, rpc.Errorf(rpc.CodeApplication, "only what is there can be added")
		}
		return a + b, nil
	})
	go s.Run(context.Background(), 0, nil)

	c, _ := rpc.New(client, nil)
	ctx, leave := context.WithTimeout(context.Background(), 10*time.Second)
	defer leave()
	c.OnConnectedToServer = func() {
		hall := c.Node("Hall")
		Add.Call(ctx, hall, multiplayer.Server, 19, 23).Then(func(sum int, err error) {
			fmt.Println(sum, err)
		})
		hall.Call(ctx, multiplayer.Server, "add", 19, -23).Then(func(_ any, err error) {
			fmt.Println(err)
			leave()
		})
	}
	c.Run(ctx, 0, nil)
	// Output:
	// 42 <nil>
	// rpc: code 100: only what is there can be added
}

// A handler that answers from another goroutine, since it takes longer than a game can wait.
func ExampleLater() {
	server, client, err := multiplayer.Pipe(nil, nil)
	if err != nil {
		panic(err)
	}
	defer server.Close()
	defer client.Close()
	s, _ := rpc.New(server, nil)
	think := func(ctx context.Context, question string) string { return question + " Let me see." }
	Ask.Handle(s.Node("Hall"), func(c *rpc.Call, question string) (string, error) {
		answer := rpc.Later[string](c)
		go func() { answer.Reply(think(answer.Context(), question)) }()
		return "", nil // is not sent
	})
	go s.Run(context.Background(), 0, nil)

	c, _ := rpc.New(client, nil)
	ctx, leave := context.WithTimeout(context.Background(), 10*time.Second)
	defer leave()
	c.OnConnectedToServer = func() {
		Ask.Call(ctx, c.Node("Hall"), multiplayer.Server, "Why?").Then(func(text string, err error) {
			fmt.Println(text, err)
			leave()
		})
	}
	c.Run(ctx, 0, nil)
	// Output: Why? Let me see. <nil>
}

// A server that admits who knows the word, and tells the others why not.
func ExampleSceneMultiplayer_CompleteAuth() {
	server, err := multiplayer.NewServer(nil)
	if err != nil {
		panic(err)
	}
	defer server.Close()
	var s *rpc.SceneMultiplayer
	s, _ = rpc.New(server, &rpc.Options{AuthCallback: func(id rpc.PeerID, word []byte) {
		if string(word) != "open sesame" {
			s.DisconnectPeerWith(id, multiplayer.CloseNotAuthenticated, "wrong word")
			return
		}
		s.CompleteAuth(id)
	}})
	go s.Run(context.Background(), 0, nil)

	for _, word := range []string{"please", "open sesame"} {
		peer, err := server.Join(nil)
		if err != nil {
			panic(err)
		}
		// The callback is empty, but without one there would be no authentication.
		c, _ := rpc.New(peer, &rpc.Options{AuthCallback: func(rpc.PeerID, []byte) {}})
		ctx, leave := context.WithTimeout(context.Background(), 10*time.Second)
		c.OnPeerAuthenticating = func(id rpc.PeerID) {
			c.SendAuth(id, []byte(word))
			c.CompleteAuth(id)
		}
		c.OnConnectedToServer = func() {
			fmt.Println(word, "- welcome")
			leave()
		}
		var sentAway *transport.CloseError
		if errors.As(c.Run(ctx, 0, nil), &sentAway) {
			fmt.Println(word, "-", sentAway.Code, sentAway.Reason)
		}
		leave()
		c.Close()
	}
	// Output:
	// please - 4001 wrong word
	// open sesame - welcome
}
