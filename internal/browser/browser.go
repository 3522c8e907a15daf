// Package browser drives real browsers in tests: tabs, what they show, what their consoles say.
package browser

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// Require is the environment variable that, set to 1, makes tests fail where a browser is missing, instead of skip.
const Require = "PEERAGE_REQUIRE_BROWSER"

// deadline is how long a test waits for what must happen. It is long because only a failure uses it up.
const deadline = time.Minute

// engine is a kind of browser, and where to find it.
type engine struct {
	name  string
	names []string // of the program, in PATH
	paths []string // where it may be besides
	start func(t testing.TB, path string) (driver, error)
}

// engines are all that tests run in.
var engines = []engine{chromium, firefox}

// driver is a running browser. It ends with the test that started it.
type driver interface {
	// open opens an empty page, with storage of its own.
	open() (page, error)
}

// page is what every browser can do with a page. A call takes at most deadline.
type page interface {
	navigate(url string) error
	evaluate(expression string) (any, error) // what it is comes from encoding/json; a promise is awaited
	click(selector string) error
	typeInto(selector, text string) error
	press(keys string) error
	view(width, height int64, scheme string) error
	accessible(role, name string) (int, error) // how many a screen reader finds
	close() ([]message, error)                 // all that the console said
}

// freezer is a page that can be frozen.
type freezer interface {
	freeze(frozen bool) error
}

// camera is a page whose picture goes into the documentation.
type camera interface {
	screenshot() ([]byte, error)
}

// message is what a console said. It is bad if a test should fail for it.
type message struct {
	bad         bool
	text, where string
}

// Browser is one running browser. It ends with the test that started it.
type Browser struct {
	driver driver
}

// Each runs a test in every kind of browser, as subtests with their names. It skips those that are not installed. One
// browser serves the whole test: what runs in subtests of it does not start another.
func Each(t *testing.T, test func(t *testing.T, b *Browser)) {
	t.Helper()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			path := e.find()
			if path == "" {
				if os.Getenv(Require) == "1" {
					t.Fatalf("%s is not installed, but %s=1 asks for it", e.name, Require)
				}
				t.Skipf("%s is not installed (%s=1 makes that a failure)", e.name, Require)
			}
			d, err := e.start(t, path)
			if err != nil {
				t.Fatalf("%s does not start: %v", path, err)
			}
			test(t, &Browser{d})
		})
	}
}

// find gives the path of the program, or "".
func (e engine) find() string {
	for _, name := range append(e.names[:len(e.names):len(e.names)], e.paths...) {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
