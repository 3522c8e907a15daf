package game

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// Tally is what the players did, those who left included.
type Tally struct {
	rows []Row
}

// Row is what one player did.
type Row struct {
	Player
	Rolls, Passes int
	Total, Best   int // of the dice
	Fouls         int // cheats and invalid actions
}

// Moves is how many turns the player took.
func (r Row) Moves() int { return r.Rolls + r.Passes }

// Rows are the players, in the order in which they came.
func (t *Tally) Rows() []Row { return slices.Clone(t.rows) }

// Moves is how many turns were taken in all.
func (t *Tally) Moves() int {
	n := 0
	for _, r := range t.rows {
		n += r.Moves()
	}
	return n
}

// Seat makes a row for a player, or corrects the name in it.
func (t *Tally) Seat(p Player) { t.row(p) }

func (t *Tally) row(p Player) *Row {
	i := slices.IndexFunc(t.rows, func(r Row) bool { return r.ID == p.ID })
	if i < 0 {
		i = len(t.rows)
		t.rows = append(t.rows, Row{})
	}
	t.rows[i].Player = p
	return &t.rows[i]
}

// Note adds what a player did.
func (t *Tally) Note(p Player, r Ruling) {
	row := t.row(p)
	switch r.Outcome {
	case Rolled:
		row.Rolls++
		row.Total += r.Dice
		row.Best = max(row.Best, r.Dice)
	case Passed:
		row.Passes++
	default:
		row.Fouls++
	}
}

// Print writes the tally as a table. crown is before the player whose turn it is.
func (t *Tally) Print(w io.Writer, turn ID, crown string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, " \tplayer\trolls\tpasses\ttotal\tbest\tfouls")
	for _, r := range t.rows {
		mark := " "
		if r.ID == turn {
			mark = crown
		}
		fmt.Fprintf(tw, "%s\t%s\t%5d\t%6d\t%5d\t%4d\t%5d\n", mark, r.Title(), r.Rolls, r.Passes, r.Total, r.Best, r.Fouls)
	}
	return tw.Flush()
}
