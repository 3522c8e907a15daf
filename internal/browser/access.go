package browser

import (
	"strings"
	"time"
)

// needName are the roles of what says nothing to a screen reader unless it has a name. RootWebArea is Chromium's alone.
var needName = []string{
	"button", "textbox", "link", "checkbox", "combobox", "image", "region", "group", "log", "RootWebArea", "heading", "dialog",
}

// Accessible waits until screen readers find all of these elements, each given as its role, a space and its name. It
// fails the test if something that needs a name has none.
func (t *Tab) Accessible(want ...string) {
	t.t.Helper()
	for _, w := range want {
		role, name, _ := strings.Cut(w, " ")
		for end := time.Now().Add(deadline); t.accessible(role, name) == 0; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.t.Errorf("%s: a screen reader finds no %s called %q", t.name, role, name)
				break
			}
		}
	}
	for _, role := range needName {
		if t.accessible(role, "") > 0 {
			t.t.Errorf("%s: a %s has no accessible name", t.name, role)
		}
	}
}

func (t *Tab) accessible(role, name string) int {
	t.t.Helper()
	n, err := t.page.accessible(role, name)
	t.must("ask as a screen reader", err)
	return n
}
