package game

import (
	"strings"
	"testing"
)

func TestTally(t *testing.T) {
	var tally Tally
	a, b := Player{2, "a"}, Player{3, "b"}
	tally.Seat(Player{2, ""})
	tally.Seat(b)
	tally.Note(a, Ruling{Outcome: Rolled, Dice: 7})
	tally.Note(b, Ruling{Outcome: Passed})
	tally.Note(b, Ruling{Outcome: Cheated})
	tally.Note(a, Ruling{Outcome: Rolled, Dice: 90})
	tally.Note(b, Ruling{Outcome: Invalid})
	tally.Seat(Player{4, ""})
	want := []Row{{a, 2, 0, 97, 90, 90, 0}, {b, 0, 1, 0, 0, 0, 2}, {Player: Player{4, ""}}}
	for i, row := range tally.Rows() {
		if row != want[i] {
			t.Errorf("row %d is %+v, want %+v", i, row, want[i])
		}
	}
	if tally.Moves() != 3 {
		t.Errorf("%d moves", tally.Moves())
	}
	var out strings.Builder
	if err := tally.Print(&out, b); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), `player    rolls  passes  total  best  fouls
a             2       0     97    90      0
b             0       1      0     0      2
Player 4      0       0      0     0      0
highest total: a, 97; next would be b
`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
