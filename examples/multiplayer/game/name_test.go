package game

import (
	"strings"
	"testing"

	"github.com/peerage-go/peerage/examples/internal/console"
)

const family = "👩‍👩‍👧"

func TestFit(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, c := range []struct{ wanted, name, why string }{
		{"Alice", "Alice", ""},
		{" Alice\n  B ", "Alice B", ""},
		{"", "", ""},
		{" \t", "", ""},
		{Unnamed, "", ""},
		{"\u3164", "", "there is nothing to see in that name"},
		{"\u2800\u200b", "", "there is nothing to see in that name"},
		{"Ali\u202ece", "Alice", "what cannot be seen in a name is left out"},
		{long, strings.Repeat("x", MaxName-1) + "…", "a name has at most 24 characters"},
		{strings.Repeat(family, MaxName), strings.Repeat(family, MaxName), ""},
		{strings.Repeat(family, MaxName+1), strings.Repeat(family, MaxName-1) + "…", "a name has at most 24 characters"},
	} {
		if name, why := Fit(c.wanted); name != c.name || why != c.why {
			t.Errorf("%q: got %q, %q, want %q, %q", c.wanted, name, why, c.name, c.why)
		}
	}
}

func TestNameFor(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, c := range []struct {
		name   string
		others []string
		wanted string
		want   string
		why    string
	}{
		{"as wanted", nil, "Alice", "Alice", ""},
		{"with spaces around", nil, "  Alice\n", "Alice", ""},
		{"empty", nil, "", "Player 2", ""},
		{"nothing to see", nil, " \u200b\x00\t", "Player 2", "there is nothing to see in that name"},
		{"blank letters", nil, "\u3164\u2800", "Player 2", "there is nothing to see in that name"},
		{"what stands for no name", nil, Unnamed, "Player 2", ""},
		{"escape sequence", nil, "\x1b[31mAlice\x1b[0m", "[31mAlice[0m", "what cannot be seen in a name is left out"},
		{"new line", nil, "Alice\nBob: rolls 99", "Alice Bob: rolls 99", ""},
		{"long", nil, long, strings.Repeat("x", MaxName-1) + "…", "a name has at most 24 characters"},
		{"taken", []string{"Alice"}, "Alice", "Alice (2)", "the name Alice is taken"},
		{"taken twice", []string{"Alice", "Alice (2)"}, "Alice", "Alice (3)", "the name Alice is taken"},
		{"taken, but for what is not seen", []string{"Alice"}, "Ali\u200bce", "Alice (2)", "what cannot be seen in a name is left out, and the name Alice is taken"},
		{"taken, but for the case", []string{"Alice"}, "aLICE", "aLICE (2)", "aLICE looks like Alice, and that is taken"},
		{"long and taken", []string{strings.Repeat("y", MaxName)}, strings.Repeat("y", MaxName), strings.Repeat("y", MaxName-5) + "… (2)", "the name " + strings.Repeat("y", MaxName) + " is taken"},
		{"too long and taken", []string{strings.Repeat("y", MaxName-1) + "…"}, strings.Repeat("y", 40), strings.Repeat("y", MaxName-5) + "… (2)", "a name has at most 24 characters, and the name " + strings.Repeat("y", MaxName-1) + "… is taken"},
		{"that of one without a name", []string{""}, "Player 3", "Player 3 (2)", "the name Player 3 is taken"},
		{"other letters", nil, "Zoë 李", "Zoë 李", ""},
		{"a family", []string{"👩‍👩‍👦"}, family, family, ""},
		{"the same family", []string{family}, family, family + " (2)", "the name " + family + " is taken"},
		{"Cyrillic", []string{"Alice"}, "Аliсе", "Аliсе (2)", "Аliсе looks like Alice, and that is taken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var table Table
			table.Add(2, "")
			for i, name := range c.others {
				table.Add(ID(i+3), name)
			}
			got, why := table.NameFor(2, c.wanted)
			if got != c.want || why != c.why {
				t.Errorf("got %q, %q, want %q, %q", got, why, c.want, c.why)
			}
			if n := console.Length(got); n > MaxName {
				t.Errorf("%d characters", n)
			}
			table.Rename(2, got)
			if again, why := table.NameFor(2, got); again != got || why != "" {
				t.Errorf("asked for its own name %q it gets %q, %s", got, again, why)
			}
		})
	}
}
