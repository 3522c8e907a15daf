package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// errPlayed ends a game of bots as it should end.
var errPlayed = errors.New("all turns are played")

// runBots plays a whole game in this process, over real sockets: a server and cfg.bots bots, cfg.rounds turns. It
// prints the log and the final table.
func runBots(ctx context.Context, cfg config, out io.Writer) error {
	quiet := slog.New(slog.DiscardHandler)
	srv, err := newServer(serverOptions{node: cfg.node, log: quiet, warnings: quiet})
	if err != nil {
		return err
	}
	at, err := serve(cfg.addr, srv, quiet)
	if err != nil {
		srv.m.Close()
		return err
	}
	defer at.Close()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var table bytes.Buffer
	srv.watch(printer{out: out})
	srv.limit = cfg.rounds
	srv.over = func() {
		turn, _ := srv.table.Current()
		fmt.Fprintf(&table, "\nafter %d turns:\n", srv.tally.Moves())
		srv.tally.Print(&table, turn)
		cancel(errPlayed)
	}
	var all sync.WaitGroup
	all.Go(func() { srv.run(ctx, nil) })
	var bots []*bot
	for i := range cfg.bots {
		cl, err := join(joinOptions{url: at.WebSocketURL(), name: fmt.Sprintf("Bot %d", i+1), node: cfg.node})
		if err != nil {
			cancel(err)
			break
		}
		p := newBot(cl.board, cl.me, cl.act, cl.m.Post)
		p.pause = cfg.pause
		bots = append(bots, p)
		all.Go(func() {
			if err := cl.run(ctx, nil); err != nil {
				cancel(err)
			}
		})
		select {
		case <-p.seated: // one after the other, so that they sit in order
		case <-ctx.Done():
		}
	}
	for _, p := range bots {
		p.post(p.start)
	}
	all.Wait()
	switch err := context.Cause(ctx); err {
	case errPlayed:
		_, err := out.Write(table.Bytes())
		return err
	case context.Canceled:
		return fmt.Errorf("stopped after %d of %d turns", srv.tally.Moves(), cfg.rounds)
	default:
		return err
	}
}

// printer prints the game's log.
type printer struct {
	bystander
	out io.Writer
}

func (p printer) logged(line string) { fmt.Fprintln(p.out, line) }
