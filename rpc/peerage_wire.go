package rpc

import (
	"errors"
	"fmt"
	"math"

	"github.com/peerage-go/peerage/internal/args"
	"github.com/peerage-go/peerage/multiplayer"
)

// The opcodes of calls on peerage.v1 (docs/protocol.md, "Calls"): the first byte of a packet, before MessagePack
// values or, where it says rest, bytes.
const (
	opName        = 0x20 // number, string
	opCall        = 0x21 // node, method, arguments
	opRequest     = 0x22 // request, node, method, arguments
	opReply       = 0x23 // request, value
	opFailure     = 0x24 // request, code, message
	opCancel      = 0x25 // request
	opRaw         = 0x26 // rest
	opRefused     = 0x27 // node, method, code, message
	opPeerAdded   = 0x28 // id
	opPeerRemoved = 0x29 // id
	opRelay       = 0x2a // target, rest
	opRelayed     = 0x2b // source, rest
	opAuth        = 0x2c // rest
	opAuthDone    = 0x2d //
	opForget      = 0x2e // numbers of names, up to the end

	opRelaySeveral = 0x2f // count, so many targets, rest
	opPeerAway     = 0x30 // id
	opPeerBack     = 0x31 // id
)

// laterOpcodes are those that a peer has to say that it knows.
var laterOpcodes = []byte{opForget, opRelaySeveral, opPeerAway, opPeerBack}

// peerageWire speaks peerage.v1. A call to many is encoded once: the numbers in it are the same for all.
type peerageWire struct {
	m      *SceneMultiplayer
	names  names
	enc    args.MessagePackEncoder
	dec    args.MessagePackDecoder
	buf    []byte
	to     []*multiplayer.Peer
	ids    []PeerID // of a relay to several
	d      multiplayer.Delivery
	source PeerID // on whose account it is sent
	late   error  // of those who could not be told the names of what begin started
}

func newPeerageWire(m *SceneMultiplayer) wire {
	return &peerageWire{m: m, dec: args.MessagePackDecoder{MaxDepth: m.opts.MaxDepth}, names: newNames(), ids: []PeerID{}}
}

func (w *peerageWire) replies() bool { return true }

func (w *peerageWire) copies() bool { return false }

func (w *peerageWire) isAuth(packet []byte) bool {
	return len(packet) > 0 && (packet[0] == opAuth || packet[0] == opAuthDone)
}

func (w *peerageWire) joined(*remote) {}

// hop is the remote whose connection leads to r.
func (r *remote) hop() *remote {
	if r.via != nil {
		return r.via
	}
	return r
}

// decode implements wire.
func (w *peerageWire) decode(r, _ *remote, packet []byte, m *message) (ok bool, err error) {
	if len(packet) == 0 {
		return false, fmt.Errorf("%w: it is empty", ErrMalformed)
	}
	op, rest := packet[0], packet[1:]
	d := &w.dec
	d.Reset(rest)
	var f fields
	f.d = d
	switch op {
	case opName:
		return false, w.learn(r.hop(), f.number(), f.text(), f.err)
	case opCall, opRequest:
		m.kind = kindCall
		if op == opRequest {
			m.kind = kindRequest
			m.request = f.below(math.MaxInt64)
		}
		names := r.hop().names
		path, name := f.name(names), f.name(names)
		if f.err == nil {
			m.path, m.name = path.text, name.text
			if m.node = w.node(r, path); m.node != nil {
				m.method = m.node.methods[m.name]
			}
		}
		m.args, m.argc = d, -1
	case opReply:
		m.kind, m.request = kindReply, f.below(math.MaxInt64)
		m.args, m.argc = d, 1
	case opFailure:
		m.kind, m.request = kindFailure, f.below(math.MaxInt64)
		m.code, m.text = Code(f.below(math.MaxInt32)), f.text()
	case opCancel:
		m.kind, m.request = kindCancel, f.below(math.MaxInt64)
	case opRaw:
		m.kind, m.data = kindRaw, rest
	case opRefused:
		m.kind = kindRefused
		m.path, m.name = f.text(), f.text()
		m.code, m.text = Code(f.below(math.MaxInt32)), f.text()
	case opPeerAdded, opPeerRemoved:
		m.kind = kindPeerAdded + kind(op-opPeerAdded)
		m.target = f.id()
	case opPeerAway, opPeerBack:
		m.kind = kindPeerAway + kind(op-opPeerAway)
		m.target = f.id()
	case opRelay, opRelayed:
		m.kind = kindRelay + kind(op-opRelay)
		m.target = f.id()
		m.data = rest[len(rest)-d.Len():]
	case opRelaySeveral:
		m.kind = kindRelay
		w.ids = w.ids[:0]
		for n := f.below(uint64(len(rest))); n > 0 && f.err == nil; n-- {
			w.ids = append(w.ids, f.id())
		}
		m.targets = w.ids
		m.data = rest[len(rest)-d.Len():]
	case opAuth:
		m.kind, m.data = kindAuth, rest
	case opAuthDone:
		m.kind = kindAuthDone
	case opForget:
		return false, w.forget(r.hop(), &f)
	default:
		w.m.stats.UnknownOpcodes++
		return false, nil
	}
	if f.err != nil {
		return false, fmt.Errorf("%w: opcode %#02x: %w", ErrMalformed, op, f.err)
	}
	return true, nil
}

