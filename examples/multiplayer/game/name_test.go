package game

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWhyNot(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, c := range []struct{ wanted, name, want string }{
		{"Alice", "Alice", ""},
		{" Alice\n", "Alice", ""},
		{"", "Player 2", ""},
		{Unnamed, "Player 2", ""},
		{"Alice", "Alice (2)", "the name Alice is taken"},
		{long, strings.Repeat("x", MaxName-1) + "…", "a name has at most 24 characters"},
	} {
		if got := WhyNot(c.wanted, c.name); got != c.want {
			t.Errorf("%q, called %q: got %q, want %q", c.wanted, c.name, got, c.want)
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
	}{
		{"as wanted", nil, "Alice", "Alice"},
		{"with spaces around", nil, "  Alice\n", "Alice"},
		{"empty", nil, "", "Player 2"},
		{"nothing to see", nil, " \u200b\x00\t", "Player 2"},
		{"what stands for no name", nil, Unnamed, "Player 2"},
		{"escape sequence", nil, "\x1b[31mAlice\x1b[0m", "[31mAlice[0m"},
		{"new line", nil, "Alice\nBob: rolls 99", "Alice Bob: rolls 99"},
		{"long", nil, long, strings.Repeat("x", MaxName-1) + "…"},
		{"taken", []string{"Alice"}, "Alice", "Alice (2)"},
		{"taken twice", []string{"Alice", "Alice (2)"}, "Alice", "Alice (3)"},
		{"taken, but for what is not seen", []string{"Alice"}, "Ali\u200bce", "Alice (2)"},
		{"long and taken", []string{strings.Repeat("y", MaxName)}, strings.Repeat("y", MaxName), strings.Repeat("y", MaxName-5) + "… (2)"},
		{"that of one without a name", []string{""}, "Player 3", "Player 3 (2)"},
		{"other letters", nil, "Zoë 李", "Zoë 李"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var table Table
			table.Add(2, "")
			for i, name := range c.others {
				table.Add(ID(i+3), name)
			}
			got := table.NameFor(2, c.wanted)
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if n := utf8.RuneCountInString(got); n > MaxName {
				t.Errorf("%d characters", n)
			}
			table.Rename(2, got)
			if again := table.NameFor(2, got); again != got {
				t.Errorf("asked for its own name %q it gets %q", got, again)
			}
		})
	}
}
