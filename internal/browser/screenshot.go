package browser

import (
	"os"
	"path/filepath"
)

// Screenshots is the environment variable that, set to 1, has Screenshot write files.
const Screenshots = "PEERAGE_SCREENSHOTS"

// Screenshot writes what the tab shows to a file, where screenshots are asked for. Only Chromium takes them: the
// documentation needs one of each.
func (t *Tab) Screenshot(file string) {
	t.t.Helper()
	c, ok := t.page.(camera)
	if !ok || os.Getenv(Screenshots) != "1" {
		return
	}
	png, err := c.screenshot()
	t.must("take a screenshot", err)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		t.t.Fatal(err)
	}
}
