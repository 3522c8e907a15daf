package browser

import (
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Freeze stops the page's tasks, as a browser does with a tab that nobody looks at. Thaw lets them go on.
func (t *Tab) Freeze() { t.t.Helper(); t.lifecycle(page.SetWebLifecycleStateStateFrozen) }

// Thaw undoes Freeze.
func (t *Tab) Thaw() { t.t.Helper(); t.lifecycle(page.SetWebLifecycleStateStateActive) }

func (t *Tab) lifecycle(state page.SetWebLifecycleStateState) {
	t.t.Helper()
	if _, err := chromedp.Call(t.ctx, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: state}); err != nil {
		t.t.Fatalf("%s: %s: %v", t.name, state, err)
	}
}
