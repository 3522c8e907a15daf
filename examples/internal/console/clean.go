package console

import "strings"

// Clean makes text of others fit to be shown on one line of a terminal: no control characters and so no escape
// sequences, nothing invisible, no reversed writing, spaces only single and inside, and at most limit [Characters],
// with an ellipsis where something was cut. Bytes that are no UTF-8 become U+FFFD. Nothing is left of a text in which
// there is nothing to see.
func Clean(text string, limit int) string {
	text = visible(text)
	if limit <= 0 {
		return ""
	}
	n, end, last := 0, 0, 0 // end is behind all characters so far, last before the last one
	for c := range Characters(text) {
		if n == limit {
			return strings.TrimRight(text[:last], " ") + "…"
		}
		n++
		last = end
		end += len(c)
	}
	return text
}
