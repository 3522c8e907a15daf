package console

import (
	"strings"
	"unicode"
)

// Clean makes text of others fit to be shown on one line of a terminal: no control characters and so no escape
// sequences, nothing invisible, no reversed writing, spaces only single and inside, and at most limit characters, with
// an ellipsis where something was cut. Bytes that are no UTF-8 become U+FFFD.
func Clean(text string, limit int) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range text {
		if r != ' ' && !unicode.IsPrint(r) {
			if !unicode.IsSpace(r) {
				continue
			}
			r = ' '
		}
		if r == ' ' {
			space = n > 0
			continue
		}
		need := 1
		if space {
			need = 2
		}
		if n+need > limit {
			return cut(b.String())
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
		n += need
	}
	return b.String()
}

// cut replaces the last character by an ellipsis.
func cut(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return ""
	}
	return strings.TrimRight(string(r[:len(r)-1]), " ") + "…"
}
