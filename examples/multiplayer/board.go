package main

import (
	"github.com/peerage-go/peerage/examples/internal/console"
	"github.com/peerage-go/peerage/examples/multiplayer/game"
	"github.com/peerage-go/peerage/rpc"
)

// board is the game as one peer sees it: its table changes when the server says so. The server has one too, which
// changes by its own calls, because they are CallLocal.
type board struct {
	node     *rpc.Node
	table    game.Table
	watchers []watcher
}

// watcher is told what happens at the board, on the goroutine that polls.
type watcher interface {
	logged(line string)
	added(p game.Player)
	renamed(before, p game.Player)
	removed(p game.Player)
	turned()
}

// maxLogLine is how many characters of a line for the log are shown.
const maxLogLine = 200

func newBoard(m *rpc.SceneMultiplayer, path string) *board {
	b := &board{node: m.Node(path)}
	logLine.Handle(b.node, func(_ *rpc.Call, line string) { b.log(line) })
	addPlayer.Handle(b.node, func(_ *rpc.Call, id game.ID, name string) { b.add(id, name) })
	delPlayer.Handle(b.node, func(_ *rpc.Call, id game.ID) { b.remove(id) })
	setTurn.Handle(b.node, func(_ *rpc.Call, place int) { b.setTurn(place) })
	updatePlayerName.Handle(b.node, func(_ *rpc.Call, id game.ID, name string) { b.rename(id, name) })
	return b
}

// watch adds a watcher.
func (b *board) watch(w watcher) { b.watchers = append(b.watchers, w) }

func (b *board) log(line string) {
	line = console.Clean(line, maxLogLine)
	for _, w := range b.watchers {
		w.logged(line)
	}
}

func (b *board) add(id game.ID, name string) {
	if !b.table.Add(id, nameFrom(name)) {
		return
	}
	p, _ := b.table.Find(id)
	for _, w := range b.watchers {
		w.added(p)
	}
}

func (b *board) rename(id game.ID, name string) {
	before, ok := b.table.Rename(id, nameFrom(name))
	if !ok {
		return
	}
	p, _ := b.table.Find(id)
	for _, w := range b.watchers {
		w.renamed(before, p)
	}
}

func (b *board) remove(id game.ID) {
	p, ok := b.table.Remove(id)
	if !ok {
		return
	}
	for _, w := range b.watchers {
		w.removed(p)
	}
}

func (b *board) setTurn(place int) {
	b.table.SetTurn(place)
	for _, w := range b.watchers {
		w.turned()
	}
}

// nameFrom gives a name that came from a server, which need not be one of ours and may pass on what it was told.
func nameFrom(name string) string {
	if name == game.Unnamed {
		return ""
	}
	return console.Clean(name, game.MaxName)
}

// bystander is a watcher that does nothing, for others to build on.
type bystander struct{}

func (bystander) logged(string)            {}
func (bystander) added(game.Player)        {}
func (bystander) renamed(_, _ game.Player) {}
func (bystander) removed(game.Player)      {}
func (bystander) turned()                  {}
