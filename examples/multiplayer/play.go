package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/peerage-go/peerage/examples/internal/console"
	"github.com/peerage-go/peerage/examples/multiplayer/game"
	"github.com/peerage-go/peerage/multiplayer"
)

// runJoin plays on a server, at the terminal or as a bot, until ctx ends, the player quits or the connection is lost.
func runJoin(ctx context.Context, cfg config, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	why := ""
	if cfg.godot { // whose host takes any name
		cfg.name, why = game.Fit(cfg.name)
	}
	cl, err := join(joinOptions{url: cfg.join, name: cfg.name, node: cfg.node, godot: cfg.godot, bot: cfg.bot})
	if err != nil {
		return err
	}
	if cfg.bot {
		in = nil // it plays by itself
	}
	con, err := console.Open(in, out)
	if err != nil {
		cl.m.Close()
		return err
	}
	defer con.Close()
	con.Println("connecting to " + cl.place.URL)
	con.SetPrompt(con.Paint(console.Dim, "connecting") + " > ")
	scr := newScreen(con, cl.board, cl.me, nil, cancel)
	connected := func() {}
	if cfg.bot {
		p := newBot(cl.board, cl.me, cl.act, cl.m.Post)
		p.pause = cfg.pause
		p.playing = true
	} else {
		scr.act = cl.act
		if con.Interactive() {
			go typed(ctx, con, cl.m.Post, scr, cancel) // Ctrl-C works while it connects
		} else {
			connected = func() { // what is piped in is for the game
				go typed(ctx, con, cl.m.Post, scr, func() {
					con.Println("the input ended: leaving")
					cancel()
				})
			}
		}
	}
	next := cl.m.OnConnectedToServer
	cl.m.OnConnectedToServer = func() {
		con.Println(fmt.Sprintf("connected, as peer %d", cl.me()))
		if why != "" {
			con.Println(youAre(cl.name(), why))
		}
		if !cfg.bot {
			scr.hint()
		}
		connected()
		next()
	}
	return cl.run(ctx, scr.settle)
}

// runServer serves the game until ctx ends: dedicated, or with a host who plays at the terminal or as a bot.
func runServer(ctx context.Context, cfg config, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if cfg.host == "" || cfg.bot {
		in = nil
	}
	con, err := console.Open(in, out)
	if err != nil {
		return err
	}
	defer con.Close()
	warnings := console.NewLogger(con, slog.LevelWarn)
	log := warnings // the screen of a host shows who comes and goes
	if cfg.host == "" {
		log = console.NewLogger(con, slog.LevelInfo)
	}
	srv, err := newServer(serverOptions{node: cfg.node, origins: cfg.origins, log: log, warnings: warnings})
	if err != nil {
		return err
	}
	at, err := serve(cfg.addr, srv, warnings)
	if err != nil {
		srv.m.Close()
		return err
	}
	defer at.Close()
	con.Println("the game is at " + at.WebSocketURL() + ", its page at " + at.PageURL())
	if cfg.host == "" {
		con.Println("play with `go run ./examples/multiplayer -join " + at.WebSocketURL() + "`")
		con.Println("Ctrl-C stops the server")
		srv.watch(journal{log: log})
		srv.run(ctx, nil)
		con.Println("the server is down")
		return nil
	}
	me := func() game.ID { return game.ID(multiplayer.Server) }
	act := func(action string) error {
		srv.act(me(), action)
		return nil
	}
	scr := newScreen(con, srv.board, me, act, cancel)
	why := srv.host(cfg.host)
	if p, ok := srv.table.Find(me()); ok {
		scr.named(p)
		if why != "" {
			scr.logged(youAre(p.Name, why))
		}
	}
	if cfg.bot {
		scr.act = nil
		p := newBot(srv.board, me, act, srv.m.Post)
		p.pause = cfg.pause
		p.start()
	} else {
		scr.hint()
		quit := cancel
		if !con.Interactive() {
			quit = func() { con.Println("the input ended; the game goes on without you, Ctrl-C stops it") }
		}
		go typed(ctx, con, srv.m.Post, scr, quit)
	}
	scr.settle()
	srv.run(ctx, scr.settle)
	con.Println("the server is down")
	return nil
}

// typed hands lines to the goroutine that polls, and has ended called after the last one. Who is at a terminal sees
// whether a line makes sense now. What is piped in does not, and so it waits until it does.
func typed(ctx context.Context, con *console.Console, post func(func()) bool, scr *screen, ended func()) {
	for {
		select {
		case line, ok := <-con.Lines():
			switch {
			case !ok && con.Interactive():
				ended()
				return
			case !ok:
				post(func() { scr.ended = ended })
				return
			case con.Interactive():
				post(func() { scr.command(line) })
				continue
			}
			done := make(chan struct{})
			post(func() { scr.pipe(line, done) })
			select {
			case <-done:
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
