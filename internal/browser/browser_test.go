package browser

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestBrowser(t *testing.T) {
	Each(t, func(t *testing.T, b *Browser) {
		p, err := b.driver.open()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.navigate("data:text/html,<title>page</title>"); err != nil {
			t.Fatal(err)
		}
		for expression, want := range map[string]any{
			"document.title":        "page",
			"1; 2.5":                2.5,
			"Promise.resolve(true)": true,
			"undefined":             nil,
			"['a', [1], null]":      []any{"a", []any{1.0}, nil},
		} {
			if got, err := p.evaluate(expression); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s is %v (%v), want %v", expression, got, err, want)
			}
		}
		for _, expression := range []string{"nobody", "Promise.reject(new Error('no'))", "}"} {
			if got, err := p.evaluate(expression); err == nil {
				t.Errorf("%s is %v, want an error", expression, got)
			}
		}
		if _, err := p.evaluate(`console.log("fine"); console.warn("first", 1); console.error("second"); console.assert(false, "third");
			setTimeout(() => { throw new Error("fourth"); }, 0);
			new Promise((resolve) => setTimeout(resolve, 10))`); err != nil {
			t.Error(err)
		}
		said, err := p.close()
		if err != nil {
			t.Error(err)
		}
		var bad []string
		for _, m := range said {
			if m.bad {
				bad = append(bad, m.text)
			}
		}
		all := strings.Join(bad, "\n")
		for _, want := range []string{"first", "second", "third", "fourth"} {
			if !strings.Contains(all, want) {
				t.Errorf("%q is not among what the console said:\n%s", want, all)
			}
		}
		if strings.Contains(all, "fine") {
			t.Errorf("what is fine is taken for bad:\n%s", all)
		}
	})
}

func TestWhatIsKeptGoesWithTheTest(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	dir := filepath.Join(t.TempDir(), "profile")
	if err := os.MkdirAll(filepath.Join(dir, "cache"), 0o755); err != nil {
		t.Fatal(err)
	}
	var pid string
	t.Run("test", func(t *testing.T) {
		said := bufio.NewReader(keep(t, dir, "sh", "-c", "echo $$ >&2; exec sleep 3600"))
		line, err := said.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		pid = strings.TrimSpace(line)
	})
	if exec.Command("sh", "-c", "kill -0 "+pid).Run() == nil {
		t.Errorf("process %s still runs", pid)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the profile is still there (%v)", err)
	}
}
