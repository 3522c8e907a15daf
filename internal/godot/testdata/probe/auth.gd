# Logs in with a token, and says how that ends.
extends "res://probe.gd"

@rpc("any_peer") func hello() -> void: pass

func _ready() -> void:
	tell()
	var api: SceneMultiplayer = multiplayer
	api.auth_callback = func(id: int, data: PackedByteArray) -> void:
		say("asked %s by %d" % [data.get_string_from_utf8(), id])
		api.complete_auth(id)
	api.peer_authenticating.connect(func(id: int) -> void:
		say("authenticating %d" % id)
		api.send_auth(id, arg("token").to_utf8_buffer()))
	api.peer_authentication_failed.connect(func(id: int) -> void: say("authentication_failed %d" % id))
	api.connected_to_server.connect(func() -> void: hello.rpc_id(1))
	join()
