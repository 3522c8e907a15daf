# A player of the turn game, or its host, as the engine's own demo has them: the node Main/Panel/VBoxContainer/Game.
extends Node

func _ready() -> void:
	var at: Node = self
	for part: String in ["Panel", "VBoxContainer", "Game"]:
		var child: Node = load("res://game.gd").new() if part == "Game" else Node.new()
		child.name = part
		at.add_child(child)
		at = child
