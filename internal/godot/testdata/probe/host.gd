# An engine is the server.
extends "res://calls.gd"

func _ready() -> void:
	multiplayer.peer_packet.connect(func(id: int, b: PackedByteArray) -> void: say("packet %s from %d" % [b, id]))
	multiplayer.peer_connected.connect(func(id: int) -> void:
		say("peer_connected %d" % id)
		named[id] = named.size()
		one.rpc_id(id, "welcome"))
	multiplayer.peer_disconnected.connect(func(id: int) -> void: say("peer_disconnected %d" % id))
	host()

var named := {} # the number of each peer, since the ids are random

@rpc("any_peer") func act(what: String) -> void:
	var sender := multiplayer.get_remote_sender_id()
	match what:
		"kick":
			one.rpc_id(sender, "last word")
			(multiplayer as SceneMultiplayer).disconnect_peer(sender)
		"tell":
			told.rpc(what)
		"end":
			told.rpc("the end")
			multiplayer.multiplayer_peer.close()
			get_tree().quit()
