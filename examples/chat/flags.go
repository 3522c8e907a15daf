package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// config is what the command line says.
type config struct {
	addr    string
	join    string
	origins []string
}

const usage = `The chat of Godot's official websocket_chat demo, in Go: a server for the demo, browsers and this program.

Be the server, on 127.0.0.1:8000, with a page at the same address; what is typed or piped in is said by the server:
    go run ./examples/chat
Chat here:
    go run ./examples/chat -join ws://localhost:8000/

Flags:
`

const defaultAddr = "127.0.0.1:8000"

// errUsage says that the command line was wrong, and that it has been said.
var errUsage = errors.New("usage")

// parseFlags reads a command line. Help and complaints go to out.
func parseFlags(args []string, out io.Writer) (config, error) {
	var c config
	var origins string
	fs := flag.NewFlagSet("chat", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	fs.StringVar(&c.addr, "addr", defaultAddr, "where the server listens, as `HOST:PORT`")
	fs.StringVar(&c.join, "join", "", "chat on the server at this `URL`, such as ws://localhost:8000/")
	fs.StringVar(&origins, "origins", "", "other `HOSTS` whose web pages may connect, such as localhost:8060 for a Godot web export; with commas between")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fs.SetOutput(out)
			fmt.Fprint(out, usage)
			fs.PrintDefaults()
			return c, err
		}
		return c, complain(out, err)
	}
	for origin := range strings.SplitSeq(origins, ",") {
		if origin = strings.TrimSpace(origin); origin != "" {
			c.origins = append(c.origins, origin)
		}
	}
	set := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { set[f.Name] = true })
	var err error
	switch {
	case fs.NArg() > 0:
		err = fmt.Errorf("what is %q for?", fs.Arg(0))
	case set["join"] && c.join == "":
		err = errors.New("-join wants the URL of a server, such as ws://localhost:8000/")
	case set["join"] && (set["addr"] || set["origins"]):
		err = errors.New("-addr and -origins are for a server; -join is to chat on another one")
	}
	if err != nil {
		return c, complain(out, err)
	}
	return c, nil
}

// complain says what is wrong with a command line.
func complain(out io.Writer, err error) error {
	fmt.Fprintf(out, "%v\n(-h tells more)\n", err)
	return errUsage
}