// call implements wire.
func (w *peerageWire) call(r *remote, packet []byte, m *message) bool {
	if len(packet) == 0 || packet[0] != opCall && packet[0] != opRequest {
		return false
	}
	ok, err := w.decode(r, nil, packet, m)
	return ok && err == nil
}

// appendComing implements wire.
func (w *peerageWire) appendComing(packet []byte, id PeerID) []byte {
	w.enc.Reset(append(packet, opPeerAdded))
	w.enc.Int(int64(id))
	return w.enc.Result()
}

// begin implements wire.
func (w *peerageWire) begin(from *remote, m *message, to []*remote) (args.Encoder, error) {
	w.d, w.source, w.late = m.delivery, m.source(from), nil
	var node, method int
	if m.kind == kindCall || m.kind == kindRequest {
		path, name, err := w.namesOf(from, m)
		if err != nil {
			return nil, err
		}
		node, method = path.number, name.number
		w.d.Key = uint64(node)<<32 | uint64(method)
		if to, w.late = w.tellNames(path, name, to); len(to) == 0 && w.late != nil {
			return nil, w.late
		}
	}
	w.buf = w.buf[:0]
	w.route(from, m, to)
	switch m.kind {
	case kindCall:
		w.op(opCall, node, method)
	case kindRequest:
		w.op(opRequest, int(m.request), node, method)
	case kindReply:
		w.op(opReply, int(m.request))
	case kindFailure:
		w.op(opFailure, int(m.request), int(m.code))
		w.text(m.text)
	case kindCancel:
		w.op(opCancel, int(m.request))
	case kindRefused:
		w.op(opRefused)
		w.text(m.path)
		w.text(m.name)
		w.enc.Int(int64(m.code))
		w.text(m.text)
	case kindRaw:
		w.op(opRaw)
		w.rest(m.data)
	case kindPeerAdded:
		w.appendComing(w.enc.Result(), m.target)
	case kindPeerRemoved:
		w.op(opPeerRemoved, int(m.target))
	case kindPeerAway:
		w.op(opPeerAway, int(m.target))
	case kindPeerBack:
		w.op(opPeerBack, int(m.target))
	case kindAuth:
		w.op(opAuth)
		w.rest(m.data)
	case kindAuthDone:
		w.op(opAuthDone)
	default:
		return nil, fmt.Errorf("rpc: %v has no form for a message of kind %d", multiplayer.Peerage, m.kind)
	}
	return &w.enc, nil
}

// namesOf gives the names of a call. What this side has not made itself is on the account of whose call it is.
func (w *peerageWire) namesOf(from *remote, m *message) (path, method *name, err error) {
	owner := from
	switch {
	case m.node == nil:
		path, err = w.intern(m.path, owner)
	case m.node.passer != nil:
		owner = m.node.passer
		path, err = w.standInName(m.node)
	default:
		path = w.kept(&m.node.named, m.path)
	}
	if err != nil {
		return nil, nil, err
	}
	if m.method != nil {
		return path, w.kept(&m.method.named, m.name), nil
	}
	method, err = w.intern(m.name, owner)
	return path, method, err
}

