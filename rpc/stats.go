package rpc

// Stats counts what a SceneMultiplayer did since it began.
type Stats struct {
	// PacketsIn came from connected peers. CallsIn ran a handler; CallsOut were sent, once for each wire.
	PacketsIn, CallsIn, CallsOut uint64
	// Remote calls that were not run, by cause.
	UnknownNode, UnknownMethod, NotAllowed, BadArguments, TooManyRequests uint64
	// HandlerPanics and HandlerErrors are calls whose handler panicked, or returned an error.
	HandlerPanics, HandlerErrors uint64
	// RefusedByRemote are calls of ours that another peer did not run.
	RefusedByRemote uint64
	// StrayReplies came for nothing that was asked, or too late; Cancelled requests were given up by their caller.
	StrayReplies, Cancelled uint64
	// Relayed packets went from client to client; Unreachable ones to nobody; Untranslatable ones have no form on the
	// wire of their target.
	Relayed, Unreachable, Untranslatable uint64
	// RelayFailures are packets that could not be passed on because a target did not keep up.
	RelayFailures uint64
	// Malformed packets were ignored; UnknownOpcodes are of a later version.
	Malformed, UnknownOpcodes uint64
	// BeforeAuth packets came before their sender was admitted; AuthTimeouts are peers that never were.
	BeforeAuth, AuthTimeouts uint64
	// ChecksumMismatches are nodes for which a Godot client has another method list.
	ChecksumMismatches uint64
	// Replication packets of spawners and synchronizers came for this peer.
	Replication uint64
	// Waiting are calls of ours whose reply has not come.
	Waiting int
}

// Stats gives the counters.
func (m *SceneMultiplayer) Stats() Stats {
	s := m.stats
	s.Waiting = len(m.replies)
	return s
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
