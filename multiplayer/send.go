package multiplayer

import (
	"errors"

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
	err := s.one(p)
	if err != nil {
		s.errs = append(s.errs, &PeerError{p.id, err})
		return
	}
	s.m.stats.PacketsOut++
	s.m.stats.BytesOut += uint64(len(s.data))
}

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
