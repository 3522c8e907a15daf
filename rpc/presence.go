package rpc

import (
	"container/list"
	"errors"
	"slices"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
)

// Who is there: admitted, introduced to the others, away, back, gone.

// admit makes a remote one that can be called.
func (m *SceneMultiplayer) admit(r *remote) {
	m.decide(r, admitted)
	m.takeSlot(r)
	m.remotes[r.id] = r
	m.order = append(m.order, r)
	m.byWire[r.wire()] = append(m.byWire[r.wire()], r)
	if m.IsServer() && !m.opts.NoServerRelay {
		m.newcomers++
	}
	if r.id == multiplayer.Server {
		m.status = multiplayer.Connected
		if m.OnConnectedToServer != nil {
			m.call("OnConnectedToServer", m.OnConnectedToServer)
		}
	}
	if r.phase == admitted {
		m.event("OnPeerConnected", m.OnPeerConnected, r.id)
	}
	if r.phase == admitted && r.away {
		r.away = false
		m.tellAway(r, true)
	}
}

// depart undoes admit.
func (m *SceneMultiplayer) depart(r *remote) {
	if r.phase != admitted {
		return
	}
	m.introduce()
	r.phase = departed
	m.departed = true
	delete(m.remotes, r.id)
	m.order = without(m.order, r)
	m.byWire[r.wire()] = without(m.byWire[r.wire()], r)
	m.wires[r.wire()].left(r)
	m.dropStandIns(r)
	r.leaveGroups()
	m.giveSlot(r)
	r.untold, m.behind = nil, without(m.behind, r)
	m.sayGoodbye(r)
	for _, a := range r.run {
		a.abandon()
	}
	m.failReplies(ErrPeerGone, r)
	m.tellLeft("OnPeerDisconnected", m.OnPeerDisconnected, r)
}

// tellLeft tells of a remote that is gone, of whom Admitted knows until then.
func (m *SceneMultiplayer) tellLeft(name string, f func(PeerID), r *remote) {
	outer := m.leaver
	m.leaver = r
	m.event(name, f, r.id)
	m.leaver = outer
}

