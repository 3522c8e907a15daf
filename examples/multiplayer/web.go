package main

import (
	"embed"
	"io/fs"
	"log/slog"

	"github.com/peerage-go/peerage/examples/internal/site"
)

//go:embed web
var web embed.FS

// serve opens the game and its page to the world, both at one address.
func serve(addr string, s *server, log *slog.Logger) (*site.Site, error) {
	pages, err := fs.Sub(web, "web")
	if err != nil {
		return nil, err
	}
	return site.Listen(addr, s.m.MultiplayerPeer(), pages, log)
}
