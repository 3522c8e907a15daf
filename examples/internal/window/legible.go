package window

import (
	"fmt"
	"testing"

	"github.com/peerage-go/peerage/internal/browser"
)

// legible gives, of every element that a selector finds with text of its own in it, those whose text does not stand out
// from what is behind it, as a list of lines. The measure is the contrast ratio of WCAG 2.1, of which 4.5 is enough for
// text of any size.
const legible = `(() => {
	const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	const over = (below, color) => { // what is seen where a color lies over another
		canvas.fillStyle = "rgb(" + below.join() + ")";
		canvas.fillRect(0, 0, 1, 1);
		canvas.fillStyle = color;
		canvas.fillRect(0, 0, 1, 1);
		return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
	};
	const behind = (e) => (e ? over(behind(e.parentElement), getComputedStyle(e).backgroundColor) : [255, 255, 255]);
	const light = (rgb) => {
		const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const faint = [];
	for (const e of document.querySelectorAll(%q)) {
		if (!e.checkVisibility() || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
		const back = behind(e);
		const [a, b] = [light(over(back, getComputedStyle(e).color)), light(back)].sort((a, b) => b - a);
		const ratio = (a + 0.05) / (b + 0.05);
		if (ratio < 4.5) faint.push(ratio.toFixed(2) + " of " + e.textContent.trim());
	}
	return faint.join("\n");
})()`

// Legible fails the test where text in what a selector finds is hard to tell from its background, in light or in dark.
func Legible(t testing.TB, tab *browser.Tab, what, selector string) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		tab.View(1280, 800, scheme)
		if faint := tab.Eval(fmt.Sprintf(legible, selector)); faint != "" {
			t.Errorf("%s: in the scheme %s text is hard to read, by its contrast:\n%v", what, scheme, faint)
		}
	}
}
