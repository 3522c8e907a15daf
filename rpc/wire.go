package rpc

import (
	"time"

	"github.com/peerage-go/peerage/internal/args"
	"github.com/peerage-go/peerage/internal/watch"
	"github.com/peerage-go/peerage/multiplayer"
)

// kind is what a message is about.
type kind uint8

const (
	kindCall kind = iota
	kindRequest
	kindReply
	kindFailure
	kindCancel
	kindRefused
	kindRaw
	kindPeerAdded
	kindPeerRemoved
	kindPeerAway
	kindPeerBack
	kindRelay       // client to server: data is for target, or targets
	kindRelayed     // server to client: data is from target
	kindAuth        // empty data on Godot's wire: complete
	kindAuthDone    // authentication complete
	kindReplication // Godot's spawn, despawn and sync
)

// message is what one packet says, whatever wire it came on or goes out on.
type message struct {
	kind       kind
	path       string  // node of a call, request or refusal
	name       string  // method of the same
	node       *Node   // what path stands for here, nil if unknown
	method     *method // what name stands for there, nil if unknown
	request    uint64
	target     PeerID   // of a relay; source of a relayed; who was added or removed; to whom a call was addressed
	targets    []PeerID // of a relay to several; valid until the next packet is read
	group      *Group   // what goes out is for these, in place of target
	code       Code
	text       string
	aside      bool         // passed on to many, of whom this peer is one
	authorized bool         // Options.Authorize has been asked
	data       []byte       // raw bytes, auth data, the packet inside a relay
	args       args.Decoder // arguments of a call or request, value of a reply
	argc       int          // how many arguments; -1: up to the end
	delivery   multiplayer.Delivery
}

// wire is the form that messages have on one kind of connection. Beside the messages it does the bookkeeping that its
// form needs: names, paths.
type wire interface {
	// decode reads a packet that came from r. as is whom it is for: nil for this peer, or the peer for which this
	// server translates. ok is false where the packet was the wire's own business.
	decode(r, as *remote, packet []byte, m *message) (ok bool, err error)
	// call reads a packet that came from r if it is a call or a request, as far as its arguments, and does nothing else.
	call(r *remote, packet []byte, m *message) bool
	// appendComing appends a packet that tells that a peer came.
	appendComing(packet []byte, id PeerID) []byte
	// begin starts to send m to each of the remotes, which are all of this wire, from the remote from, or from this
	// peer if it is nil. Arguments, or the value of a reply, go to the encoder before end.
	begin(from *remote, m *message, to []*remote) (args.Encoder, error)
	// end sends what begin started, with argc arguments. A failed encoding is given up with abort instead.
	end(argc int) error
	abort()
	// forward passes on a packet from r that is not for this peer alone, to remotes of the same wire.
	forward(r *remote, m *message, packet []byte, to []*remote) error
	// isAuth tells whether a packet belongs to the authentication.
	isAuth(packet []byte) bool
	// copies tells whether a client sends what is for many once to each of them: then a call that came to the server
	// alone may have been for everyone.
	copies() bool
	// replies tells whether a call can be answered: with a reply, a failure or a refusal.
	replies() bool
	// joined and left keep the state that belongs to a remote.
	joined(r *remote)
	left(r *remote)
	// freed forgets a node.
	freed(n *Node)
	// settle says what can wait for the end of a tick.
	settle()
}

// remote is a peer that calls can be made to and come from: connected, or reached through the server.
type remote struct {
	id    PeerID
	link  *multiplayer.Peer // the connection that its packets use
	via   *remote           // the server, for a peer that is reached through it
	phase phase
	local bool // authentication: completed here
	their bool // and there
	spoke bool // it has sent something for it
	away  bool // its connection is lost, and it may come back
	timer *time.Timer

	names    map[uint64]*theirName // peerage.v1: what numbers mean that come on link
	foreign  int                   // peerage.v1: how many of our names are on its account
	inOrder  int                   // peerage.v1: how many it was told, if it wants them in order
	standIns map[string]*Node      // nodes that only a pattern knows, by path
	paths    *pathTable            // Godot: its path ids, and what it confirmed of ours
	run      map[uint64]*answer
	groups   []*Group
	untold   *untold // who came and went that it was not told yet; nil: it was told all
	notices  watch.Notices
	faults   watch.Notices // those that it may still make
	copying  *copying      // Godot: what it sends to everybody
	slot     int           // a small number of its own among those that are admitted, from 1
	stats    PeerStats
}

type phase uint8

const (
	authenticating phase = iota
	admitted
	departed
)

func (r *remote) wire() multiplayer.Wire { return r.link.Wire() }

// source is on whose account a message from a remote, nil for this peer, goes out: see multiplayer.MultiplayerPeer.Relay.
func (m *message) source(from *remote) PeerID {
	switch {
	case from != nil && from.link != nil: // else it is this peer that speaks in its name
		return from.id
	case m.kind == kindPeerAdded, m.kind == kindPeerRemoved, m.kind == kindPeerAway, m.kind == kindPeerBack:
		return multiplayer.Server
	}
	return 0
}

// peerKey spreads a source or target over a Delivery's Key: on a connection that packets of several peers share, those
// of one do not give way to another's.
func peerKey(id PeerID) uint64 { return uint64(id) * 0x9e3779b97f4a7c15 }
