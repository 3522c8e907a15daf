package multiplayer

import (
	"encoding/binary"
	"time"
)

// godotWire is what the engine's WebSocketMultiplayerPeer speaks:
//
//	server: int32 id                the client's peer id, little-endian, 2 or more; once, as the first message
//	both:   bytes                   one packet a message, with nothing around it
//
// Channel and mode are not sent. An empty message is ignored.
type godotWire struct{}

const godotIDSize = 4

// lastWordsWait is how long a close frame waits for an engine to have read what was sent before: it throws away what it
// reads together with one.
const lastWordsWait = time.Second

func (godotWire) kind() Wire { return Godot }

func (godotWire) open(p *Peer) error {
	if !p.m.server {
		return nil // the id comes first
	}
	if err := p.m.takeID(p); err != nil {
		r := refusalOf(err)
		return &violation{r.Code, r}
	}
	var id [godotIDSize]byte
	binary.LittleEndian.PutUint32(id[:], uint32(p.id))
	if err := p.ws.PutPacket(id[:]); err != nil {
		return err
	}
	p.m.admit(p)
	return nil
}

func (godotWire) message(p *Peer, data []byte, _ bool) (pkt Packet, ok bool, err error) {
	if p.phase == handshaking {
		if len(data) != godotIDSize {
			return pkt, false, violated(CloseProtocolError, "the first message has %d bytes, a peer id has %d", len(data), godotIDSize)
		}
		id := PeerID(binary.LittleEndian.Uint32(data))
		if id < 2 {
			return pkt, false, violated(CloseProtocolError, "the server gave the peer id %d", id)
		}
		p.m.id = id
		p.m.admit(p)
		return pkt, false, nil
	}
	if len(data) == 0 {
		return pkt, false, nil
	}
	return Packet{Peer: p.id, Data: data}, true, nil
}

func (godotWire) appendHeader(dst []byte, _ Delivery) []byte { return dst }

// closeCode says 4012 to 4014 for 1012 to 1014, which engines up to 4.3 take for no code: they break off reading, and
// their game is not told that it is disconnected.
func (godotWire) closeCode(code int) int {
	if code >= closeRestart && code <= closeBadGateway {
		return code + closeForGodot
	}
	return code
}
