package browser

import (
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
)

// Screenshots is the environment variable that, set to 1, has Screenshot write files.
const Screenshots = "PEERAGE_SCREENSHOTS"

// Screenshot writes what the tab shows to a file, where screenshots are asked for.
func (t *Tab) Screenshot(file string) {
	t.t.Helper()
	if os.Getenv(Screenshots) != "1" {
		return
	}
	png, err := run(t, chromedp.CaptureScreenshot())
	if err != nil {
		t.t.Fatalf("%s: take a screenshot: %v", t.name, err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		t.t.Fatal(err)
	}
}
