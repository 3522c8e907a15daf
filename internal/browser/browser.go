// Package browser drives a real browser in tests: tabs, what they show, what their consoles say.
package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Require is the environment variable that, set to 1, makes tests fail where there is no browser, instead of skip.
const Require = "PEERAGE_REQUIRE_BROWSER"

// names are what Chromium and its kin are called.
var names = []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "headless-shell", "chrome"}

// deadline is how long a test waits for what must happen. It is long because only a failure uses it up.
const deadline = time.Minute

// Browser is one running browser. It ends with the test that started it.
type Browser struct {
	ctx context.Context
}

// Start runs a browser for a test. It skips the test where none is installed.
func Start(t testing.TB) *Browser {
	t.Helper()
	path := find()
	if path == "" {
		if os.Getenv(Require) == "1" {
			t.Fatalf("no browser is installed, but %s=1 asks for one", Require)
		}
		t.Skipf("no browser is installed: this test needs Chromium (%s=1 makes that a failure)", Require)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.UserDataDir(profile(t)),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.WSURLReadTimeout(deadline),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		chromedp.Cancel(ctx)
		cancel()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("%s does not start: %v", path, err)
	}
	return &Browser{ctx}
}

// profile makes a directory that goes with the test. Processes of the browser may still write to it when the browser
// has ended, which would have testing.TB's TempDir fail the test.
func profile(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "peerage-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for end := time.Now().Add(deadline); os.RemoveAll(dir) != nil && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
	})
	return dir
}

// find gives the path of a browser, or "".
func find() string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	for _, path := range []string{
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
		filepath.Join(os.Getenv("ProgramFiles"), `Google\Chrome\Application\chrome.exe`),
	} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}
