package multiplayer

import "fmt"

// wire is one way of speaking on a connection: how a peer is admitted and what stands around a packet. Wires keep
// no state of their own: what belongs to a connection is in its Peer.
type wire interface {
	kind() Wire
	// open is called once, when the WebSocket is open.
	open(p *Peer) error
	// message takes one message. ok tells that pkt is a packet for the floor above; its data aliases the message.
	message(p *Peer, data []byte, text bool) (pkt Packet, ok bool, err error)
	// appendHeader appends what stands before the bytes of a packet.
	appendHeader(dst []byte, d Delivery) []byte
	// closeCode is what is said for a close code.
	closeCode(code int) int
}

const (
	wireCount     = 2
	longestHeader = 2 // that appendHeader appends
)

var wires = [wireCount]wire{Peerage: peerageWire{}, Godot: godotWire{}}

// wireFor is the wire that a subprotocol stands for.
func wireFor(subprotocol string) wire {
	if subprotocol == Subprotocol {
		return wires[Peerage]
	}
	return wires[Godot]
}

// violation is an error that ends the connection with a close code.
type violation struct {
	code int
	err  error
}

func (v *violation) Error() string { return v.err.Error() }
func (v *violation) Unwrap() error { return v.err }

func violated(code int, format string, args ...any) error {
	return &violation{code, fmt.Errorf("%w: %s", ErrProtocol, fmt.Sprintf(format, args...))}
}
