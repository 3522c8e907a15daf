package game

import (
	"fmt"
	"slices"
)

// MaxPast is how many lines of the log a newcomer gets to read.
const MaxPast = 10

// Past is what a newcomer is told of what happened before it came: the last lines of the log, and always that of the
// last roll.
type Past struct {
	lines []pastLine
}

type pastLine struct {
	text string
	roll bool
}

// Note adds what a player did.
func (p *Past) Note(by Player, r Ruling) {
	text := r.Line
	if r.Outcome == Cheated && by.Name != "" {
		text += " (" + by.Name + ")" // whom a newcomer may not meet any more
	}
	p.lines = append(p.lines, pastLine{text, r.Outcome == Rolled})
	if len(p.lines) <= MaxPast {
		return
	}
	first := 0
	if p.lines[0].roll && !slices.ContainsFunc(p.lines[1:], func(l pastLine) bool { return l.roll }) {
		first = 1
	}
	p.lines = slices.Delete(p.lines, first, first+1)
}

// Told is the past in lines for a newcomer's log: what happened, and how those stand who are still at the table.
func (p *Past) Told(t *Table, tally *Tally) (lines []string) {
	for _, l := range p.lines {
		lines = append(lines, "Before you came: "+l.text)
	}
	for _, at := range t.players {
		for _, r := range tally.rows {
			switch {
			case r.ID != at.ID:
			case r.Rolls == 1:
				lines = append(lines, fmt.Sprintf("So far: %s: %d in 1 roll, the last %d", at.Title(), r.Total, r.Last))
			case r.Rolls > 1:
				lines = append(lines, fmt.Sprintf("So far: %s: %d in %d rolls, the last %d", at.Title(), r.Total, r.Rolls, r.Last))
			}
		}
	}
	return lines
}
