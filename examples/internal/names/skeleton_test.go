package names

import (
	"testing"
	"unicode/utf8"
)

func TestSkeleton(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		same       bool
	}{
		{"composed and decomposed", "José", "Jose\u0301", true},
		{"accents in another order", "ệ", "e\u0302\u0323", true},
		{"decomposed Hangul", "한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8", true},
		{"decomposed kana", "がぱ", "か\u3099は\u309a", true},
		{"decomposed Cyrillic", "Андрей", "Андреи\u0306", true},
		{"decomposed Greek", "Άννα", "Α\u0301ννα", true},
		{"case", "ALICE", "alice", true},
		{"case of Greek", "ΩΜΕΓΑ", "ωμεγα", true},
		{"Cyrillic letters", "Аlех", "Alex", true},
		{"all Cyrillic", "ВОВА", "BOBA", true},
		{"Greek letters", "Ανα", "Ava", true},
		{"Armenian letters", "օո", "on", true},
		{"Cherokee letters", "ᎪᏞᎬ", "ALE", true},
		{"full width", "Ａｄａ", "Ada", true},
		{"mathematical", "𝐀𝓭𝕒", "Ada", true},
		{"in circles", "Ⓐⓓⓐ", "Ada", true},
		{"small capitals", "ᴀᴅᴀ", "Ada", true},
		{"a stroke", "Øle", "Ole", true},
		{"dotless", "ıan", "Ian", true},
		{"I, l, 1 and |", "Il1|", "lI|1", true},
		{"O and 0", "B0b", "Bob", true},
		{"rn and m", "Arne", "Ame", true},
		{"spaces", "Al ice", "Alice", true},
		{"joiner", "Al\u200dice", "Alice", true},
		{"variation", "A\ufe0fda", "Ada", true},
		{"accents, which one can tell apart", "Zoë", "Zoe", true},
		{"other letters", "Alice", "Alina", false},
		{"numbers", "Bot 1", "Bot 2", false},
		{"the number of a namesake", "Ada", "Ada (2)", false},
		{"other kana", "か", "が", false},
		{"other Hangul", "한", "하", false},
		{"other signs", "李", "李明", false},
		{"other families", "👩‍👩‍👧", "👩‍👩‍👦", false},
		{"other skin tones", "👍🏽", "👍🏿", false},
		{"other flags", "🇦🇹", "🇨🇭", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if a, b := Skeleton(c.a), Skeleton(c.b); (a == b) != c.same {
				t.Errorf("%q and %q: %q and %q", c.a, c.b, a, b)
			}
		})
	}
}

func FuzzSkeleton(f *testing.F) {
	f.Add("\u1112\u1161\u11abか\u3099")
	f.Fuzz(func(t *testing.T, name string) {
		bones := Skeleton(name)
		if !utf8.ValidString(bones) {
			t.Fatalf("%q has %q", name, bones)
		}
		if again := Skeleton(bones); again != bones {
			t.Fatalf("%q has %q, and that %q", name, bones, again)
		}
	})
}
