# The official websocket_chat demo, without its window: who chats, or the server of a chat.
extends "res://probe.gd"

var socket := WebSocketPeer.new() # who chats
var door := TCPServer.new() # the server
var members := {}
var open := false

func _ready() -> void:
	if arg("url") != "":
		socket.supported_protocols = ["demo-chat"]
		socket.connect_to_url(arg("url"))
		return
	var port := 20000 + OS.get_process_id() % 20000
	while door.listen(port, "127.0.0.1") != OK:
		port += 1
	say("port %d" % port)

func _process(_delta: float) -> void:
	if door.is_listening():
		serve()
		return
	socket.poll()
	if socket.get_ready_state() == WebSocketPeer.STATE_OPEN and not open:
		open = true
		say("open, speaks " + socket.get_selected_protocol())
		for line in arg("lines").split("|", false):
			socket.send_text(line)
	while socket.get_available_packet_count() > 0:
		say(socket.get_packet().get_string_from_utf8())
	if socket.get_ready_state() == WebSocketPeer.STATE_CLOSED:
		say("closed %d %s" % [socket.get_close_code(), socket.get_close_reason()])
		set_process(false)

func serve() -> void:
	while door.is_connection_available():
		var member := WebSocketPeer.new()
		member.supported_protocols = ["demo-chat"]
		member.accept_stream(door.take_connection())
		members[members.size() + 2] = {socket = member, open = false}
	for id: int in members:
		var member: WebSocketPeer = members[id].socket
		member.poll()
		if member.get_ready_state() == WebSocketPeer.STATE_OPEN and not members[id].open:
			members[id].open = true
			pass_on(id, "[%d] connected" % id)
		while member.get_available_packet_count() > 0:
			var line := member.get_packet().get_string_from_utf8()
			pass_on(id, "[%d] Says: %s" % [id, line])
			if line == "close me":
				member.close(4321, "as you wish")
		if member.get_ready_state() == WebSocketPeer.STATE_CLOSED and members[id].open:
			members[id].open = false
			pass_on(id, "[%d] disconnected" % id)

# pass_on says a line, and sends it to everybody but one.
func pass_on(but: int, line: String) -> void:
	say(line)
	for id: int in members:
		if id != but and members[id].open:
			members[id].socket.send_text(line)
