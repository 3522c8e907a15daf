package multiplayer

import (
	"errors"

	"github.com/peerage-go/peerage/transport"
)

// Send queues one packet: to one peer, to Everyone or to Except(id). It leaves at the end of the Poll that runs, or at
// Flush. data may be used again at once.
//
// ErrNotConnected, ErrUnknownPeer, ErrOwnID, ErrPacketTooLarge and, for a reliable packet, ErrBufferFull tell that it
// was not queued; with several targets they come joined, each in a PeerError, and the others got it.
// On a client only the server can be reached: Everyone and Except mean the server there.
func (m *MultiplayerPeer) Send(target PeerID, d Delivery, data []byte) error {
	if m.status != Connected {
		return ErrNotConnected
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
	if target == Everyone {
		return m.SendTo(m.order, d, data)
	}
	s := m.start(d)
	for _, p := range m.order {
		if p.id != -target {
			s.to(p, data)
		}
	}
	return s.err()
}

// SendTo queues one packet for each of the peers: it is framed once a wire, however many there are. Errors are those
// of Send.
func (m *MultiplayerPeer) SendTo(peers []*Peer, d Delivery, data []byte) error {
	s := m.start(d)
	for _, p := range peers {
		s.to(p, data)
	}
	return s.err()
}

// sending is one packet on its way to several peers.
type sending struct {
	m      *MultiplayerPeer
	d      Delivery
	framed [wireCount]bool
	shared [wireCount]*transport.Prepared // copies for those that have to wait
	n      int
	errs   []error
}

func (m *MultiplayerPeer) start(d Delivery) sending { return sending{m: m, d: d} }

func (s *sending) to(p *Peer, data []byte) {
	s.n++
	if err := s.one(p, data); err != nil {
		s.errs = append(s.errs, &PeerError{p.id, err})
	}
}

func (s *sending) one(p *Peer, data []byte) error {
	if p.wire == nil {
		return ErrNotConnected
	}
	w := p.wire.kind()
	f := &s.m.frames[w]
	if !s.framed[w] {
		s.m.header = p.wire.appendHeader(s.m.header[:0], s.d)
		f.Set(transport.WriteBinary, s.m.header, data)
		s.framed[w] = true
	}
	if p.limit > 0 && len(s.m.header)+len(data) > p.limit {
		return ErrPacketTooLarge
	}
	err := p.send(f, s.d, func() *transport.Prepared {
		if s.shared[w] == nil {
			s.shared[w] = new(transport.Prepared)
			s.shared[w].Set(transport.WriteBinary, s.m.header, data)
		}
		return s.shared[w]
	})
	if err == nil {
		s.m.stats.PacketsOut++
		s.m.stats.BytesOut += uint64(len(data))
	}
	return err
}

// err gives a single target's error as it is, those of several joined.
func (s *sending) err() error {
	if len(s.errs) == 1 {
		return s.errs[0]
	}
	return errors.Join(s.errs...)
}
