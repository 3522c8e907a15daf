package rpc

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/peerage-go/peerage/multiplayer"
)

// A path id stands for a node in the calls of one sender to one receiver. The sender tells it with simplify path;
// once the receiver has answered with confirm path, calls carry the id instead of the path.

// ourPath is what one of our path ids stands for.
type ourPath struct {
	node *Node
	list *knownList // the id only asks whether the receiver has this list; nil: it is the node's own
}

// pathTable is what is known of one remote's paths, and of what it knows of ours. For a remote that speaks another
// wire it has only toward.
type pathTable struct {
	theirs  map[uint32]*theirPath // by its path id, which need not be small
	unknown map[string]*theirPath // those whose node is not known here, by path
	ours    []sentPath            // by our path id
	toward  map[*remote]*sentList // for a source that this server translates for: what each remote was told for it
	with    map[*Node]*agreement
	held    []heldCall
}

// theirPath is what a path id of a remote stands for.
type theirPath struct {
	node *Node
	with *agreement
	path []byte // where there is no such node
	sum  string // the same
}

// sentPath is how far a remote knows one of our path ids.
type sentPath struct {
	with      *agreement // nil: it was not told
	confirmed bool
}

type sentList struct{ paths []sentPath }

// maxPath is the longest node path that a peer may number, in bytes.
const maxPath = 1024

// agreement gives what is known of the remote's methods of a node.
func (t *pathTable) agreement(n *Node) *agreement {
	a := t.with[n]
	if a == nil {
		a = new(agreement)
		if t.with == nil {
			t.with = map[*Node]*agreement{}
		}
		t.with[n] = a
	}
	return a
}

// sent gives what a remote was told of a path id by a source, or, if that is nil, by this peer.
func (w *godotWire) sent(from, r *remote, id uint32) *sentPath {
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
	for uint32(len(*list)) <= id {
		*list = append(*list, sentPath{})
	}
	return &(*list)[id]
}

// pathID gives our id of a node's path.
func (w *godotWire) pathID(n *Node) uint32 {
	if n.pathID == 0 {
		w.paths = append(w.paths, ourPath{node: n})
		n.pathID = uint32(len(w.paths))
	}
	return n.pathID
}

// tell sees to it that a remote was told the path id of a node.
func (w *godotWire) tell(from, r *remote, n *Node, id uint32) *sentPath {
	s := w.sent(from, r, id)
	if s.with == nil {
		with := r.paths.agreement(n)
		if w.simplify(from, r, n, id, n.checksum()) != nil {
			return &sentPath{with: with} // the call carries the path; the next one tells it again
		}
		s.with = with
	}
	return s
}

// simplify sends a simplify path.
func (w *godotWire) simplify(from, r *remote, n *Node, id uint32, sum string) error {
	w.open()
	w.buf = append(append(append(w.buf, cmdSimplify), sum...), 0)
	w.buf = binary.LittleEndian.AppendUint32(w.buf, id)
	w.buf = append(append(w.buf, n.path...), 0)
	w.batch = append(w.batch[:0], r)
	return w.deliver(from, w.batch, multiplayer.Delivery{})
}

// simplified answers a simplify path for this peer, or for the one that this server translates for.
func (w *godotWire) simplified(r, as *remote, packet []byte) error {
	n, err := w.learn(r, packet)
	if err != nil || n == nil || as != nil && as.phase != admitted {
		return err // the engine leaves an unknown path unanswered, too: its calls go on carrying it
	}
	ok := byte(1)
	if r.paths.with[n].state == differs {
		ok = 0
	}
	w.open()
	w.buf = append(append(w.buf, cmdConfirm, ok), packet[1+md5Digits+1:simplifyHead]...)
	w.batch = append(w.batch[:0], r)
	w.deliver(as, w.batch, multiplayer.Delivery{}) // what is not confirmed goes on carrying its path
	return nil
}

