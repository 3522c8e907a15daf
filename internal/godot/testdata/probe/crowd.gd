# Many clients in one process: each calls everybody, and everybody has to hear each.
extends "res://probe.gd"

var count := int(arg("count"))
var done := 0

class Member extends Node:
	var heard := {}
	var crowd: Node
	@rpc("any_peer") func shout(n: int) -> void:
		heard[multiplayer.get_remote_sender_id()] = n
		if heard.size() == crowd.count - 1:
			crowd.finished()
	@rpc func begin() -> void:
		shout.rpc(multiplayer.get_unique_id())

func _ready() -> void:
	for i in count:
		var branch := Node.new()
		branch.name = "Branch%d" % i
		add_child(branch)
		var api := SceneMultiplayer.new()
		get_tree().set_multiplayer(api, branch.get_path())
		var member := Member.new()
		member.name = "Member"
		member.crowd = self
		branch.add_child(member)
		var peer := WebSocketMultiplayerPeer.new()
		peer.create_client(arg("url"))
		api.multiplayer_peer = peer

func finished() -> void:
	done += 1
	if done == count:
		say("%d heard all" % done)
