package rpc

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/peerage-go/peerage/multiplayer"
)

// Node paths and method names are sent once and are numbers from then on (docs/protocol.md, "Names"). They are counted
// for the whole session, so that a call to many is encoded once. No number is given twice: a call that comes late means
// what it meant when it was made.

// name is one of our names.
type name struct {
	text   string
	number int
	told   bits    // the remotes that have been told it, by slot
	owner  *remote // the client on whose account it is there; nil: it is this side's own
	gone   bool
}

// theirName is one of a remote's names.
type theirName struct {
	text string
	node *Node // that it was the path of when it was last looked for
}

// names are what this side has numbered.
type names struct {
	byText   map[string]*name
	byNumber map[int]*name
	next     int
	foreign  int     // how many of them have an owner
	gone     []*name // those that some remotes are still to forget
	enough   int     // how many of these there have to be so that they do not wait for the end of the tick
}

func newNames() names {
	return names{byText: map[string]*name{}, byNumber: map[int]*name{}, enough: maxForget}
}

// kept gives the name that is kept in a node or method of this side.
func (w *peerageWire) kept(at **name, text string) *name {
	if *at == nil || (*at).gone {
		*at, _ = w.intern(text, nil)
	}
	return *at
}

// intern gives the name with a text. If it is new it is on its owner's account, if there is one.
func (w *peerageWire) intern(text string, owner *remote) (*name, error) {
	if n := w.names.byText[text]; n != nil {
		if owner == nil {
			w.disown(n)
		}
		return n, nil
	}
	if owner != nil {
		if !w.affords(owner) {
			return nil, fmt.Errorf("%w: clients have used %d that the server does not know, peer %d has %d of them: declare the methods on the server, or Free nodes",
				errForeignNames, w.names.foreign, owner.id, owner.foreign)
		}
		owner.foreign++
		w.names.foreign++
	}
	n := &name{text: text, number: w.names.next, owner: owner}
	w.names.next++
	w.names.byText[text], w.names.byNumber[n.number] = n, n
	return n, nil
}

// standInName gives the name of a stand-in's path, for which others of its client may have to go: they can be made again at
// any time.
func (w *peerageWire) standInName(n *Node) (*name, error) {
	if n.named != nil && !n.named.gone {
		return n.named, nil
	}
	for path, other := range n.passer.standIns {
		if w.names.byText[n.path] != nil || w.affords(n.passer) {
			break
		}
		if other != n && other.named != nil && other.named.owner == n.passer {
			w.m.dropStandIn(n.passer, path)
		}
	}
	var err error
	n.named, err = w.intern(n.path, n.passer)
	return n.named, err
}

var errForeignNames = errors.New("rpc: no room for more names of clients")

// affords tells whether one more name may be on a client's account. Every name goes to all clients, so those that only
// clients know are limited to half of what a client takes; and those of one client to as many as it leaves to the others.
func (w *peerageWire) affords(owner *remote) bool {
	left := w.m.opts.MaxNames/2 - w.names.foreign - 1
	return left >= 0 && owner.foreign < max(left, minNames)
}

// minNames is what a client may introduce though little is left: a node and a method.
const minNames = 2

// disown makes a name this side's own.
func (w *peerageWire) disown(n *name) {
	if n.owner != nil {
		n.owner.foreign--
		w.names.foreign--
		n.owner = nil
	}
}

// drop gives a name back.
func (w *peerageWire) drop(n *name) {
	w.disown(n)
	n.gone = true
	delete(w.names.byText, n.text)
	delete(w.names.byNumber, n.number)
	if !n.told.empty() {
		w.names.gone = append(w.names.gone, n)
	}
}

// freed implements wire.
func (w *peerageWire) freed(n *Node) {
	if n.named != nil && !n.named.gone && n.named.owner == n.passer {
		w.drop(n.named)
	}
	n.named = nil
	if len(w.names.gone) >= w.names.enough {
		w.settle()
		w.names.enough = 2*len(w.names.gone) + maxForget
	}
}

// left implements wire: what was on the account of a remote, and its slot, is free.
func (w *peerageWire) left(r *remote) {
	w.to = nil
	if r.via != nil || r.slot == 0 { // it has been told nothing
		return
	}
	for _, n := range w.names.byNumber {
		n.told.remove(r.slot)
		if n.owner == r {
			w.drop(n)
		}
	}
	for _, n := range w.names.gone {
		n.told.remove(r.slot)
	}
	w.forgetGone()
}

// forgetGone is for names that nobody has to forget any more.
func (w *peerageWire) forgetGone() {
	w.names.gone = slices.DeleteFunc(w.names.gone, func(n *name) bool { return n.told.empty() })
	if len(w.names.gone) == 0 {
		w.names.gone = nil
	}
}

