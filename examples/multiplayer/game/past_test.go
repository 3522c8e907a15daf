package game

import (
	"fmt"
	"slices"
	"testing"
)

func TestPast(t *testing.T) {
	var past Past
	var tally Tally
	table := seat(3, 0)
	does := func(id ID, action string) {
		p, _ := table.Find(id)
		r := table.Rule(id, action, func() int { return int(id) * 10 })
		past.Note(p, r)
		tally.Note(p, r)
		table.SetTurn(r.Next)
	}
	if lines := past.Told(table, &tally); lines != nil {
		t.Errorf("of nothing it tells %q", lines)
	}
	does(2, Roll)
	does(2, Roll)
	does(3, Roll)
	does(4, Pass)
	table.Remove(3)
	table.Rename(2, "z")
	want := []string{
		"Before you came: a: rolls 20",
		"Before you came: Someone is trying to cheat! 2 (a)",
		"Before you came: b: rolls 30",
		"Before you came: c: passes",
		"So far: z: 20 in 1 roll, the last 20",
	}
	if got := past.Told(table, &tally); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	does(2, Roll)
	for range MaxPast {
		p, _ := table.Current()
		does(p.ID, Pass)
	}
	got := past.Told(table, &tally)
	if len(got) != MaxPast+1 || got[0] != "Before you came: z: rolls 20" || got[1] != "Before you came: z: passes" || got[MaxPast] != "So far: z: 40 in 2 rolls, the last 20" {
		t.Errorf("got %q", got)
	}
	for i := range MaxPast {
		past.Note(Player{}, Ruling{Outcome: Rolled, Line: fmt.Sprint(i)})
	}
	if got := past.Told(new(Table), &tally); len(got) != MaxPast || got[0] != "Before you came: 0" || got[9] != "Before you came: 9" {
		t.Errorf("got %q", got)
	}
}
