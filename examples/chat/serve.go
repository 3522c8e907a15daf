package main

import (
	"context"
	"embed"
	"io"
	"io/fs"
	"log/slog"

	"github.com/peerage-go/peerage/examples/internal/console"
	"github.com/peerage-go/peerage/examples/internal/site"
)

//go:embed web
var web embed.FS

// runServer serves the chat, and its page at the same address, until ctx ends. Who types at the terminal speaks as the
// server.
func runServer(ctx context.Context, cfg config, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !console.IsTerminal(in) {
		in = nil
	}
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
		go func() {
			defer cancel()
			for line := range con.Lines() {
				srv.say(line)
			}
		}()
	} else {
		con.Println("Ctrl-C stops the server")
	}
	srv.run(ctx)
	con.Println("the server is down")
	return nil
}
