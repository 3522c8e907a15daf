package main

import (
	"github.com/peerage-go/peerage/examples/multiplayer/game"
	"github.com/peerage-go/peerage/rpc"
)

// The methods of the game node: those of Godot's official websocket_multiplayer demo, with the configuration that they
// have there. One declaration serves the server, which calls or handles it, and everybody who plays.
var (
	// What the server tells everybody, itself too where it says CallLocal.
	logLine          = rpc.Method1[string]{Name: "_log"}
	addPlayer        = rpc.Method2[game.ID, string]{Name: "add_player", Config: rpc.Config{CallLocal: true, Optional: 1}}
	delPlayer        = rpc.Method1[game.ID]{Name: "del_player", Config: rpc.Config{CallLocal: true}}
	setTurn          = rpc.Method1[int]{Name: "set_turn", Config: rpc.Config{CallLocal: true}}
	updatePlayerName = rpc.Method2[game.ID, string]{Name: "update_player_name", Config: rpc.Config{CallLocal: true}}

	// What players ask of the server.
	setPlayerName = rpc.Method1[string]{Name: "set_player_name", Config: rpc.Config{Mode: rpc.AnyPeer}}
	requestAction = rpc.Method1[string]{Name: "request_action", Config: rpc.Config{Mode: rpc.AnyPeer}}
)

// defaultNode is where the official demo has the game as it is: each half of its combo scene has a multiplayer root of
// its own. With scene/main.tscn run alone it is Main/Panel/VBoxContainer/Game.
const defaultNode = "Panel/VBoxContainer/Game"

// subprotocol is what the official demo's clients offer.
const subprotocol = "ludus"
