package multiplayer

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/vmihailenco/msgpack/v5"
)

// peerageWire is the lower floor of peerage.v1 (docs/protocol.md, "The connection"). A message is an opcode, then
// that opcode's fields in MessagePack.
type peerageWire struct{}

// The opcodes of a connection.
const (
	opHello   = 0x00 // map
	opWelcome = 0x01 // map
	opPing    = 0x02 // time
	opPong    = 0x03 // time, now
	opAck     = 0x04 // count
	opGoodbye = 0x05 // map
	opPacket  = 0x10 // | mode; the packet follows
	opChannel = 0x14 // | mode; the channel, one byte, then the packet

	opModeMask = 0x03
	opKindMask = 0xfc
)

// ownKnown are the opcodes that peers are told that this floor knows: a goodbye in place of a welcome.
const ownKnown = "\x05"

// hello is what a client says first.
type hello struct {
	Agent      string `msgpack:"agent,omitempty"`
	Session    token  `msgpack:"session,omitempty"`
	Received   uint64 `msgpack:"received,omitempty"`
	MaxMessage int    `msgpack:"max_message,omitempty"`
	Knows      token  `msgpack:"knows,omitempty"` // opcodes
}

// welcome is the server's answer.
type welcome struct {
	ID         int64  `msgpack:"id"`
	Session    token  `msgpack:"session"`
	Place      token  `msgpack:"place,omitempty"`
	Resumed    bool   `msgpack:"resumed,omitempty"`
	Received   uint64 `msgpack:"received,omitempty"`
	Window     int64  `msgpack:"resume_window,omitempty"` // milliseconds
	MaxMessage int    `msgpack:"max_message,omitempty"`
	Heartbeat  int64  `msgpack:"heartbeat,omitempty"` // milliseconds
	Time       int64  `msgpack:"time"`                // microseconds since 1970
	Knows      token  `msgpack:"knows,omitempty"`     // opcodes
}

// token is a session as it travels, or other bytes. What declares to be a long one is not believed: the decoder would allocate it.
type token []byte

func (t *token) DecodeMsgpack(d *msgpack.Decoder) error {
	n, err := d.DecodeBytesLen()
	if err != nil {
		return err
	}
	if n > maxFields {
		return fmt.Errorf("a field of %d bytes", n)
	}
	*t = make(token, max(n, 0))
	return d.ReadFull(*t)
}

const agent = "peerage-go"

func (peerageWire) kind() Wire { return Peerage }

func (peerageWire) open(p *Peer) error {
	if p.m.server {
		return nil // hello comes first
	}
	h := hello{Agent: agent, MaxMessage: p.m.opts.Transport.InboundBufferSize, Knows: token(p.m.knows)}
	if lost := p.m.returning(); lost != nil {
		h.Session, h.Received = lost.session[:], lost.resume.received
	}
	return p.control(opHello, h)
}

func (w peerageWire) message(p *Peer, data []byte, text bool) (pkt Packet, ok bool, err error) {
	if text {
		return pkt, false, violated(CloseUnsupportedData, "a text message")
	}
	if len(data) == 0 {
		return pkt, false, violated(CloseProtocolError, "an empty message")
	}
	op, body := data[0], data[1:]
	if p.phase == handshaking {
		return pkt, false, w.handshake(p, op, body)
	}
	pkt.Peer = p.id
	pkt.Mode = TransferMode(op & opModeMask)
	switch op & opKindMask {
	case opPacket:
		pkt.Data = body
	case opChannel:
		if len(body) == 0 {
			return pkt, false, violated(CloseProtocolError, "a packet without its channel")
		}
		pkt.Channel, pkt.Data = body[0], body[1:]
	default:
		return pkt, false, w.control(p, op, body)
	}
	if pkt.Mode > UnreliableOrdered {
		return pkt, false, violated(CloseProtocolError, "transfer mode 3")
	}
	if pkt.Mode == Reliable {
		err = p.count(len(data))
	}
	return pkt, true, err
}

