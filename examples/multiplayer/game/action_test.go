package game

import (
	"strings"
	"testing"
)

func TestRule(t *testing.T) {
	for _, c := range []struct {
		name          string
		players, turn int
		id            ID
		action        string
		want          Ruling
	}{
		{"roll", 3, 0, 2, Roll, Ruling{Rolled, 42, "a: rolls 42", 1}},
		{"roll in the last place", 3, 2, 4, Roll, Ruling{Rolled, 42, "c: rolls 42", 0}},
		{"roll alone", 1, 0, 2, Roll, Ruling{Rolled, 42, "a: rolls 42", 0}},
		{"pass", 3, 1, 3, Pass, Ruling{Passed, 0, "b: passes", 2}},
		{"out of turn", 3, 0, 3, Roll, Ruling{Cheated, 0, "Someone is trying to cheat! 3", 0}},
		{"out of turn, and not allowed", 3, 0, 3, "fly", Ruling{Cheated, 0, "Someone is trying to cheat! 3", 0}},
		{"not at the table", 3, 0, 9, Roll, Ruling{Cheated, 0, "Someone is trying to cheat! 9", 0}},
		{"turn past the end", 2, 2, 2, Roll, Ruling{Cheated, 0, "Someone is trying to cheat! 2", 2}},
		{"turn not begun", 2, -1, 2, Roll, Ruling{Cheated, 0, "Someone is trying to cheat! 2", -1}},
		{"unknown", 3, 1, 3, "fly", Ruling{Invalid, 0, "Invalid action: fly", 1}},
		{"empty", 3, 1, 3, "", Ruling{Invalid, 0, "Invalid action: ", 1}},
		{"capitals", 3, 1, 3, "ROLL", Ruling{Invalid, 0, "Invalid action: ROLL", 1}},
		{"hostile", 3, 1, 3, "\x1b[2J\nroll", Ruling{Invalid, 0, "Invalid action: [2J roll", 1}},
		{"long", 3, 1, 3, strings.Repeat("x", 5000), Ruling{Invalid, 0, "Invalid action: " + strings.Repeat("x", MaxName-1) + "…", 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			thrown := 0
			got := seat(c.players, c.turn).Rule(c.id, c.action, func() int { thrown++; return 42 })
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if id, ok := Cheater(got.Line); ok != (got.Outcome == Cheated) || ok && id != c.id {
				t.Errorf("the line names the cheat %d, %v", id, ok)
			}
			if (thrown == 1) != (got.Outcome == Rolled) || thrown > 1 {
				t.Errorf("the dice were thrown %d times", thrown)
			}
		})
	}
}

func TestActBeforeNamed(t *testing.T) {
	var table Table
	table.Add(7, "")
	if r := table.Rule(7, Roll, func() int { return 3 }); r.Line != "Player 7: rolls 3" || !r.Moved() {
		t.Errorf("got %+v", r)
	}
}
