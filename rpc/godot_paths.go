package rpc

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/peerage-go/peerage/multiplayer"
)

// A path id stands for a node in the calls of one sender to one receiver. The sender tells it with simplify path;
// once the receiver has answered with confirm path, calls carry the id instead of the path.

// ourPath is one of our path ids, and what it stands for.
type ourPath struct {
	id    uint32
	index int // a small number of its own among those that there are: where a pathTable has it
	node  *Node
	list  *knownList // the id only asks whether the receiver has this list; nil: it is the node's own
}

// ourPaths are the path ids that there are. They are counted from 1 for the whole session, and none is given twice: an
// engine refuses one that it was told before.
type ourPaths struct {
	byID    map[uint32]*ourPath
	last    uint32
	indexes int
	free    []int // indexes
}

// pathTable is what is known of one remote's paths, and of what it knows of ours. For a remote that speaks another
// wire it has only toward.
type pathTable struct {
	theirs  map[uint32]*theirPath // by its path id, which need not be small
	unknown map[string]*theirPath // those whose node is not known here, by path
	ours    []sentPath            // by ourPath.index
	toward  map[*remote]*sentList // for a source that this server translates for: what each remote was told for it
	with    map[*methodSet]*agreement
	held    []heldCall
}

// theirPath is what a path id of a remote stands for.
type theirPath struct {
	node *Node
	with *agreement
	path string // where there is no such node
	sum  string // the same
}

// sentPath is how far a remote knows one of our path ids.
type sentPath struct {
	id        uint32     // the one that this is about; that of another is as good as none
	with      *agreement // nil: it was not told
	confirmed bool
}

type sentList struct{ paths []sentPath }

// maxPath is the longest node path that a peer may number, in bytes.
const maxPath = 1024

// agreement gives what is known of the remote's methods of a node.
func (t *pathTable) agreement(n *Node) *agreement {
	a := t.with[n.methodSet]
	if a == nil {
		a = new(agreement)
		if t.with == nil {
			t.with = map[*methodSet]*agreement{}
		}
		t.with[n.methodSet] = a
	}
	return a
}

// sent gives what a remote was told of a path id by a source, or, if that is nil, by this peer.
func (w *godotWire) sent(from, r *remote, p *ourPath) *sentPath {
	list := &r.paths.ours
	if from != nil {
		if from.paths == nil {
			from.paths = &pathTable{toward: map[*remote]*sentList{}}
		}
		s := from.paths.toward[r]
		if s == nil {
			s = new(sentList)
			from.paths.toward[r] = s
		}
		list = &s.paths
	}
	for len(*list) <= p.index {
		*list = append(*list, sentPath{})
	}
	s := &(*list)[p.index]
	if s.id != p.id {
		*s = sentPath{id: p.id}
	}
	return s
}

// pathOf gives our id of a node's path.
func (w *godotWire) pathOf(n *Node) *ourPath {
	if n.id == nil {
		n.id = w.newPath(n, nil)
	}
	return n.id
}

func (w *godotWire) newPath(n *Node, list *knownList) *ourPath {
	o := &w.paths
	o.last++
	p := &ourPath{id: o.last, node: n, list: list}
	if k := len(o.free); k > 0 {
		p.index, o.free = o.free[k-1], o.free[:k-1]
	} else {
		p.index = o.indexes
		o.indexes++
	}
	o.byID[p.id] = p
	return p
}

// freed implements wire. Nothing is told: the engine has no word for it. A path id that a remote tells the node by keeps
// its path, in case it is made again: see meet.
func (w *godotWire) freed(n *Node) {
	if w.out.node == n {
		w.out = outgoing{}
	}
	for _, p := range append(n.asks, n.id) {
		if p != nil {
			delete(w.paths.byID, p.id)
			w.paths.free = append(w.paths.free, p.index)
		}
	}
	n.id, n.asks = nil, nil
	for _, r := range w.m.byWire[multiplayer.Godot] {
		if !n.ofPattern() {
			delete(r.paths.with, n.methodSet)
		}
		r.paths.held = slices.DeleteFunc(r.paths.held, func(c heldCall) bool { return c.node == n })
	}
}

// lose notes that the node of a path is not there any more.
func (t *pathTable) lose(p *theirPath) {
	p.path, p.sum = p.node.path, p.with.md5
	p.node, p.with = nil, nil
	if t.unknown == nil {
		t.unknown = map[string]*theirPath{}
	}
	t.unknown[p.path] = p
}

// tell sees to it that a remote was told the path id of a node.
func (w *godotWire) tell(from, r *remote, n *Node) *sentPath {
	s := w.sent(from, r, n.id)
	if s.with == nil {
		with := r.paths.agreement(n)
		if w.simplify(from, r, n.id, n.checksum()) != nil {
			return &sentPath{with: with} // the call carries the path; the next one tells it again
		}
		s.with = with
	}
	return s
}

// simplify sends a simplify path.
func (w *godotWire) simplify(from, r *remote, p *ourPath, sum string) error {
	w.open()
	w.buf = append(append(append(w.buf, cmdSimplify), sum...), 0)
	w.buf = binary.LittleEndian.AppendUint32(w.buf, p.id)
	w.buf = append(append(w.buf, p.node.path...), 0)
	w.batch = append(w.batch[:0], r)
	return w.deliver(from, w.batch, multiplayer.Delivery{})
}

