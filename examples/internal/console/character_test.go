package console

import (
	"slices"
	"testing"
)

func TestCharacters(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"letters", "aé李", []string{"a", "é", "李"}},
		{"a letter and its accent", "e\u0301x", []string{"e\u0301", "x"}},
		{"two accents", "e\u0323\u0302x", []string{"e\u0323\u0302", "x"}},
		{"a family", "👩‍👩‍👧x", []string{"👩‍👩‍👧", "x"}},
		{"two families", "👩‍👩‍👧👨‍👩‍👦", []string{"👩‍👩‍👧", "👨‍👩‍👦"}},
		{"skin tones", "👍🏽👍", []string{"👍🏽", "👍"}},
		{"skin tones in a family", "👩🏽‍🤝‍👨🏿!", []string{"👩🏽‍🤝‍👨🏿", "!"}},
		{"a variation", "❤️❤", []string{"❤️", "❤"}},
		{"a variation that is joined", "🏳️‍🌈🏳️", []string{"🏳️‍🌈", "🏳️"}},
		{"a heart that burns", "❤️‍🔥", []string{"❤️‍🔥"}},
		{"a head that nods", "🙂‍↕️a", []string{"🙂‍↕️", "a"}},
		{"a key", "1️⃣2", []string{"1️⃣", "2"}},
		{"flags", "🇦🇹🇨🇭🇩", []string{"🇦🇹", "🇨🇭", "🇩"}},
		{"flags after a letter", "a🇦🇹🇨🇭", []string{"a", "🇦🇹", "🇨🇭"}},
		{"flag of a region", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f🏴", []string{"🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "🏴"}},
		{"Hangul in parts", "\u1112\u1161\u11ab\u1100", []string{"\u1112\u1161\u11ab", "\u1100"}},
		{"Devanagari", "कि", []string{"कि"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := slices.Collect(Characters(c.text)); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := Clean(c.text, 100); got != c.text {
				t.Errorf("cleaned it is %q", got)
			}
			for limit := range len(c.want) {
				cut := ""
				for _, whole := range c.want[:max(limit-1, 0)] {
					cut += whole
				}
				if limit > 0 {
					cut += "…"
				}
				if got := Clean(c.text, limit); got != cut {
					t.Errorf("cut to %d it is %q, want %q", limit, got, cut)
				}
			}
		})
	}
}
