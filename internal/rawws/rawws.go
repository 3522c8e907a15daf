// Package rawws is a WebSocket client written by hand, for tests that send what no correct client sends.
package rawws

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// The first byte of whole frames, and what others are made of.
const (
	Continuation = 0x00
	Text         = 0x81
	Binary       = 0x82
	Close        = 0x88
	Ping         = 0x89
	Pong         = 0x8a

	Fin    = 0x80
	Opcode = 0x0f
)

// patience is how long a Client waits for what has to come.
const patience = 30 * time.Second

// A Client is the client's end of a connection. Its writes and reads never wait longer than half a minute.
type Client struct {
	net.Conn
	br *bufio.Reader
}

// Connect opens a TCP connection to an address, or to the host of a ws:// URL, and sends nothing.
func Connect(url string) (*Client, error) {
	nc, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
	if err != nil {
		return nil, err
	}
	nc.SetDeadline(time.Now().Add(patience))
	return New(nc), nil
}

// New makes a Client of a connection, on which nothing was sent.
func New(nc net.Conn) *Client { return &Client{nc, bufio.NewReader(nc)} }

// Dial opens a WebSocket that offers a subprotocol, none if it is empty.
func Dial(url, protocol string) (*Client, error) {
	c, err := Connect(url)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(c, Request(protocol)); err != nil {
		return nil, err
	}
	resp, err := c.Response()
	if err == nil && resp.StatusCode != http.StatusSwitchingProtocols {
		err = errors.New(resp.Status)
	}
	if err != nil {
		c.Conn.Close()
		return nil, err
	}
	return c, nil
}

// Request is a good handshake.
func Request(protocol string) string {
	s := "GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	if protocol != "" {
		s += "Sec-WebSocket-Protocol: " + protocol + "\r\n"
	}
	return s + "\r\n"
}

// Response reads an HTTP response.
func (c *Client) Response() (*http.Response, error) { return http.ReadResponse(c.br, nil) }

// Header is the header of a masked frame with any first byte that declares any length. The masking key is zero, so
// that the payload follows as it is.
func Header(first byte, length uint64) []byte {
	b := []byte{first}
	switch {
	case length < 126:
		b = append(b, 0x80|byte(length))
	case length <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(length))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), length)
	}
	return append(b, 0, 0, 0, 0)
}

// Frame is a frame with any first byte.
func Frame[T []byte | string](first byte, payload T) []byte {
	return append(Header(first, uint64(len(payload))), payload...)
}

// Send writes bytes as they are.
func (c *Client) Send(b ...[]byte) error {
	for _, b := range b {
		if _, err := c.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// Message sends a binary message.
func (c *Client) Message(payload ...byte) error { return c.Send(Frame(Binary, payload)) }

// Read reads one frame.
func (c *Client) Read() (opcode byte, payload []byte, err error) {
	var h [2]byte
	if _, err = io.ReadFull(c.br, h[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(h[1])
	var ext [8]byte
	switch n {
	case 126:
		_, err = io.ReadFull(c.br, ext[6:])
		n = binary.BigEndian.Uint64(ext[:])
	case 127:
		_, err = io.ReadFull(c.br, ext[:])
		n = binary.BigEndian.Uint64(ext[:])
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, n)
	if _, err = io.ReadFull(c.br, payload); err != nil {
		return 0, nil, err
	}
	return h[0] & Opcode, payload, nil
}

// Next reads up to the next binary message, past pings and pongs.
func (c *Client) Next() ([]byte, error) {
	for {
		switch op, b, err := c.Read(); {
		case err != nil:
			return nil, err
		case op == Binary&Opcode:
			return b, nil
		case op == Close&Opcode:
			code, reason := closing(b)
			return nil, fmt.Errorf("closed with %d %q", code, reason)
		}
	}
}

// Closed reads up to a close frame, and gives what it says: 1005 if that is nothing, -1 if the end comes without one.
func (c *Client) Closed() (code int, reason string) {
	for {
		op, b, err := c.Read()
		if err != nil {
			return -1, err.Error()
		}
		if op == Close&Opcode {
			return closing(b)
		}
	}
}

func closing(b []byte) (code int, reason string) {
	if len(b) < 2 {
		return 1005, ""
	}
	return int(binary.BigEndian.Uint16(b)), string(b[2:])
}

// Gone reads until the other side has closed the socket. An error tells that it has not.
func (c *Client) Gone() error {
	_, err := io.Copy(io.Discard, c.br)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return err
	}
	return nil
}
