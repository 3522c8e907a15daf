# A peer without a network: what it sends is shown to the capture, and lies before the other side until that is polled.
extends MultiplayerPeerExtension

signal sent(to: int, channel: int, mode: int, packet: PackedByteArray)

var id := 0
var others := {} # the links of those who are connected, by their ids
var came := [] # [from, channel, mode, packet]
var target := 0
var channel := 0
var mode := TRANSFER_MODE_RELIABLE

func _put_packet_script(packet: PackedByteArray) -> Error:
	if not others.has(target):
		return ERR_INVALID_PARAMETER
	sent.emit(target, channel, mode, packet)
	others[target].came.append([id, channel, mode, packet.duplicate()])
	return OK

func _get_packet_script() -> PackedByteArray: return came.pop_front()[3]
func _get_packet_peer() -> int: return came[0][0]
func _get_packet_channel() -> int: return came[0][1]
func _get_packet_mode() -> TransferMode: return came[0][2]
func _get_available_packet_count() -> int: return came.size()
func _get_max_packet_size() -> int: return 1 << 20
func _set_target_peer(peer: int) -> void: target = peer
func _set_transfer_channel(c: int) -> void: channel = c
func _get_transfer_channel() -> int: return channel
func _set_transfer_mode(m: TransferMode) -> void: mode = m
func _get_transfer_mode() -> TransferMode: return mode
func _get_unique_id() -> int: return id
func _is_server() -> bool: return id == 1
func _is_server_relay_supported() -> bool: return true
func _get_connection_status() -> ConnectionStatus: return CONNECTION_CONNECTED
func _set_refuse_new_connections(_refuse: bool) -> void: pass
func _is_refusing_new_connections() -> bool: return false
func _disconnect_peer(_peer: int, _force: bool) -> void: pass
func _poll() -> void: pass
func _close() -> void: pass
