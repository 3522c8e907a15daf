package trouble

import "strings"

// URL makes a ws:// URL of what people write: an address alone, or the URL of the page.
func URL(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	switch {
	case !ok:
		return "ws://" + s
	case strings.EqualFold(scheme, "http"):
		return "ws://" + rest
	case strings.EqualFold(scheme, "https"):
		return "wss://" + rest
	}
	return s
}
