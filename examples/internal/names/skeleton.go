// Package names tells which names a reader takes for each other.
package names

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
)

//go:embed lookalikes.txt
var lookalikeLines string

// lookalikes gives what stands in a skeleton for a code point.
var lookalikes = sync.OnceValue(func() map[rune]string {
	m := map[rune]string{}
	for line := range strings.Lines(lookalikeLines) {
		bone, all, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if !ok || bone == "#" {
			continue
		}
		for _, r := range all {
			m[r] = bone
		}
	}
	return m
})

// Skeleton is what two names have in common that a reader takes for each other. It promises that names are one that
// differ only
//   - in upper and lower case, in accents and strokes, and in whether a letter has its accent inside or behind it;
//   - in spaces, and in what is invisible;
//   - in how letters are set: full width, in circles, mathematical;
//   - in letters and digits of whatever script that look like Latin letters or digits, as Unicode Technical Standard #39
//     lists them, and small capitals.
//
// It takes some for one that a careful reader can tell apart, such as Zoë and Zoe, or Eli and Ell. It does not know what
// looks alike where no side looks Latin.
func Skeleton(name string) string {
	known := lookalikes()
	var b strings.Builder
	var before rune // as it was written
	for _, r := range name {
		bone, ok := known[r]
		if !ok {
			bone, ok = known[unicode.ToLower(r)]
		}
		switch {
		case ok:
			b.WriteString(bone)
		case isJamo(r), isKana(before) && (r == voiced || r == halfVoiced):
			s, letter := compose(b.String(), before, r)
			b.Reset()
			b.WriteString(s)
			b.WriteRune(letter)
			r = letter
		case r == ' ', unicode.In(r, unicode.Inherited, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point, unicode.Cf):
			continue
		default:
			b.WriteRune(unicode.ToLower(r))
		}
		before = r
	}
	return b.String()
}

// The marks of kana are no accents: they make other letters, which stand right behind the plain one.
const (
	voiced     = '\u3099'
	halfVoiced = '\u309a'
)

func isKana(r rune) bool { return 0x3041 <= r && r <= 0x30ff }

// isJamo tells a vowel or a final consonant of Hangul, which makes a syllable with what is before it.
func isJamo(r rune) bool { return 0x1161 <= r && r <= 0x1175 || 0x11a8 <= r && r <= 0x11c2 }

// compose puts what makes one letter with the last one of text, which is before, behind it, and gives what is before that
// letter, and the letter.
func compose(text string, before, r rune) (string, rune) {
	const first, vowel, last, syllable = 0x1100, 0x1161, 0x11a7, 0xac00
	s := strings.TrimSuffix(text, string(before))
	switch {
	case r >= voiced:
		return s, before + r - voiced + 1
	case r < last && first <= before && before < first+19:
		return s, syllable + ((before-first)*21+r-vowel)*28
	case r > last && syllable <= before && before < syllable+19*21*28 && (before-syllable)%28 == 0:
		return s, before + r - last
	}
	return text, r
}
