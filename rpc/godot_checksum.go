package rpc

import (
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// The engine calls a method by its number among the node's methods, and sends an md5 of their names so that the
// receiver can tell whether both count the same ones.

// checksum is the md5 of the node's method names as the engine has it: those configured on the node itself, then
// those of its script, each sorted, with nothing between.
func (s *methodSet) checksum() string {
	list := s.byNumber()
	if s.sum == "" {
		s.sum = sumOf(methodNames(list[s.scripted:]), methodNames(list[:s.scripted]))
	}
	return s.sum
}

func methodNames(list []*method) []string {
	s := make([]string, len(list))
	for i, m := range list {
		s[i] = m.name
	}
	return s
}

func sumOf(onNode, inScript []string) string {
	sum := md5.Sum([]byte(strings.Join(onNode, "") + strings.Join(inScript, "")))
	return hex.EncodeToString(sum[:])
}

// methodAt gives the method with a number on Godot's wire, nil if there is none.
func (s *methodSet) methodAt(number uint16) *method {
	list := s.byNumber()
	i := int(number)
	if number >= onNode {
		i = s.scripted + int(number-onNode)
	} else if i >= s.scripted {
		return nil
	}
	if i >= len(list) {
		return nil
	}
	return list[i]
}

// sums gives the md5 that a build with the known list sends, without and with the methods on the node itself.
func (k *knownList) sums(n *Node) [2]string {
	return [2]string{sumOf(nil, k.names), sumOf(methodNames(n.byNumber()[n.scripted:]), k.names)}
}

// number gives the number that a method has in the known list.
func (k *knownList) number(m *method) (uint16, bool) {
	if i, ok := slices.BinarySearch(k.names, m.name); ok {
		return uint16(i), true
	}
	return m.godot, m.OnNode
}

// stance is what is known of a remote's list of methods.
type stance uint8

const (
	unheard stance = iota
	same           // it is ours
	known          // it is one that KnownMethods told of
	differs        // it is some other
)

// agreement is what is known of a remote's list of methods of one node, or of those that share a pattern's.
type agreement struct {
	state    stance
	list     *knownList // if known
	md5      string     // "": it only said that ours differs
	reported bool
	asked    int       // how many known lists it was asked for
	insisted time.Time // when it was last told a path whose answer is waited for
}

// method gives what a number of the remote's means here.
func (a *agreement) method(n *Node, number uint16) *method {
	switch {
	case a.state == differs:
		return nil
	case a.state == known && number < onNode:
		if int(number) < len(a.list.names) {
			return n.methods[a.list.names[number]]
		}
		return nil
	}
	return n.methodAt(number)
}

// hear takes in the md5 that a remote has for a node.
func (w *godotWire) hear(r *remote, n *Node, sum string) *agreement {
	a := r.paths.agreement(n)
	if a.md5 == sum {
		return a
	}
	a.md5 = sum
	if sum == n.checksum() {
		w.settleOn(r, n, a, same, nil)
		return a
	}
	for _, k := range n.known {
		if s := k.sums(n); sum == s[0] || sum == s[1] {
			w.settleOn(r, n, a, known, k)
			return a
		}
	}
	w.settleOn(r, n, a, differs, nil)
	return a
}

// answeredSum takes in whether a remote has the md5 that a simplify path told.
func (w *godotWire) answeredSum(r *remote, p *ourPath, agreed bool) {
	a := r.paths.agreement(p.node)
	switch {
	case a.state != unheard:
	case agreed && p.list == nil:
		w.settleOn(r, p.node, a, same, nil)
	case agreed:
		a.md5 = p.list.sums(p.node)[0]
		w.settleOn(r, p.node, a, known, p.list)
	default:
		w.ask(r, p.node, a)
	}
}

// ask finds out which of the known lists a remote has: by telling it an id with the md5 of one after the other,
// until it agrees.
func (w *godotWire) ask(r *remote, n *Node, a *agreement) {
	if a.asked == len(n.known) {
		w.settleOn(r, n, a, differs, nil)
		return
	}
	for len(n.asks) <= a.asked {
		n.asks = append(n.asks, w.newPath(n, n.known[len(n.asks)]))
	}
	p := n.asks[a.asked]
	a.asked++
	if err := w.simplify(nil, r, p, p.list.sums(n)[0]); err != nil {
		return
	}
	w.sent(nil, r, p).with = a
}

// settleOn notes what a remote's list is, reports one that is not ours, and sends what waited for it.
func (w *godotWire) settleOn(r *remote, n *Node, a *agreement, state stance, list *knownList) {
	a.state, a.list = state, list
	if state != same && !a.reported {
		a.reported = true
		w.m.stats.ChecksumMismatches++
		w.reportMismatch(r, n, a)
	}
	w.release(r, n, a)
}

func (w *godotWire) reportMismatch(r *remote, n *Node, a *agreement) {
	c := ChecksumMismatch{Peer: r.id, Node: n.path, Theirs: a.md5, Ours: n.checksum(), Methods: n.Methods()}
	log := w.m.log.With("peer", c.Peer, "node", c.Node, "theirs", c.Theirs, "ours", c.Ours, "methods", strings.Join(c.Methods, ", "))
	loud := w.m.loud(r)
	if a.state == known {
		c.Known = a.list.label
	}
	switch {
	case !loud:
	case a.state == known:
		log.Info("rpc: a Godot peer has a known list of methods for this node and is understood by name", "build", c.Known)
	default:
		log.Warn("rpc: a Godot peer has another list of @rpc methods for this node, so calls of it there are refused: " +
			"declare the methods that its script has, or tell of them with KnownMethods")
	}
	if w.m.OnChecksumMismatch != nil {
		w.m.call("OnChecksumMismatch", func() { w.m.OnChecksumMismatch(c) })
	}
}

// refuseMismatch refuses a call whose number says nothing about which method is meant.
func (w *godotWire) refuseMismatch(r *remote, m *message, a *agreement) {
	theirs := a.md5
	if theirs == "" {
		theirs = "unknown"
	}
	w.m.refuse(r, m, CodeUnknownMethod, "its methods have the md5 %s, ours %s: the node has here %s",
		theirs, m.node.checksum(), strings.Join(m.node.Methods(), ", "))
}
