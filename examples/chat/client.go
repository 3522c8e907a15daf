package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/peerage-go/peerage/examples/internal/console"
	"github.com/peerage-go/peerage/examples/internal/trouble"
	"github.com/peerage-go/peerage/transport"
)

// client chats at the terminal.
type client struct {
	con   *console.Console
	ws    *transport.WebSocketPeer
	group *transport.Group
	place trouble.Place
	open  bool
	me    string // how others see this client, with brackets; "" where the server does not tell

	typed  chan string // closed after the last line
	unsent string      // a line for which there was no room
}

// patient is how long a server may take for what it does one after the other.
const patient = 24 * time.Hour

// maxShown is how many characters of a message are shown.
const maxShown = maxMessage + 100

// runJoin chats on a server until ctx ends, the input does, or the connection.
func runJoin(ctx context.Context, cfg config, in io.Reader, out io.Writer) error {
	at := trouble.URL(cfg.join)
	c := &client{
		group: transport.NewGroup(),
		place: trouble.Place{URL: at, Start: trouble.Start("go run ./examples/chat", defaultAddr, at)},
		typed: make(chan string, 16),
	}
	var err error
	if c.con, err = console.Open(in, out); err != nil {
		return err
	}
	defer c.con.Close()
	o := &transport.Options{
		SupportedProtocols: []string{subprotocol},
		InboundBufferSize:  maxUnwritten,
		HeartbeatInterval:  heartbeat,
		Group:              c.group,
	}
	if !c.con.Interactive() {
		// What is piped in may wait long for its turn, and pings wait behind it.
		o.HeartbeatInterval, o.WriteTimeout, o.CloseTimeout = 0, patient, patient
	}
	if c.ws, err = transport.Dial(at, o); err != nil {
		return err
	}
	c.con.Println("connecting to " + at)
	c.con.SetPrompt(c.con.Paint(console.Dim, "connecting") + " > ")

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.con.Interactive() {
		go c.read(ctx) // Ctrl-C works while it connects
	}
	for over := false; !over && c.group.Wait(ctx) == nil; {
		c.group.Poll()
		if !c.open && c.ws.ReadyState() == transport.Open {
			c.open = true
			c.con.Println(c.con.Paint(console.Dim, "connected; type a line and Enter to say it, Ctrl-C leaves"))
			c.con.SetPrompt("> ")
			if !c.con.Interactive() {
				go c.read(ctx) // what is piped in is for the chat
			}
		}
		c.show()
		if c.ws.ReadyState() == transport.Closed {
			return c.ended()
		}
		over = c.say()
	}
	c.leave(ctx)
	return nil
}

// leave goes. What was piped in before is heard first, which may take its time when the room is busy; who does not want
// to wait for that ends ctx.
func (c *client) leave(ctx context.Context) {
	c.ws.Close(1000, "")
	select {
	case <-c.ws.Done():
	case <-ctx.Done():
		select {
		case <-c.ws.Done():
		case <-time.After(transport.DefaultCloseTimeout):
			c.ws.Close(-1, "")
			<-c.ws.Done()
		}
	}
	c.group.Poll()
	c.show()
}

// read hands over what is typed, until the input ends.
func (c *client) read(ctx context.Context) {
	defer c.group.Wake()
	defer close(c.typed)
	for {
		select {
		case line, ok := <-c.con.Lines():
			if !ok {
				return
			}
			select {
			case c.typed <- line:
				c.group.Wake()
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// say sends what was typed, as far as the server takes it. It gives true after the last line.
func (c *client) say() (over bool) {
	for {
		if c.unsent == "" {
			select {
			case line, ok := <-c.typed:
				if !ok {
					return true
				}
				c.unsent = strings.TrimSpace(line)
			default:
				return false
			}
		}
		if errors.Is(c.sayOne(c.unsent), transport.ErrBufferFull) {
			return false // the group tells when there is room again
		}
		c.unsent = ""
	}
}

func (c *client) sayOne(line string) error {
	switch {
	case line == "":
		return nil
	case unfit(line) != "":
		c.con.Println(c.con.Paint(console.Red, "not sent: "+unfit(line)))
		return nil
	}
	err := c.ws.SendText(line)
	switch {
	case errors.Is(err, transport.ErrBufferFull):
	case errors.Is(err, transport.ErrNotOpen):
		c.con.Println("not sent: still connecting")
	case err != nil:
		c.con.Println(c.con.Paint(console.Red, "not sent: "+err.Error()))
	case !c.con.Interactive():
		c.con.Println("you: " + console.Clean(line, maxShown))
	}
	return err
}

// show prints what others said.
func (c *client) show() {
	for packet := range c.ws.Packets() {
		line := console.Clean(string(packet.Data), maxShown)
		switch {
		case !packet.Text:
			line = c.con.Paint(console.Dim, fmt.Sprintf("(%d bytes that are no text)", len(packet.Data)))
		case strings.HasPrefix(line, "Server says: "):
			if me, ok := strings.CutPrefix(line, "Server says: you are "); ok && c.me == "" {
				c.me = me
				c.con.SetPrompt("you are " + me + " > ")
			}
			line = c.con.Paint(console.Yellow, line)
		case strings.HasPrefix(line, "Before you came: "), strings.HasSuffix(line, "] connected"), strings.HasSuffix(line, "] disconnected"):
			line = c.con.Paint(console.Dim, line)
		default:
			if id, text, ok := strings.Cut(line, " Says: "); ok {
				line = c.con.Paint(console.Cyan, id) + " Says: " + text
			}
		}
		packet.Release()
		c.con.Println(line)
	}
}

// ended says why the connection is over.
func (c *client) ended() error {
	err := c.ws.Err()
	if err == nil {
		err = &transport.CloseError{Code: c.ws.CloseCode(), Reason: c.ws.CloseReason()}
	}
	if !c.open {
		return c.place.NotConnected(err)
	}
	return c.place.Lost(err)
}
