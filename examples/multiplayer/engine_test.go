package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/godot"
)

// officialNode is where the captured demo had its game.
const officialNode = "Main/Panel/VBoxContainer/Game"

var atOfficialNode = godot.Arg("at", strings.TrimPrefix(officialNode, "Main/"))

// TestEnginePlaysHere has two engines and a player at a terminal play on our server.
func TestEnginePlaysHere(t *testing.T) {
	srv, stop, down := start(t, "-addr", "127.0.0.1:0", "-node", officialNode)
	url := srv.address(t)
	ann := godot.Start(t, "demo", "demo", atOfficialNode, godot.Arg("url", url), godot.Arg("name", "Ann"), godot.Arg("players", 3))
	srv.shows(t, "joined peer=2 name=Ann")
	ann.Expect("named Ann")
	bob := godot.Start(t, "demo", "demo", atOfficialNode, godot.Arg("url", url), godot.Arg("name", "Bob"), godot.Arg("players", 3))
	bob.Await("named Bob")
	ann.Await("named Bob")
	gopher, _, gone := start(t, "-join", url, "-node", officialNode, "-name", "Gopher")
	ann.Await("named Gopher")
	for range 3 {
		for _, name := range []string{"Ann", "Bob", "Gopher"} {
			if name == "Gopher" {
				gopher.shows(t, "♛ your turn: r rolls, p passes")
				gopher.types("r")
			}
			awaitRoll(ann, name)
			awaitRoll(bob, name)
			gopher.shows(t, "  "+name+": rolls ")
		}
	}
	gopher.types("q")
	if err := <-gone; err != nil {
		t.Error(err)
	}
	ann.Await("gone Gopher")
	stop()
	if err := <-down; err != nil {
		t.Error(err)
	}
	ann.Await("server_disconnected")
	bob.Await("server_disconnected")
}

// TestEngineComesLate has an engine join when much has happened, under a name that is taken: its log says both.
func TestEngineComesLate(t *testing.T) {
	h, _, _ := start(t, "-host", "Hosty", "-addr", "127.0.0.1:0", "-node", officialNode)
	url := h.address(t)
	h.shows(t, "♛ your turn")
	h.types("r")
	h.shows(t, "  Hosty: rolls ")
	h.shows(t, "♛ your turn")
	h.types("p")
	h.shows(t, "  Hosty: passes\n")
	_, dice, _ := strings.Cut(h.String(), "Hosty: rolls ")
	dice, _, _ = strings.Cut(dice, "\n")
	e := godot.Start(t, "demo", "demo", atOfficialNode, godot.Arg("url", url), godot.Arg("name", "Hоsty")) // with a Cyrillic о
	e.Expect("log Before you came: Hosty: rolls "+dice, "log Before you came: Hosty: passes", "log So far: Hosty: "+dice+" in 1 roll, the last "+dice)
	e.Expect("named Hоsty (2)", "log You are Hоsty (2): Hоsty looks like Hosty, and that is taken")
	h.types("p")
	awaitRoll(e, "Hоsty (2)")
}

// awaitRoll waits until a player's next roll is told.
func awaitRoll(e *godot.Engine, name string) {
	for !strings.HasPrefix(e.Next(), "log "+name+": rolls ") {
	}
}

// TestEngineHosts has players at terminals join a game that an engine hosts.
func TestEngineHosts(t *testing.T) {
	e := godot.Start(t, "demo", "demo", atOfficialNode, godot.Arg("host", "Hosty"), godot.Arg("dice", "11,22,33,44,55"))
	url := hostURL(t, e)
	ann, _, annGone := start(t, "-join", url, "-godot", "-node", officialNode, "-name", "Ann")
	e.Expect("named Ann", "log Hosty: rolls 11")
	ann.shows(t, "  Hosty: rolls 11\n")
	ann.shows(t, "your turn: r rolls, p passes")
	bo, _, _ := start(t, "-join", url, "-godot", "-node", officialNode, "-name", "Bo")
	e.Expect("named Bo")
	ann.shows(t, "+ Bo joined")
	bo.shows(t, "♛ Ann's turn")
	ann.types("r")
	e.Expect("log Ann: rolls 22")
	bo.shows(t, "your turn: r rolls, p passes")
	ann.shows(t, "♛ Bo's turn")
	ann.types("r!")
	bo.shows(t, "  Someone is trying to cheat! ")
	bo.types("p")
	e.Expect("log Bo: passes", "log Hosty: rolls 33")
	ann.shows(t, "  Bo: passes\n")
	ann.shows(t, "  Hosty: rolls 33\n")
	bo.shows(t, "♛ Ann's turn")
	ann.types("q")
	if err := <-annGone; err != nil {
		t.Error(err)
	}
	e.Expect("gone Ann")
	bo.shows(t, "- Ann left")
	bo.shows(t, "your turn: r rolls, p passes")
	bo.types("r")
	e.Expect("log Bo: rolls 44", "log Hosty: rolls 55")
	bo.shows(t, "  Hosty: rolls 55\n")
}