// learn takes in a simplify path, whoever it is for. It gives the node that can be confirmed, nil for none.
//
// One table serves all whom the remote tells: the engine counts an id once for all of them. So that nobody is told
// anything else than the server of a node that it knows, an id keeps its first path. Ids beyond MaxNames are not kept: they stay unconfirmed
// where the node is known here, and are no business of the server's where it is not.
func (w *godotWire) learn(r *remote, packet []byte) (*Node, error) {
	if len(packet) <= simplifyHead {
		return nil, fmt.Errorf("%w: simplify path with %d bytes", ErrMalformed, len(packet))
	}
	id := binary.LittleEndian.Uint32(packet[1+md5Digits+1:])
	path := packet[simplifyHead:]
	if end := bytes.IndexByte(path, 0); end >= 0 {
		path = path[:end]
	}
	if len(path) > maxPath || id&pathBit != 0 {
		return nil, fmt.Errorf("%w: simplify path with id %d and a path of %d bytes", ErrMalformed, id, len(path))
	}
	n := w.m.nodes[string(path)]
	var with *agreement
	if n != nil {
		with = w.hear(r, n, string(packet[1:1+md5Digits]))
	}
	t := r.paths
	if id > uint32(w.m.opts.MaxNames) {
		if n != nil {
			return nil, fmt.Errorf("rpc: more than %d node paths of one peer: path id %d is not confirmed; raise Options.MaxNames", w.m.opts.MaxNames, id)
		}
		return nil, nil
	}
	if p := t.theirs[id]; p != nil {
		if p.node == nil {
			w.meet(r, p)
		}
		if n == nil && p.node == nil {
			return nil, nil // a node that is not known here may get another name; calls on it do not need the id
		}
		if p.node != n {
			return nil, fmt.Errorf("%w: path id %d for %.80q, but it had another path", ErrMalformed, id, path)
		}
		return n, nil
	}
	p := &theirPath{node: n, with: with}
	if n == nil {
		p.path, p.sum = bytes.Clone(path), string(packet[1:1+md5Digits])
		if t.unknown == nil {
			t.unknown = map[string]*theirPath{}
		}
		t.unknown[string(path)] = p
	}
	if t.theirs == nil {
		t.theirs = map[uint32]*theirPath{}
	}
	t.theirs[id] = p
	return n, nil
}

// meetPath is meet for the path of a node that was made after the remote told it: the engine, which was not answered,
// goes on sending the path, and tells its md5 no more.
func (w *godotWire) meetPath(r *remote, path []byte) *agreement {
	p := r.paths.unknown[string(path)]
	if p == nil {
		return nil
	}
	w.meet(r, p)
	return p.with
}

// meet looks again for the node that a path id stands for.
func (w *godotWire) meet(r *remote, p *theirPath) {
	n := w.m.nodes[string(p.path)]
	if n == nil {
		return
	}
	p.with = w.hear(r, n, p.sum)
	if t := r.paths; t.unknown[string(p.path)] == p {
		delete(t.unknown, string(p.path))
	}
	p.node, p.path, p.sum = n, nil, ""
}

// confirmed takes the answer to a simplify path of ours, or of the source that this server translates for.
func (w *godotWire) confirmed(r, as *remote, packet []byte) error {
	if len(packet) != confirmSize {
		return fmt.Errorf("%w: confirm path with %d bytes", ErrMalformed, len(packet))
	}
	agreed, id := packet[1] != 0, binary.LittleEndian.Uint32(packet[2:])
	var s *sentPath
	if id >= 1 && id <= uint32(len(w.paths)) && (as == nil || as.paths != nil) {
		s = w.sent(as, r, id)
	}
	if s == nil || s.with == nil {
		return fmt.Errorf("%w: confirm path for id %d, which it was not told", ErrMalformed, id)
	}
	s.confirmed = true // whatever the md5, as in the engine
	w.answeredSum(r, w.paths[id-1], agreed)
	return nil
}