// handshake takes the one message that makes a connection a peer.
func (w peerageWire) handshake(p *Peer, op byte, body []byte) error {
	if p.m.server {
		var h hello
		if op != opHello {
			return violated(CloseProtocolError, "opcode %#02x before hello", op)
		}
		if err := unmarshal(body, &h); err != nil {
			return violated(CloseProtocolError, "hello: %v", err)
		}
		return w.hello(p, h)
	}
	var v welcome
	if op == opGoodbye {
		var g goodbyeFields
		if err := unmarshal(body, &g); err != nil {
			return violated(CloseProtocolError, "goodbye: %v", err)
		}
		p.refused(g)
		return nil // the close frame follows
	}
	if op != opWelcome {
		return violated(CloseProtocolError, "opcode %#02x before welcome", op)
	}
	if err := unmarshal(body, &v); err != nil {
		return violated(CloseProtocolError, "welcome: %v", err)
	}
	return w.welcome(p, v)
}

// hello admits a client, or gives it its session back.
func (w peerageWire) hello(p *Peer, h hello) error {
	m := p.m
	if h.MaxMessage != 0 && h.MaxMessage < minBufferSize {
		return violated(CloseProtocolError, "hello: max_message is %d: it has to be %d at least, or left out", h.MaxMessage, minBufferSize)
	}
	if p.refusal != nil { // who is not let in does not resume either
		return w.refuse(p, h, p.refusal)
	}
	if id, err := uuid.FromBytes(h.Session); err == nil && m.sessions[id] != nil && m.mayResume(m.sessions[id], p) {
		old := m.sessions[id]
		if !old.Away() {
			m.cutOff(old)
		}
		if m.sessions[id] == old && m.comeBack(old, p, h.Received) == nil {
			err := old.control(opWelcome, m.welcome(old, true))
			m.back(old) // though it may be lost again, which the next Poll tells
			return err
		}
	}
	if h.MaxMessage > 0 {
		p.limit = h.MaxMessage
	}
	p.learns(h.Knows)
	if err := m.takeID(p); err != nil {
		return w.refuse(p, h, err)
	}
	p.session = uuid.New()
	if m.opts.ResumeWindow > 0 {
		p.resume = &resumption{place: uuid.New()}
	}
	if err := p.control(opWelcome, m.welcome(p, false)); err != nil {
		return err
	}
	if p.resume != nil {
		m.sessions[p.session] = p
		m.keep(p)
	}
	m.admit(p)
	return nil
}

func (m *MultiplayerPeer) welcome(p *Peer, resumed bool) welcome {
	t := &m.opts.Transport
	v := welcome{
		ID:         int64(p.id),
		Session:    p.session[:],
		Resumed:    resumed,
		Window:     m.opts.ResumeWindow.Milliseconds(),
		MaxMessage: t.InboundBufferSize,
		Heartbeat:  t.HeartbeatInterval.Milliseconds(),
		Time:       time.Now().UnixMicro(),
		Knows:      token(m.knows),
	}
	if p.resume != nil {
		v.Place, v.Received = p.resume.place[:], p.resume.received
	}
	return v
}

// welcome makes this side a client of the session.
func (peerageWire) welcome(p *Peer, v welcome) error {
	m := p.m
	if m.status == Disconnected { // it was given up meanwhile
		p.leave(1000, nil)
		return nil
	}
	id, err := uuid.FromBytes(v.Session)
	if err != nil || v.ID < 2 || v.ID > math.MaxInt32 {
		return violated(CloseProtocolError, "welcome with peer id %d and a session of %d bytes", v.ID, len(v.Session))
	}
	m.clock.begin(v.Time)
	if v.MaxMessage != 0 && v.MaxMessage < minBufferSize {
		return violated(CloseProtocolError, "welcome: max_message is %d: it has to be %d at least, or left out", v.MaxMessage, minBufferSize)
	}
	if lost := m.reconnect.lost; lost != nil {
		if lost.phase != connected { // it was sent away since this connection was made
			lost.endAway()
			p.leave(1000, nil) // the server shall not keep it either
			return nil
		}
		m.reconnect.attempt = 0
		m.addresses.arrived()
		if v.Resumed && id == lost.session {
			if err := m.comeBack(lost, p, v.Received); err != nil {
				return err
			}
			m.reconnect.lost = nil
			m.back(lost)
			return nil
		}
		lost.reason = ErrSessionLost
		m.end(lost)
	}
	if v.MaxMessage > 0 {
		p.limit = v.MaxMessage
	}
	if v.Window > 0 {
		p.resume = new(resumption)
		p.resume.place, _ = uuid.FromBytes(v.Place)
	}
	p.learns(v.Knows)
	p.session = id
	m.id = PeerID(v.ID)
	m.admit(p)
	return nil
}

