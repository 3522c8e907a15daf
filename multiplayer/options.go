package multiplayer

import (
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/peerage-go/peerage/transport"
)

// Wire is one of the two ways of speaking on a connection.
type Wire uint8

const (
	// Peerage is this project's own wire, the subprotocol peerage.v1 (docs/protocol.md).
	Peerage Wire = iota
	// Godot is the engine's wire, as WebSocketMultiplayerPeer speaks it.
	Godot
)

// String gives "peerage.v1" or "godot".
func (w Wire) String() string {
	if w == Godot {
		return "godot"
	}
	return Subprotocol
}

// Subprotocol is what a client offers to speak this project's own wire.
const Subprotocol = "peerage.v1"

// Options configure a MultiplayerPeer. nil, or any zero field, means the default. They are copied, never written to.
type Options struct {
	// Transport configures the WebSockets: buffers, queues, time-outs, TLS, origins, headers. SupportedProtocols,
	// ProtocolOptional, Admit, UserData and Group in it are not used: the session sets them.
	//
	// Its InboundBufferSize is also the largest packet that is read from a peer, its OutboundBufferSize and
	// MaxQueuedPackets are the budget of each peer that does not keep up.
	//
	// These have other defaults than in package transport, and -1 where 0 is the default there:
	//   - HeartbeatInterval: 20 s. A peer whose network is gone is noticed in twice that; so is an engine that loads a
	//     scene for longer, because it does not answer meanwhile.
	//   - WriteTimeout: twice HeartbeatInterval, if that is not -1. A peer that reads nothing is noticed as one that is gone.
	//   - MaxPacketsPerSecond: on a server 2000 from each peer, which is eight calls in each frame at 240 frames a second; on a
	//     client no limit.
	//   - MaxBytesPerSecond: on a server 16 times InboundBufferSize from each peer, 1 MiB by default; on a client no
	//     limit.
	//
	// A peer over the two limits is read more slowly. When it has been over them for a third of FloodTimeout its
	// unreliable packets are dropped, after the whole of it the peer is disconnected with ClosePolicy.
	Transport transport.Options

	// Wire is what a client speaks. A server speaks both, as each client offers. Default: Peerage.
	Wire Wire

	// GodotProtocols are the subprotocols that mean Godot's wire: a server accepts them, a client with Wire set to
	// Godot offers them. A client that offers none means Godot's wire, too. Default: none.
	GodotProtocols []string

	// PeerageOnly makes a server refuse Godot's wire.
	PeerageOnly bool

	// GodotPacketLimit is the largest packet sent on Godot's wire, in bytes. A stock engine closes with 1009 on
	// more than its inbound_buffer_size: raise this only together with that. Default: 65535.
	GodotPacketLimit int

	// RandomIDs gives clients random ids, as the engine does, instead of 2, 3, 4 and on. No id is given twice: the
	// session remembers all that it gave, some ten bytes each, as long as it lasts.
	RandomIDs bool

	// AssignID gives each new client its id, in place of RandomIDs: say, the one that a player had in the match
	// before. It is told what Admit said of the client, nil without Admit, and runs in Poll. The id of a connected peer is
	// for the same player only, as SameAdmitted says: that peer is closed with CloseReplaced and told as disconnected,
	// before the newcomer is told as connected. An id below 2, that of another peer, and an error turn the client away; a
	// Refusal as the error chooses how. Default: none.
	AssignID func(admitted any) (PeerID, error)

	// Admit decides over a connection by its HTTP request, before it is answered: say, by a cookie or a token in the
	// URL. What it returns beside a nil error is Peer.Admitted. A Refusal as the error says in words why not, and when to
	// try again; a transport.HandshakeError chooses the status, reason and headers of the answer, which a page does not
	// see. After any other error a client is told that it is not admitted, and no more. It runs on the goroutine of the
	// request, several at once, and may take its time. Server only. Default: everybody.
	Admit func(r *http.Request) (admitted any, err error)

	// SameAdmitted tells whether what Admit said of the connection of a peer, and of the one on which somebody wants to
	// go on with that peer's session, or has its id from AssignID, mean the same player. Who is another is a new peer, or
	// turned away. It runs in Poll. Default: reflect.DeepEqual, for which pointers to equal values are equal, and functions
	// are only if both are nil.
	SameAdmitted func(before, now any) bool

	// HandshakeTimeout is how long a connection may take to become a peer, counted from the start of its
	// handshake. Default: 3 s.
	HandshakeTimeout time.Duration

	// SlowPeerTimeout is how long a peer may be unable to take reliable packets of this side's own before it is
	// disconnected with CloseTryLater. A peer that is away is not. Default: 10 s.
	SlowPeerTimeout time.Duration

	// ResumeWindow is how long a server keeps a peer of peerage.v1 whose connection was lost: if it comes back in that
	// time it goes on as the same peer, and no reliable packet is lost or doubled. Meanwhile the peer counts as
	// connected. Default: 0, a lost connection ends the peer, as in Godot.
	ResumeWindow time.Duration

	// ReplayBufferSize is how many bytes of memory the reliable packets take that are kept for one peer that has not
	// acknowledged them: some 150 bytes each besides its own. Where more would have to be kept, reliable packets wait until
	// the peer acknowledges some, and over its budget they fail with ErrBufferFull, as for a peer that does not read;
	// SlowPeerTimeout counts, too. For a peer that is away they fail at once, and it may come back all the same.
	//
	// A client acknowledges after a second at the latest, and sooner only after 16 KiB or 64 packets: with less than some
	// 64 KiB here a stream of packets may have to wait for that.
	//
	// Default: 8 times Transport.OutboundBufferSize, 524280. That is half a second of the most that a peer may send by
	// default, so that a round trip slows nobody down, and a quarter of it, the share of one peer whose packets are passed
	// on, holds the largest packet.
	ReplayBufferSize int

	// Reconnect is how long a client whose connection was lost tries to come back, with growing delays, as the same
	// peer where the server has a ResumeWindow, else as a new one. The last attempt is made when that time is over; the
	// time that the server asks to wait, in its Goodbye, does not count. A Refusal without RetryAfter ends
	// it. Default: 0, it does not try.
	Reconnect time.Duration

	// AllowedHosts are the hosts, "game.example" or "game.example:9080", to which a goodbye may send a client with its
	// session and with Transport.HandshakeHeaders, beside that of the URL that was dialed and the one that gave the
	// session. To others it goes as a new peer, and not at all if it has HandshakeHeaders. Never from wss to ws.
	// Default: none.
	AllowedHosts []string

	// MaxPeers is how many peers a server takes at once, those in their handshake included. With ResumeWindow up to 8
	// newcomers more may be in their handshake, to be told why they do not come in. Who comes back has its place, whoever
	// else is there. Default: 0, any number.
	MaxPeers int

	// MaxPeersPerAddress is how many of them may come from one address: an IPv4 address, or a /64 of IPv6. Behind a proxy
	// that is the client's if Transport.TrustedProxies names the proxy. -1 is any number. Default: 256, but any number from
	// this machine and from private networks, where there may be a proxy that nobody named.
	MaxPeersPerAddress int

	// Logger is told what an operator should see. Default: silent.
	Logger *slog.Logger
}

