package multiplayer

import (
	"errors"
	"fmt"
	"net"
	"os"
)

// The errors of this package. Those that stand for a closed thing also match net.ErrClosed, those that stand for
// lost time os.ErrDeadlineExceeded.
var (
	// ErrNotConnected is returned for a send or a look-up before the connection stands or after it ended.
	ErrNotConnected = fmt.Errorf("multiplayer: not connected: %w", net.ErrClosed)
	// ErrUnknownPeer is returned for a peer id that nobody in the session has.
	ErrUnknownPeer = errors.New("multiplayer: no connected peer has this id")
	// ErrOwnID is returned for a packet to oneself.
	ErrOwnID = errors.New("multiplayer: the target is this peer itself")
	// ErrBufferFull is returned for a reliable packet to a peer that does not read, or does not acknowledge, what it was
	// sent: its OutboundBufferSize or MaxQueuedPackets is used up, or, while it is away, its ReplayBufferSize, or of these
	// the share of the source of a Relay. Nothing was queued for that peer.
	ErrBufferFull = errors.New("multiplayer: the peer is not keeping up, its outbound buffer is full")
	// ErrPacketTooLarge is returned for a packet that the receiver would refuse to read, or that is larger than
	// the whole outbound buffer.
	ErrPacketTooLarge = errors.New("multiplayer: the packet is larger than the receiver reads")
	// ErrTransferMode is returned for a packet whose Delivery.Mode is none.
	ErrTransferMode = errors.New("multiplayer: no such transfer mode: give Reliable, Unreliable or UnreliableOrdered")
	// ErrNoPacket is returned by GetPacket when no packet is waiting.
	ErrNoPacket = errors.New("multiplayer: no packet is waiting, poll first")
	// ErrRefused is answered to a client while the session refuses new connections, as a Refusal with CloseRefused and
	// a RetryAfter of 5 s; so are the next two.
	ErrRefused = errors.New("multiplayer: the session is not taking new peers")
	// ErrFull is answered to a client while MaxPeers are there.
	ErrFull = errors.New("multiplayer: the session is full")
	// ErrTooManyFromAddress is answered to a client while MaxPeersPerAddress are there from its address.
	ErrTooManyFromAddress = errors.New("multiplayer: too many connections from this address")
	// ErrInPoll is returned for what cannot be done inside Poll, in a handler, an event or a function of Post.
	ErrInPoll = errors.New("multiplayer: inside Poll: do it when Poll or Run has returned, or let the goroutine that calls them do it")
	// ErrReplaced ends a peer whose player came on another connection: see Options.AssignID.
	ErrReplaced = errors.New("multiplayer: the same player came on another connection")
	// ErrHandshakeTimeout ends a connection that did not become a peer in time.
	ErrHandshakeTimeout = fmt.Errorf("multiplayer: no peer id in time: %w", os.ErrDeadlineExceeded)
	// ErrProtocol ends a connection that sent what its wire does not know.
	ErrProtocol = errors.New("multiplayer: the peer broke the protocol")
	// ErrSessionLost ends the server on a client that came back too late: the server had forgotten its session.
	ErrSessionLost = fmt.Errorf("multiplayer: came back too late, the server has forgotten the session: %w", net.ErrClosed)
	// ErrLeft ends a connection that this side closed, with Close, DisconnectPeer or Peer.Disconnect, and no other reason.
	ErrLeft = fmt.Errorf("multiplayer: this side closed the connection: %w", net.ErrClosed)
	// ErrSlowPeer ends a connection whose peer did not read what it was sent for SlowPeerTimeout.
	ErrSlowPeer = errors.New("multiplayer: the peer stopped reading")
)

// errClient is what comes of taking connections into a client.
var errClient = errors.New("multiplayer: this peer is a client, it takes no connections")

// PeerError is an error that concerns one peer of a send to several.
type PeerError struct {
	// Peer is the target that did not get the packet.
	Peer PeerID
	// Err says why: one of the errors above.
	Err error
}

func (e *PeerError) Error() string { return fmt.Sprintf("peer %d: %v", e.Peer, e.Err) }

// Unwrap gives the cause.
func (e *PeerError) Unwrap() error { return e.Err }

// The close codes of a session, beside those of RFC 6455 section 7.4.1. They are part of peerage.v1
// (docs/protocol.md), and are what a Godot client sees as the reason of its disconnection.
const (
	// CloseGoingAway: the server goes down.
	CloseGoingAway = 1001
	// CloseProtocolError: a message that does not follow the wire's rules.
	CloseProtocolError = 1002
	// CloseUnsupportedData: a text message.
	CloseUnsupportedData = 1003
	// ClosePolicy: against one of the session's limits.
	ClosePolicy = 1008
	// CloseTryLater: the peer did not read in time. A peer on Godot's wire is told 4013, as engines up to 4.3 do not
	// know 1012 to 1014.
	CloseTryLater = 1013
	// CloseDisconnected: DisconnectPeer was called; the reason says why.
	CloseDisconnected = 4000
	// CloseNotAuthenticated: not authenticated in time, or not at all.
	CloseNotAuthenticated = 4001
	// CloseHandshakeTimeout: no hello or no welcome in time.
	CloseHandshakeTimeout = 4002
	// CloseRefused: the session is not taking new peers.
	CloseRefused = 4003
	// CloseResumed: another connection resumed this session.
	CloseResumed = 4004
	// CloseReplaced: the same player came on another connection, and has this peer's id now.
	CloseReplaced = 4026

	closeInternalError = 1011 // no pong came, as transport says it
	closeRestart       = 1012
	closeBadGateway    = 1014

	closeForGodot = 3000 // is added to those from closeRestart on, on Godot's wire
)
