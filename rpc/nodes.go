package rpc

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/peerage-go/peerage/multiplayer"
)

// Node is the node with this path, relative to the multiplayer root; it is made by the first call, and by the first after
// its Free. A path that starts with Options.RootPath means the same node. A path is UTF-8 of 1 to 1024 bytes with no NUL:
// Node panics on another, which no peer could be told.
//
// A path of which a segment is *, such as "Players/*", is a pattern: it stands for all nodes with any one segment there.
// Its methods are theirs. They are declared or handled once, before the nodes are made, and a node may have more of its
// own. A peer may call a node that only a pattern knows: Call.Node, which is valid until the handler returns, tells by its
// path which one it is; whether there is such a node is for the handler to say. A pattern itself cannot be called: call a
// node that Node has made.
func (m *SceneMultiplayer) Node(path string) *Node {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	path = strings.TrimPrefix(path, m.opts.RootPath+"/")
	if n := m.nodes[path]; n != nil {
		return n
	}
	if err := checkName(path); err != nil {
		panic(fmt.Sprintf("rpc: the path of a node: %v", err))
	}
	for r := range m.hops() {
		m.dropStandIn(r, path)
	}
	n := &Node{m: m, path: path, authority: multiplayer.Server, pattern: isPattern(path)}
	if p := m.pattern(path); p != nil && !n.pattern {
		n.methodSet = p.methodSet
	} else {
		n.methodSet = &methodSet{of: n, methods: map[string]*method{}}
	}
	m.nodes[path] = n
	if n.pattern {
		m.patterns = append(m.patterns, n)
	}
	return n
}

// checkName tells whether a path or the name of a method can travel. Names go to every peer, before all that needs one
// of them, so that a single bad one would keep everything back.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("it is empty: give one")
	case len(name) > maxPath:
		return fmt.Errorf("%.40q… has %d bytes: give one of at most %d", name, len(name), maxPath)
	case !utf8.ValidString(name):
		return fmt.Errorf("%q is not UTF-8: give one that is, strings.ToValidUTF8 makes it so", name)
	case strings.ContainsRune(name, 0):
		return fmt.Errorf("%q has a NUL in it: give one without", name)
	}
	return nil
}

// Free takes the node away, and with it what every wire keeps of it (Node.free). What was called on it before still
// arrives, and replies that are waited for, or owed, still come. Calls of it that come later are refused with
// CodeUnknownNode, and those that are made on it here fail with ErrFreed. SceneMultiplayer.Node makes a new one with the
// same path, with no methods but those of its pattern. A handler of the node may free it.
//
// To a Godot peer whose list of methods is not known yet, see KnownMethods, the calls that wait for it are not sent.
func (n *Node) Free() {
	m := n.m
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	if n.freed {
		return
	}
	if n.passer != nil {
		m.dropStandIn(n.passer, n.path)
		return
	}
	delete(m.nodes, n.path)
	if n.pattern {
		m.patterns = slices.DeleteFunc(m.patterns, func(p *Node) bool { return p == n })
		for r := range m.hops() {
			m.dropStandIns(r) // they can be made again
		}
	}
	n.drop()
}

// drop has the wires forget the node.
func (n *Node) drop() {
	n.freed = true
	for _, w := range n.m.wires {
		w.freed(n)
	}
	n.methodSet = &noMethods
}

// noMethods are those of nodes that were freed.
var noMethods methodSet

// find gives the node that a remote means by a path; nil if there is none.
func (m *SceneMultiplayer) find(r *remote, path string) *Node {
	if n := m.nodes[path]; n != nil {
		if n.pattern {
			return nil
		}
		return n
	}
	if len(m.patterns) == 0 {
		return nil
	}
	r = r.hop()
	if n := r.standIns[path]; n != nil {
		return n
	}
	p := m.pattern(path)
	if p == nil {
		return nil
	}
	return m.standIn(r, p, path)
}

// isPattern tells whether a path stands for others.
func isPattern(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "*" {
			return true
		}
	}
	return false
}

// pattern gives the first pattern that a path matches.
func (m *SceneMultiplayer) pattern(path string) *Node {
	for _, p := range m.patterns {
		if matches(p.path, path) {
			return p
		}
	}
	return nil
}

func matches(pattern, path string) bool {
	for {
		p, pattern2, more := strings.Cut(pattern, "/")
		s, path2, moreOfPath := strings.Cut(path, "/")
		if p != "*" && p != s || more != moreOfPath {
			return false
		}
		if !more {
			return true
		}
		pattern, path = pattern2, path2
	}
}

// A stand-in is the node of a path that only a pattern knows, for what comes on one connection. It can be made again at
// any time, so that they are few.

const maxStandIns = 1024

// standIn makes one.
func (m *SceneMultiplayer) standIn(hop *remote, pattern *Node, path string) *Node {
	if len(hop.standIns) >= maxStandIns {
		for old := range hop.standIns {
			m.dropStandIn(hop, old)
			break
		}
	}
	if hop.standIns == nil {
		hop.standIns = map[string]*Node{}
	}
	n := &Node{methodSet: pattern.methodSet, m: m, path: strings.Clone(path), authority: pattern.authority, passer: hop}
	hop.standIns[n.path] = n
	return n
}

func (m *SceneMultiplayer) dropStandIn(hop *remote, path string) {
	if n := hop.standIns[path]; n != nil {
		delete(hop.standIns, path)
		n.drop()
	}
}

func (m *SceneMultiplayer) dropStandIns(hop *remote) {
	for path := range hop.standIns {
		m.dropStandIn(hop, path)
	}
}

// hops are the remotes that connections lead to.
func (m *SceneMultiplayer) hops() iter.Seq[*remote] {
	return func(yield func(*remote) bool) {
		for _, r := range m.order {
			if r.via == nil && !yield(r) {
				return
			}
		}
	}
}
