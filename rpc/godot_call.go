package rpc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/variant"
)

// callHead is what stands before the arguments of a call, and what it means here.
type callHead struct {
	id     uint32     // the sender's path id; 0 where the packet has the path
	path   string     // that is in the packet, or that of an unknown node
	node   *Node      // nil if there is none here
	with   *agreement // what is known of the sender's methods of the node; nil: nothing
	number uint16     // the sender's number of the method
	args   []byte     // all behind the number, without the path
	raw    bool
}

var errShortCall = fmt.Errorf("%w: a call ends inside its head", ErrMalformed)

// readCall takes the head of a call apart.
func (w *godotWire) readCall(r *remote, packet []byte) (h callHead, err error) {
	le := binary.LittleEndian
	flags, at := packet[0], 1
	field := func(size int) (b []byte) {
		if len(packet) < at+size {
			err = errShortCall
			return make([]byte, 4)
		}
		b = packet[at:]
		at += size
		return b
	}
	switch flags & maskNode {
	case flagNode1:
		h.id = uint32(field(1)[0])
	case flagNode2:
		h.id = uint32(le.Uint16(field(2)))
	case flagNode4:
		h.id = le.Uint32(field(4))
	default:
		return h, fmt.Errorf("%w: a call with a node field of no size", ErrMalformed)
	}
	if flags&flagMethod2 != 0 {
		h.number = le.Uint16(field(2))
	} else {
		h.number = uint16(field(1)[0])
	}
	if err != nil {
		return h, err
	}
	h.raw = flags&flagRaw != 0
	if h.id&pathBit == 0 {
		h.args = packet[at:]
		p := r.paths.theirs[h.id]
		if p == nil && len(r.paths.theirs) >= w.m.opts.MaxNames {
			return h, nil // see learn
		}
		if p == nil {
			return h, fmt.Errorf("%w: a call on path id %d, which was never named", ErrMalformed, h.id)
		}
		w.meet(r, p)
		h.node, h.with, h.path = p.node, p.with, p.path
		return h, nil
	}
	start := h.id &^ pathBit
	if start < uint32(at) || start >= uint32(len(packet)) {
		return h, fmt.Errorf("%w: a call whose path is at %d of %d bytes", ErrMalformed, start, len(packet))
	}
	h.id = 0
	h.args = packet[at:start]
	path := packet[start:]
	if end := bytes.IndexByte(path, 0); end >= 0 {
		path = path[:end]
	}
	if h.node = w.m.nodes[string(path)]; h.node == nil || h.node.pattern {
		h.path = string(path)
		h.node = w.m.find(r, h.path)
	}
	if h.node != nil {
		if h.with = r.paths.with[h.node.methodSet]; h.with == nil {
			h.with = w.meetPath(r, h.node.path)
		}
	}
	return h, nil
}

// method is what the head's number means, nil if it means nothing here.
func (h *callHead) method() *method {
	if h.with != nil {
		return h.with.method(h.node, h.number)
	}
	return h.node.methodAt(h.number)
}

// decodeCall reads a call for this peer, or for one that this server translates for.
func (w *godotWire) decodeCall(r *remote, packet []byte, m *message) (ok bool, err error) {
	h, err := w.readCall(r, packet)
	if err != nil {
		return false, err
	}
	m.kind, m.node = kindCall, h.node
	if h.node == nil && h.path == "" {
		return false, fmt.Errorf("%w: a call on path id %d, which was not confirmed", ErrMalformed, h.id)
	}
	if h.node == nil {
		m.path, m.name = clip(h.path, maxText), numberName(h.number)
		return true, nil
	}
	m.path = h.node.path
	if m.method = h.method(); m.method == nil {
		m.name = numberName(h.number)
		if h.with != nil && h.with.state == differs {
			w.refuseMismatch(r, m, h.with)
			return false, nil
		}
		return true, nil
	}
	m.name = m.method.name
	m.delivery.Channel, m.delivery.Mode = m.method.Channel, m.method.TransferMode
	m.args = &w.dec
	switch {
	case !h.raw:
		if len(h.args) == 0 {
			return false, errShortCall
		}
		m.argc = int(h.args[0])
		w.dec.Reset(h.args[1:])
	case len(h.args) == 0:
		m.argc = 0
		w.dec.Reset(nil)
	default:
		m.argc = 1
		w.bytes = variant.AppendBytes(w.bytes[:0], h.args)
		w.dec.Reset(w.bytes)
	}
	return true, nil
}

// call implements wire.
func (w *godotWire) call(r *remote, packet []byte, m *message) bool {
	if len(packet) == 0 || packet[0]&cmdMask != cmdCall {
		return false
	}
	h, err := w.readCall(r, packet)
	if err != nil {
		return false
	}
	m.kind, m.node, m.path, m.name = kindCall, h.node, clip(h.path, maxText), numberName(h.number)
	if h.node != nil {
		m.path = h.node.path
		if m.method = h.method(); m.method != nil {
			m.name = m.method.name
		}
	}
	return true
}

// numberName stands for the name of a method that is not known.
func numberName(n uint16) string { return "#" + strconv.Itoa(int(n)) }

