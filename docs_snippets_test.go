package peerage_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	engine "github.com/peerage-go/peerage/internal/godot"
)

// What the pages show as Go has to compile: whole programs as they are, the rest inside a function that has what a reader
// would have at that place.

// given are the variables that fragments use without saying where they come from.
var given = `ctx context.Context, err error, peer *multiplayer.MultiplayerPeer, session *multiplayer.MultiplayerPeer,
	game, server, client *rpc.SceneMultiplayer, hall, node, table *rpc.Node, id rpc.PeerID, token []byte, mux *http.ServeMux, t *testing.T`

// declared are what earlier fragments of the pages declared for all.
const declared = `
var Say = rpc.Method1[string]{Name: "say", Config: rpc.Config{Mode: rpc.AnyPeer}}
var Heard = rpc.Method2[rpc.PeerID, string]{Name: "heard"}
type player struct { Name string; Muted bool }
func lookUp(r *http.Request) (*player, error) { return nil, nil }
`

var snippetImports = map[string]string{
	"context": "context", "errors": "errors", "fmt": "fmt", "log": "log", "slog": "log/slog", "http": "net/http", "os": "os", "signal": "os/signal",
	"syscall": "syscall", "testing": "testing", "synctest": "testing/synctest", "time": "time", "tls": "crypto/tls", "pprof": "runtime/pprof", "expvar": "expvar",
	"multiplayer": "github.com/peerage-go/peerage/multiplayer", "rpc": "github.com/peerage-go/peerage/rpc", "variant": "github.com/peerage-go/peerage/variant",
	"js": "github.com/peerage-go/peerage/client/js", "transport": "github.com/peerage-go/peerage/transport", "metrics": "github.com/peerage-go/peerage/metrics",
}

func TestDocsShowGoThatCompiles(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	var packages []string
	origin := map[string]string{} // of a package
	for path, page := range pages(t) {
		for i, block := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(page, -1) {
			code := block[1]
			if !strings.HasPrefix(code, "package ") {
				code = wrapped(t, path, code)
			}
			name := fmt.Sprintf("s%d_%s", i, regexp.MustCompile(`\W`).ReplaceAllString(path, "_"))
			file := filepath.Join(dir, name+".go")
			if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
				t.Fatal(err)
			}
			overlay.Replace[filepath.Join(root, "internal", "snippets", name, "snippet.go")] = file
			packages = append(packages, "./internal/snippets/"+name)
			origin[name] = fmt.Sprintf("%s, Go block %d", path, i+1)
		}
	}
	if len(packages) < 5 {
		t.Fatalf("only %d Go blocks found", len(packages))
	}
	b, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	slices.Sort(packages)
	out, err := exec.Command("go", append([]string{"build", "-o", os.DevNull, "-overlay", file}, packages...)...).CombinedOutput()
	if err != nil {
		text := string(out)
		for name, where := range origin {
			text = strings.ReplaceAll(text, "internal/snippets/"+name, where)
		}
		t.Errorf("%v\n%s", err, text)
	}
}

