package rpc_test

import (
	"context"
	"fmt"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// What the server and its clients share.
var (
	Say = rpc.Method1[string]{Name: "say", Config: rpc.Config{Mode: rpc.AnyPeer}}
	Add = rpc.Query2[int, int, int]{Name: "add", Config: rpc.Config{Mode: rpc.AnyPeer}}
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
