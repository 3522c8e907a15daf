# What all probes share: arguments of the command line, lines for the test, and a connection whose events are said.
extends Node

func arg(key: String, otherwise := "") -> String:
	for a in OS.get_cmdline_user_args():
		if a.begins_with(key + "="):
			return a.substr(key.length() + 1)
	return otherwise

func say(what: Variant) -> void:
	print("> ", what)

func join(url := arg("url"), tls: TLSOptions = null) -> WebSocketMultiplayerPeer:
	var peer := WebSocketMultiplayerPeer.new()
	peer.create_client(url, tls)
	multiplayer.multiplayer_peer = peer
	return peer

func host(peer := WebSocketMultiplayerPeer.new()) -> WebSocketMultiplayerPeer:
	var port := 20000 + OS.get_process_id() % 20000
	while peer.create_server(port, "127.0.0.1") != OK:
		port += 1
	multiplayer.multiplayer_peer = peer
	say("port %d" % port)
	return peer

# tell says what happens, in Godot's words.
func tell() -> void:
	multiplayer.connected_to_server.connect(func() -> void: say("connected_to_server"))
	multiplayer.connection_failed.connect(func() -> void: say("connection_failed"))
	multiplayer.server_disconnected.connect(func() -> void: say("server_disconnected"))
	multiplayer.peer_connected.connect(func(id: int) -> void: say("peer_connected %d" % id))
	multiplayer.peer_disconnected.connect(func(id: int) -> void: say("peer_disconnected %d" % id))
