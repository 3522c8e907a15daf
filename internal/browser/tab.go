package browser

import (
	"encoding/json"
	"fmt"
	"regexp"
	"testing"
	"time"
)

// Tab is one page, with storage of its own. What a Tab cannot do fails the test.
type Tab struct {
	t       testing.TB
	name    string
	page    page
	allowed []*regexp.Regexp
}

// Open opens a page in a new tab. When the test ends, errors and warnings in its console fail it.
func (b *Browser) Open(t testing.TB, name, url string) *Tab {
	t.Helper()
	page, err := b.driver.open()
	if err != nil {
		t.Fatalf("open a tab for %s: %v", name, err)
	}
	tab := &Tab{t: t, name: name, page: page}
	t.Cleanup(func() {
		said, err := page.close()
		if err != nil {
			t.Errorf("close the tab of %s: %v", name, err)
		}
		for _, m := range said {
			tab.complain(m)
		}
	})
	tab.must("open "+url, page.navigate(url))
	return tab
}

// complain fails the test for a message that the console should not say.
func (t *Tab) complain(m message) {
	if !m.bad {
		return
	}
	for _, a := range t.allowed {
		if a.MatchString(m.text) {
			return
		}
	}
	t.t.Errorf("the console of %s says: %s (%s)", t.name, m.text, m.where)
}

// ConnectionLost matches what the console of any browser says of a WebSocket whose network or server is gone.
const ConnectionLost = "WebSocket connection to .* failed|can.t establish a connection to the server|was interrupted while the page was loading"

// Allow lets the console say what matches.
func (t *Tab) Allow(pattern string) { t.allowed = append(t.allowed, regexp.MustCompile(pattern)) }

// must fails the test for an error.
func (t *Tab) must(what string, err error) {
	t.t.Helper()
	if err != nil {
		t.t.Fatalf("%s: %s: %v", t.name, what, err)
	}
}

// Eval gives the value of a JavaScript expression; it waits for a promise. The value is what encoding/json makes of
// it; Firefox gives nil for objects.
func (t *Tab) Eval(expression string) any {
	t.t.Helper()
	v, err := t.page.evaluate(expression)
	t.must(expression, err)
	return v
}

// Until waits until a JavaScript expression is true.
func (t *Tab) Until(expression string) {
	t.t.Helper()
	end := time.Now().Add(deadline)
	for {
		ok, err := t.page.evaluate("!!(" + expression + ")")
		if ok == true {
			return
		}
		if time.Now().After(end) {
			text, _ := t.page.evaluate("document.body.innerText")
			t.t.Fatalf("%s: waited %v for %s (%v); the page shows:\n%v", t.name, deadline, expression, err, text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Shows waits until the visible text of an element contains text.
func (t *Tab) Shows(selector, text string) {
	t.t.Helper()
	t.Until(fmt.Sprintf("document.querySelector(%s)?.innerText.includes(%s)", quote(selector), quote(text)))
}

// Text is the visible text of an element.
func (t *Tab) Text(selector string) string {
	t.t.Helper()
	return fmt.Sprint(t.Eval(fmt.Sprintf("document.querySelector(%s).innerText", quote(selector))))
}

// visible waits until an element is there to be seen.
func (t *Tab) visible(selector string) {
	t.t.Helper()
	t.Until(fmt.Sprintf("document.querySelector(%s)?.checkVisibility()", quote(selector)))
}

// Click clicks an element with the mouse.
func (t *Tab) Click(selector string) {
	t.t.Helper()
	t.visible(selector)
	t.must("click "+selector, t.page.click(selector))
}

// Type types into an element, as at a keyboard; \r is Enter.
func (t *Tab) Type(selector, text string) {
	t.t.Helper()
	t.visible(selector)
	t.must("type into "+selector, t.page.typeInto(selector, text))
}

// Press presses keys where the focus is.
func (t *Tab) Press(keys string) {
	t.t.Helper()
	t.must("press keys", t.page.press(keys))
}

// Keys for Press.
const (
	TabKey = "\t"
	Enter  = "\r"
)

// View sets the size of the window, in CSS pixels. In Chromium it sets the colour scheme too, "light" or "dark", and
// reduces motion from then on.
func (t *Tab) View(width, height int64, scheme string) {
	t.t.Helper()
	t.must("view", t.page.view(width, height, scheme))
}

// Freeze stops the page's tasks, as a browser does with a tab that nobody looks at. Thaw lets them go on. Where the
// browser cannot be told to, it skips the test.
func (t *Tab) Freeze() { t.t.Helper(); t.freeze(true) }

// Thaw undoes Freeze.
func (t *Tab) Thaw() { t.t.Helper(); t.freeze(false) }

func (t *Tab) freeze(frozen bool) {
	t.t.Helper()
	f, ok := t.page.(freezer)
	if !ok {
		t.t.Skip("only Chromium freezes a page when it is told to")
	}
	t.must("freeze or thaw", f.freeze(frozen))
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always can be
	}
	return string(b)
}
