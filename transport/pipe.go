package transport

import (
	"context"
	"net"

	"github.com/peerage-go/peerage/internal/socket"
)

// Pipe returns two peers that are connected in memory, for tests and for
// programs that play against themselves. All is as over a network, handshake
// and limits included, but for [Options].TLSConfig, which is ignored. It works
// in testing/synctest bubbles. Pipe panics on options that [Options.Validate]
// finds wrong.
func Pipe(server, client *Options) (s, c *WebSocketPeer) {
	s, c, err := PipeURL("ws://pipe/", server, client)
	if err != nil {
		panic(err)
	}
	return s, c
}

// PipeURL is [Pipe] with a client that asks for a URL, of which the server
// sees path and query. Errors are those of [Dial].
func PipeURL(url string, server, client *Options) (s, c *WebSocketPeer, err error) {
	if err := server.Validate(); err != nil {
		return nil, nil, err
	}
	c, target, err := newClient(url, client)
	if err != nil {
		return nil, nil, err
	}
	near, far := socket.Pipe()
	s = accept(near, server, false)
	go c.dial(target, func(context.Context) (net.Conn, error) { return far, nil })
	return s, c, nil
}
