package multiplayer

import "iter"

// The habit of Godot's PacketPeer and MultiplayerPeer: state that is set before PutPacket and read after GetPacket.
// Send and SetReceiver do the same without state.

// SetTargetPeer says to whom PutPacket sends: a peer, Everyone or Except(id). Default: Everyone.
func (m *MultiplayerPeer) SetTargetPeer(id PeerID) {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	m.target = id
}

// SetTransferMode says how PutPacket sends. Default: Reliable.
func (m *MultiplayerPeer) SetTransferMode(mode TransferMode) {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	m.delivery.Mode = mode
}

// TransferMode tells what SetTransferMode set.
func (m *MultiplayerPeer) TransferMode() TransferMode { return m.delivery.Mode }

// SetTransferChannel says on which channel PutPacket sends. Default: 0.
func (m *MultiplayerPeer) SetTransferChannel(c uint8) {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	m.delivery.Channel = c
}

// TransferChannel tells what SetTransferChannel set.
func (m *MultiplayerPeer) TransferChannel() uint8 { return m.delivery.Channel }

// PutPacket is Send to the target peer, on the transfer channel, in the transfer mode.
func (m *MultiplayerPeer) PutPacket(data []byte) error { return m.Send(m.target, m.delivery, data) }

// AvailablePacketCount is how many packets Poll has taken in for GetPacket.
func (m *MultiplayerPeer) AvailablePacketCount() int {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	return len(m.inbox)
}

// GetPacket takes the oldest packet. Its data belongs to the caller. Without one it returns ErrNoPacket.
func (m *MultiplayerPeer) GetPacket() (Packet, error) {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	if len(m.inbox) == 0 {
		return Packet{}, ErrNoPacket
	}
	p := m.inbox[0]
	m.inbox[0] = inboxed{}
	m.inbox = m.inbox[1:]
	if len(m.inbox) == 0 {
		m.inbox = nil
	}
	p.from.inboxPackets--
	p.from.inboxBytes -= len(p.Data)
	if !p.from.inboxFull() {
		m.readOn(p.from)
	}
	return p.Packet, nil
}

// Packets takes the waiting packets, oldest first, those that come while it runs included.
func (m *MultiplayerPeer) Packets() iter.Seq[Packet] {
	return func(yield func(Packet) bool) {
		for m.AvailablePacketCount() > 0 {
			if p, _ := m.GetPacket(); !yield(p) {
				return
			}
		}
	}
}

// PacketPeer is the sender of the packet that GetPacket gives next (MultiplayerPeer.get_packet_peer); 0 if none waits.
func (m *MultiplayerPeer) PacketPeer() PeerID { return m.next().Peer }

// PacketChannel is the channel of the packet that GetPacket gives next.
func (m *MultiplayerPeer) PacketChannel() uint8 { return m.next().Channel }

// PacketMode is the transfer mode of the packet that GetPacket gives next.
func (m *MultiplayerPeer) PacketMode() TransferMode { return m.next().Mode }

func (m *MultiplayerPeer) next() Packet {
	if m.AvailablePacketCount() == 0 {
		return Packet{}
	}
	return m.inbox[0].Packet
}

// queueReceiver keeps packets for GetPacket and calls the On fields.
type queueReceiver MultiplayerPeer

func (q *queueReceiver) PeerConnected(p *Peer) {
	(*MultiplayerPeer)(q).tellID("OnPeerConnected", q.OnPeerConnected, p.id)
}

func (q *queueReceiver) PeerDisconnected(p *Peer, reason error) {
	if q.OnPeerDisconnected != nil {
		(*MultiplayerPeer)(q).call("OnPeerDisconnected", func() { q.OnPeerDisconnected(p.id, reason) })
	}
}

func (q *queueReceiver) PeerAway(p *Peer) {
	(*MultiplayerPeer)(q).tellID("OnPeerAway", q.OnPeerAway, p.id)
}

func (q *queueReceiver) PeerBack(p *Peer) {
	(*MultiplayerPeer)(q).tellID("OnPeerBack", q.OnPeerBack, p.id)
}

func (q *queueReceiver) PacketsDropped(p *Peer, n int) {
	if q.OnPacketsDropped != nil {
		(*MultiplayerPeer)(q).call("OnPacketsDropped", func() { q.OnPacketsDropped(p.id, n) })
	}
}

func (q *queueReceiver) Polled() {}

func (q *queueReceiver) ReceivePacket(p *Peer, pkt Packet) {
	pkt.Data = append([]byte(nil), pkt.Data...)
	q.inbox = append(q.inbox, inboxed{pkt, p})
	p.inboxPackets++
	p.inboxBytes += len(pkt.Data)
}
