package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Tab is one page, with storage of its own. What a Tab cannot do fails the test.
type Tab struct {
	t    testing.TB
	name string
	ctx  context.Context

	mu      sync.Mutex // guards allowed
	allowed []*regexp.Regexp
}

// Open opens a page in a new tab. When the test ends, errors and warnings in its console fail it.
func (b *Browser) Open(t testing.TB, name, url string) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	tab := &Tab{t: t, name: name, ctx: ctx}
	messages := chromedp.Console(ctx)
	var said []chromedp.ConsoleMessage
	done := make(chan struct{})
	go func() {
		defer close(done)
		for m, err := range messages {
			if err != nil {
				return
			}
			said = append(said, m)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		for _, m := range said {
			tab.complain(m)
		}
	})
	tab.do("open "+url, chromedp.Navigate(url))
	return tab
}

// complain fails the test for a message that the console should not say.
func (t *Tab) complain(m chromedp.ConsoleMessage) {
	switch m.Type {
	case chromedp.ConsoleWarning, chromedp.ConsoleError, chromedp.ConsoleException, "assert":
	default:
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.allowed {
		if a.MatchString(m.Text) {
			return
		}
	}
	t.t.Errorf("the console of %s says: %v (%s:%d)", t.name, m, m.URL, m.Line+1)
}

// Allow lets the console say what matches.
func (t *Tab) Allow(pattern string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.allowed = append(t.allowed, regexp.MustCompile(pattern))
}

// run runs one action of a tab in its time.
func run[T any](t *Tab, a chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(t.ctx, deadline)
	defer cancel()
	return chromedp.Run(ctx, a)
}

func (t *Tab) do(what string, a chromedp.Action[chromedp.Void]) {
	t.t.Helper()
	if _, err := run(t, a); err != nil {
		t.t.Fatalf("%s: %s: %v", t.name, what, err)
	}
}

// Eval gives the value of a JavaScript expression; it waits for a promise. The value is what encoding/json makes of it.
func (t *Tab) Eval(expression string) any {
	t.t.Helper()
	v, err := run(t, chromedp.Evaluate[any](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.t.Fatalf("%s: %s: %v", t.name, expression, err)
	}
	return v
}

// Until waits until a JavaScript expression is true.
func (t *Tab) Until(expression string) {
	t.t.Helper()
	end := time.Now().Add(deadline)
	for {
		ok, err := run(t, chromedp.Evaluate[bool]("!!("+expression+")"))
		if ok {
			return
		}
		if time.Now().After(end) {
			text, _ := run(t, chromedp.Evaluate[string]("document.body.innerText"))
			t.t.Fatalf("%s: waited %v for %s (%v); the page shows:\n%s", t.name, deadline, expression, err, text)
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

// Click clicks an element with the mouse.
func (t *Tab) Click(selector string) {
	t.t.Helper()
	t.do("click "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Type types into an element, as at a keyboard; \r is Enter.
func (t *Tab) Type(selector, text string) {
	t.t.Helper()
	t.do("type into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.NodeVisible))
}

// Press presses keys where the focus is.
func (t *Tab) Press(keys string) {
	t.t.Helper()
	t.do("press keys", chromedp.KeyEvent(keys))
}

// Keys for Press.
const (
	TabKey = kb.Tab
	Enter  = kb.Enter
)

// View sets the size of the window, in CSS pixels, and the colour scheme, "light" or "dark". Motion is reduced from
// then on.
func (t *Tab) View(width, height int64, scheme string) {
	t.t.Helper()
	size := emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1.5, Mobile: width < 600}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"},
	}}
	if _, err := chromedp.Call(t.ctx, emulation.SetDeviceMetricsOverride, size); err != nil {
		t.t.Fatal(err)
	}
	if _, err := chromedp.Call(t.ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.t.Fatal(err)
	}
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always can be
	}
	return string(b)
}
