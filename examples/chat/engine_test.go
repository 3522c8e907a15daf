package main

import (
	"strings"
	"testing"

	"github.com/peerage-go/peerage/internal/godot"
)

// TestEngineChatsHere has two engines and somebody at a terminal chat on our server.
func TestEngineChatsHere(t *testing.T) {
	srv, stop, ended := start(t, "-addr", "127.0.0.1:0")
	srv.shows(t, "Ctrl-C stops the server")
	_, url, _ := strings.Cut(srv.String(), "the chat is at ")
	url, _, _ = strings.Cut(url, ",")

	a := godot.Start(t, "demo", "chat", godot.Arg("url", url))
	a.Expect("open, speaks demo-chat")
	idOfA := strings.TrimPrefix(a.Next(), "Server says: you are ")
	a.Expect("Server says: nobody else is here yet")
	srv.shows(t, idOfA+" connected")
	gopher, _, gone := start(t, "-join", url)
	gopher.shows(t, "Server says: you are [")
	_, id, _ := strings.Cut(gopher.String(), "Server says: you are ")
	id, _, _ = strings.Cut(id, "\n")
	a.Expect(id + " connected")
	b := godot.Start(t, "demo", "chat", godot.Arg("url", url), godot.Arg("lines", "grüß dich|👪 and bye"))
	b.Expect("open, speaks demo-chat")
	name := strings.TrimSuffix(a.Next(), " connected") // of the other engine
	b.Expect("Server says: you are " + name)
	if here := b.Next(); here != "Server says: 2 others are here: "+idOfA+", "+id && here != "Server says: 2 others are here: "+id+", "+idOfA {
		t.Errorf("the other engine is told %q", here)
	}
	a.Expect(name+" Says: grüß dich", name+" Says: 👪 and bye")
	gopher.shows(t, name+" Says: grüß dich\n")
	gopher.Type("hello all")
	a.Expect(id + " Says: hello all")
	b.Expect(id + " Says: hello all")
	gopher.typed.Close()
	if err := <-gone; err != nil {
		t.Error(err)
	}
	a.Expect(id + " disconnected")
	b.Expect(id + " disconnected")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	a.Expect("closed 1001 stopped by its operator")
	b.Expect("closed 1001 stopped by its operator")
}

// TestEngineServesTheChat has two at terminals chat on an engine's server.
func TestEngineServesTheChat(t *testing.T) {
	e := godot.Start(t, "demo", "chat")
	url := "ws://127.0.0.1:" + strings.TrimPrefix(e.Next(), "port ")
	a, _, aEnded := start(t, "-join", url)
	e.Expect("[2] connected")
	b, _, bEnded := start(t, "-join", url)
	e.Expect("[3] connected")
	a.shows(t, "[3] connected\n")
	b.Type("grüß dich")
	e.Expect("[3] Says: grüß dich")
	a.shows(t, "[3] Says: grüß dich\n")
	a.Type("and you")
	b.shows(t, "[2] Says: and you\n")
	e.Expect("[2] Says: and you")
	b.Type("close me")
	if err := <-bEnded; err == nil || !strings.Contains(err.Error(), "as you wish") {
		t.Errorf("who was sent away says %v", err)
	}
	e.Expect("[3] Says: close me", "[3] disconnected")
	a.shows(t, "[3] disconnected\n")
	a.Type("last word")
	a.typed.Close()
	if err := <-aEnded; err != nil {
		t.Error(err)
	}
	e.Await("[2] disconnected")
}