// wrapped makes a program of a fragment.
func wrapped(t *testing.T, path, code string) string {
	t.Helper()
	body := "package snippet\nfunc _(" + given + ") {\n{\n" + code
	var unused []string
	file, err := parser.ParseFile(token.NewFileSet(), path, body+"\n}\n}", 0)
	if err != nil { // it is declarations
		body = "package snippet\n" + code
		if _, err := parser.ParseFile(token.NewFileSet(), path, body, 0); err != nil {
			t.Errorf("%s: %v in\n%s", path, err, code)
			return "package snippet"
		}
	} else {
		block := file.Decls[0].(*ast.FuncDecl).Body.List[0].(*ast.BlockStmt)
		for _, s := range block.List {
			switch s := s.(type) {
			case *ast.AssignStmt:
				if s.Tok == token.DEFINE {
					for _, x := range s.Lhs {
						unused = append(unused, x.(*ast.Ident).Name)
					}
				}
			case *ast.DeclStmt:
				if d, ok := s.Decl.(*ast.GenDecl); ok && d.Tok == token.VAR {
					for _, v := range d.Specs {
						for _, x := range v.(*ast.ValueSpec).Names {
							unused = append(unused, x.Name)
						}
					}
				}
			}
		}
		for _, name := range unused {
			if name != "_" {
				body += "\n_ = " + name
			}
		}
		body += "\n}\n}\n"
	}
	if !strings.Contains(code, "var Say") && !strings.Contains(code, "var (\n\tSay") {
		body += declared
	} else {
		body += declared[strings.Index(declared, "type player"):]
	}
	imports := ""
	for name, path := range snippetImports {
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(body) {
			imports += fmt.Sprintf("import %q\n", path)
		}
	}
	return strings.Replace(body, "package snippet\n", "package snippet\n"+imports, 1)
}

// TestDocsQuoteWhatIsTested keeps the example of a test what it is in the file that runs.
func TestDocsQuoteWhatIsTested(t *testing.T) {
	code, err := os.ReadFile("docs/guide/testing_test.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(pages(t)["docs/guide/testing.md"], "```go\n"+string(code)+"```") {
		t.Error("docs/guide/testing.md does not show docs/guide/testing_test.go as it is")
	}
}

// TestDocsShowJavaScriptThatParses has Node look at the pages' scripts.
func TestDocsShowJavaScriptThatParses(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no Node.js here")
	}
	scripts(t, "(?s)```js\n(.*?)```|```html\n<script type=\"module\">\n(.*?)</script>", ".mjs", func(t *testing.T, file string) {
		if out, err := exec.Command(node, "--check", file).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// TestEngineTakesTheScriptsOfTheDocs has the engine compile the pages' GDScript.
func TestEngineTakesTheScriptsOfTheDocs(t *testing.T) {
	command := os.Getenv(engine.Variable)
	if command == "" {
		t.Skipf("no Godot: set %s to the command that runs it", engine.Variable)
	}
	scripts(t, "(?s)```gdscript\n(.*?)```", ".gd", func(t *testing.T, file string) {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(code), "extends ") { // it is a part of a node's script
			if err := os.WriteFile(file, append([]byte("extends Node\n"), code...), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c := exec.Command(command, "--headless", "--check-only", "--script", file)
		c.Env = append(os.Environ(), "HOME="+filepath.Dir(file))
		if out, err := c.CombinedOutput(); err != nil || strings.Contains(string(out), "ERROR") {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// scripts gives check each block of the pages that the pattern finds, as a file.
func scripts(t *testing.T, pattern, suffix string, check func(t *testing.T, file string)) {
	t.Helper()
	found := 0
	for path, page := range pages(t) {
		for i, block := range regexp.MustCompile(pattern).FindAllStringSubmatch(page, -1) {
			found++
			t.Run(fmt.Sprintf("%s/%d", path, i+1), func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "script"+suffix)
				if err := os.WriteFile(file, []byte(strings.Join(block[1:], "")), 0o600); err != nil {
					t.Fatal(err)
				}
				check(t, file)
			})
		}
	}
	if found == 0 {
		t.Errorf("no page has what %s finds", pattern)
	}
}

// TestDocsNameCommandsThatExist looks for the packages that the pages run and test.
func TestDocsNameCommandsThatExist(t *testing.T) {
	found := 0
	for path, page := range pages(t) {
		for _, command := range regexp.MustCompile(`go (?:run|test|build) (\./[\w/]*\w)(/\.\.\.)?`).FindAllStringSubmatch(page, -1) {
			found++
			if files, _ := filepath.Glob(filepath.Join(command[1], "*.go")); len(files) == 0 && command[2] == "" {
				t.Errorf("%s says %q, and there is no such package", path, command[0])
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d commands were found", found)
	}
}
