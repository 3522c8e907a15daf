# The rules of the official websocket_multiplayer demo, without its window: a host, or a player who rolls as soon as it is
# its turn and as many play as players= says. A host plays too, once there is somebody to play with and all have names, and
# as long as there are dice.
extends "res://probe.gd"

var players: Array[int] = []
var names := {}
var turn := 0
var asked := false # for a roll in this turn
var dice: Array = [] # what the next rolls give

@rpc func _log(line: String) -> void: say("log " + line)

@rpc("any_peer") func set_player_name(wanted: String) -> void:
	if multiplayer.is_server():
		update_player_name.rpc(multiplayer.get_remote_sender_id(), wanted)
		play()

@rpc("call_local") func update_player_name(id: int, given: String) -> void:
	names[id] = given
	say("named " + given)
	if not multiplayer.is_server():
		play()

@rpc("any_peer") func request_action(action: String) -> void:
	var sender := multiplayer.get_remote_sender_id()
	if not multiplayer.is_server():
		return
	if turn >= players.size() or players[turn] != sender:
		_log.rpc("Someone is trying to cheat! %d" % sender)
	elif action == "roll":
		roll(sender)
	elif action == "pass":
		moved("%s: passes" % names[sender])
	else:
		_log.rpc("Invalid action: " + action)

@rpc("call_local") func set_turn(place: int) -> void:
	turn = place
	if not multiplayer.is_server():
		play()

@rpc("call_local") func add_player(id: int, given := "") -> void:
	players.append(id)
	names[id] = given

@rpc("call_local") func del_player(id: int) -> void:
	var place := players.find(id)
	players.remove_at(place)
	say("gone " + names[id])
	names.erase(id)
	if turn > place:
		turn -= 1
	if turn >= players.size():
		turn = 0

func _ready() -> void:
	var peer := WebSocketMultiplayerPeer.new()
	peer.supported_protocols = ["ludus"]
	if arg("host") == "":
		peer.create_client(arg("url"))
		multiplayer.multiplayer_peer = peer
		multiplayer.connected_to_server.connect(func() -> void: set_player_name.rpc_id(1, arg("name")))
		multiplayer.server_disconnected.connect(func() -> void: say("server_disconnected"))
		return
	dice = Array(arg("dice").split(",", false))
	players = [1]
	names[1] = arg("host")
	multiplayer.peer_connected.connect(came)
	multiplayer.peer_disconnected.connect(func(id: int) -> void:
		del_player.rpc(id)
		set_turn.rpc(turn)
		play())
	host(peer)

func came(id: int) -> void:
	for p in players:
		add_player.rpc_id(id, p, names[p])
	add_player.rpc(id)
	set_turn.rpc_id(id, turn)

func play() -> void:
	var me := multiplayer.get_unique_id()
	if turn >= players.size() or players[turn] != me:
		asked = false
	elif not multiplayer.is_server():
		if not asked and players.size() >= int(arg("players", "2")):
			asked = true
			request_action.rpc_id(1, "roll")
	elif players.size() > 1 and not names.values().has(""):
		roll(me)

func roll(id: int) -> void:
	if not dice.is_empty():
		moved("%s: rolls %s" % [names[id], dice.pop_front()])

func moved(line: String) -> void:
	_log.rpc(line)
	say("log " + line)
	set_turn.rpc((turn + 1) % players.size())
	play()
