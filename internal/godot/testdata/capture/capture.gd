# Takes the captures anew: a server and clients in one process do what was done when the captures were taken, step by step,
# and each packet and each event is said as a line of JSON. A step ends when nobody has anything left to read.
extends Node

const Link := preload("res://link.gd")
const Game := preload("res://game.gd")

var file := ""
var step := ""
var sides := {} # the APIs, by the ids of their peers

func _ready() -> void:
	get_tree().multiplayer_poll = false
	rpcs()
	system()
	no_relay()
	auth()
	lists()
	values()
	begin("")
	get_tree().quit()

func say(line: Dictionary) -> void:
	print("> ", JSON.stringify(line))

func note(line: Dictionary) -> void:
	if file != "":
		line.merge({file = file, step = step})
		say(line)

# --- the sides ---

func begin(name_of_file: String) -> void:
	for id: int in sides.keys():
		forget(id)
	file = name_of_file

func side(id: int) -> SceneMultiplayer:
	var root := Node.new()
	root.name = "Side%d" % id
	add_child(root)
	var api := SceneMultiplayer.new()
	sides[id] = api
	get_tree().set_multiplayer(api, root.get_path())
	api.connected_to_server.connect(func() -> void: note({at = id, event = "connected_to_server"}))
	api.peer_connected.connect(func(p: int) -> void: note({at = id, event = "peer_connected", peer = p}))
	api.peer_disconnected.connect(func(p: int) -> void: note({at = id, event = "peer_disconnected", peer = p}))
	api.peer_authenticating.connect(func(p: int) -> void: note({at = id, event = "peer_authenticating", peer = p}))
	api.peer_packet.connect(func(p: int, b: PackedByteArray) -> void: note({at = id, event = "peer_packet", peer = p, hex = b.hex_encode()}))
	var link := Link.new()
	link.id = id
	link.sent.connect(func(to: int, channel: int, mode: int, packet: PackedByteArray) -> void:
		note({from = id, to = to, channel = channel, mode = mode, hex = packet.hex_encode()}))
	api.multiplayer_peer = link
	var node := Game.new()
	node.name = "Game"
	node.called.connect(func(method: String, args: Array) -> void:
		note({at = id, event = "rpc", method = method, args = text(args), sender = api.get_remote_sender_id()}))
	root.add_child(node)
	return api

func game(id: int) -> Game: return get_node("Side%d/Game" % id)

func forget(id: int) -> void:
	var root := get_node("Side%d" % id)
	get_tree().set_multiplayer(null, root.get_path())
	sides[id].auth_callback = Callable() # which holds the API
	sides[id].multiplayer_peer.others.clear()
	sides[id].multiplayer_peer = null
	sides.erase(id)
	remove_child(root)
	root.free()

func connects(id: int) -> void:
	if not sides.has(id):
		side(id)
	var server: Link = sides[1].multiplayer_peer
	var client: Link = sides[id].multiplayer_peer
	server.others[id] = client
	client.others[1] = server
	server.peer_connected.emit(id)
	client.peer_connected.emit(1)

func leaves(id: int) -> void:
	var server: Link = sides[1].multiplayer_peer
	server.others.erase(id)
	forget(id)
	server.peer_disconnected.emit(id)

# does what a step says, and lets everybody read until all is read.
func does(what: String, deed: Callable) -> void:
	step = what
	deed.call()
	var busy := true
	while busy:
		busy = false
		for id: int in sides:
			busy = busy or sides[id].multiplayer_peer.came.size() > 0
			sides[id].poll()

# text writes arguments as the captures have them.
func text(args: Array) -> String:
	var list := []
	for a: Variant in args:
		list.append("PackedByteArray(%s)" % ", ".join(Array(a).map(str)) if a is PackedByteArray else var_to_str(a))
	return "[%s]" % ", ".join(list)

# --- what was done ---

func rpcs() -> void:
	begin("rpc")
	side(1)
	does("connect 2", connects.bind(2))
	does("connect 7", connects.bind(7))
	does("client 2 calls ask(5,\"x\") on the server, path not yet confirmed", func() -> void: game(2).ask.rpc_id(1, 5, "x"))
	does("the same call again, path confirmed", func() -> void: game(2).ask.rpc_id(1, 5, "x"))
	does("two calls back to back from 7 before the confirmation arrives", func() -> void:
		game(7).ask.rpc_id(1, 1, 2)
		game(7).ask.rpc_id(1, 3, 4))
	does("no arguments", func() -> void: game(2).none_.rpc_id(1))
	does("one PackedByteArray argument", func() -> void: game(2).one.rpc_id(1, PackedByteArray([1, 2, 3])))
	does("one empty PackedByteArray argument", func() -> void: game(2).one.rpc_id(1, PackedByteArray()))
	does("one null argument", func() -> void: game(2).one.rpc_id(1, null))
	does("PackedByteArray beside another argument", func() -> void: game(2).ask.rpc_id(1, PackedByteArray([9]), 1))
	does("server tells 2 (authority), path not yet confirmed", func() -> void: game(1).tell.rpc_id(2, "hi"))
	does("server tells all: 2 confirmed, 7 not", func() -> void: game(1).tell.rpc("all"))
	does("server tells all, both confirmed", func() -> void: game(1).tell.rpc("all"))
	does("server tells all but 2", func() -> void: game(1).tell.rpc_id(-2, "not 2"))
	does("client 2 broadcasts hello with call_local (relayed through the server)", func() -> void: game(2).hello.rpc("two"))
	does("the same again, paths confirmed", func() -> void: game(2).hello.rpc("two"))
	does("client 2 calls client 7 directly (relayed)", func() -> void: game(2).one.rpc_id(7, 70))
	does("client 2 calls everyone but the server", func() -> void: game(2).one.rpc_id(-1, 71))
	does("client 2 calls everyone but 7", func() -> void: game(2).one.rpc_id(-7, 72))
	does("client 2 calls an authority method (must be refused by the server)", func() -> void: game(2).tell.rpc_id(1, "cheat"))
	does("unreliable on channel 3", func() -> void: game(2).move.rpc_id(1, 1.5, -2))
	does("unreliable_ordered on channel 5", func() -> void: game(1).aim.rpc_id(2, 0.25))
	does("five arguments", func() -> void: game(2).many.rpc_id(1, true, false, -1, 300, 70000))
	does("server broadcasts hello with call_local", func() -> void: game(1).hello.rpc("srv"))
	does("7 leaves", leaves.bind(7))