// mayForward tells whether a call from a client may go on to another, as far as the server can know; d becomes what
// the method is configured with.
func (w *godotWire) mayForward(r *remote, packet []byte, d *multiplayer.Delivery) (bool, error) {
	h, err := w.readCall(r, packet)
	if err != nil || h.node == nil {
		return err == nil, err
	}
	if h.with != nil && h.with.state == differs {
		return true, nil // the target may well have the same list
	}
	method := h.method()
	if method == nil {
		m := &message{kind: kindCall, path: h.node.path, name: numberName(h.number)}
		w.m.refuse(r, m, CodeUnknownMethod, "node %q has no method of that number", m.path)
		return false, nil
	}
	if !h.node.allows(method, r.id) {
		m := &message{kind: kindCall, path: h.node.path, name: method.name}
		w.m.refuse(r, m, CodeNotAllowed, "mode is %q, authority is %d", method.Mode, h.node.authority)
		return false, nil
	}
	d.Channel, d.Mode = method.Channel, method.TransferMode
	d.Key = uint64(w.pathOf(h.node).id)<<16 | uint64(h.number)
	return true, nil
}

// aim is where a call goes and in which of its forms.
type aim struct {
	r      *remote
	number uint16 // of the method, for this remote
	short  bool   // it confirmed our path id
	hold   bool   // its list of methods is not known yet
	done   bool
}

// aim finds out how the call of begin reaches each remote, and tells them our id of its path.
func (w *godotWire) aim() {
	o := &w.out
	o.node.byNumber() // numbers the methods
	w.pathOf(o.node)
	w.aims = w.aims[:0]
	o.errs = nil
	for _, r := range o.to {
		s := w.tell(o.from, r, o.node)
		a := aim{r: r, number: o.method.godot, short: s.confirmed}
		switch s.with.state {
		case unheard:
			if a.hold = len(o.node.known) > 0; a.hold {
				w.insist(o.from, r, o.node, s)
			}
		case known:
			var ok bool
			if a.number, ok = s.with.list.number(o.method); !ok {
				o.miss(r, fmt.Errorf("%w: its build %q has no %q", ErrMethodsDiffer, s.with.list.label, o.method.name))
				continue
			}
		case differs:
			o.miss(r, ErrMethodsDiffer)
			continue
		}
		w.aims = append(w.aims, a)
	}
}

// miss notes a target that the call cannot go to.
func (o *outgoing) miss(r *remote, err error) {
	o.errs = append(o.errs, &multiplayer.PeerError{Peer: r.id, Err: err})
}

// sendCall sends the call of begin to where it is aimed: one packet for all to whom the same bytes go.
func (w *godotWire) sendCall(argc int, arguments []byte) error {
	o := &w.out
	long := false
	for i := range w.aims {
		a := &w.aims[i]
		if a.hold {
			a.done = true
			if err := w.hold(a.r, argc, arguments); err != nil {
				o.miss(a.r, err)
			}
			continue
		}
		long = long || !a.short
	}
	for i := range w.aims {
		a := &w.aims[i]
		if a.done {
			continue
		}
		w.writeCall(a, long, argc, arguments)
		w.batch = w.batch[:0]
		for j := i; j < len(w.aims); j++ {
			b := &w.aims[j]
			if b.done || b.number != a.number || b.short != a.short {
				if w.m.IsServer() {
					continue
				}
				break // all go one way: keep their order
			}
			b.done = true
			w.batch = append(w.batch, b.r)
		}
		d := o.d
		d.Key = uint64(o.node.id.id)<<16 | uint64(o.method.godot)
		if err := w.deliver(o.from, w.batch, d); err != nil {
			o.errs = append(o.errs, err)
		}
	}
	if len(o.errs) == 1 {
		return o.errs[0]
	}
	return errors.Join(o.errs...)
}

// writeCall writes the packet of a call into buf. long is for calls that some of the targets need the path with.
func (w *godotWire) writeCall(a *aim, long bool, argc int, arguments []byte) {
	w.open()
	id := w.out.node.id.id
	le := binary.LittleEndian
	var flags byte
	switch {
	case long || id > 0xffff:
		flags = flagNode4
		w.buf = le.AppendUint32(append(w.buf, 0), id)
	case id > 0xff:
		flags = flagNode2
		w.buf = le.AppendUint16(append(w.buf, 0), uint16(id))
	default:
		w.buf = append(w.buf, 0, byte(id))
	}
	if a.number > 0xff {
		flags |= flagMethod2
		w.buf = le.AppendUint16(w.buf, a.number)
	} else {
		w.buf = append(w.buf, byte(a.number))
	}
	if raw, ok := rawForm(argc, arguments); ok {
		flags |= flagRaw
		w.buf = append(w.buf, raw...)
	} else {
		w.buf = append(append(w.buf, byte(argc)), arguments...)
	}
	packet := w.plain()
	packet[0] = cmdCall | flags
	if !a.short {
		le.PutUint32(packet[1:], pathBit|uint32(len(packet)))
		w.buf = append(append(w.buf, w.out.node.path...), 0)
	}
}

// rawForm tells whether the arguments are none or one PackedByteArray, and gives its bytes.
func rawForm(argc int, arguments []byte) ([]byte, bool) {
	const head = 8 // type, count
	le := binary.LittleEndian
	switch {
	case argc == 0:
		return nil, true
	case argc == 1 && len(arguments) >= head && le.Uint32(arguments) == uint32(variant.TypePackedByteArray):
		n := le.Uint32(arguments[4:])
		return arguments[head : head+n], true
	}
	return nil, false
}
