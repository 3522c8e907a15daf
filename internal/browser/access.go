package browser

import (
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
)

// needName are the roles of what says nothing to a screen reader unless it has a name.
var needName = map[string]bool{
	"button": true, "textbox": true, "link": true, "checkbox": true, "combobox": true, "image": true,
	"region": true, "group": true, "log": true, "RootWebArea": true, "heading": true, "dialog": true,
}

// Accessible fails the test if something that needs a name for screen readers has none. It gives what has one, as
// lines of role and name.
func (t *Tab) Accessible() []string {
	t.t.Helper()
	tree, err := chromedp.Call(t.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		t.t.Fatalf("%s: the accessibility tree: %v", t.name, err)
	}
	var lines []string
	for _, n := range tree.Nodes {
		role := word(n.Role)
		if n.Ignored || !needName[role] {
			continue
		}
		name := word(n.Name)
		if name == "" {
			t.t.Errorf("%s: a %s has no accessible name", t.name, role)
			continue
		}
		lines = append(lines, role+" "+name)
	}
	return lines
}

func word(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	return strings.Trim(string(v.Value), `"`)
}
