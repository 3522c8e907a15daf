extends Node

var players: Array[int] = []
var names := {}
var turn := -1
var moves := int(arg("moves", "0"))

func arg(key: String, otherwise := "") -> String:
	for a in OS.get_cmdline_user_args():
		if a.begins_with(key + "="):
			return a.substr(key.length() + 1)
	return otherwise

func say(what: String) -> void:
	print("> ", what)

func _ready() -> void:
	var peer := WebSocketMultiplayerPeer.new()
	peer.supported_protocols = ["ludus"]
	if arg("url"):
		peer.create_client(arg("url"))
		multiplayer.connected_to_server.connect(func() -> void: set_player_name.rpc(arg("name")))
		multiplayer.server_disconnected.connect(func() -> void: say("over"))
	else:
		var port := 20000 + OS.get_process_id() % 20000
		while peer.create_server(port, "127.0.0.1") != OK:
			port += 1
		say("port %d" % port)
		multiplayer.peer_connected.connect(seat)
		multiplayer.peer_disconnected.connect(func(id: int) -> void:
			del_player.rpc(id)
			set_turn.rpc(turn % maxi(players.size(), 1)))
	multiplayer.multiplayer_peer = peer
	if multiplayer.is_server() and not arg("url"):
		add_player(1, arg("name"))

func seat(id: int) -> void:
	for p in players:
		add_player.rpc_id(id, p, names[p])
	add_player.rpc(id, "")
	set_turn.rpc_id(id, turn)

@rpc("call_local") func add_player(id: int, called := "") -> void:
	players.append(id)
	names[id] = called

@rpc("call_local") func del_player(id: int) -> void:
	say("%s left" % names[id])
	players.erase(id)

@rpc("call_local") func update_player_name(id: int, called: String) -> void:
	names[id] = called
	say("%s is here" % called)
	if multiplayer.is_server() and turn < 0 and players.size() > 2:
		set_turn.rpc(0)

@rpc("call_local") func set_turn(place: int) -> void:
	turn = place
	if place < 0 or place >= players.size() or players[place] != multiplayer.get_unique_id() or moves == 0:
		return
	moves -= 1
	if multiplayer.is_server():
		act.call_deferred(1, "roll")
	else:
		request_action.rpc_id(1, "roll")

@rpc("any_peer") func set_player_name(called: String) -> void:
	if multiplayer.is_server():
		update_player_name.rpc(multiplayer.get_remote_sender_id(), called)

@rpc("any_peer") func request_action(action: String) -> void:
	if multiplayer.is_server():
		act(multiplayer.get_remote_sender_id(), action)

func act(id: int, action: String) -> void:
	if turn < 0 or players[turn] != id:
		_log.rpc("Someone is trying to cheat! %d" % id)
		return
	_log.rpc("%s: %ss 7" % [names[id], action])
	_log("%s: %ss 7" % [names[id], action])
	set_turn.rpc((turn + 1) % players.size())

@rpc func _log(line: String) -> void:
	say(line)
