package game

import (
	"slices"
	"testing"
)

// seat makes a table with players 2, 3, 4… called a, b, c…
func seat(n, turn int) *Table {
	t := new(Table)
	for i := range n {
		t.Add(ID(i+2), string(rune('a'+i)))
	}
	t.SetTurn(turn)
	return t
}

func TestWhoseTurnItIs(t *testing.T) {
	for _, c := range []struct {
		name    string
		players int
		turn    int
		want    ID // 0: nobody's
	}{
		{"empty", 0, 0, 0},
		{"before the start", 2, -1, 0},
		{"first", 2, 0, 2},
		{"last", 2, 1, 3},
		{"past the end", 2, 2, 0},
		{"far past the end", 2, 1 << 40, 0},
		{"far before the start", 2, -1 << 40, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := seat(c.players, c.turn)
			p, ok := table.Current()
			if p.ID != c.want || ok != (c.want != 0) {
				t.Errorf("got %v, %v", p, ok)
			}
			for id := range ID(5) {
				if table.IsTurnOf(id) != (id == c.want && c.want != 0) {
					t.Errorf("IsTurnOf(%d) is %v", id, table.IsTurnOf(id))
				}
			}
			if next := table.Next(); next < 0 || next > 0 && next >= table.Len() {
				t.Errorf("next is %d of %d", next, table.Len())
			}
		})
	}
}

func TestTurnsGoRound(t *testing.T) {
	table := seat(3, 0)
	var got []ID
	for range 7 {
		p, _ := table.Current()
		got = append(got, p.ID)
		table.SetTurn(table.Next())
	}
	if want := []ID{2, 3, 4, 2, 3, 4, 2}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLeaving(t *testing.T) {
	for _, c := range []struct {
		name          string
		players, turn int
		leaves        ID
		ok            bool
		wantTurn      int
		wantID        ID
	}{
		{"one before the turn", 3, 1, 2, true, 0, 3},
		{"one after the turn", 3, 1, 4, true, 1, 3},
		{"the one whose turn it is", 3, 1, 3, true, 1, 4},
		{"the one whose turn it is, in the last place", 3, 2, 4, true, 0, 2},
		{"the last one", 1, 0, 2, true, 0, 0},
		{"nobody", 3, 1, 9, false, 1, 3},
		{"from an empty table", 0, 0, 2, false, 0, 0},
		{"with a turn past the end", 2, 7, 2, true, 0, 3},
		{"with the turn not begun", 2, -1, 2, true, -1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := seat(c.players, c.turn)
			p, ok := table.Remove(c.leaves)
			if ok != c.ok || ok && p.ID != c.leaves {
				t.Errorf("removed %v, %v", p, ok)
			}
			now, _ := table.Current()
			if table.Turn() != c.wantTurn || now.ID != c.wantID {
				t.Errorf("turn %d of player %d, want %d of %d", table.Turn(), now.ID, c.wantTurn, c.wantID)
			}
		})
	}
}

func TestComing(t *testing.T) {
	table := new(Table)
	if !table.Add(5, "") || table.Add(5, "again") {
		t.Error("a player is seated once")
	}
	if !table.IsTurnOf(5) {
		t.Error("who comes first has the turn")
	}
	if p, _ := table.Find(5); p.Label() != Unnamed || p.Title() != "Player 5" {
		t.Errorf("without a name: %q, %q", p.Label(), p.Title())
	}
	if before, ok := table.Rename(5, "a"); !ok || before.Name != "" {
		t.Errorf("renamed %v, %v", before, ok)
	}
	if _, ok := table.Rename(6, "b"); ok {
		t.Error("renamed nobody")
	}
	table.Players()[0].Name = "changed"
	if p, _ := table.Find(5); p.Label() != "a" || p.Title() != "a" {
		t.Errorf("with a name: %q, %q", p.Label(), p.Title())
	}
	table.Remove(5)
	table.Add(6, "b")
	if !table.IsTurnOf(6) {
		t.Error("who comes to an empty table has the turn")
	}
}
