package game

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/peerage-go/peerage/examples/internal/console"
)

// The actions. Roll throws the dice, Pass lets the turn go by.
const (
	Roll = "roll"
	Pass = "pass"
)

// cheats begins the line that says who did something out of turn, by the id.
const cheats = "Someone is trying to cheat! "

// Cheater gives whom a line of the log calls a cheat.
func Cheater(line string) (id ID, ok bool) {
	rest, ok := strings.CutPrefix(line, cheats)
	n, err := strconv.ParseInt(rest, 10, 32)
	return ID(n), ok && err == nil
}

// Sides is how many sides the dice have: a roll is 0 to Sides-1.
const Sides = 100

// Outcome says what an action was.
type Outcome uint8

// The outcomes. Only Rolled and Passed end the turn.
const (
	Cheated Outcome = iota // it was not the player's turn
	Invalid                // there is no such action
	Rolled
	Passed
)

// Ruling is what the table says to an action.
type Ruling struct {
	Outcome
	Dice int    // with Rolled
	Line string // for everybody's log
	Next int    // the place whose turn it is now
}

// Moved tells whether the action ended the turn.
func (r Ruling) Moved() bool { return r.Outcome >= Rolled }

// Rule judges an action that a player asks for. It changes nothing: the turn is Next's once SetTurn was told. dice is
// called for a roll.
func (t *Table) Rule(id ID, action string, dice func() int) Ruling {
	p, ok := t.Current()
	switch {
	case !ok || p.ID != id:
		return Ruling{Outcome: Cheated, Next: t.turn, Line: cheats + fmt.Sprint(id)}
	case action == Roll:
		n := dice()
		return Ruling{Outcome: Rolled, Dice: n, Next: t.Next(), Line: fmt.Sprintf("%s: rolls %d", p.Title(), n)}
	case action == Pass:
		return Ruling{Outcome: Passed, Next: t.Next(), Line: fmt.Sprintf("%s: passes", p.Title())}
	}
	return Ruling{Outcome: Invalid, Next: t.turn, Line: "Invalid action: " + console.Clean(action, MaxName)}
}
