# Takes Go's structs as arrays, and sends what one takes in every form.
extends "res://probe.gd"

@rpc("any_peer") func sent(_hero: Variant) -> void: pass
@rpc func hero(all: Array) -> void: say("hero %s %s %s" % all)
@rpc func heroes(all: Array[Array]) -> void:
	say("heroes %s" % [all])
	get_tree().quit()

func _ready() -> void:
	multiplayer.connected_to_server.connect(func() -> void:
		var names: Array[String] = ["Eve"]
		for all: Variant in [["Ann", Vector2(1, 2), 3], ["Bob"], [&"Cid", Vector2i(1, 2), 3.0, "more", {}], {"name": "Dan", "HP": 3}, names, PackedStringArray(["Fay"])]:
			sent.rpc_id(1, all))
	join()
