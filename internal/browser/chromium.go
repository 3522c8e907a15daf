package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	lifecycle "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// chromium and its kin are driven over the Chrome DevTools Protocol.
var chromium = engine{
	name:  "Chromium",
	names: []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "headless-shell", "chrome"},
	paths: []string{
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
		filepath.Join(os.Getenv("ProgramFiles"), `Google\Chrome\Application\chrome.exe`),
	},
	start: startChromium,
}

type chromiumDriver struct{ ctx context.Context }

func startChromium(t testing.TB, path string) (driver, error) {
	t.Helper()
	dir := profile(t)
	if _, err := exec.LookPath("sh"); err == nil {
		keep(t, dir)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.UserDataDir(dir),
		chromedp.Env("TMPDIR="+dir), // what a Chromium that is killed leaves there goes with the profile
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
	return chromiumDriver{ctx}, chromedp.Do(ctx)
}

type chromiumPage struct {
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{} // closed when the console is read to its end
	said   []message     // read it when done is closed
}

func (d chromiumDriver) open() (page, error) {
	p := &chromiumPage{done: make(chan struct{})}
	p.ctx, p.cancel = chromedp.NewContext(d.ctx, chromedp.WithNewBrowserContext())
	messages := chromedp.Console(p.ctx)
	go func() {
		defer close(p.done)
		for m, err := range messages {
			if err != nil {
				return
			}
			bad := false
			switch m.Type {
			case chromedp.ConsoleWarning, chromedp.ConsoleError, chromedp.ConsoleException, "assert":
				bad = true
			}
			p.said = append(p.said, message{bad, fmt.Sprint(m), fmt.Sprintf("%s:%d", m.URL, m.Line+1)})
		}
	}()
	return p, nil
}

func (p *chromiumPage) close() ([]message, error) {
	p.cancel()
	<-p.done
	return p.said, nil
}

// run runs one action of a page in its time.
func run[T any](p *chromiumPage, a chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, deadline)
	defer cancel()
	return chromedp.Run(ctx, a)
}

// call runs one command of the protocol in its time.
func call[P, R any](p *chromiumPage, method cdp.Command[P, R], params P) (R, error) {
	ctx, cancel := context.WithTimeout(p.ctx, deadline)
	defer cancel()
	return chromedp.Call(ctx, method, params)
}

func (p *chromiumPage) navigate(url string) error {
	_, err := run(p, chromedp.Navigate(url))
	return err
}

func (p *chromiumPage) evaluate(expression string) (any, error) {
	return run(p, chromedp.Evaluate[any](expression, chromedp.EvalAwaitPromise))
}

func (p *chromiumPage) click(selector string) error {
	_, err := run(p, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
	return err
}

func (p *chromiumPage) typeInto(selector, text string) error {
	_, err := run(p, chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.NodeVisible))
	return err
}

func (p *chromiumPage) press(keys string) error {
	_, err := run(p, chromedp.KeyEvent(keys))
	return err
}

func (p *chromiumPage) view(width, height int64, scheme string) error {
	if _, err := call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1.5, Mobile: width < 600,
	}); err != nil {
		return err
	}
	_, err := call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	return err
}

func (p *chromiumPage) accessible(role, name string) (int, error) {
	tree, err := call(p, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		return 0, err
	}
	found := 0
	for _, n := range tree.Nodes {
		if !n.Ignored && word(n.Role) == role && word(n.Name) == name {
			found++
		}
	}
	return found, nil
}

func word(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	return strings.Trim(string(v.Value), `"`)
}

func (p *chromiumPage) freeze(frozen bool) error {
	state := lifecycle.SetWebLifecycleStateStateActive
	if frozen {
		state = lifecycle.SetWebLifecycleStateStateFrozen
	}
	_, err := call(p, lifecycle.SetWebLifecycleState, lifecycle.SetWebLifecycleStateParams{State: state})
	return err
}

func (p *chromiumPage) screenshot() ([]byte, error) {
	return run(p, chromedp.CaptureScreenshot())
}
