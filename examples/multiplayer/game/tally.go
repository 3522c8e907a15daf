package game

import (
	"fmt"
	"io"
	"slices"
	"strings"
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
	Last          int // roll
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
		row.Last = r.Dice
	case Passed:
		row.Passes++
	default:
		row.Fouls++
	}
}

// Print writes the tally as a table, and below it who has the highest total and whose turn is next.
func (t *Tally) Print(w io.Writer, next Player) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "player\trolls\tpasses\ttotal\tbest\tfouls")
	for _, r := range t.rows {
		fmt.Fprintf(tw, "%s\t%5d\t%6d\t%5d\t%4d\t%5d\n", r.Title(), r.Rolls, r.Passes, r.Total, r.Best, r.Fouls)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	who, total := t.highest()
	_, err := fmt.Fprintf(w, "highest total: %s, %d; next would be %s\n", strings.Join(who, " and "), total, next.Title())
	return err
}

// highest gives the players with the highest total.
func (t *Tally) highest() (who []string, total int) {
	for _, r := range t.rows {
		total = max(total, r.Total)
	}
	for _, r := range t.rows {
		if r.Total == total {
			who = append(who, r.Title())
		}
	}
	return who, total
}
