// Package multiplayer makes WebSocket connections the peers of one session: with ids, targets, channels and transfer
// modes, as Godot's MultiplayerPeer and WebSocketMultiplayerPeer do.
//
// In plain words: a [MultiplayerPeer] is a session, a room or a match, as its server or one of its players sees it; a
// [Peer] is the connection to one of the others.
//
// [Listen], or [NewServer] mounted on a mux, is the server of a session; its id is 1. [Dial] is a client; the server
// gives it the id 2, 3, 4 and on. [MultiplayerPeer.Send] sends a packet, and packets that came are taken with
// [MultiplayerPeer.GetPacket] or, by a program that wants events and packets in one order, with a [Receiver]. Package
// rpc does the latter, and is what most programs use.
//
// # Polling
//
// [MultiplayerPeer.Poll] takes in what has arrived, and never blocks. Events, packets and changes of state happen inside
// it, on the goroutine that calls it, so that a session needs no locks. What is sent is queued, and leaves at the end
// of the Poll that runs or at [MultiplayerPeer.Flush]: everything for one connection in one write. A game loop calls
// Poll, simulates, and calls Flush; a program that only answers calls [MultiplayerPeer.Wait] before each Poll.
//
// # Concurrency
//
// One goroutine at a time uses a MultiplayerPeer and its Peers. ServeHTTP, Accept, Join, Post, Wake, Snapshot,
// SetRefuseNewConnections, RefusesNewConnections, Close and Done may be called from any other, and [Do] has a function run
// on the one that polls. Two goroutines that poll panic; whatever else is called on a wrong one the race detector tells, in a
// line with OnlyThePollingGoroutineElsePostOrDo.
//
// # Slow peers
//
// Each peer has a budget for what it has not read yet: Transport.OutboundBufferSize bytes of memory and
// Transport.MaxQueuedPackets packets. Over it reliable packets to that peer fail with [ErrBufferFull], unreliable ones
// are dropped, oldest first, and an unreliable ordered one replaces the one before it of its channel and key. Nobody
// else is held up. A peer that takes no reliable packet for SlowPeerTimeout is disconnected with [CloseTryLater].
//
// A peer that may resume has another one, ReplayBufferSize, for what it has not acknowledged: what does not fit there waits
// in the first. What a server passes on for other peers, with [MultiplayerPeer.Relay], has half of both.
//
// # Limits
//
// A peer that sends more than its share is read more slowly, then loses unreliable packets, then its connection; one
// whose packets nobody takes with GetPacket is not read on; one that does not answer pings is gone. Options.Admit is
// asked before a connection comes in. Options.Transport tells the defaults, docs/operations.md everything that is
// limited and counted.
//
// # Wires
//
// A connection that offered the subprotocol peerage.v1 speaks docs/protocol.md; one that offered none, or one of
// Options.GodotProtocols, speaks what Godot's engine speaks, which carries neither channel nor mode. Both kinds can be
// in one session.
package multiplayer
