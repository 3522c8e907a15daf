package game

import (
	"fmt"
	"unicode/utf8"

	"github.com/peerage-go/peerage/examples/internal/console"
)

// MaxName is how many characters a name has at most.
const MaxName = 24

// NameFor is the name that a player gets who asks for one: fit to be shown, not too long, not empty, and no other
// player's.
func (t *Table) NameFor(id ID, wanted string) string {
	base := console.Clean(wanted, MaxName)
	if base == "" || base == Unnamed {
		base = Player{ID: id}.Title()
	}
	name := base
	for n := 2; t.taken(id, name); n++ {
		suffix := fmt.Sprintf(" (%d)", n)
		name = console.Clean(base, MaxName-utf8.RuneCountInString(suffix)) + suffix
	}
	return name
}

// WhyNot says why who wanted one name is called by another; "" where there is nothing to say.
func WhyNot(wanted, name string) string {
	fits := console.Clean(wanted, MaxName)
	switch {
	case fits == "" || fits == Unnamed:
		return ""
	case fits != name:
		return "the name " + fits + " is taken"
	case fits != console.Clean(wanted, len(wanted)):
		return fmt.Sprintf("a name has at most %d characters", MaxName)
	}
	return ""
}

// taken tells whether a player other than id is called so.
func (t *Table) taken(id ID, name string) bool {
	for _, p := range t.players {
		if p.ID != id && p.Title() == name {
			return true
		}
	}
	return false
}
