package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/peerage-go/peerage/examples/internal/console"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// visit chats at the terminal until ctx ends, the input does, or the session.
func visit(ctx context.Context, url, name string, in io.Reader, out io.Writer) error {
	peer, err := multiplayer.Dial(url, nil)
	if err != nil {
		return err
	}
	session, err := rpc.New(peer, nil)
	if err != nil {
		return err
	}
	defer session.Close()
	con, err := console.Open(in, out)
	if err != nil {
		return err
	}
	defer con.Close()
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	var refused error

	// What others wrote is cleaned: a server need not be one of ours.
	print := func(format string, args ...any) { con.Println(console.Clean(fmt.Sprintf(format, args...), maxText)) }
	hall := session.Node(hallPath)
	welcome.Handle(hall, func(_ *rpc.Call, here []Guest, past []Line) {
		for _, l := range past {
			print("(%s) %s: %s", l.At.Local().Format("15:04"), l.From.Name, l.Text)
		}
		for _, g := range here {
			print("%s is here, as peer %d", g.Name, g.ID)
		}
		go read(con, session, hall, leave)
	})
	joined.Handle(hall, func(_ *rpc.Call, g Guest) { print("%s joined", g.Name) })
	left.Handle(hall, func(_ *rpc.Call, g Guest) { print("%s left", g.Name) })
	said.Handle(hall, func(_ *rpc.Call, l Line) { print("%s: %s", l.From.Name, l.Text) })
	session.OnConnectedToServer = func() {
		enter.Call(ctx, hall, multiplayer.Server, name).Then(func(_ any, err error) {
			if err != nil {
				refused = err
				leave()
			}
		})
	}
	err = session.Run(ctx, 0, nil) // polls whenever something has come: the handlers run here
	if ctx.Err() != nil {
		return refused
	}
	return err
}

// read says what is typed, a line when the one before was heard. It runs beside the goroutine that polls, which alone
// may make calls.
func read(con *console.Console, session *rpc.SceneMultiplayer, hall *rpc.Node, leave context.CancelFunc) {
	for line := range con.Lines() {
		heard := make(chan error, 1)
		if !session.Post(func() {
			say.Call(context.Background(), hall, multiplayer.Server, line).Then(func(_ any, err error) { heard <- err })
		}) {
			return // the session is over
		}
		if err := <-heard; err != nil {
			con.Println("not said: " + words(err))
		}
	}
	leave()
}

// words is what the server said against a call, or what else went wrong, fit for a terminal.
func words(err error) string {
	var said *rpc.Error
	if errors.As(err, &said) {
		return console.Clean(said.Message, maxText)
	}
	return console.Clean(err.Error(), maxText)
}
