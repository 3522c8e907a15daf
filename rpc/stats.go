package rpc

import "github.com/peerage-go/peerage/multiplayer"

// Stats counts what a SceneMultiplayer did since it began. docs/operations.md says what to watch.
type Stats struct {
	// Session counts what its session did; Session.At is when all of this was taken.
	Session multiplayer.Stats

	// Peers can be called now, those that are reached through the server included; Authenticating ones are held back.
	Peers, Authenticating int
	// PacketsIn came from connected peers. CallsIn ran a handler; CallsOut were sent, once for each wire.
	PacketsIn, CallsIn, CallsOut uint64
	// Remote calls that were not run, by cause.
	UnknownNode, UnknownMethod, NotAllowed, BadArguments, TooManyRequests uint64
	// Ignored calls are those from Godot clients of methods that are declared here without a handler: mostly this
	// peer's copy of what was for everyone.
	Ignored uint64
	// DroppedIn unreliable calls were not run because their sender was flooding.
	DroppedIn uint64
	// Handlers tells how long handlers ran, reading their packets included. HandlerPanics and HandlerErrors are calls
	// whose handler panicked, or returned an error.
	Handlers                     multiplayer.Timing
	HandlerPanics, HandlerErrors uint64
	// CallbackPanics are events, callbacks of replies, AuthCallback and tick functions that panicked.
	CallbackPanics uint64
	// RefusedByRemote are calls of ours that another peer did not run.
	RefusedByRemote uint64
	// StrayReplies came for nothing that was asked, or too late; Cancelled requests were given up by their caller.
	StrayReplies, Cancelled uint64
	// Relayed packets went from client to client; Unreachable ones to nobody; Untranslatable ones have no form on the
	// wire of their target.
	Relayed, Unreachable, Untranslatable uint64
	// FromDeparted packets came when their sender was said to be gone already.
	FromDeparted uint64
	// RelayFailures are reliable packets that could not be passed on because a target did not keep up or was leaving, and
	// packets of any kind to a peer that was not told of their sender yet. A packet for ten peers counts for each.
	RelayFailures uint64
	// Malformed packets were ignored; UnknownOpcodes are of a later version.
	Malformed, UnknownOpcodes uint64
	// BeforeAuth packets came before their sender was admitted; AuthTimeouts are peers that never were, AuthRefused
	// those over MaxAuthenticating.
	BeforeAuth, AuthTimeouts, AuthRefused uint64
	// TooManyNames and TooManyFaults are peers that were disconnected for more than MaxNames and MaxFaults.
	TooManyNames, TooManyFaults uint64
	// ChecksumMismatches are nodes for which a Godot client has another method list.
	ChecksumMismatches uint64
	// Replication packets of spawners and synchronizers came for this peer.
	Replication uint64
	// Waiting are calls of ours whose reply has not come.
	Waiting int
	// Silenced log lines were left out because peers caused too many; see Options.MaxNotices.
	Silenced uint64
}

// Stats gives the counters. Only the goroutine that polls may call it; others call Snapshot.
func (m *SceneMultiplayer) Stats() Stats {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	s := m.stats
	s.Session = m.peer.Stats()
	s.Peers, s.Authenticating = len(m.remotes), len(m.pending)
	s.Waiting = len(m.replies)
	return s
}

// Snapshot is Stats for other goroutines than the one that polls, at most a second old: see
// multiplayer.MultiplayerPeer.Snapshot.
func (m *SceneMultiplayer) Snapshot() Stats { return m.board.Read(m.peer.Wake) }

// PeerStats counts what came from one peer.
type PeerStats struct {
	// CallsIn ran a handler; Refused calls were not run; Malformed packets were ignored.
	CallsIn, Refused, Malformed uint64
	// Requests wait for an Answer; Names were numbered, on peerage.v1.
	Requests, Names int
	// Session counts what the peer's connection did, that of the server for a peer that is reached through it.
	Session multiplayer.PeerStats
}

// PeerStats gives a peer's counters; ok is false if there is none with this id. Only the goroutine that polls may call
// it; others ask it to, with Post.
func (m *SceneMultiplayer) PeerStats(id PeerID) (s PeerStats, ok bool) {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	r := m.remotes[id]
	if r == nil {
		r = m.pending[id]
	}
	if r == nil {
		return s, false
	}
	s = r.stats
	s.Requests = len(r.run)
	s.Names = len(r.names)
	s.Session = r.link.Stats()
	return s, true
}

// Timing tells how often a method of the node ran here, and how long.
func (n *Node) Timing(method string) multiplayer.Timing {
	n.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	if m := n.methods[method]; m != nil {
		return m.calls
	}
	return multiplayer.Timing{}
}

// count counts a refusal.
func (m *SceneMultiplayer) count(code Code) {
	switch code {
	case CodeUnknownNode:
		m.stats.UnknownNode++
	case CodeUnknownMethod:
		m.stats.UnknownMethod++
	case CodeNotAllowed:
		m.stats.NotAllowed++
	case CodeBadArguments:
		m.stats.BadArguments++
	case CodeTooMany:
		m.stats.TooManyRequests++
	}
}

// ChecksumMismatch tells that a Godot client numbers the methods of a node differently.
type ChecksumMismatch struct {
	// Peer is the client, Node the path of the node.
	Peer PeerID
	Node string
	// Theirs is the md5 that the client sent, "" if it only said that ours is another. Ours is that of Methods, the
	// node's list here.
	Theirs, Ours string
	Methods      []string
	// Known is the label of the list with that md5 that KnownMethods told of, "" if there is none: then calls of the
	// client on this node are refused, and calls to it there fail with ErrMethodsDiffer. Otherwise both are
	// understood by name.
	Known string
}
