# Nodes that come and go: the server has one made, calls it, is called back, and has it freed.
extends "res://probe.gd"

class Player extends Node:
	@rpc func hit(n: int) -> void:
		struck.rpc_id(1, n)
	@rpc("any_peer") func struck(_n: int) -> void: pass

func _ready() -> void:
	tell()
	join()

@rpc func make(path: String) -> void:
	var player := Player.new()
	player.name = path
	add_child(player)

@rpc func unmake(path: String) -> void:
	get_node(path).free()

@rpc func done() -> void:
	say("%d left" % get_child_count())
