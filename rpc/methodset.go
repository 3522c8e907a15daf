package rpc

import (
	"maps"
	"slices"
	"strings"
)

// methodSet is the methods of a node. Nodes that match a pattern share the pattern's until they have some of their own.
type methodSet struct {
	of       *Node // who may change it
	methods  map[string]*method
	sorted   []*method // by number on Godot's wire; nil when a method was added since
	scripted int       // how many of sorted are not OnNode
	sum      string    // their md5 on Godot's wire, "" until it is asked for
	known    []*knownList
}

// knownList is a method list that an older build of the game has for a node.
type knownList struct {
	label string
	names []string
}

// ofPattern tells whether the node's methods are those of its pattern.
func (n *Node) ofPattern() bool { return n.of != n }

// own gives the node a set of its own.
func (n *Node) own() {
	if !n.ofPattern() {
		return
	}
	set := &methodSet{of: n, methods: maps.Clone(n.methods), known: slices.Clone(n.known)}
	for name, m := range set.methods {
		own := *m
		own.labels = nil
		set.methods[name] = &own
	}
	n.methodSet = set
}

// Methods are the names of the node's methods, in the order of Godot's numbers.
func (s *methodSet) Methods() []string {
	names := make([]string, 0, len(s.methods))
	for _, m := range s.byNumber() {
		names = append(names, m.name)
	}
	return names
}

// byNumber gives the methods in the order of their numbers on Godot's wire: by code point, those configured on the
// node itself after those of its script.
func (s *methodSet) byNumber() []*method {
	if s.sorted == nil {
		for _, m := range s.methods {
			s.sorted = append(s.sorted, m)
		}
		slices.SortFunc(s.sorted, func(a, b *method) int {
			if a.OnNode != b.OnNode {
				if a.OnNode {
					return 1
				}
				return -1
			}
			return strings.Compare(a.name, b.name)
		})
		s.scripted = 0
		for i, m := range s.sorted {
			if m.OnNode {
				m.godot = onNode + uint16(i-s.scripted)
				continue
			}
			m.godot = uint16(i)
			s.scripted++
		}
	}
	return s.sorted
}

// onNode is added to the number of a method that is configured on the node itself.
const onNode = 0x8000
