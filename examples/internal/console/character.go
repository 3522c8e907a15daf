package console

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

const (
	zwnj = '\u200c'
	zwj  = '\u200d'
	flag = '\U0001f3f4' // that of a region, with the region in tags behind it
)

// maxCodePoints is how many code points one character may have: families and flags need 11, and piled up accents may
// not cover the lines around.
const maxCodePoints = 16

// Characters are the characters of a text as a reader counts them: a letter with its marks, an emoji with its
// variation, skin tone and those it is joined to, a flag, a syllable of Hangul. That is what matters here of the
// grapheme clusters of Unicode Standard Annex #29, not all of it.
func Characters(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start, flags := 0, 0
		var before rune
		for i, r := range text {
			if i > start && !(extends(before, r) || isFlagLetter(r) && flags%2 == 1) {
				if !yield(text[start:i]) {
					return
				}
				start = i
			}
			if before = r; isFlagLetter(r) {
				flags++
			} else {
				flags = 0
			}
		}
		if start < len(text) {
			yield(text[start:])
		}
	}
}

// Length is how many characters a text has.
func Length(text string) (n int) {
	for range Characters(text) {
		n++
	}
	return n
}

// extends tells whether r belongs to the character that before is the end of.
func extends(before, r rune) bool {
	switch {
	case unicode.Is(unicode.M, r), r == zwj, r == zwnj, isSkinTone(r), isTag(r):
		return before != ' '
	case before == zwj:
		return isEmoji(r)
	case 0x1161 <= r && r <= 0x11ff: // vowels and final consonants
		return unicode.Is(unicode.Hangul, before)
	}
	return false
}

func isSkinTone(r rune) bool   { return 0x1f3fb <= r && r <= 0x1f3ff }
func isFlagLetter(r rune) bool { return 0x1f1e6 <= r && r <= 0x1f1ff }
func isTag(r rune) bool        { return 0xe0020 <= r && r <= 0xe007f }

// isEmoji tells what emoji are joined of. Not all that it says yes to is one.
func isEmoji(r rune) bool {
	return unicode.Is(unicode.So, r) || 0x2190 <= r && r <= 0x21ff || isPictograph(r)
}

// isPictograph is for pictures that are newer than the tables of the standard library, too.
func isPictograph(r rune) bool { return 0x1f000 <= r && r <= 0x1faff }

// joining are the scripts in which a joiner, or what keeps letters apart, changes how letters look.
var joining = []*unicode.RangeTable{
	unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi,
	unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala,
	unicode.Khmer,
}

// joins tells whether a joiner between two code points is to be seen by what it does.
func joins(joiner, before, after rune) bool {
	if joiner == zwj && (isEmoji(before) || before == '\ufe0f') && isEmoji(after) {
		return true
	}
	return unicode.In(before, joining...) && unicode.In(after, joining...)
}

// visible gives a text without what is invisible, and with a single space for all that is blank.
func visible(text string) string {
	b := make([]byte, 0, len(text))
	last, length := ' ', 0 // the code point before, and how many its character has
	region := false        // in the tags of a flag
	for i, r := range text {
		switch {
		case isBlank(r):
			r = ' '
		case r == zwj || r == zwnj:
			after, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
			if length > maxCodePoints-2 || !joins(r, last, after) {
				continue
			}
		case isTag(r):
			if !region {
				continue
			}
		case unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
			continue
		case unicode.Is(unicode.M, r):
			if last == ' ' {
				continue // there is nothing that it could mark
			}
		case !unicode.IsPrint(r) && !isPictograph(r):
			continue
		}
		if r == ' ' && last == ' ' {
			continue
		}
		if extends(last, r) {
			if length++; length > maxCodePoints {
				continue
			}
		} else {
			length = 1
		}
		region = r == flag || region && isTag(r)
		b = utf8.AppendRune(b, r)
		last = r
	}
	if n := len(b); n > 0 && b[n-1] == ' ' {
		b = b[:n-1]
	}
	return string(b)
}

// isBlank tells what is shown as nothing but its room.
func isBlank(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', // fillers of Hangul
		'\u2800',     // a letter of Braille without dots
		'\U0001d159': // a note without a head
		return true
	}
	return unicode.IsSpace(r)
}