// settle implements wire: it tells the remotes to forget the names that are gone. Those that have no room for it are told
// later. It goes behind all that was sent with a name, on the last channel.
func (w *peerageWire) settle() {
	if len(w.names.gone) == 0 {
		return
	}
	for _, r := range w.m.byWire[multiplayer.Peerage] {
		if r.via == nil {
			w.tellGone(r)
		}
	}
	w.forgetGone()
}

func (w *peerageWire) tellGone(r *remote) {
	knows := r.link.Knows(opForget)
	for rest := w.names.gone; len(rest) > 0; {
		w.enc.Reset(append(w.buf[:0], opForget))
		count := 0
		from := rest
		for len(rest) > 0 && count < maxForget {
			if n := rest[0]; n.told.has(r.slot) {
				w.enc.Int(int64(n.number))
				count++
			}
			rest = rest[1:]
		}
		w.buf = w.enc.Result()
		if count == 0 {
			return
		}
		w.to = append(w.to[:0], r.link)
		if knows && w.m.peer.Relay(multiplayer.Server, w.to, multiplayer.Delivery{Channel: math.MaxUint8}, w.buf) != nil {
			return
		}
		for _, n := range from[:len(from)-len(rest)] {
			n.told.remove(r.slot)
		}
	}
}

// maxForget is how many names one packet tells to forget: with 5 bytes each they fit into every packet.
const maxForget = 20

// tellNames sees to it that the remotes know two names. It gives those who do, and what went wrong with the others.
func (w *peerageWire) tellNames(a, b *name, to []*remote) (knowing []*remote, err error) {
	knowing = to
	var failed *remote // the hop of the last one that was not reached
	for i, r := range to {
		h := r.hop()
		var e error
		switch {
		case h == failed:
			continue
		case !a.told.has(h.slot):
			if e = w.tellName(h, a); e == nil && !b.told.has(h.slot) {
				e = w.tellName(h, b)
			}
		case !b.told.has(h.slot):
			e = w.tellName(h, b)
		}
		if e != nil {
			if err == nil {
				knowing = slices.Clone(to[:i])
			}
			err, failed = errors.Join(err, e), h
		} else if err != nil {
			knowing = append(knowing, r)
		}
	}
	return knowing, err
}

func (w *peerageWire) tellName(h *remote, n *name) error {
	if !h.link.Knows(opForget) { // it wants all numbers, in their order
		for ; h.inOrder <= n.number; h.inOrder++ {
			at := w.names.byNumber[h.inOrder]
			if at == nil {
				at = &name{number: h.inOrder}
			}
			if err := w.sendName(h, at); err != nil {
				return err
			}
		}
		return nil
	}
	return w.sendName(h, n)
}

func (w *peerageWire) sendName(h *remote, n *name) error {
	w.enc.Reset(w.buf[:0])
	w.op(opName, n.number)
	if err := w.enc.String(n.text); err != nil {
		return err
	}
	w.buf = w.enc.Result()
	w.to = append(w.to[:0], h.link)
	if err := w.m.peer.Relay(w.source, w.to, multiplayer.Delivery{}, w.buf); err != nil {
		return err
	}
	n.told.add(h.slot)
	return nil
}

// learn takes the name that a number of a remote's stands for from now on.
func (w *peerageWire) learn(r *remote, number uint64, text string, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("%w: name: %w", ErrMalformed, err)
	case len(text) > maxPath:
		return fmt.Errorf("%w: a name of %d bytes", ErrMalformed, len(text))
	case r.names[number] != nil:
		return fmt.Errorf("%w: name %d again", ErrMalformed, number)
	case len(r.names) >= w.m.opts.MaxNames:
		w.m.expel(r, &w.m.stats.TooManyNames, ErrTooManyNames)
		return fmt.Errorf("%w: more than %d names", ErrMalformed, w.m.opts.MaxNames)
	}
	if r.names == nil {
		r.names = map[uint64]*theirName{}
	}
	r.names[number] = &theirName{text: text}
	return nil
}

// forget takes the word of a remote that it does not use some of its names any more.
func (w *peerageWire) forget(r *remote, f *fields) error {
	for f.d.Len() > 0 {
		number := f.number()
		if f.err != nil {
			return fmt.Errorf("%w: forget: %w", ErrMalformed, f.err)
		}
		theirs := r.names[number]
		if theirs == nil {
			return fmt.Errorf("%w: forget: number %d was never named", ErrMalformed, number)
		}
		delete(r.names, number)
		w.m.dropStandIn(r, theirs.text)
		if n := w.names.byText[theirs.text]; n != nil && n.owner == r {
			w.drop(n)
		}
	}
	return nil
}

// node gives the node that a remote's name is the path of.
func (w *peerageWire) node(r *remote, path *theirName) *Node {
	if n := path.node; n != nil && !n.freed {
		return n
	}
	path.node = w.m.find(r, path.text)
	return path.node
}
