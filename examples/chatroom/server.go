package main

import (
	"cmp"
	"log/slog"
	"slices"
	"time"

	"github.com/peerage-go/peerage/examples/internal/console"
	"github.com/peerage-go/peerage/examples/internal/names"
	"github.com/peerage-go/peerage/examples/internal/trouble"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

const (
	maxName = 60   // bytes; in any script 20 letters fit, in most languages more
	maxText = 1500 // bytes
	maxPast = 20   // lines that a newcomer gets to read

	// A guest may say a line each second, and so many at once after a silence.
	pace  = time.Second
	burst = 5
)

// The codes of refusals, for programs. People read the text.
const (
	codeBadName = rpc.CodeApplication + iota
	codeBadText
	codeTooFast
	codeOutside
)

// room is the chat. Everything in it happens on the goroutine that polls the session, so there are no locks.
type room struct {
	session *rpc.SceneMultiplayer
	hall    *rpc.Node
	guests  map[rpc.PeerID]*guest
	past    []Line
}

type guest struct {
	Guest
	busy time.Time // what the guest said takes until then, at the pace
}

// newRoom puts a room on a session.
func newRoom(peer *multiplayer.MultiplayerPeer, log *slog.Logger) (*room, error) {
	session, err := rpc.New(peer, &rpc.Options{NoServerRelay: true, Logger: log}) // guests need not call each other
	if err != nil {
		return nil, err
	}
	r := &room{session: session, hall: session.Node(hallPath), guests: map[rpc.PeerID]*guest{}}
	enter.Handle(r.hall, r.enter)
	say.Handle(r.hall, r.say)
	r.hall.Declare(welcome, joined, left, said)
	session.OnPeerDisconnected = r.leave
	return r, nil
}

// enter lets a connected peer in under a name.
func (r *room) enter(c *rpc.Call, wanted string) (any, error) {
	name := console.Clean(wanted, len(wanted)) // one line, nothing invisible, nothing that turns the writing round
	switch {
	case r.guests[c.Sender] != nil:
		return nil, rpc.Errorf(codeBadName, "you are in the room already")
	case name == "":
		return nil, rpc.Errorf(codeBadName, "a name needs something that can be seen")
	case len(name) > maxName:
		return nil, rpc.Errorf(codeBadName, "that name is too long: it has %d bytes, and %d are the most", len(name), maxName)
	}
	for _, other := range r.guests {
		if names.Skeleton(other.Name) == names.Skeleton(name) {
			return nil, rpc.Errorf(codeBadName, "%s is here already: take a name that looks different", other.Name)
		}
	}
	g := &guest{Guest: Guest{c.Sender, name}}
	r.guests[c.Sender] = g
	r.told(joined.RPC(r.hall, g.Guest))
	r.told(welcome.RPCID(r.hall, c.Sender, r.here(), r.past)) // last: from here on the newcomer knows everything
	return nil, nil
}

// say passes on what a guest says, to that guest too: all read the same lines in the same order.
func (r *room) say(c *rpc.Call, text string) (any, error) {
	text = console.Clean(text, len(text))
	now := time.Now()
	g := r.guests[c.Sender]
	switch {
	case g == nil:
		return nil, rpc.Errorf(codeOutside, "enter under a name first")
	case text == "":
		return nil, rpc.Errorf(codeBadText, "there is nothing to see in that")
	case len(text) > maxText:
		return nil, rpc.Errorf(codeBadText, "that is too long: it has %d bytes, and %d are the most", len(text), maxText)
	case g.busy.After(now.Add((burst - 1) * pace)):
		return nil, rpc.Errorf(codeTooFast, "not so fast: a line a second, please")
	}
	g.busy = later(g.busy, now).Add(pace)
	line := Line{g.Guest, text, now}
	r.past = append(r.past, line)
	r.past = r.past[max(0, len(r.past)-maxPast):]
	r.told(said.RPC(r.hall, line))
	return nil, nil
}

// leave takes note that a peer is gone. One that never entered is nobody's loss.
func (r *room) leave(id rpc.PeerID) {
	if g := r.guests[id]; g != nil {
		delete(r.guests, id)
		r.told(left.RPC(r.hall, g.Guest))
	}
}

// here is who is in the room, in the order in which they connected.
func (r *room) here() (all []Guest) {
	for _, g := range r.guests {
		all = append(all, g.Guest)
	}
	slices.SortFunc(all, func(a, b Guest) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// told looks at what came of a call. Whom it did not reach because there was no more room for what that guest has yet to
// read no longer sees the room as it is, and has to go.
func (r *room) told(err error) {
	for _, id := range trouble.Behind(err) {
		r.session.DisconnectPeerWith(id, multiplayer.CloseDisconnected, "you do not read what you are sent")
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
