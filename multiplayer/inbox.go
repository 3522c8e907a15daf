package multiplayer

// inboxed is a packet that waits for GetPacket.
type inboxed struct {
	Packet
	from *Peer
}

// inboxFull tells whether as many packets of the peer wait as may. Then its connection is not read on, which slows the
// peer down.
func (p *Peer) inboxFull() bool {
	t := &p.m.opts.Transport
	return p.inboxPackets >= t.MaxQueuedPackets || p.inboxBytes >= t.InboundBufferSize
}

// holds tells whether packets of the peer have to stay in its connection for now.
func (m *MultiplayerPeer) holds(p *Peer) bool {
	if p.inboxPackets == 0 || p.phase >= leaving || !p.inboxFull() {
		return false
	}
	if !p.waiting {
		p.waiting = true
		m.stats.InboxWaits++
	}
	return true
}

// readOn sees to it that the next Poll takes what stayed in a peer's connection.
func (m *MultiplayerPeer) readOn(p *Peer) {
	if p.waiting {
		p.waiting = false
		m.waiting = append(m.waiting, p)
		m.group.Wake()
	}
}

func (m *MultiplayerPeer) serviceWaiting() {
	waiting := m.waiting
	m.waiting = nil
	for _, p := range waiting {
		m.service(p.ws)
	}
}

// deliver gives a packet to the receiver, unless its sender floods.
func (m *MultiplayerPeer) deliver(p *Peer, pkt Packet) {
	if pkt.Mode != Reliable && p.ws.Flooding() {
		p.stats.DroppedIn++
		m.stats.DroppedIn++
		return
	}
	m.stats.PacketsIn++
	m.stats.BytesIn += uint64(len(pkt.Data))
	m.tellPacket(p, pkt)
}
