package main

import (
	"time"

	"github.com/peerage-go/peerage/rpc"
)

// hallPath is where the methods hang. web/methods.js declares them for browsers. A Godot game joins with a node of this
// name below its root, and this script; its wire has no replies, so it is in when it is welcomed:
//
//	extends Node
//	@rpc("any_peer") func enter(_name: String): pass
//	@rpc("any_peer") func say(_text: String): pass
//	@rpc func welcome(here: Array, past: Array): print(here, past)
//	@rpc func joined(guest: Dictionary): print(guest.name, " joined")
//	@rpc func left(guest: Dictionary): print(guest.name, " left")
//	@rpc func said(line: Dictionary): print(line.from.name, ": ", line.text)
const hallPath = "Hall"

// Each method is declared once, and the compiler checks both sides by it.
var (
	// What guests ask of the server. Its reply is nothing, or an error with the reason.
	enter = rpc.Query1[string, any]{Name: "enter", Config: rpc.Config{Mode: rpc.AnyPeer}} // under this name
	say   = rpc.Query1[string, any]{Name: "say", Config: rpc.Config{Mode: rpc.AnyPeer}}

	// What the server tells. Nobody else may call these: their mode is that of the authority.
	welcome = rpc.Method2[[]Guest, []Line]{Name: "welcome"} // a newcomer: who is here, and what was said before
	joined  = rpc.Method1[Guest]{Name: "joined"}
	left    = rpc.Method1[Guest]{Name: "left"}
	said    = rpc.Method1[Line]{Name: "said"}
)

// Guest is somebody in the room.
type Guest struct {
	ID   rpc.PeerID `peerage:"id"`
	Name string     `peerage:"name"`
}

// Line is something that a guest said.
type Line struct {
	From Guest     `peerage:"from"`
	Text string    `peerage:"text"`
	At   time.Time `peerage:"at"`
}
