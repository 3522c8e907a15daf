package transport

import "time"

// Stats count what one peer has done since it was made.
type Stats struct {
	PacketsIn, PacketsOut uint64        // messages received, and accepted for sending
	BytesIn, BytesOut     uint64        // on the wire, after the handshake
	Reads, Writes         uint64        // of the socket, after the handshake
	PingsIn, PingsOut     uint64        // pings of the other side, and of HeartbeatInterval
	RoundTrip             time.Duration // of the last heartbeat, 0 before the first

	RateWaits  uint64        // how often reading waited for MaxPacketsPerSecond or MaxBytesPerSecond
	RateWaited time.Duration // and how long in all

	UnreadPackets, UnreadBytes int // received, not taken by GetPacket yet
	Unwritten                  int // bytes sent, not taken by the socket yet
}

// Stats returns the peer's counters. It may be called from any goroutine.
func (p *WebSocketPeer) Stats() Stats {
	s := Stats{BytesIn: p.bytesIn.Load(), Reads: p.readsDone.Load()}
	unread := p.in.unread.Load()
	s.UnreadPackets, s.UnreadBytes = int(unread>>unreadShift), int(unread&(1<<unreadShift-1))
	p.in.mu.Lock()
	s.RateWaits, s.RateWaited = p.in.rateWaits, p.in.rateWaited
	s.PacketsIn, s.PingsIn, s.RoundTrip = p.in.packets, p.in.pings, p.in.trip
	p.in.mu.Unlock()
	p.out.mu.Lock()
	s.PacketsOut, s.BytesOut, s.Writes, s.PingsOut = p.out.sent, p.out.bytes, p.out.writes, p.out.pings
	s.Unwritten = p.out.pendingLocked()
	p.out.mu.Unlock()
	common := p.commonAmount()
	s.Unwritten += common.bytes
	s.PacketsOut += uint64(common.packets)
	return s
}
