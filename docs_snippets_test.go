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
	"transport": "github.com/peerage-go/peerage/transport", "metrics": "github.com/peerage-go/peerage/metrics",
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
