package peerage_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/metrics"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// What the pages say of the code: every test, log line, counter and file that they name has to be there.

// pages are the Markdown files, by path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	walk(t, ".md", func(path string, b []byte) { found[path] = string(b) })
	if len(found) < 5 {
		t.Fatalf("only %d pages found", len(found))
	}
	return found
}

// walk reads the project's files of a kind.
func walk(t *testing.T, suffix string, read func(path string, b []byte)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, suffix) {
			return err
		}
		b, err := os.ReadFile(path)
		read(filepath.ToSlash(path), b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDocsNameTestsThatAreThere(t *testing.T) {
	there := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	walk(t, "_test.go", func(_ string, b []byte) {
		for _, m := range function.FindAllSubmatch(b, -1) {
			there[string(m[1])] = true
		}
	})
	for path, page := range pages(t) {
		for _, m := range regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`").FindAllStringSubmatch(page, -1) {
			if name := m[1]; name != "TestName" && !there[name] {
				t.Errorf("%s: there is no %s", path, name)
			}
		}
	}
}

// TestDocsServersHaveTimeouts keeps servers out of the pages that a slow head holds for ever.
func TestDocsServersHaveTimeouts(t *testing.T) {
	shown := 0
	for path, page := range pages(t) {
		for _, block := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(page, -1) {
			code := block[1]
			if regexp.MustCompile(`\bhttp\.(ListenAndServe|Serve)(TLS)?\(`).MatchString(code) {
				t.Errorf("%s shows http.ListenAndServe, which waits for a request's head for ever:\n%s", path, code)
			}
			if strings.Contains(code, "http.Server{") {
				shown++
				if !strings.Contains(code, "ReadHeaderTimeout:") {
					t.Errorf("%s shows an http.Server without a ReadHeaderTimeout:\n%s", path, code)
				}
			}
		}
	}
	if shown == 0 {
		t.Error("no page shows an http.Server")
	}
}

// TestDocsQuoteLogLinesThatAreThere looks for what the pages show as messages of a package.
func TestDocsQuoteLogLinesThatAreThere(t *testing.T) {
	var texts []string // all string literals of the library
	walk(t, ".go", func(path string, b []byte) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, b, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			text, ok := literal(e)
			if ok {
				texts = append(texts, text)
			}
			return !ok
		})
	})
	all := strings.Join(texts, "\n")
	quoted := regexp.MustCompile("(?:`|msg=\")((?:rpc|multiplayer|transport): [^`\"…]+)")
	for path, page := range pages(t) {
		for _, m := range quoted.FindAllStringSubmatch(page, -1) {
			if text := strings.TrimSpace(m[1]); !strings.Contains(all, text) {
				t.Errorf("%s: nothing says %q", path, text)
			}
		}
	}
}

// literal gives a string that is written in the source, in one piece or in several.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, err := strconv.Unquote(e.Value)
			return text, err == nil
		}
	case *ast.BinaryExpr:
		x, ok := literal(e.X)
		y, too := literal(e.Y)
		return x + y, ok && too && e.Op == token.ADD
	}
	return "", false
}

// TestDocsNameCountersThatAreThere looks for the counters of docs/operations.md in what package metrics shows.
func TestDocsNameCountersThatAreThere(t *testing.T) {
	game, err := rpc.New(multiplayer.Offline(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer game.Close()
	var sessions metrics.Set
	sessions.Add("docs", game)
	shown := httptest.NewRecorder()
	sessions.ServeHTTP(shown, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	there := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^peerage_(\w+)`).FindAllStringSubmatch(shown.Body.String(), -1) {
		there[m[1]] = true
	}
	page := pages(t)["docs/operations.md"]
	for _, m := range regexp.MustCompile(`peerage_([a-z]\w+)`).FindAllStringSubmatch(page, -1) {
		if !there[m[1]] {
			t.Errorf("docs/operations.md: no series is named %s", m[0])
		}
	}
	for _, m := range regexp.MustCompile("\\| `([a-z]+(?:_[a-z]+)+)` \\|\n").FindAllStringSubmatch(page, -1) {
		if !there[m[1]] && !there[m[1]+"_total"] {
			t.Errorf("docs/operations.md: no counter is named %s", m[1])
		}
	}
}

func TestDocsLinkToWhatIsThere(t *testing.T) {
	link := regexp.MustCompile(`(?:\]\(|(?:src|srcset|href)=")([^)"#\s]*)(?:#([^)"\s]*))?[)"]`)
	heading := regexp.MustCompile("(?m)^#+ +(.*)$")
	drop := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	anchors := map[string]map[string]bool{}
	all := pages(t)
	for path, page := range all {
		anchors[path] = map[string]bool{}
		for _, m := range heading.FindAllStringSubmatch(page, -1) {
			anchor := strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(strings.TrimSpace(m[1])), ""), " ", "-")
			anchors[path][anchor] = true
		}
	}
	for path, page := range all {
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "data:") || strings.HasPrefix(m[1], "./peerage.js") {
				continue
			}
			to := path
			if m[1] != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(path), m[1]))
				if _, err := os.Stat(to); err != nil {
					t.Errorf("%s: there is no %s", path, m[1])
					continue
				}
			}
			if m[2] != "" && anchors[to] != nil && !anchors[to][m[2]] {
				t.Errorf("%s: %s has no heading #%s", path, to, m[2])
			}
		}
	}
}