const (
	defaultHandshakeTimeout = 3 * time.Second
	defaultSlowPeerTimeout  = 10 * time.Second
	defaultBufferSize       = 65535
	minBufferSize           = 125 // as transport has it
	defaultMaxQueued        = 2048
	replayFactor            = 8 // times OutboundBufferSize: the default ReplayBufferSize
	defaultHeartbeat        = 20 * time.Second
	defaultPacketRate       = 2000
	defaultPeersPerAddress  = 256
	byteRateFactor          = 16 // times InboundBufferSize: the default byte rate
)

// withDefaults gives a copy with every default filled in.
func (o *Options) withDefaults() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	for _, v := range []struct {
		name string
		n    int64
	}{
		{"GodotPacketLimit", int64(c.GodotPacketLimit)},
		{"HandshakeTimeout", int64(c.HandshakeTimeout)},
		{"SlowPeerTimeout", int64(c.SlowPeerTimeout)},
		{"MaxPeers", int64(c.MaxPeers)},
		{"ResumeWindow", int64(c.ResumeWindow)},
		{"ReplayBufferSize", int64(c.ReplayBufferSize)},
		{"Reconnect", int64(c.Reconnect)},
		{"Transport.OutboundBufferSize", int64(c.Transport.OutboundBufferSize)},
		{"Transport.MaxQueuedPackets", int64(c.Transport.MaxQueuedPackets)},
	} {
		if v.n < 0 {
			return c, fmt.Errorf("multiplayer: Options.%s is %d: give 0 for the default, or more", v.name, v.n)
		}
	}
	if c.Wire > Godot {
		return c, fmt.Errorf("multiplayer: Options.Wire is %d: give Peerage or Godot", c.Wire)
	}
	setDefault(&c.GodotPacketLimit, defaultBufferSize)
	setDefault(&c.HandshakeTimeout, defaultHandshakeTimeout)
	setDefault(&c.SlowPeerTimeout, defaultSlowPeerTimeout)
	setDefault(&c.Transport.InboundBufferSize, defaultBufferSize)
	setDefault(&c.Transport.OutboundBufferSize, defaultBufferSize)
	setDefault(&c.ReplayBufferSize, replayFactor*c.Transport.OutboundBufferSize)
	setDefault(&c.Transport.MaxQueuedPackets, defaultMaxQueued)
	setDefault(&c.Transport.HandshakeTimeout, c.HandshakeTimeout)
	setDefault(&c.Transport.CloseTimeout, transport.DefaultCloseTimeout)
	setDefault(&c.Transport.HeartbeatInterval, defaultHeartbeat)
	c.Transport.HeartbeatInterval = max(0, c.Transport.HeartbeatInterval)
	setDefault(&c.Transport.WriteTimeout, 2*c.Transport.HeartbeatInterval)
	if c.SameAdmitted == nil {
		c.SameAdmitted = func(before, now any) bool { return reflect.DeepEqual(before, now) }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Transport.Logger == nil {
		c.Transport.Logger = c.Logger
	}
	return c, nil
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// serverTransport and clientTransport are the WebSocket options of the two roles.
func (o *Options) serverTransport(g *transport.Group) *transport.Options {
	t := o.Transport
	t.Group, t.UserData, t.Admit = g, nil, nil // Admit is gate's
	setDefault(&t.MaxPacketsPerSecond, defaultPacketRate)
	setDefault(&t.MaxBytesPerSecond, byteRateFactor*t.InboundBufferSize)
	t.SupportedProtocols = append([]string{Subprotocol}, o.GodotProtocols...)
	t.ProtocolOptional = true
	if o.PeerageOnly {
		t.SupportedProtocols = []string{Subprotocol}
		t.ProtocolOptional = false
	}
	return &t
}

func (o *Options) clientTransport(g *transport.Group) *transport.Options {
	t := o.Transport
	t.Group, t.UserData, t.Admit = g, nil, nil
	t.SupportedProtocols = []string{Subprotocol}
	if o.Wire == Godot {
		t.SupportedProtocols = o.GodotProtocols
	}
	return &t
}
