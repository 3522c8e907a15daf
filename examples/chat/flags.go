package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/peerage-go/peerage/examples/internal/program"
)

// config is what the command line says.
type config struct {
	addr    string
	join    string
	origins program.Hosts
}

const usage = `The chat of Godot's official websocket_chat demo, in Go: a server for the demo, browsers and this program.

Be the server, on 127.0.0.1:8000, with a page at the same address; what is typed or piped in is said by the server:
    go run ./examples/chat
Chat here:
    go run ./examples/chat -join ws://localhost:8000/

Flags:
`

const defaultAddr = "127.0.0.1:8000"

// parseFlags reads a command line. Help and complaints go to out.
func parseFlags(args []string, out io.Writer) (config, error) {
	var c config
	fs := flag.NewFlagSet("chat", flag.ContinueOnError)
	fs.StringVar(&c.addr, "addr", defaultAddr, "where the server listens, as `HOST:PORT`")
	fs.StringVar(&c.join, "join", "", "chat on the server at this `URL`, such as ws://localhost:8000/")
	fs.Var(&c.origins, "origins", "other `HOSTS` whose web pages may connect, such as localhost:8060 for a Godot web export; with commas between")
	return c, program.Parse(fs, usage, args, out, func(set map[string]bool, rest []string) error {
		switch {
		case len(rest) > 0:
			return fmt.Errorf("what is %q for?", rest[0])
		case set["join"] && c.join == "":
			return errors.New("-join wants the URL of a server, such as ws://localhost:8000/")
		case set["join"] && (set["addr"] || set["origins"]):
			return errors.New("-addr and -origins are for a server; -join is to chat on another one")
		}
		return nil
	})
}