// hostURL is where an engine that is a host says that it is.
func hostURL(t *testing.T, e *godot.Engine) string {
	t.Helper()
	said := e.Next()
	port, ok := strings.CutPrefix(said, "port ")
	if !ok {
		t.Fatalf("the host said %q", said)
	}
	return "ws://127.0.0.1:" + port + "/"
}

// TestEngineHostsAsCaptured plays the frames of the captured clients against a host of today's engine: it answers what
// the captured one did.
func TestEngineHostsAsCaptured(t *testing.T) {
	lines := readCapture(t)
	var dice []string
	for _, l := range lines {
		if l.rolled() {
			dice = append(dice, fmt.Sprint(l.dice()))
		}
	}
	e := godot.Start(t, "demo", "demo", atOfficialNode, godot.Arg("host", "Hosty"), godot.Arg("dice", strings.Join(dice, ",")))
	replayClients(t, lines, hostURL(t, e), func() {})
}

// TestEngineJoinsAsCaptured plays the frames of the captured host against players of today's engine: they ask for what
// the captured ones did, in the same handshake.
func TestEngineJoinsAsCaptured(t *testing.T) {
	for conn, name := range map[int]string{1: "Alice", 2: "Bob"} {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			godot.Start(t, "demo", "demo", atOfficialNode, godot.Arg("url", "ws://"+ln.Addr().String()), godot.Arg("name", name))
			nc, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			nc.SetDeadline(time.Now().Add(patience))
			c := &demoClient{t: t, nc: nc, r: bufio.NewReader(nc)}
			for i, l := range readCapture(t) {
				switch {
				case l.Conn != conn || l.EOF:
				case l.HTTP != "" && !l.fromServer():
					if got, want := c.shake(), anyHost(l.HTTP); got != want {
						t.Errorf("the handshake is\n%s, want\n%s", got, want)
					}
				case l.HTTP != "":
				case l.fromServer():
					nc.Write(append([]byte{0x82, byte(len(l.packet))}, l.packet...))
				default:
					if got, want := describe(c.readMasked(), nil), describe(l.packet, nil); got != want {
						t.Fatalf("line %d: got %s, want %s", i+1, got, want)
					}
				}
			}
		})
	}
}

// anyHost is a handshake without what is another one each time.
func anyHost(head string) string {
	var kept []string
	for _, line := range strings.Split(strings.TrimSpace(head), "\r\n") {
		if name, _, _ := strings.Cut(line, ":"); name == "Host" || name == "Sec-WebSocket-Key" {
			line = name
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\r\n")
}

// shake answers a handshake, and gives it.
func (c *demoClient) shake() string {
	c.t.Helper()
	var head strings.Builder
	r := textproto.NewReader(c.r)
	key := ""
	for {
		line, err := r.ReadLine()
		if err != nil {
			c.t.Fatal(err)
		}
		if line == "" {
			break
		}
		head.WriteString(line + "\r\n")
		if value, ok := strings.CutPrefix(line, "Sec-WebSocket-Key: "); ok {
			key = value
		}
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	io.WriteString(c.nc, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
		base64.StdEncoding.EncodeToString(sum[:])+"\r\nSec-WebSocket-Protocol: "+subprotocol+"\r\n\r\n")
	return anyHost(head.String())
}

// readMasked takes one binary message of a client.
func (c *demoClient) readMasked() []byte {
	c.t.Helper()
	var head [6]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		c.t.Fatal(err)
	}
	if head[0] != 0x82 || head[1]&0x7f > 125 {
		c.t.Fatalf("a frame starts with % x", head)
	}
	packet := make([]byte, head[1]&0x7f)
	if _, err := io.ReadFull(c.r, packet); err != nil {
		c.t.Fatal(err)
	}
	for i := range packet {
		packet[i] ^= head[2+i%4]
	}
	return packet
}
