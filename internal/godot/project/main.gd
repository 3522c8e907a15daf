# Runs the script that the command line names, as the node Main/Game, or as the one below Main that at= names.
extends Node

func _ready() -> void:
	var args := OS.get_cmdline_user_args()
	var script: GDScript = load("res://%s.gd" % args[0])
	if script == null or not script.can_instantiate():
		get_tree().quit(1)
		return
	var path := "Game"
	for a in args:
		if a.begins_with("at="):
			path = a.substr(3)
	var names := Array(path.split("/"))
	var node: Node = script.new()
	node.name = names.pop_back()
	var parent: Node = self
	for n: String in names:
		var between := Node.new()
		between.name = n
		parent.add_child(between)
		parent = between
	parent.add_child(node)
