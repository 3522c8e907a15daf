package main

import (
	"context"
	"fmt"
	"time"

	"github.com/peerage-go/peerage/examples/internal/console"
	"github.com/peerage-go/peerage/examples/internal/trouble"
	"github.com/peerage-go/peerage/examples/multiplayer/game"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// client plays on a server somewhere else.
type client struct {
	*board
	m     *rpc.SceneMultiplayer
	o     joinOptions
	place trouble.Place

	connected bool
	lost      error
	astray    error // the game is at another node
	quit      func()
}

// joinOptions say where a client goes.
type joinOptions struct {
	url, node string
	name      string // default: one with the number of the peer in it
	godot     bool   // the host is a Godot game
	bot       bool   // nobody plays but a bot
}

// join makes a client. It connects while it runs.
func join(o joinOptions) (*client, error) {
	url := trouble.URL(o.url)
	opts := &multiplayer.Options{Transport: transport.Options{HeartbeatInterval: heartbeat}}
	place := trouble.Place{URL: url, Start: trouble.Start("go run ./examples/multiplayer", defaultAddr, url), Other: "it is a Godot host: then add -godot"}
	if o.godot {
		opts.Wire = multiplayer.Godot
		opts.GodotProtocols = []string{subprotocol}
		place.Start = "Host in the Godot demo"
		place.Other = ""
	}
	session, err := multiplayer.Dial(url, opts)
	if err != nil {
		return nil, err
	}
	m, err := rpc.New(session, nil)
	if err != nil {
		return nil, err
	}
	c := &client{board: newBoard(m, o.node), m: m, o: o, place: place}
	// A Godot client tells its name to everybody, players too.
	setPlayerName.Handle(c.node, func(*rpc.Call, string) {})
	requestAction.Handle(c.node, func(*rpc.Call, string) {})
	m.OnConnectedToServer = func() {
		c.connected = true
		setPlayerName.RPCID(c.node, multiplayer.Server, c.name())
	}
	m.OnCallRefused = func(f rpc.Refusal) {
		if f.Code != rpc.CodeUnknownNode || f.Sender != multiplayer.Server || c.astray != nil {
			return
		}
		c.astray = fmt.Errorf("%s knows no node %s: join with -node and the path that it was started with", url, o.node)
		if !f.Remote {
			node := console.Clean(f.Node, maxLogLine)
			c.astray = fmt.Errorf("the game at %s is at another node: join with -node %s", url, node)
		}
		if c.quit != nil {
			c.quit()
		}
	}
	m.OnConnectionFailed = func(err error) { c.lost = err }
	m.OnServerDisconnected = func(err error) { c.lost = err }
	return c, nil
}

// run plays until ctx ends, which gives nil, or the connection does, which gives why.
func (c *client) run(ctx context.Context, tick func()) error {
	ctx, c.quit = context.WithCancel(ctx)
	defer c.quit()
	c.m.Run(ctx, 0, func(time.Duration) {
		if tick != nil {
			tick()
		}
	})
	c.m.Close()
	switch {
	case c.astray != nil:
		return c.astray
	case ctx.Err() != nil:
		return nil
	case !c.connected:
		return c.place.NotConnected(c.lost)
	}
	return c.place.Lost(c.lost)
}

// me is the player's id, 0 as long as it has none.
func (c *client) me() game.ID { return game.ID(c.m.UniqueID()) }

// name is what the player wants to be called, once connected. What the user is called on this machine is nobody else's
// business.
func (c *client) name() string {
	switch {
	case c.o.name != "":
		return c.o.name
	case c.o.bot:
		return fmt.Sprintf("Bot %d", c.me())
	}
	return game.Player{ID: c.me()}.Title()
}

// act asks the server for an action.
func (c *client) act(action string) error {
	return requestAction.RPCID(c.node, multiplayer.Server, action)
}
