// Command chat is the chat of Godot's official websocket_chat demo, on package transport alone: a server for the demo's
// clients, for browsers and for this program, which chats at the terminal. Run it with -h.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	switch err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr); {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

// run does what the command line says, until that is done or ctx ends.
func run(ctx context.Context, args []string, in io.Reader, out, complaints io.Writer) error {
	cfg, err := parseFlags(args, complaints)
	switch {
	case err != nil:
		return err
	case cfg.join != "":
		return runJoin(ctx, cfg, in, out)
	}
	return runServer(ctx, cfg, in, out)
}
