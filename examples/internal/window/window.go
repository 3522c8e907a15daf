// Package window looks at the page of an example in windows of all sizes that people have.
package window

import (
	"fmt"
	"testing"

	"github.com/peerage-go/peerage/internal/browser"
	"github.com/peerage-go/peerage/internal/racetest"
)

// sizes are phones upright and on their side, a tablet, laptops with and without the bars of a browser, a desktop.
var sizes = [][2]int64{
	{320, 568}, {390, 664}, {390, 844}, {568, 320}, {740, 360}, {768, 1024},
	{1024, 500}, {1280, 640}, {1280, 800}, {1366, 768}, {1920, 1080},
}

// Fit fails the test where a page is wider than the window, or where one of these elements is not wholly inside it,
// unless it is hidden.
func Fit(t testing.TB, tab *browser.Tab, what string, selectors ...string) {
	t.Helper()
	for i, s := range sizes {
		if racetest.Enabled && i%5 != 0 {
			continue // the race detector finds no more in all of them
		}
		tab.View(s[0], s[1], "light")
		// A phone shows a page that is too wide smaller, and calls it as wide as the page.
		if wide := tab.Eval("document.documentElement.scrollWidth"); wide.(float64) > float64(s[0]) {
			t.Errorf("%s: at %dx%d the page is %v pixels wide", what, s[0], s[1], wide)
		}
		for _, selector := range selectors {
			at := tab.Eval(fmt.Sprintf(`(({ top, bottom, left, right, width }) =>
				width === 0 || (top >= 0 && left >= 0 && bottom <= %d && right <= %d) ? "" : [left, top, right, bottom].map(Math.round).join(" ")
			)(document.querySelector(%q).getBoundingClientRect())`, s[1], s[0], selector))
			if at != "" {
				t.Errorf("%s: at %dx%d %s is at %v", what, s[0], s[1], selector, at)
			}
		}
	}
}
