package rpc

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/peerage-go/peerage/internal/args"
	"github.com/peerage-go/peerage/multiplayer"
)

// The commands of Godot's SceneMultiplayer: the low three bits of a packet's first byte. Integers are little-endian.
const (
	cmdCall     = 0 // node, method, arguments: see the flags
	cmdSimplify = 1 // md5 as 32 hex digits, 00, path id uint32, node path, 00
	cmdConfirm  = 2 // 1 if the md5 was the receiver's too, else 0; path id uint32
	cmdRaw      = 3 // bytes
	cmdSpawn    = 4 // of a MultiplayerSpawner
	cmdDespawn  = 5 // of a MultiplayerSpawner
	cmdSync     = 6 // of a MultiplayerSynchronizer
	cmdSystem   = 7 // one of the sys constants, then its fields

	cmdMask = 0x07
)

// The system commands, the second byte.
const (
	sysAuth    = 0 // bytes; none: completed
	sysAddPeer = 1 // id int32
	sysDelPeer = 2 // id int32
	sysRelay   = 3 // to the server: target int32, to a client: source int32; then the packet
)

// The flags of a call, the other bits of its first byte.
const (
	flagNode1   = 0 << 4 // the node field is one byte: a path id
	flagNode2   = 1 << 4 // two bytes
	flagNode4   = 2 << 4 // four bytes: a path id, or with pathBit where in the packet the path is
	maskNode    = 3 << 4
	flagMethod2 = 1 << 6 // the method's number has two bytes, not one
	flagRaw     = 1 << 7 // no count and no values: no arguments, or the bytes of one PackedByteArray

	pathBit = 1 << 31
)

// The sizes of what does not vary.
const (
	simplifyHead = 1 + md5Digits + 1 + 4
	confirmSize  = 1 + 1 + 4
	systemSize   = 1 + 1 + 4
	md5Digits    = 32
)

// godotWire speaks as Godot's SceneMultiplayer does. Our path ids are counted for the whole session; what each peer
// knows of them is in its pathTable.
type godotWire struct {
	m     *SceneMultiplayer
	paths ourPaths
	enc   args.VariantEncoder
	dec   args.VariantDecoder
	bytes []byte // a PackedByteArray as an argument, for dec

	// What begin began.
	out   outgoing
	aims  []aim
	args  []byte
	buf   []byte // a packet, after room for what relays it
	batch []*remote
	to    []*multiplayer.Peer
}

// outgoing is a message between begin and end.
type outgoing struct {
	kind   kind
	from   *remote
	to     []*remote
	target PeerID
	group  bool // it is for some, and has no target
	node   *Node
	method *method
	d      multiplayer.Delivery
	errs   []error // of targets that a call cannot go to
}

func newGodotWire(m *SceneMultiplayer) wire {
	return &godotWire{m: m, dec: args.VariantDecoder{MaxDepth: m.opts.MaxDepth}, paths: ourPaths{byID: map[uint32]*ourPath{}}}
}

func (w *godotWire) replies() bool { return false }

func (w *godotWire) copies() bool { return true }

func (w *godotWire) isAuth(packet []byte) bool {
	return len(packet) > 1 && packet[0]&cmdMask == cmdSystem && packet[1] == sysAuth
}

func (w *godotWire) settle() {}

func (w *godotWire) joined(r *remote) { r.paths = new(pathTable) }

func (w *godotWire) left(r *remote) {
	w.out, w.aims, w.batch, w.to = outgoing{}, nil, nil, nil
	for _, s := range w.m.byWire[multiplayer.Peerage] {
		if s.paths != nil {
			delete(s.paths.toward, r)
		}
	}
}

// decode implements wire.
func (w *godotWire) decode(r, as *remote, packet []byte, m *message) (ok bool, err error) {
	if len(packet) == 0 {
		return false, fmt.Errorf("%w: it is empty", ErrMalformed)
	}
	cmd := packet[0] & cmdMask
	if r.phase == authenticating && cmd != cmdSystem {
		return false, nil // nothing else passes
	}
	switch cmd {
	case cmdCall:
		return w.decodeCall(r, packet, m)
	case cmdSimplify:
		return false, w.simplified(r, as, packet)
	case cmdConfirm:
		return false, w.confirmed(r, as, packet)
	case cmdRaw:
		m.kind, m.data = kindRaw, packet[1:]
	case cmdSystem:
		err = w.decodeSystem(packet, m)
		return err == nil, err
	default: // cmdSpawn, cmdDespawn, cmdSync
		m.kind, m.data = kindReplication, packet
	}
	return true, nil
}

func (w *godotWire) decodeSystem(packet []byte, m *message) error {
	if len(packet) < 2 {
		return fmt.Errorf("%w: a system command without its number", ErrMalformed)
	}
	sys := packet[1]
	if sys == sysAuth {
		m.kind, m.data = kindAuth, packet[2:]
		if len(m.data) == 0 {
			m.kind = kindAuthDone
		}
		return nil
	}
	if len(packet) < systemSize {
		return fmt.Errorf("%w: system command %d has %d bytes", ErrMalformed, sys, len(packet))
	}
	m.target = PeerID(binary.LittleEndian.Uint32(packet[2:]))
	switch sys {
	case sysAddPeer:
		m.kind = kindPeerAdded
	case sysDelPeer:
		m.kind = kindPeerRemoved
	case sysRelay:
		if m.data = packet[systemSize:]; len(m.data) == 0 {
			return fmt.Errorf("%w: a relay of nothing", ErrMalformed)
		}
		m.kind = kindRelay
		if !w.m.IsServer() {
			m.kind = kindRelayed
		}
	default:
		return fmt.Errorf("%w: system command %d", ErrMalformed, sys)
	}
	return nil
}

