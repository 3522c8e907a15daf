package multiplayer

import "strconv"

// PeerID names a peer of a session. The server is 1, clients are 2 and above. As the target of a packet, 0 is
// everyone and -n is everyone but n (MultiplayerPeer.set_target_peer in Godot's class reference).
type PeerID int32

const (
	// Everyone is the target that reaches all connected peers (TARGET_PEER_BROADCAST).
	Everyone PeerID = 0
	// Server is the id of the server, and the target that reaches it alone (TARGET_PEER_SERVER).
	Server PeerID = 1
)

// Except is the target that reaches everyone but id.
func Except(id PeerID) PeerID { return -id }

// String gives the id in decimal.
func (id PeerID) String() string { return strconv.Itoa(int(id)) }

// TransferMode says what a packet is worth when its receiver is slow (MultiplayerPeer.TransferMode). A WebSocket
// loses nothing by itself: the modes differ only while a connection is congested.
type TransferMode uint8

const (
	// Reliable packets arrive, or the send fails.
	Reliable TransferMode = iota
	// Unreliable packets are dropped, oldest first, when the receiver does not keep up.
	Unreliable
	// UnreliableOrdered packets give way to the next one of the same channel and key.
	UnreliableOrdered
)

// String gives Godot's name of the mode: "unreliable", "unreliable_ordered", "reliable".
func (m TransferMode) String() string {
	switch m {
	case Unreliable:
		return "unreliable"
	case UnreliableOrdered:
		return "unreliable_ordered"
	case Reliable:
		return "reliable"
	}
	return "TransferMode(" + strconv.Itoa(int(m)) + ")"
}

// ConnectionStatus is where a MultiplayerPeer stands (MultiplayerPeer.ConnectionStatus).
type ConnectionStatus uint8

const (
	// Disconnected: closed, failed or never started.
	Disconnected ConnectionStatus = iota
	// Connecting: a client that has no peer id yet.
	Connecting
	// Connected: a client with a peer id, or a server.
	Connected
)

// String gives the status in lower case.
func (s ConnectionStatus) String() string {
	switch s {
	case Disconnected:
		return "disconnected"
	case Connecting:
		return "connecting"
	case Connected:
		return "connected"
	}
	return "ConnectionStatus(" + strconv.Itoa(int(s)) + ")"
}

// Delivery says how a packet travels. Its zero value is channel 0, reliable.
type Delivery struct {
	// Channel is 0 to 255. Order holds within a channel; under pressure lower channels leave first.
	Channel uint8
	// Mode is what the packet is worth under pressure.
	Mode TransferMode
	// Key tells UnreliableOrdered packets of one channel apart: a packet replaces only those of its own key.
	Key uint64
}

// Packet is what came from a peer.
type Packet struct {
	// Peer is the sender.
	Peer PeerID
	// Delivery is the channel and mode that the sender chose. Godot's wire does not carry them: there they are
	// always channel 0, Reliable.
	Delivery
	// Data is the packet's bytes.
	Data []byte
}
