// Package game is the rules of the turn game, with nothing of the network: who sits at the table, whose turn it is,
// what an action does.
package game

import (
	"fmt"
	"slices"
)

// ID names a player: the id of the peer that plays.
type ID int32

// Player is somebody at the table.
type Player struct {
	ID   ID
	Name string // "" until the player has told it
}

// Unnamed stands in the list for the name of a player who has not told it.
const Unnamed = "... connecting ..."

// Label is the player's name for the list.
func (p Player) Label() string {
	if p.Name == "" {
		return Unnamed
	}
	return p.Name
}

// Title is the player's name within a sentence.
func (p Player) Title() string {
	if p.Name == "" {
		return fmt.Sprintf("Player %d", p.ID)
	}
	return p.Name
}

// Table is the players, in the order in which they came, and whose turn it is. The zero Table is empty, and the turn
// of whoever comes first.
type Table struct {
	players []Player
	turn    int
}

// Players are those at the table. The slice is the caller's.
func (t *Table) Players() []Player { return slices.Clone(t.players) }

// Len is how many players there are.
func (t *Table) Len() int { return len(t.players) }

// Turn is the place, from 0, of the player whose turn it is.
func (t *Table) Turn() int { return t.turn }

// Current is the player whose turn it is; false if that place is empty.
func (t *Table) Current() (Player, bool) {
	if t.turn < 0 || t.turn >= len(t.players) {
		return Player{}, false
	}
	return t.players[t.turn], true
}

// IsTurnOf tells whether it is this player's turn.
func (t *Table) IsTurnOf(id ID) bool {
	p, ok := t.Current()
	return ok && p.ID == id
}

// Find gives the player with this id.
func (t *Table) Find(id ID) (Player, bool) {
	if i := t.place(id); i >= 0 {
		return t.players[i], true
	}
	return Player{}, false
}

func (t *Table) place(id ID) int {
	return slices.IndexFunc(t.players, func(p Player) bool { return p.ID == id })
}

// Add seats a player behind the others. It gives false if the player is seated already.
func (t *Table) Add(id ID, name string) bool {
	if t.place(id) >= 0 {
		return false
	}
	t.players = append(t.players, Player{id, name})
	return true
}

// Rename changes a player's name and gives the player as before; false if there is none with this id.
func (t *Table) Rename(id ID, name string) (before Player, ok bool) {
	i := t.place(id)
	if i < 0 {
		return Player{}, false
	}
	before = t.players[i]
	t.players[i].Name = name
	return before, true
}

// Remove takes a player away; false if there is none with this id. The turn stays with who has it; if that was the one
// who leaves it goes to the next, and from the last place to the first.
func (t *Table) Remove(id ID) (Player, bool) {
	i := t.place(id)
	if i < 0 {
		return Player{}, false
	}
	p := t.players[i]
	t.players = slices.Delete(t.players, i, i+1)
	if t.turn > i {
		t.turn--
	}
	if t.turn >= len(t.players) {
		t.turn = 0
	}
	return p, true
}

// SetTurn says whose turn it is. A place where nobody sits is nobody's turn.
func (t *Table) SetTurn(place int) { t.turn = place }

// Next is the place whose turn comes after this one.
func (t *Table) Next() int {
	if t.turn < 0 || t.turn+1 >= len(t.players) {
		return 0
	}
	return t.turn + 1
}
