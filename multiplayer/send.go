package multiplayer

import (
	"errors"
	"net"
	"time"

	"github.com/peerage-go/peerage/transport"
)

// Send queues one packet: to one peer, to Everyone or to Except(id). It leaves at the end of the Poll that runs, or at
// Flush. data may be used again at once.
//
// ErrNotConnected, ErrUnknownPeer, ErrOwnID, ErrPacketTooLarge and, for a reliable packet, ErrBufferFull tell that it
// was not queued; with several targets they come joined, each in a PeerError, and the others got it. ErrTransferMode tells
// that nobody got it.
// On a client only the server can be reached: Everyone and Except mean the server there.
func (m *MultiplayerPeer) Send(target PeerID, d Delivery, data []byte) error {
	if m.ConnectionStatus() != Connected {
		return ErrNotConnected
	}
	if d.Mode > UnreliableOrdered {
		return ErrTransferMode
	}
	if target > 0 {
		p := m.peers[target]
		if p == nil {
			if target == m.id {
				return &PeerError{target, ErrOwnID}
			}
			return &PeerError{target, ErrUnknownPeer}
		}
		one := [1]*Peer{p}
		return m.SendTo(one[:], d, data)
	}
	s := sending{m: m, d: d, data: data}
	for _, p := range m.order {
		if p.id != -target {
			s.to(p)
		}
	}
	return s.err()
}

// SendTo queues one packet for each of the peers: it is framed once a wire, however many there are. Errors are those
// of Send.
func (m *MultiplayerPeer) SendTo(peers []*Peer, d Delivery, data []byte) error {
	return m.Relay(0, peers, d, data)
}

// Relay is SendTo for a packet that a server passes on for somebody else: the peer source, or Server for what it tells
// peers of each other. What is passed on yields to what the server sends for itself. All of it together takes at most half
// of a peer's budget and of its ReplayBufferSize, and one source at most as much of that half as it leaves free: over it a
// reliable packet fails with ErrBufferFull, and an unreliable one takes the place of older ones of its source, or is dropped.
// It never ends the peer that it is for, nor that one's ability to resume.
func (m *MultiplayerPeer) Relay(source PeerID, peers []*Peer, d Delivery, data []byte) error {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	if d.Mode > UnreliableOrdered {
		return ErrTransferMode
	}
	s := sending{m: m, d: d, source: source, data: data, alone: len(peers) == 1}
	for _, p := range peers {
		s.to(p)
	}
	return s.err()
}

// RelayTogether is Relay for several packets, of which each of the peers gets all, in their order, or none. It costs little
// more for each peer than one packet does. ErrBufferFull tells of a peer that cannot take them at one stroke: for which
// something waits, or which is away, or may come back, so that each reliable packet is kept for it. One by one, by Relay,
// they can go to it.
func (m *MultiplayerPeer) RelayTogether(source PeerID, peers []*Peer, d Delivery, packets [][]byte) error {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	if d.Mode > UnreliableOrdered {
		return ErrTransferMode
	}
	if len(packets) == 0 {
		return nil
	}
	all, longest := amount{packets: 1}, 0 // they lie one behind the other, and cost what their bytes do
	for _, data := range packets {
		all.bytes += len(data)
		longest = max(longest, len(data))
	}
	s := sending{m: m, d: d, source: source}
	for _, p := range peers {
		switch {
		case p.wire == nil || p.phase != connected:
			s.failed(p, ErrNotConnected)
			continue
		case p.Away() || p.keeps(d.Mode) || !p.drained() || p.ws.Congested() || source != 0 && !p.passes(all) ||
			longest+longestHeader > p.largest():
			s.failed(p, ErrBufferFull)
			continue
		}
		f := &m.frames[p.wire.kind()]
		if w := p.wire.kind(); !s.framed[w] {
			s.data = packets[0]
			s.frame(f, p)
			for _, data := range packets[1:] {
				f.Add(transport.WriteBinary, m.header, data)
			}
			s.framed[w] = true
		}
		switch err := p.ws.SendPrepared(f); {
		case err == nil:
			p.full = time.Time{}
			if source != 0 {
				p.pass(all)
			}
			m.stats.PacketsOut += uint64(len(packets))
			m.stats.BytesOut += uint64(all.bytes)
		case errors.Is(err, net.ErrClosed):
			s.failed(p, ErrNotConnected)
		default:
			s.failed(p, ErrBufferFull)
		}
	}
	return s.err()
}

// sending is one packet on its way to several peers.
type sending struct {
	m      *MultiplayerPeer
	d      Delivery
	source PeerID // for whom it is passed on; 0: it is this side's own
	data   []byte
	alone  bool // for one peer: no need to frame it for others
	framed [wireCount]bool
	kept   [wireCount]*transport.Prepared // for those that have to wait
	errs   []error
}

func (s *sending) to(p *Peer) {
	if err := s.one(p); err != nil {
		s.failed(p, err)
		return
	}
	s.m.stats.PacketsOut++
	s.m.stats.BytesOut += uint64(len(s.data))
}

func (s *sending) failed(p *Peer, err error) { s.errs = append(s.errs, &PeerError{p.id, err}) }

func (s *sending) one(p *Peer) error {
	if p.wire == nil {
		return ErrNotConnected
	}
	if limit := p.largest(); len(s.data)+longestHeader > limit {
		s.m.header = p.wire.appendHeader(s.m.header[:0], s.d)
		if len(s.m.header)+len(s.data) > limit {
			return ErrPacketTooLarge
		}
	}
	return p.send(s)
}

// transmit hands the packet to the peer's connection.
func (s *sending) transmit(p *Peer) error {
	m, w := s.m, p.wire.kind()
	if s.alone {
		m.header = append(p.wire.appendHeader(m.header[:0], s.d), s.data...)
		return p.ws.PutPacket(m.header)
	}
	f := &m.frames[w]
	if !s.framed[w] {
		s.frame(f, p)
		s.framed[w] = true
	}
	return p.ws.SendPrepared(f)
}

// keep gives the packet, framed for the peer's wire, in a form that outlives the sending.
func (s *sending) keep(p *Peer) queued {
	w := p.wire.kind()
	if s.kept[w] == nil {
		s.kept[w] = new(transport.Prepared)
		s.frame(s.kept[w], p)
	}
	return queued{frame: s.kept[w], Delivery: s.d, source: s.source}
}

func (s *sending) frame(f *transport.Prepared, p *Peer) {
	s.m.header = p.wire.appendHeader(s.m.header[:0], s.d)
	f.Set(transport.WriteBinary, s.m.header, s.data)
}

// err gives a single target's error as it is, those of several joined.
func (s *sending) err() error {
	if len(s.errs) == 1 {
		return s.errs[0]
	}
	return errors.Join(s.errs...)
}