// simplified answers a simplify path for this peer, or for the one that this server translates for.
func (w *godotWire) simplified(r, as *remote, packet []byte) error {
	p, _, err := w.learn(r, packet)
	if err != nil || p == nil || p.node == nil || as != nil && as.phase != admitted {
		return err // the engine leaves an unknown path unanswered, too: its calls go on carrying it
	}
	ok := byte(1)
	if p.with.state == differs {
		ok = 0
	}
	w.open()
	w.buf = append(append(w.buf, cmdConfirm, ok), packet[1+md5Digits+1:simplifyHead]...)
	w.batch = append(w.batch[:0], r)
	w.deliver(as, w.batch, multiplayer.Delivery{}) // what is not confirmed goes on carrying its path
	return nil
}

// learn takes in a simplify path, whoever it is for. It gives what is kept of it, nil for nothing, and tells whether
// another client may be told it.
//
// One table serves all whom the remote tells: the engine counts an id once for all of them. So that nobody is told
// anything else than the server of a node that it knows, an id keeps its first path. No more than MaxNames are kept, also
// of nodes that come and go, as the engine does not tell when one is gone; and none of nodes that only a pattern knows. Of
// what is not kept those of nodes that are known here are told to nobody, so that calls go on carrying the path; the rest
// are no business of the server's.
func (w *godotWire) learn(r *remote, packet []byte) (p *theirPath, pass bool, err error) {
	if len(packet) <= simplifyHead {
		return nil, false, fmt.Errorf("%w: simplify path with %d bytes", ErrMalformed, len(packet))
	}
	id := binary.LittleEndian.Uint32(packet[1+md5Digits+1:])
	text := packet[simplifyHead:]
	if end := bytes.IndexByte(text, 0); end >= 0 {
		text = text[:end]
	}
	if len(text) > maxPath || id&pathBit != 0 {
		return nil, false, fmt.Errorf("%w: simplify path with id %d and a path of %d bytes", ErrMalformed, id, len(text))
	}
	path, sum := string(text), string(packet[1:1+md5Digits])
	n := w.m.find(r, path)
	var with *agreement
	if n != nil {
		with = w.hear(r, n, sum)
	}
	t := r.paths
	if p := t.theirs[id]; p != nil {
		w.meet(r, p)
		switch {
		case p.text() == path:
			return p, true, nil
		case p.node == nil && n == nil:
			return nil, true, nil // it may get another name, and calls on it do not need the id
		}
		return nil, false, fmt.Errorf("%w: path id %d for %.80q, but it had another path", ErrMalformed, id, path)
	}
	if n != nil && n.passer != nil || len(t.theirs) >= w.m.opts.MaxNames {
		return nil, n == nil, nil
	}
	if t.theirs == nil {
		t.theirs = map[uint32]*theirPath{}
	}
	p = &theirPath{node: n, with: with}
	if n == nil {
		p.path, p.sum = path, sum
		if t.unknown == nil {
			t.unknown = map[string]*theirPath{}
		}
		t.unknown[path] = p
	}
	t.theirs[id] = p
	return p, true, nil
}

// text is the path.
func (p *theirPath) text() string {
	if p.node != nil {
		return p.node.path
	}
	return p.path
}

// meetPath is meet for the path of a node that was made after the remote told it: the engine, which was not answered,
// goes on sending the path, and tells its md5 no more.
func (w *godotWire) meetPath(r *remote, path string) *agreement {
	p := r.paths.unknown[path]
	if p == nil {
		return nil
	}
	w.meet(r, p)
	return p.with
}

// meet looks again for the node that a path id stands for, where there was none, or it was freed.
func (w *godotWire) meet(r *remote, p *theirPath) {
	if p.node != nil && !p.node.freed {
		return
	}
	t := r.paths
	if p.node != nil {
		t.lose(p)
	}
	n := w.m.find(r, p.path)
	if n == nil {
		return
	}
	p.node, p.with = n, w.hear(r, n, p.sum)
	if t.unknown[p.path] == p {
		delete(t.unknown, p.path)
	}
	p.path, p.sum = "", ""
}

// confirmed takes the answer to a simplify path of ours, or of the source that this server translates for.
func (w *godotWire) confirmed(r, as *remote, packet []byte) error {
	if len(packet) != confirmSize {
		return fmt.Errorf("%w: confirm path with %d bytes", ErrMalformed, len(packet))
	}
	agreed, id := packet[1] != 0, binary.LittleEndian.Uint32(packet[2:])
	p := w.paths.byID[id]
	if p == nil && id >= 1 && id <= w.paths.last {
		return nil // its node was freed meanwhile
	}
	var s *sentPath
	if p != nil && (as == nil || as.paths != nil) {
		s = w.sent(as, r, p)
	}
	if s == nil || s.with == nil {
		return fmt.Errorf("%w: confirm path for id %d, which it was not told", ErrMalformed, id)
	}
	s.confirmed = true // whatever the md5, as in the engine
	w.answeredSum(r, p, agreed)
	return nil
}
