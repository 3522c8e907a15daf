package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/internal/godot"
)

// engineNode is the node of the project in testdata.
const engineNode = "Main/Panel/VBoxContainer/Game"

// hears waits until an engine has logged a move of each player.
func hears(e *godot.Engine, names ...string) {
	for len(names) > 0 {
		name, _, _ := strings.Cut(e.Next(), ": ")
		names = slices.DeleteFunc(names, func(n string) bool { return n == name })
	}
}

// TestEnginePlays has two engines play on a server of ours.
func TestEnginePlays(t *testing.T) {
	srv, stop, down := start(t, "-addr", "127.0.0.1:0", "-node", engineNode)
	url := godot.Arg("url", srv.address(t))
	a := godot.Start(t, "godot", url, godot.Arg("name", "Ada"), godot.Arg("moves", 1_000_000))
	srv.shows(t, "name=Ada")
	b := godot.Start(t, "godot", url, godot.Arg("name", "Bo"), godot.Arg("moves", 1_000_000))
	srv.shows(t, "name=Bo")
	a.Await("Ada is here", "Bo is here")
	b.Await("Bo is here")
	hears(a, "Ada", "Bo")
	hears(b, "Ada", "Bo")
	stop()
	if err := <-down; err != nil {
		t.Error(err)
	}
	a.Await("over")
	b.Await("over")
}

// TestEngineHosts has two players of ours play at an engine's table.
func TestEngineHosts(t *testing.T) {
	e := godot.Start(t, "godot", godot.Arg("name", "Hosty"), godot.Arg("moves", 1_000_000))
	port, ok := strings.CutPrefix(e.Next(), "port ")
	if !ok {
		t.Fatal("the host does not say where it is")
	}
	url := "ws://127.0.0.1:" + port
	_, stopA, aEnded := start(t, "-join", url, "-godot", "-node", engineNode, "-bot", "-name", "Ada")
	e.Await("Ada is here")
	b, _, _ := start(t, "-join", url, "-godot", "-node", engineNode, "-bot", "-name", "Bo")
	e.Await("Bo is here")
	e.Await("Hosty: rolls 7")
	b.shows(t, "Hosty: rolls 7")
	b.shows(t, "Ada: ")
	b.shows(t, "Bo: ")
	stopA()
	if err := <-aEnded; err != nil {
		t.Error(err)
	}
	e.Await("Ada left")
	b.shows(t, "Ada left")
}
