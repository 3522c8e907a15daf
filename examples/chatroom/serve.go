package main

import (
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/peerage-go/peerage/client/js"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/transport"
)

//go:embed web
var web embed.FS

// serve has the room at one address, as WebSocket at /hall and as a page at /, until ctx ends.
func serve(ctx context.Context, addr string, out io.Writer) error {
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelWarn}))
	peer, err := multiplayer.NewServer(&multiplayer.Options{
		MaxPeers:     100,
		ResumeWindow: 10 * time.Second, // who loses the network for less stays in the room
		Transport:    transport.Options{HeartbeatInterval: 10 * time.Second},
		Logger:       log,
	})
	if err != nil {
		return err
	}
	r, err := newRoom(peer, log)
	if err != nil {
		return err
	}
	defer r.session.Close()

	pages, err := fs.Sub(web, "web")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/hall", peer) // a session is an http.Handler
	mux.Handle("/peerage.js", js.Handler())
	mux.Handle("/", http.FileServerFS(pages))
	site := &http.Server{Handler: mux, ReadHeaderTimeout: 3 * time.Second}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	go site.Serve(ln)
	defer site.Close()
	fmt.Fprintf(out, "the room is at ws://%s/hall, its page at http://%[1]s/; Ctrl-C closes it\n", ln.Addr())

	r.session.Run(ctx, 60, nil) // polls until ctx ends: the handlers run here
	bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	return r.session.Shutdown(bye, multiplayer.Goodbye{Reason: "the room closes"})
}
