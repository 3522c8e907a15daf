package game

import (
	"fmt"
	"strings"

	"github.com/peerage-go/peerage/examples/internal/console"
	"github.com/peerage-go/peerage/examples/internal/names"
)

// MaxName is how many characters a name has at most, as a reader counts them.
const MaxName = 24

// Fit makes a name fit to be shown, and says what it did to it: "" for nothing that is to be seen.
func Fit(wanted string) (name, why string) {
	name = console.Clean(wanted, MaxName)
	switch {
	case name == Unnamed, strings.TrimSpace(wanted) == "":
		return "", ""
	case name == "":
		return "", "there is nothing to see in that name"
	case name != console.Clean(wanted, len(wanted)):
		return name, fmt.Sprintf("a name has at most %d characters", MaxName)
	case name != strings.Join(strings.Fields(wanted), " "):
		return name, "what cannot be seen in a name is left out"
	}
	return name, ""
}

// NameFor is the name that a player gets who asks for one: fit to be shown, not too long, not empty, and not to be
// taken for another player's. It says why it is another one than the player asked for, "" if it is not.
func (t *Table) NameFor(id ID, wanted string) (name, why string) {
	base, why := Fit(wanted)
	if base == "" {
		base = Player{ID: id}.Title()
	}
	others := map[string]string{} // by their skeletons
	for _, p := range t.players {
		if p.ID != id {
			others[names.Skeleton(p.Title())] = p.Title()
		}
	}
	other, taken := others[names.Skeleton(base)]
	if !taken {
		return base, why
	}
	if why != "" {
		why += ", and "
	}
	if other == base {
		why += "the name " + base + " is taken"
	} else {
		why += base + " looks like " + other + ", and that is taken"
	}
	name = base
	for n := 2; taken; n++ {
		suffix := fmt.Sprintf(" (%d)", n)
		name = console.Clean(base, MaxName-len(suffix)) + suffix
		_, taken = others[names.Skeleton(name)]
	}
	return name, why
}
