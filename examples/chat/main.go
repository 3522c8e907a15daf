// Command chat is the chat of Godot's official websocket_chat demo, on package transport alone: a server for the demo's
// clients, for browsers and for this program, which chats at the terminal. Run it with -h.
package main

import (
	"context"
	"io"

	"github.com/peerage-go/peerage/examples/internal/program"
)

func main() { program.Main("chat", run) }

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
