// Command chatroom is a chat room built on the library: calls and replies of package rpc, for browsers, this program and
// Godot games. It is what to read first; examples/chat is the same room without the library's calls, on bare WebSockets.
//
//	go run ./examples/chatroom                                                  serve; open http://127.0.0.1:8100/
//	go run ./examples/chatroom -join ws://127.0.0.1:8100/hall -name Ann         chat here
//
// methods.go says what the two sides call of each other, server.go is the room, client.go a guest at the terminal, and
// web/ one in a browser.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8100", "where to serve the room, as `HOST:PORT`")
	join := flag.String("join", "", "be a guest of the room at this `URL`, such as ws://127.0.0.1:8100/hall")
	name := flag.String("name", "", "the `NAME` to chat under, with -join")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch {
	case flag.NArg() > 0:
		err = fmt.Errorf("what is %q for? names with spaces need quotes", flag.Arg(0))
	case *join == "" && *name != "":
		err = errors.New("-name goes with -join")
	case *join == "":
		err = serve(ctx, *addr, os.Stdout)
	case *name == "":
		err = errors.New("-join wants a -name, too")
	default:
		err = visit(ctx, *join, *name, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chatroom:", words(err))
		os.Exit(1)
	}
}