// control takes the messages of a connection that are not packets.
func (peerageWire) control(p *Peer, op byte, body []byte) error {
	switch op {
	case opPing:
		d := msgpack.NewDecoder(bytes.NewReader(body))
		sent, err := d.DecodeInt64()
		if err != nil {
			return violated(CloseProtocolError, "ping: %v", err)
		}
		return p.control(opPong, sent, time.Now().UnixMicro())
	case opPong:
		d := msgpack.NewDecoder(bytes.NewReader(body))
		sent, err := d.DecodeInt64()
		now, err2 := d.DecodeInt64()
		if err != nil || err2 != nil {
			return violated(CloseProtocolError, "pong: %v", errors.Join(err, err2))
		}
		if !p.m.server {
			p.m.clock.pong(sent, now)
		}
		return nil
	case opAck:
		count, err := msgpack.NewDecoder(bytes.NewReader(body)).DecodeUint64()
		if err != nil {
			return violated(CloseProtocolError, "ack: %v", err)
		}
		if p.resume == nil {
			return nil // an acknowledgement of what is not kept any more
		}
		return p.resume.trim(count)
	case opGoodbye:
		var g goodbyeFields
		if p.m.server {
			return violated(CloseProtocolError, "goodbye from a client")
		}
		if err := unmarshal(body, &g); err != nil {
			return violated(CloseProtocolError, "goodbye: %v", err)
		}
		p.m.reconnect.after = after(g.After)
		if g.URL != "" {
			if err := p.m.addresses.move(g.URL, len(p.m.opts.Transport.HandshakeHeaders) > 0); err != nil {
				p.m.warn(p, "multiplayer: the address that the server names is not used", "err", err)
			}
		}
		return nil
	case opHello, opWelcome:
		return violated(CloseProtocolError, "opcode %#02x again", op)
	}
	p.m.stats.UnknownOpcodes++
	return nil
}

func (peerageWire) appendHeader(dst []byte, d Delivery) []byte {
	if d.Channel == 0 {
		return append(dst, opPacket|byte(d.Mode))
	}
	return append(dst, opChannel|byte(d.Mode), d.Channel)
}

func (peerageWire) closeCode(code int) int { return code }

// control sends a message of the connection itself, past the packets' budget rules.
func (p *Peer) control(op byte, fields ...any) error {
	var b bytes.Buffer
	b.WriteByte(op)
	e := msgpack.NewEncoder(&b)
	e.UseCompactInts(true)
	for _, f := range fields {
		if err := e.Encode(f); err != nil {
			return fmt.Errorf("multiplayer: opcode %#02x: %w", op, err)
		}
	}
	return p.ws.PutPacket(b.Bytes())
}

// maxFields is how long a map of the connection may be, in bytes. Its reader goes as deep as they are nested.
const maxFields = 16 << 10

// unmarshal reads one map; bytes behind it belong to a later version.
func unmarshal(b []byte, v any) error {
	if len(b) > maxFields {
		return fmt.Errorf("%d bytes, more than %d", len(b), maxFields)
	}
	return msgpack.NewDecoder(bytes.NewReader(b)).Decode(v)
}