// begin implements wire.
func (w *godotWire) begin(from *remote, m *message, to []*remote) (args.Encoder, error) {
	w.out = outgoing{kind: m.kind, from: from, to: to, target: m.target, group: m.group != nil, node: m.node, method: m.method, d: m.delivery}
	w.enc.Reset(w.args[:0])
	w.open()
	switch m.kind {
	case kindCall:
		if m.node == nil || m.method == nil {
			return nil, ErrUndeclared
		}
		w.aim()
	case kindRaw:
		if len(m.data) == 0 {
			return nil, errEmptyBytes
		}
		w.buf = append(append(w.buf, cmdRaw), m.data...)
	case kindPeerAdded:
		w.buf = w.appendComing(w.buf, m.target)
	case kindPeerRemoved:
		w.buf = appendSystem(w.buf, sysDelPeer, m.target)
	case kindAuth:
		if len(m.data) == 0 {
			return nil, errEmptyAuth
		}
		w.buf = append(append(w.buf, cmdSystem, sysAuth), m.data...)
	case kindAuthDone:
		w.buf = append(w.buf, cmdSystem, sysAuth)
	default:
		return nil, fmt.Errorf("rpc: %v has no form for a message of kind %d", multiplayer.Godot, m.kind)
	}
	return &w.enc, nil
}

var (
	errEmptyAuth  = errors.New("rpc: SendAuth without data means CompleteAuth on Godot's wire: send at least one byte")
	errEmptyBytes = errors.New("rpc: SendBytes without data is an error to Godot's engine: send at least one byte")
)

// appendComing implements wire.
func (w *godotWire) appendComing(packet []byte, id PeerID) []byte {
	return appendSystem(packet, sysAddPeer, id)
}

func appendSystem(packet []byte, sys byte, id PeerID) []byte {
	return binary.LittleEndian.AppendUint32(append(packet, cmdSystem, sys), uint32(id))
}

// end implements wire.
func (w *godotWire) end(argc int) error {
	o := &w.out
	switch {
	case o.kind == kindCall:
		w.args = w.enc.Result()
		return w.sendCall(argc, w.args)
	case o.kind == kindRaw && !o.group && o.target <= 0 && w.relays():
		return w.put(0, o.to[:1], w.relay(o.target), o.d) // the server sees to the target
	case o.kind == kindPeerAdded, o.kind == kindPeerRemoved:
		return w.put(multiplayer.Server, o.to, w.plain(), o.d)
	}
	return w.deliver(o.from, o.to, o.d)
}

// abort implements wire.
func (w *godotWire) abort() {}

// relays tells whether this peer's packets for others than the server go through its relay.
func (w *godotWire) relays() bool { return !w.m.IsServer() && !w.m.opts.NoServerRelay }

// open makes buf empty, but for room where the head of a relay can be put.
func (w *godotWire) open() { w.buf = append(w.buf[:0], relayRoom[:]...) }

var relayRoom [systemSize]byte

// plain is the packet in buf.
func (w *godotWire) plain() []byte { return w.buf[systemSize:] }

// relay is the packet in buf, for or from a peer.
func (w *godotWire) relay(id PeerID) []byte {
	w.buf[0], w.buf[1] = cmdSystem, sysRelay
	binary.LittleEndian.PutUint32(w.buf[2:], uint32(id))
	return w.buf
}

// deliver sends the packet in buf from a remote or, if that is nil, from here.
func (w *godotWire) deliver(from *remote, to []*remote, d multiplayer.Delivery) error {
	if from != nil {
		d.Key ^= peerKey(from.id)
		return w.put(from.id, to, w.relay(from.id), d)
	}
	if w.m.IsServer() {
		return w.put(0, to, w.plain(), d)
	}
	var errs []error
	for i, r := range to {
		packet, d := w.plain(), d
		if r.via != nil {
			packet = w.relay(r.id)
			d.Key ^= peerKey(r.id)
		}
		if err := w.put(0, to[i:i+1], packet, d); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// put sends a packet on the connections of remotes, on the account of source.
func (w *godotWire) put(source PeerID, to []*remote, packet []byte, d multiplayer.Delivery) error {
	w.to = w.to[:0]
	for _, r := range to {
		w.to = append(w.to, r.link)
	}
	return w.m.peer.Relay(source, w.to, d, packet)
}

// forward implements wire: the packet goes on as it came, if the server's rules do not speak against it.
func (w *godotWire) forward(r *remote, m *message, packet []byte, to []*remote) error {
	if len(packet) == 0 {
		return fmt.Errorf("%w: a relay of nothing", ErrMalformed)
	}
	d := m.delivery
	switch packet[0] & cmdMask {
	case cmdCall:
		ok, err := w.mayForward(r, packet, &d)
		if err != nil || !ok {
			return err
		}
	case cmdSimplify:
		if _, pass, err := w.learn(r, packet); err != nil || !pass {
			return err
		}
	case cmdSystem:
		return fmt.Errorf("%w: a system command in a relay", ErrMalformed)
	}
	w.open()
	w.buf = append(w.buf, packet...)
	return w.deliver(r, to, d)
}
