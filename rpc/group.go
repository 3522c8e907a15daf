package rpc

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/peerage-go/peerage/multiplayer"
)

// Group is a set of peers that are called like one: a team, those in an area, those who watch. A call to it is encoded
// once for each wire, and from a client to others it goes through the server once. Who leaves the session leaves its
// groups. A Group belongs to the goroutine that polls.
//
// A peer keeps its groups in memory while it is connected, also those that nobody uses any more: Clear lets go.
type Group struct {
	m       *SceneMultiplayer
	members []*remote
	lists   [wireCount][]*remote // the same, by wire
	self    bool
	key     PeerID // stands for it where a target does; no peer has it
}

// NewGroup makes a group of no peers.
func (m *SceneMultiplayer) NewGroup() *Group {
	m.owner.OnlyThePollingGoroutineElsePostOrDo()
	m.groups++
	return &Group{m: m, key: -m.groups}
}

// Add adds a peer that can be called, or this peer itself, which then runs the calls of CallLocal methods. One that is in
// the group already stays there once. The error is ErrUnknownPeer.
func (g *Group) Add(id PeerID) error {
	g.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	if id == g.m.UniqueID() && id != 0 {
		g.self = true
		return nil
	}
	r := g.m.remotes[id]
	if r == nil {
		return fmt.Errorf("%w: %d", ErrUnknownPeer, id)
	}
	if !slices.Contains(r.groups, g) {
		r.groups = append(r.groups, g)
		g.members = append(g.members, r)
		g.lists[r.wire()] = append(g.lists[r.wire()], r)
	}
	return nil
}

// Remove takes a peer out of the group, if it is in it.
func (g *Group) Remove(id PeerID) {
	g.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	if id == g.m.UniqueID() {
		g.self = false
	} else if r := g.m.remotes[id]; r != nil {
		g.remove(r)
		r.groups = slices.DeleteFunc(r.groups, func(o *Group) bool { return o == g })
	}
}

func (g *Group) remove(r *remote) {
	g.members = without(g.members, r)
	g.lists[r.wire()] = without(g.lists[r.wire()], r)
}

// Clear takes everybody out of the group.
func (g *Group) Clear() {
	g.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	for _, r := range slices.Clone(g.members) {
		g.Remove(r.id)
	}
	g.self = false
}

// Has tells whether a peer is in the group.
func (g *Group) Has(id PeerID) bool {
	g.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	if id == g.m.UniqueID() {
		return g.self
	}
	r := g.m.remotes[id]
	return r != nil && slices.Contains(r.groups, g)
}

// Len is how many peers are in the group.
func (g *Group) Len() int {
	g.m.owner.OnlyThePollingGoroutineElsePostOrDo()
	if g.self {
		return len(g.members) + 1
	}
	return len(g.members)
}

// Peers are the ids of those in the group, in the order in which they were added, this peer itself last.
func (g *Group) Peers() iter.Seq[PeerID] {
	return func(yield func(PeerID) bool) {
		g.m.owner.OnlyThePollingGoroutineElsePostOrDo()
		for _, r := range slices.Clone(g.members) {
			if !yield(r.id) {
				return
			}
		}
		if g.self {
			yield(g.m.UniqueID())
		}
	}
}

// SendBytes is SceneMultiplayer.SendBytes for the group.
func (g *Group) SendBytes(d multiplayer.Delivery, data []byte) error {
	m := g.m
	if err := m.maySendBytes(d); err != nil {
		return err
	}
	m.introduce()
	msg := &message{kind: kindRaw, group: g, data: data, delivery: d}
	if !g.apart() {
		return m.tellAll(msg, g.lists)
	}
	var errs []error
	for _, r := range g.members {
		msg.target, msg.group = r.id, nil
		errs = append(errs, m.say(r, msg))
	}
	return errors.Join(errs...)
}

// RPCGroup calls a method on every peer of a group. Errors are those of RPCID; with nobody in the group there are none.
func (n *Node) RPCGroup(g *Group, method string, arguments ...any) error {
	d, err := n.declared(method)
	if err != nil {
		return &CallError{Node: n.path, Method: method, Group: true, Err: err}
	}
	return n.startGroup(g, method, d.Config).putAll(arguments)
}

// startGroup begins a call of a method.
func (n *Node) startGroup(g *Group, name string, c Config) sending {
	s := n.begin(message{kind: kindCall, group: g}, name, c)
	if s.err != nil {
		return s
	}
	s.local = g.self && c.CallLocal && n.handles(name)
	if g.apart() {
		s.apart = g.members
	} else {
		s.lists = g.lists
	}
	return s
}

// leaveGroups takes a remote that is gone out of its groups.
func (r *remote) leaveGroups() {
	for _, g := range r.groups {
		g.remove(r)
	}
	r.groups = nil
}

// apart tells whether a packet for the group has to go to each of its peers by itself: from a client through a server
// that cannot be told several targets at once.
func (g *Group) apart() bool {
	m := g.m
	if m.IsServer() || len(g.lists[multiplayer.Peerage]) < 2 {
		return false
	}
	return !g.members[0].link.Knows(opRelaySeveral)
}
