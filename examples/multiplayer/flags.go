package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/peerage-go/peerage/examples/internal/console"
	"github.com/peerage-go/peerage/examples/internal/program"
	"github.com/peerage-go/peerage/examples/multiplayer/game"
)

// config is what the command line says.
type config struct {
	addr    string
	node    string
	host    string
	join    string
	name    string
	godot   bool
	bot     bool
	pause   time.Duration
	bots    int
	rounds  int
	origins program.Hosts
}

const usage = `The turn game of Godot's official websocket_multiplayer demo, in Go: its server, its players, its bots.
Godot, browsers and Go programs play in one game.

Be the server, on 127.0.0.1:8080, with a page at the same address:
    go run ./examples/multiplayer
Be the server, and play here as peer 1:
    go run ./examples/multiplayer -host NAME
Play here on that server, or have a bot play:
    go run ./examples/multiplayer -join ws://localhost:8080/ -name NAME
    go run ./examples/multiplayer -join ws://localhost:8080/ -bot
Play here in a game that the Godot demo hosts:
    go run ./examples/multiplayer -join ws://localhost:8080/ -godot -node Main/Panel/VBoxContainer/Game
Watch a whole game of bots, and exit:
    go run ./examples/multiplayer -bots 3 -rounds 12

Flags:
`

const (
	defaultAddr   = "127.0.0.1:8080"
	defaultRounds = 12
	defaultPause  = time.Second
)

// parseFlags reads a command line. Help and complaints go to out.
func parseFlags(args []string, out io.Writer) (config, error) {
	var c config
	fs := flag.NewFlagSet("multiplayer", flag.ContinueOnError)
	fs.StringVar(&c.addr, "addr", defaultAddr, "where the server listens, as `HOST:PORT`; with -bots the default is any free port")
	fs.StringVar(&c.host, "host", "", "serve, and play here under this `NAME`")
	fs.StringVar(&c.join, "join", "", "play on the server at this `URL`, such as ws://localhost:8080/")
	fs.StringVar(&c.name, "name", "", "the `NAME` to play under with -join; default: Player, or Bot, and the number of the peer")
	fs.BoolVar(&c.bot, "bot", false, "with -join or -host: a bot plays, not you")
	fs.DurationVar(&c.pause, "pause", defaultPause, "how long a bot thinks, a `TIME` such as 500ms; with -bots the default is not at all")
	fs.BoolVar(&c.godot, "godot", false, "with -join: the host is a Godot game (subprotocol "+subprotocol+")")
	fs.IntVar(&c.bots, "bots", 0, "play a whole game of this `NUMBER` of bots in one process, and exit")
	fs.IntVar(&c.rounds, "rounds", defaultRounds, "the `NUMBER` of turns they play, all bots together")
	fs.StringVar(&c.node, "node", defaultNode, "the `PATH` of the game's node, from the multiplayer root; all must agree on it")
	fs.Var(&c.origins, "origins", "other `HOSTS` whose web pages may connect, such as localhost:8060 for a Godot web export; with commas between")
	return c, program.Parse(fs, usage, args, out, func(set map[string]bool, rest []string) error {
		if set["bots"] {
			if !set["addr"] {
				c.addr = "127.0.0.1:0"
			}
			if !set["pause"] {
				c.pause = 0
			}
		}
		return c.check(set, rest)
	})
}

// check finds what does not go together.
func (c config) check(set map[string]bool, rest []string) error {
	only := func(flag string, with ...string) error {
		if !set[flag] {
			return nil
		}
		for _, w := range with {
			if set[w] {
				return nil
			}
		}
		return fmt.Errorf("-%s goes with -%s", flag, strings.Join(with, " or -"))
	}
	modes := 0
	for _, mode := range []string{"host", "join", "bots"} {
		if set[mode] {
			modes++
		}
	}
	switch {
	case len(rest) > 0:
		return fmt.Errorf("what is %q for? names with spaces need quotes", rest[0])
	case modes > 1:
		return errors.New("choose one of -host, -join and -bots")
	case set["host"] && console.Clean(c.host, game.MaxName) == "":
		return errors.New("-host wants your name")
	case set["join"] && c.join == "":
		return errors.New("-join wants the URL of a server, such as ws://localhost:8080/")
	case set["bots"] && (c.bots < 1 || c.bots > maxPlayers):
		return fmt.Errorf("-bots wants a number from 1 to %d", maxPlayers)
	case c.rounds < 1:
		return errors.New("-rounds wants a number from 1 on")
	case c.pause < 0:
		return errors.New("-pause wants a time from 0s on")
	case set["join"] && (set["addr"] || set["origins"]):
		return errors.New("-addr and -origins are for a server; -join is to play on another one")
	case set["node"] && strings.Trim(c.node, "/") == "":
		return errors.New("-node wants a path such as " + defaultNode)
	}
	return errors.Join(
		only("name", "join"),
		only("godot", "join"),
		only("bot", "join", "host"),
		only("pause", "bot", "bots"),
		only("rounds", "bots"),
	)
}
