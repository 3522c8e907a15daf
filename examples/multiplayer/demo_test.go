package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peerage-go/peerage/examples/multiplayer/game"
)

// TestGodotDemo plays the frames that two clients of Godot's official demo sent, byte by byte over bare connections,
// against a server with a host of the same name. What comes back is what the demo's own host sent, in the same order
// on each connection; only the ids are others, and how a call says which node it is for. Who comes late reads in the log
// what happened before, besides. The dice are loaded.
func TestGodotDemo(t *testing.T) {
	lines := readCapture(t)
	var dice []int
	for _, l := range lines {
		if l.rolled() {
			dice = append(dice, l.dice())
		}
	}
	quiet := slog.New(slog.DiscardHandler)
	srv, err := newServer(serverOptions{
		node: "Main/Panel/VBoxContainer/Game", log: quiet, warnings: quiet, randomIDs: true,
		dice: func() int {
			n := dice[0]
			dice = dice[1:]
			return n
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.host("Hosty")
	at, err := serve("127.0.0.1:0", srv, quiet)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { srv.run(ctx, nil) })
	defer func() {
		cancel()
		all.Wait()
		at.Close()
	}()

	replayClients(t, lines, at.WebSocketURL(), func() { srv.m.Post(func() { srv.act(1, game.Roll) }) })
	if len(dice) != 0 {
		t.Errorf("%d rolls are left", len(dice))
	}
	srv.m.Post(cancel) // the last one leaves, or is just leaving
	all.Wait()
}

// replayClients plays the frames of the captured clients, and looks whether the host at that URL answers what the
// captured one did. roll is called where the host has to.
func replayClients(t *testing.T, lines []*captured, url string, roll func()) {
	t.Helper()
	conns := map[int]*demoClient{}
	theirs, ours := idTable{}, idTable{}
	for i, l := range lines {
		c := conns[l.Conn]
		switch {
		case l.HTTP != "" && !l.fromServer():
			conns[l.Conn] = dialDemo(t, url, l.HTTP)
		case l.HTTP != "":
			if got := c.status; got != l.HTTP {
				t.Errorf("connection %d: the reply to the handshake is\n%q, want\n%q", l.Conn, got, l.HTTP)
			}
		case l.EOF && !l.fromServer():
			c.nc.Close()
		case l.EOF:
		case !l.fromServer():
			c.write(l.packet)
		default:
			if strings.HasPrefix(l.text(), `_log("Hosty: rolls`) && l.rolled() {
				roll()
			}
			packet := c.read()
			if !c.admitted {
				c.admitted = true
				theirs[int32(binary.LittleEndian.Uint32(l.packet))] = l.Conn
				ours[int32(binary.LittleEndian.Uint32(packet))] = l.Conn
				continue
			}
			for isPast(describe(packet, ours)) {
				packet = c.read()
			}
			if got, want := describe(packet, ours), describe(l.packet, theirs); got != want {
				t.Fatalf("line %d, connection %d: got %s, want %s\n(% x, want % x)", i+1, l.Conn, got, want, packet, l.packet)
			}
		}
	}
}

// isPast tells what our server tells newcomers, and a host of the demo does not.
func isPast(call string) bool {
	return strings.HasPrefix(call, `_log("Before you came: `) || strings.HasPrefix(call, `_log("So far: `)
}

// captured is one line of the capture.
type captured struct {
	Conn int
	Dir  string
	HTTP string
	Hex  string
	EOF  bool

	packet []byte
	first  bool // the first connection that was still there
}

func (l *captured) fromServer() bool { return l.Dir == "server->client" }

// text is the packet in words, "" for a peer id.
func (l *captured) text() string {
	if len(l.packet) <= 4 {
		return ""
	}
	return describe(l.packet, nil)
}

// rolled tells whether the line is the first in which a roll is told.
func (l *captured) rolled() bool {
	return l.fromServer() && l.first && strings.Contains(l.text(), ": rolls ")
}

func (l *captured) dice() (n int) {
	_, after, _ := strings.Cut(l.text(), ": rolls ")
	fmt.Sscan(after, &n)
	return n
}

func readCapture(t *testing.T) (lines []*captured) {
	data, err := os.ReadFile("testdata/godot_demo.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	open := []int{}
	for row := range bytes.Lines(data) {
		l := new(captured)
		if err := json.Unmarshal(row, l); err != nil {
			t.Fatal(err)
		}
		if l.packet, err = hex.DecodeString(l.Hex); err != nil {
			t.Fatal(err)
		}
		switch {
		case l.HTTP != "" && !l.fromServer():
			open = append(open, l.Conn)
		case l.EOF:
			open = slices.DeleteFunc(open, func(c int) bool { return c == l.Conn })
		}
		l.first = len(open) > 0 && open[0] == l.Conn
		lines = append(lines, l)
	}
	return lines
}

// demoClient is a bare connection.
type demoClient struct {
	t        *testing.T
	nc       net.Conn
	r        *bufio.Reader
	status   string // head of the reply
	admitted bool
}

func dialDemo(t *testing.T, url, head string) *demoClient {
	t.Helper()
	nc, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(url, "ws://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	io.WriteString(nc, head+"\r\n\r\n")
	c := &demoClient{t: t, nc: nc, r: bufio.NewReader(nc)}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.status = "HTTP/1.1 " + resp.Status
	for _, h := range []string{"Upgrade", "Connection", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol"} {
		c.status += "\r\n" + h + ": " + resp.Header.Get(h)
	}
	return c
}

// write sends one binary message, masked.
func (c *demoClient) write(packet []byte) {
	if len(packet) > 125 {
		c.t.Fatal("long frames are not needed here")
	}
	mask := [4]byte{1, 2, 3, 4}
	frame := append([]byte{0x82, 0x80 | byte(len(packet))}, mask[:]...)
	for i, b := range packet {
		frame = append(frame, b^mask[i%4])
	}
	if _, err := c.nc.Write(frame); err != nil {
		c.t.Fatal(err)
	}
}

// read takes one binary message, past the pings that come if a busy machine takes longer than a second.
func (c *demoClient) read() []byte {
	c.t.Helper()
	for {
		var head [2]byte
		if _, err := io.ReadFull(c.r, head[:]); err != nil {
			c.t.Fatal(err)
		}
		if head[0] != 0x82 && head[0] != 0x89 || head[1] > 125 {
			c.t.Fatalf("a frame starts with % x", head)
		}
		packet := make([]byte, head[1])
		if _, err := io.ReadFull(c.r, packet); err != nil {
			c.t.Fatal(err)
		}
		if head[0] == 0x82 {
			return packet
		}
	}
}

// idTable gives the connection that an id belongs to.
type idTable map[int32]int

func (ids idTable) name(id int32) string {
	if conn, ok := ids[id]; ok {
		return fmt.Sprintf("client %d", conn)
	}
	return fmt.Sprint(id)
}

// describe puts a packet of Godot's into words.
func describe(p []byte, ids idTable) string {
	if len(p) == 0 {
		return "nothing"
	}
	le := binary.LittleEndian
	switch p[0] & 7 {
	case 0:
		return describeCall(p, ids)
	case 1:
		return fmt.Sprintf("path %d is %q", le.Uint32(p[34:]), append(p[1:33:33], p[38:]...))
	case 2:
		return fmt.Sprintf("path %d confirmed: %d", le.Uint32(p[2:]), p[1])
	case 7:
		if p[1] == 1 || p[1] == 2 {
			return fmt.Sprintf("%s %s", []string{"", "added", "gone"}[p[1]], ids.name(int32(le.Uint32(p[2:]))))
		}
	}
	return fmt.Sprintf("% x", p)
}

var demoMethods = []string{"_log", "add_player", "del_player", "request_action", "set_player_name", "set_turn", "update_player_name"}

func describeCall(p []byte, ids idTable) string {
	le := binary.LittleEndian
	at := 1
	switch p[0] >> 4 & 3 {
	case 0:
		at++
	case 1:
		at += 2
	case 2:
		if id := le.Uint32(p[1:]); id>>31 != 0 {
			p = p[:id&^(1<<31)] // the path is behind the arguments
		}
		at += 4
	}
	method := demoMethods[p[at]]
	at++
	var list []string
	if p[0]&0x80 == 0 {
		n := int(p[at])
		at++
		for range n {
			switch kind := p[at]; kind & 0x3f {
			case 2:
				var v int64
				switch kind >> 6 {
				case 0:
					v = int64(int8(p[at+1]))
				case 1:
					v = int64(int16(le.Uint16(p[at+1:])))
				case 2:
					v = int64(int32(le.Uint32(p[at+1:])))
				case 3:
					v = int64(le.Uint64(p[at+1:]))
				}
				at += 1 + 1<<(kind>>6)
				list = append(list, ids.name(int32(v)))
			case 4:
				size := int(le.Uint32(p[at+4:]))
				list = append(list, fmt.Sprintf("%q", p[at+8:at+8+size]))
				at += 8 + (size+3)&^3
			default:
				return fmt.Sprintf("% x", p)
			}
		}
	}
	if at != len(p) {
		return fmt.Sprintf("% x and what does not belong there: % x", p[:at], p[at:])
	}
	return method + "(" + strings.Join(list, ", ") + ")"
}