func system() -> void:
	begin("sys")
	side(1)
	does("connect 2", connects.bind(2))
	does("connect 7", connects.bind(7))
	does("2 sends bytes to the server", func() -> void: sides[2].send_bytes(PackedByteArray([0xde, 0xad]), 1))
	does("2 sends bytes to 7", func() -> void: sides[2].send_bytes(PackedByteArray([0xbe]), 7))
	does("2 sends bytes to all, unreliable channel 2", func() -> void:
		sides[2].send_bytes(PackedByteArray([0xef]), 0, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE, 2))
	does("server sends bytes to all", func() -> void: sides[1].send_bytes(PackedByteArray([1, 2, 3, 4])))
	does("server sends bytes to all but 7", func() -> void: sides[1].send_bytes(PackedByteArray([5]), -7))
	does("2 leaves", leaves.bind(2))

func no_relay() -> void:
	begin("norelay")
	side(1).server_relay = false
	does("relay off: connect 2", connects.bind(2))
	does("relay off: connect 7", connects.bind(7))
	does("relay off: 2 calls one on the server", func() -> void: game(2).one.rpc_id(1, 1))
	does("relay off: 2 broadcasts", func() -> void: game(2).one.rpc(2))

func auth() -> void:
	begin("auth")
	for id: int in [1, 2]:
		var api := side(id)
		api.auth_callback = func(p: int, data: PackedByteArray) -> void:
			note({at = id, event = "auth", peer = p, hex = data.hex_encode()})
			if id == 1:
				api.send_auth(p, "ok".to_utf8_buffer())
			api.complete_auth(p)
	does("connect 2 with auth on both sides", connects.bind(2))
	does("2 sends its secret", func() -> void: sides[2].send_auth(1, "secret".to_utf8_buffer()))
	does("call after auth", func() -> void: game(2).one.rpc_id(1, 1))

# packets has what the side 2 sends in a deed, and nobody reads it.
func packets(deed: Callable) -> Array:
	deed.call()
	var inbox: Array = sides[1].multiplayer_peer.came
	var list := inbox.map(func(p: Array) -> String: return p[3].hex_encode())
	inbox.clear()
	return list

# lines are those of a file that an argument of the command line names.
func lines(key: String) -> Array:
	for a in OS.get_cmdline_user_args():
		if a.begins_with(key + "="):
			return Array(FileAccess.get_file_as_string(a.substr(key.length() + 1)).split("\n", false)).map(JSON.parse_string)
	return []

# lists tells of each list of methods how a node that has it is named, and how each method is called.
func lists() -> void:
	for line: Dictionary in lines("md5"):
		begin("")
		side(1)
		side(2)
		connects(2)
		var script := GDScript.new()
		script.source_code = "extends Node\n"
		for method: String in line.methods:
			script.source_code += "@rpc(\"any_peer\") func %s() -> void: pass\n" % method
		script.reload()
		var node := Node.new()
		node.name = "N"
		node.set_script(script)
		get_node("Side2").add_child(node)
		var path := ""
		var calls := {}
		for method: String in line.methods:
			var list := packets(func() -> void: node.rpc_id(1, method))
			if list.size() == 2:
				path = list[0]
			calls[method] = list[-1]
		say({file = "md5", methods = line.methods, simplify_path = path, rpc_packet = calls})

# values tells of each value how it is written, alone and as the first of two arguments, after it was read.
func values() -> void:
	begin("")
	side(1)
	does("", connects.bind(2))
	does("", func() -> void: sides[2].multiplayer_peer.others[1].came.clear(); game(2).ask.rpc_id(1, 0, 0))
	for line: Dictionary in lines("variants"):
		var value: Variant = bytes_to_var(line.marshal.hex_decode())
		var call: String = packets(func() -> void: game(2).ask.rpc_id(1, value, 0))[0]
		var head := "00010102" # a call on path 1 of method 1 with two arguments
		var tail := "0200" # the other one
		if not call.begins_with(head) or not call.ends_with(tail):
			printerr("ERROR: a call is ", call)
		say({file = "variants", typeid = typeof(value), marshal = var_to_bytes(value).hex_encode(),
			rpc_arg = call.substr(head.length(), call.length() - head.length() - tail.length())})