func without(list []*remote, r *remote) []*remote {
	if i := slices.Index(list, r); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

// introduce tells those who came last of the others, and everybody of them: before anything else is sent, so that nobody
// hears of a peer it does not know.
func (m *SceneMultiplayer) introduce() {
	if m.newcomers == 0 {
		return
	}
	there, came := m.order[:len(m.order)-m.newcomers], m.order[len(m.order)-m.newcomers:]
	m.newcomers, m.waiting = 0, false
	m.present(there, came)
	m.acquaint(came)
	m.present(came, there)
	m.introducing = m.now() + m.pause()
}

// acquaint tells peers that came together of each other: each half of them of the other half, at one stroke.
func (m *SceneMultiplayer) acquaint(came []*remote) {
	if len(came) <= handful {
		for i, r := range came {
			m.announce(tiding{kindPeerAdded, r.id}, split(came[:i], came[i+1:]))
		}
		return
	}
	first, second := came[:len(came)/2], came[len(came)/2:]
	m.present(first, second)
	m.acquaint(first)
	m.acquaint(second)
	m.present(second, first)
}

// introduceInTime is introduce for the end of a tick, where nothing is sent that has to come after it. An introduction is a
// write to everybody, and a crowd could not come in while each of it was presented: so a crowd comes in first, and after an
// introduction the next newcomers wait for each other.
func (m *SceneMultiplayer) introduceInTime() {
	if m.newcomers == 0 {
		return
	}
	now := m.now()
	if !m.waiting && m.newcomers > few {
		m.introducing = max(m.introducing, now+m.pause())
	}
	m.waiting = true
	switch wait := m.introducing - now; {
	case wait <= 0:
		m.introduce()
	case m.introduction == nil:
		m.introduction = time.AfterFunc(wait, m.Wake)
	default:
		m.introduction.Reset(wait)
	}
}

// pause is how long newcomers wait for each other.
func (m *SceneMultiplayer) pause() time.Duration {
	return min(introduceAfter*time.Duration(max(0, len(m.order)-few)), introduceWithin)
}

const (
	few             = 32                    // peers can be told at once, always
	introduceAfter  = 50 * time.Microsecond // for each of the others, some ten times what it costs
	introduceWithin = 100 * time.Millisecond

	handful       = 8   // peers are told of each other one by one
	acquaintances = 256 // of so many others at most they are told at one stroke
	longestComing = 6   // that appendComing appends
)

// present tells clients of peers that are there.
func (m *SceneMultiplayer) present(there, to []*remote) {
	if len(to) == 0 {
		return
	}
	lists := split(to)
	for some := range slices.Chunk(there, acquaintances) {
		for w := range lists {
			m.presentOn(multiplayer.Wire(w), some, lists[w])
		}
	}
	for _, o := range there {
		if o.away {
			m.announceAway(o, lists)
		}
	}
	if len(there) >= acquaintances {
		m.peer.Flush() // so much need not wait for more
	}
}

// presentOn tells clients of one wire of peers at one stroke, and those who cannot take that of one after the other.
func (m *SceneMultiplayer) presentOn(w multiplayer.Wire, there, to []*remote) {
	buf, packets := make([]byte, 0, longestComing*len(there)), make([][]byte, 0, len(there))
	for _, o := range there {
		start := len(buf)
		buf = m.wires[w].appendComing(buf, o.id)
		packets = append(packets, buf[start:])
	}
	links, singly := make([]*multiplayer.Peer, 0, len(to)), []*remote(nil)
	for _, r := range to {
		if r.untold == nil {
			links = append(links, r.link)
		} else {
			singly = append(singly, r)
		}
	}
	err := m.peer.RelayTogether(multiplayer.Server, links, multiplayer.Delivery{}, packets)
	eachPeer(err, func(id PeerID, err error) {
		if r := m.remotes[id]; r != nil && !errors.Is(err, multiplayer.ErrNotConnected) { // else it is going by itself
			singly = append(singly, r)
		}
	})
	if len(singly) == 0 {
		return
	}
	lists := split(singly)
	for _, o := range there {
		m.announce(tiding{kindPeerAdded, o.id}, lists)
	}
}

// split sorts remotes by wire.
func split(parts ...[]*remote) (lists [wireCount][]*remote) {
	for _, part := range parts {
		for _, r := range part {
			lists[r.wire()] = append(lists[r.wire()], r)
		}
	}
	return lists
}

// sayGoodbye tells the other clients that one left.
func (m *SceneMultiplayer) sayGoodbye(r *remote) {
	if !m.IsServer() || m.opts.NoServerRelay {
		return
	}
	m.announce(tiding{kindPeerRemoved, r.id}, m.byWire)
}

// setAway takes note that a peer is away, or back. Of one that is not admitted yet it is told when it is.
func (m *SceneMultiplayer) setAway(p *multiplayer.Peer, away bool) {
	r, met := p.Attachment.(*remote)
	if !met || r.away == away {
		return
	}
	if r.phase != admitted {
		r.away = away
		return
	}
	m.tellAway(r, away)
}

// tellAway tells the program, and the other clients, that a peer is away, or back.
func (m *SceneMultiplayer) tellAway(r *remote, away bool) {
	if r.away == away {
		return
	}
	m.introduce()
	r.away = away
	if m.IsServer() && !m.opts.NoServerRelay {
		m.announceAway(r, m.byWire)
	}
	if away {
		m.event("OnPeerAway", m.OnPeerAway, r.id)
	} else {
		m.event("OnPeerBack", m.OnPeerBack, r.id)
	}
}

// announceAway tells clients that know the word whether a peer is away.
func (m *SceneMultiplayer) announceAway(r *remote, lists [wireCount][]*remote) {
	t := tiding{kindPeerBack, r.id}
	if r.away {
		t.kind = kindPeerAway
	}
	var to [wireCount][]*remote
	for _, o := range lists[multiplayer.Peerage] {
		if o != r && o.link.Knows(opPeerAway) {
			to[multiplayer.Peerage] = append(to[multiplayer.Peerage], o)
		}
	}
	m.announce(t, to)
}

// tiding is the word that a peer came or went, or is away or back.
type tiding struct {
	kind kind
	id   PeerID
}

func (t tiding) message() *message { return &message{kind: t.kind, target: t.id} }

// announce tells clients who came or went: later those that have no room for it now, or that are told of others first.
func (m *SceneMultiplayer) announce(t tiding, lists [wireCount][]*remote) {
	for w, to := range lists {
		if len(m.behind) > 0 {
			now := make([]*remote, 0, len(to))
			for _, r := range to {
				if r.untold != nil {
					r.untold.add(t)
				} else {
					now = append(now, r)
				}
			}
			to = now
		}
		eachPeer(m.tell(nil, t.message(), multiplayer.Wire(w), to), func(id PeerID, err error) {
			r := m.remotes[id]
			if r == nil || errors.Is(err, multiplayer.ErrNotConnected) {
				return // it is going by itself
			}
			r.untold = new(untold)
			r.untold.add(t)
			m.behind = append(m.behind, r)
		})
	}
}

// untold is what a client could not be told yet, in order. A peer that came and went meanwhile is not in it, nor one that
// was away and is back, so it is never longer than twice the peers that the client knows and those that there are.
type untold struct {
	tidings list.List
	comings map[PeerID]*list.Element
	aways   map[PeerID]*list.Element // that a peer is away, or back
}

func (u *untold) add(t tiding) {
	came, away := u.comings[t.id], u.aways[t.id]
	if away != nil {
		u.tidings.Remove(away)
		delete(u.aways, t.id)
	}
	switch {
	case t.kind == kindPeerAway, t.kind == kindPeerBack:
		if away == nil { // else they cancel each other
			if u.aways == nil {
				u.aways = map[PeerID]*list.Element{}
			}
			u.aways[t.id] = u.tidings.PushBack(t)
		}
	case t.kind == kindPeerAdded:
		if u.comings == nil {
			u.comings = map[PeerID]*list.Element{}
		}
		u.comings[t.id] = u.tidings.PushBack(t)
	case came != nil:
		u.tidings.Remove(came)
		delete(u.comings, t.id)
	default:
		u.tidings.PushBack(t)
	}
}

// told takes out the first.
func (u *untold) told(first *list.Element, t tiding) {
	u.tidings.Remove(first)
	switch t.kind {
	case kindPeerAdded:
		delete(u.comings, t.id)
	case kindPeerAway, kindPeerBack:
		delete(u.aways, t.id)
	}
}

// has tells whether it has the coming of a peer.
func (u *untold) has(id PeerID) bool { return u != nil && u.comings[id] != nil }

// informAll tells those who are behind what they could not be told before, as far as there is room now.
func (m *SceneMultiplayer) informAll() {
	waiting := m.behind[:0]
	for _, r := range m.behind {
		if !m.inform(r) {
			waiting = append(waiting, r)
		}
	}
	clear(m.behind[len(waiting):])
	m.behind = waiting
}

// inform tells one of them. It tells whether that was all.
func (m *SceneMultiplayer) inform(r *remote) bool {
	u := r.untold
	for u != nil && u.tidings.Len() > 0 {
		if r.link.Away() || r.link.WebSocket().Congested() {
			return false
		}
		first := u.tidings.Front()
		t := first.Value.(tiding)
		to := [1]*remote{r}
		if m.tell(nil, t.message(), r.wire(), to[:]) != nil {
			return false
		}
		u.told(first, t)
	}
	r.untold = nil
	return true
}

// acquainted gives those of the remotes that know a peer, whose packet is for them, or can be told of it now, and the ids
// of the others. It changes the list.
func (m *SceneMultiplayer) acquainted(with *remote, to []*remote) (knowing []*remote, others []PeerID) {
	if len(m.behind) == 0 {
		return to, nil
	}
	knowing = to[:0]
	for _, r := range to {
		if r.untold.has(with.id) {
			m.inform(r)
		}
		if r.untold.has(with.id) {
			others = append(others, r.id)
			continue
		}
		knowing = append(knowing, r)
	}
	return knowing, others
}

// eachPeer calls f for each of the peers that an error of a send to several is about.
func eachPeer(err error, f func(id PeerID, err error)) {
	switch e := err.(type) {
	case *multiplayer.PeerError:
		f(e.Peer, e.Err)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			eachPeer(one, f)
		}
	}
}
