package main

import (
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"log/slog"

	"github.com/peerage-go/peerage/examples/internal/console"
	"github.com/peerage-go/peerage/examples/internal/site"
)

//go:embed web
var web embed.FS

// runServer serves the chat, and its page at the same address, until ctx ends. Who types at the terminal speaks as the
// server, and so does what is piped in.
func runServer(ctx context.Context, cfg config, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	con, err := console.Open(in, out)
	if err != nil {
		return err
	}
	defer con.Close()
	log := console.NewLogger(con, slog.LevelInfo)
	warnings := console.NewLogger(con, slog.LevelWarn)
	pages, err := fs.Sub(web, "web")
	if err != nil {
		return err
	}
	srv := newServer(log, warnings, cfg.origins)
	at, err := site.Listen(cfg.addr, srv, pages, warnings)
	if err != nil {
		return err
	}
	defer at.Close()
	con.Println("the chat is at " + at.WebSocketURL() + ", its page at " + at.PageURL())
	con.Println("chat with `go run ./examples/chat -join " + at.WebSocketURL() + "`")
	if con.Interactive() {
		con.Println("the server says what is typed here; Ctrl-C or Ctrl-D stops it")
		con.SetPrompt("Server says: ")
	} else {
		con.Println("the server says what is piped in here; Ctrl-C stops the server, the end of the input does not")
	}
	go func() {
		speak(ctx, con, srv)
		if con.Interactive() {
			cancel()
		}
	}()
	srv.run(ctx)
	con.Println("the server is down")
	return nil
}

// speak has the server say the lines of the input, until that ends.
func speak(ctx context.Context, con *console.Console, srv *server) {
	for line := range con.Lines() {
		if why := unfit(line); why != "" {
			con.Println("not said: " + why)
			continue
		}
		said := srv.say(line)
		if !con.Interactive() && oneLine(line) != "" {
			con.Println("Server says: " + console.Clean(line, maxShown))
		}
		select {
		case <-said: // the room takes no more than its readers can
		case <-ctx.Done():
			return
		}
	}
}

// unfit says why a line is no message, "" if it is one, or empty.
func unfit(line string) string {
	n := len(line)
	switch {
	case n >= console.MaxLine:
		return fmt.Sprintf("it has %d bytes or more, and %d are the most", n, maxMessage)
	case n > maxMessage:
		return fmt.Sprintf("it has %d bytes, and %d are the most", n, maxMessage)
	case oneLine(line) != "" && console.Clean(line, 1) == "":
		return "there is nothing to see in it"
	}
	return ""
}