// end implements wire.
func (w *peerageWire) end(int) error {
	w.buf = w.enc.Result()
	return w.send()
}

// send sends the packet in buf to those who know its names.
func (w *peerageWire) send() error {
	err := w.m.peer.Relay(w.source, w.to, w.d, w.buf)
	if w.late != nil {
		err = errors.Join(w.late, err)
	}
	return err
}

// abort implements wire.
func (w *peerageWire) abort() {}

// forward implements wire. The numbers of a call's names are its sender's: they become ours.
func (w *peerageWire) forward(r *remote, m *message, packet []byte, to []*remote) error {
	var in message
	ok, err := w.decode(r, nil, packet, &in)
	if err != nil || !ok {
		return err
	}
	if !in.kind.relayable() {
		return fmt.Errorf("%w: a message of kind %d in a relay", ErrMalformed, in.kind)
	}
	in.target = m.target
	if in.method != nil && !in.node.allows(in.method, r.id) {
		w.m.refuse(r, &in, CodeNotAllowed, "mode is %q, authority is %d", in.method.Mode, in.node.authority)
		return nil
	}
	in.delivery = m.delivery
	if in.kind != kindCall && in.kind != kindRequest && in.kind != kindReply {
		return w.m.tell(r, &in, multiplayer.Peerage, to)
	}
	if _, err := w.begin(r, &in, to); err != nil {
		return w.m.noName(r, &in, err)
	}
	w.buf = append(w.enc.Result(), packet[len(packet)-w.dec.Len():]...)
	return w.send()
}

// route collects the connections that the packet goes to, and writes what stands around it on the way.
func (w *peerageWire) route(from *remote, m *message, to []*remote) {
	w.to = w.to[:0]
	w.enc.Typed = false
	w.enc.Reset(w.buf)
	if from != nil {
		w.d.Key ^= peerKey(from.id)
		w.op(opRelayed, int(from.id))
	}
	for _, r := range to {
		if r.via != nil { // only a client has such peers, and only one connection
			target := m.target
			switch {
			case len(to) == 1:
				target = r.id
				w.op(opRelay, int(target))
			case m.group != nil:
				target = m.group.key
				w.op(opRelaySeveral, len(to))
				for _, r := range to {
					w.enc.Int(int64(r.id))
				}
			default:
				w.op(opRelay, int(target))
			}
			w.d.Key ^= peerKey(target)
			w.enc.Typed = true // it may go on to Godot's wire
			w.to = append(w.to[:0], r.link)
			return
		}
		w.to = append(w.to, r.link)
	}
}

// op writes an opcode and the numbers behind it.
func (w *peerageWire) op(op byte, numbers ...int) {
	w.enc.Reset(append(w.enc.Result(), op))
	for _, n := range numbers {
		w.enc.Int(int64(n))
	}
}

func (w *peerageWire) rest(b []byte) { w.enc.Reset(append(w.enc.Result(), b...)) }

// text writes a string that is our own, cut if it is long, with what is not UTF-8 replaced.
func (w *peerageWire) text(s string) { w.enc.String(clip(s, maxText)) }

const maxText = 512

// fields reads the values behind an opcode; after the first error it reads nothing.
type fields struct {
	d   *args.MessagePackDecoder
	err error
}

func (f *fields) number() uint64 {
	if f.err != nil {
		return 0
	}
	n, err := f.d.Uint()
	f.err = err
	return n
}

// below is a number of at most limit.
func (f *fields) below(limit uint64) uint64 {
	n := f.number()
	if f.err == nil && n > limit {
		f.err = fmt.Errorf("%d is too large a number", n)
	}
	return n
}

func (f *fields) id() PeerID {
	if f.err != nil {
		return 0
	}
	n, err := f.d.Int()
	if err == nil && int64(PeerID(n)) != n {
		err = fmt.Errorf("%d is no peer id", n)
	}
	f.err = err
	return PeerID(n)
}

func (f *fields) text() string {
	if f.err != nil {
		return ""
	}
	s, err := f.d.String()
	f.err = err
	return s
}

func (f *fields) name(names map[uint64]*theirName) *theirName {
	n := f.number()
	if f.err != nil {
		return nil
	}
	name := names[n]
	if name == nil {
		f.err = fmt.Errorf("number %d was never named", n)
	}
	return name
}
