# Calls in every form, to the server and to others, and what comes back.
extends "res://probe.gd"

@rpc("any_peer") func none() -> void: say("none from %d" % multiplayer.get_remote_sender_id())
@rpc("any_peer") func one(what: Variant) -> void: say("one %s from %d" % [what, multiplayer.get_remote_sender_id()])
@rpc("any_peer") func bytes(b: PackedByteArray) -> void: say("bytes %s from %d" % [b, multiplayer.get_remote_sender_id()])
@rpc("any_peer", "call_remote", "unreliable_ordered", 3) func many(a: int, b: float, c: String, d: Vector2) -> void:
	say("many %d %.2f %s %s from %d" % [a, b, c, d, multiplayer.get_remote_sender_id()])
@rpc("any_peer", "call_local") func here(what: String) -> void: say("here %s from %d" % [what, multiplayer.get_remote_sender_id()])
@rpc func told(what: String) -> void: say("told %s from %d" % [what, multiplayer.get_remote_sender_id()])
@rpc("any_peer") func go(what: String, id: int) -> void:
	match what:
		"everyone": one.rpc("all")
		"local": here.rpc("both")
		"to": one.rpc_id(id, "you")
		"except": one.rpc_id(-id, "others")
		"authority": told.rpc_id(id, "forged")
		"raw": multiplayer.send_bytes(PackedByteArray([7, 8]), id)
		"leave": get_tree().quit()

func _ready() -> void:
	tell()
	multiplayer.peer_packet.connect(func(id: int, b: PackedByteArray) -> void: say("packet %s from %d" % [b, id]))
	multiplayer.connected_to_server.connect(start)
	join()

func start() -> void:
	say("id %d peers %s" % [multiplayer.get_unique_id(), multiplayer.get_peers()])
	none.rpc_id(1)
	one.rpc_id(1, {"a": [1, 2.5, null]})
	bytes.rpc_id(1, PackedByteArray([1, 2, 3]))
	many.rpc_id(1, -7, 0.25, "Ünï", Vector2(1, -1))
	multiplayer.send_bytes(PackedByteArray([9]), 1)
