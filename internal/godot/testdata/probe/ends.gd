# Says how its session ends: with the close code and the reason, as a game can read them.
extends "res://probe.gd"

var peer: WebSocketMultiplayerPeer
var server: WebSocketPeer # of the connection, which a game asks for before it fails
var heard := 0

@rpc func word(n: int) -> void:
	if n != heard + 1:
		say("word %d after %d" % [n, heard])
	heard = n
@rpc("any_peer") func ready_for_it() -> void: pass

func _ready() -> void:
	multiplayer.connected_to_server.connect(func() -> void: say("connected_to_server"))
	multiplayer.connection_failed.connect(func() -> void:
		say("connection_failed %d %s" % [server.get_close_code(), server.get_close_reason()]))
	multiplayer.server_disconnected.connect(func() -> void: say("server_disconnected"))
	peer = join(arg("url"), TLSOptions.client(load_ca()) if arg("ca") else null)
	server = peer.get_peer(1)
	multiplayer.connected_to_server.connect(func() -> void: ready_for_it.rpc_id(1))
	multiplayer.peer_disconnected.connect(func(id: int) -> void:
		if id != 1: # another who was there, or still is
			return
		var ws := peer.get_peer(1)
		say("heard %d, closed %d %s" % [heard, ws.get_close_code(), ws.get_close_reason()]))
	multiplayer.server_disconnected.connect(again)
	multiplayer.connection_failed.connect(again)

# again joins the same address again, as often as the test wants.
var times := 0
func again() -> void:
	heard = 0
	if times < int(arg("again", "0")):
		times += 1
		peer = join()
		server = peer.get_peer(1)

func load_ca() -> X509Certificate:
	var ca := X509Certificate.new()
	ca.load(arg("ca"))
	return ca
