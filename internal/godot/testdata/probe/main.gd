# Runs the probe that the command line names, as the node Main/Game.
extends Node

func _ready() -> void:
	var script: GDScript = load("res://%s.gd" % OS.get_cmdline_user_args()[0])
	if script == null or not script.can_instantiate():
		get_tree().quit(1)
		return
	var game: Node = script.new()
	game.name = "Game"
	add_child(game)
