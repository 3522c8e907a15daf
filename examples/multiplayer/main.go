// Command multiplayer is the turn game of Godot's official websocket_multiplayer demo: a server for Godot clients,
// browsers and Go programs, a player at the terminal, and bots. Run it with -h.
//
// The rules are in package game. methods.go declares what the peers call of each other, board.go follows the server's
// calls, server.go makes them; bot.go and screen.go play.
package main

import (
	"context"
	"io"

	"github.com/peerage-go/peerage/examples/internal/program"
)

func main() { program.Main("multiplayer", run) }

// run does what the command line says, until that is done or ctx ends.
func run(ctx context.Context, args []string, in io.Reader, out, complaints io.Writer) error {
	cfg, err := parseFlags(args, complaints)
	switch {
	case err != nil:
		return err
	case cfg.bots > 0:
		return runBots(ctx, cfg, out)
	case cfg.join != "":
		return runJoin(ctx, cfg, in, out)
	}
	return runServer(ctx, cfg, in, out)
}
