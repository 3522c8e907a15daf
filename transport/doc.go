// Package transport is one WebSocket, polled.
//
// [Dial] connects to a server; [Upgrade] takes a client from an HTTP handler.
// Both give a [WebSocketPeer], which follows Godot's class of that name:
// Poll it at regular times, look at its ReadyState, take its packets, Send.
// [Accept] takes a client on a bare connection, [Pipe] connects two peers in
// memory, and a [Group] polls many at the cost of those that have news.
//
//	peer, err := transport.Dial("wss://example.com/game", nil)
//	if err != nil {
//		return err
//	}
//	for range time.Tick(time.Second / 60) {
//		peer.Poll()
//		switch peer.ReadyState() {
//		case transport.Open:
//			for packet := range peer.Packets() {
//				fmt.Printf("%s\n", packet.Data)
//				packet.Release()
//			}
//		case transport.Closed:
//			return peer.Err()
//		}
//	}
//
// # Concurrency
//
// Every connection has a goroutine that reads, and for as long as the other
// side is slow one that writes. On Linux one goroutine reads all connections
// on plain TCP together, so that an idle one has none. Nothing of
// the caller's runs on them but what logs, and nothing that they do shows
// before the next Poll: states, packets and close codes change there, in the
// order in which the other side sent. One goroutine at a time uses a peer;
// Close, Done, Stats, UserData and SetUserData may be called from any.
// Time-outs and closing need no polling.
//
// What is sent gathers until Flush or the end of the next Poll and leaves in
// one write. On Linux 5.19 and later, amd64 and arm64, the writes of a Group,
// and the reads of many connections, are made in one system call (io_uring)
// where the system allows it. PEERAGE_NO_IO_URING=1 in the environment keeps
// to a call for each.
//
// # Flow control
//
// Unread packets are never dropped: at InboundBufferSize bytes or
// MaxQueuedPackets packets a peer stops reading, which slows its sender down.
// A peer whose other side reads too slowly is Congested, and over
// OutboundBufferSize bytes or MaxQueuedPackets packets Send fails with
// [ErrBufferFull] and leaves the connection as it is.
//
// # Close codes
//
// A peer may say 1000-1003, 1007-1014 and 3000-4999. By itself this package
// says 1002 for a broken protocol, 1007 for text that is not UTF-8, 1008 for
// too much in too little time, 1009 for a message over InboundBufferSize and
// 1011 when no pong came; it repeats the code that the other side closed with.
// CloseCode is what the other side said: 1005 for a close without a code, -1
// for none at all.
//
// # Caveats
//
// Dial follows no redirects and uses no proxies.
//
// There is no compression: an extension that is offered is not accepted.
//
// The key in a client's handshake is not random enough to keep a secret; the
// protocol does not need it to be. Masking keys are.
//
// A peer that nobody polls keeps its connection until it is closed.
//
// # Where to look in the source
//
// Connect: dial.go and accept.go, with shake.go for the handshake itself. Read:
// ownreader.go and sharedreader_linux.go fill an intake (intake.go), which
// fills the inbox (read.go). Poll: peer.go, packet.go, group.go. Write: send.go
// and common.go gather, write.go and flush.go write. Close: close.go. Frames
// are package internal/frame, sockets internal/socket, io_uring internal/uring, memory
// internal/pool.
package transport
