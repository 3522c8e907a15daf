// Package godot plays with the real engine in tests: [Start] runs a script of a package's testdata, and what it says is
// waited for.
//
// The environment variable PEERAGE_GODOT names the command that runs the engine, and .ci/godot.sh installs one.
// Without it these tests skip; their names begin with TestEngine.
package godot

import (
	"bufio"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Variable names the command that runs the engine.
const Variable = "PEERAGE_GODOT"

// patience is how long an engine may take for what it is waited for: a hang, not a slow machine, takes longer.
const patience = 60 * time.Second

// Engine is a running game.
type Engine struct {
	t       *testing.T
	name    string
	cmd     *exec.Cmd
	changed chan struct{} // has one when there may be more lines
	ended   chan struct{} // closed when the game has ended, and all that it printed was read
	err     error         // how it ended

	mu     sync.Mutex // guards what follows
	said   []string   // what scripts said, without the mark
	taken  int        // how many of them were waited for
	output []string   // all that was printed
}

// mark begins the lines that scripts print for the test.
const mark = "> "

// project is what all games have beside their scripts.
//
//go:embed project
var project embed.FS

// Start runs a game: the script of that name in a folder of the package's testdata is the node Main/Game, or the one
// that the argument at= names, and most scripts extend the probe.gd of this package. It skips the test where there is
// no engine. At the end of the test the engine is ended, and the test fails if it printed an error or a warning that no
// Forgive names.
func Start(t *testing.T, folder, script string, args ...string) *Engine {
	t.Helper()
	command := os.Getenv(Variable)
	if command == "" {
		t.Skipf("no Godot: set %s to the command that runs it, or to what .ci/godot.sh prints", Variable)
	}
	dir := t.TempDir() // the engine writes into the folder of a project
	common, _ := fs.Sub(project, "project")
	for _, files := range []fs.FS{common, os.DirFS(filepath.Join("testdata", folder))} {
		if err := os.CopyFS(dir, files); err != nil {
			t.Fatal(err)
		}
	}
	home := t.TempDir()
	args = append([]string{script}, args...)
	e := &Engine{t: t, name: strings.Join(args, " "), changed: make(chan struct{}, 1), ended: make(chan struct{})}
	e.cmd = exec.Command(command, append([]string{"--headless", "--path", dir, "--"}, args...)...)
	e.cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home)
	r, w := io.Pipe()
	e.cmd.Stdout, e.cmd.Stderr = w, w
	if err := e.cmd.Start(); err != nil {
		t.Fatalf("%s=%s: %v", Variable, command, err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(r); lines.Scan(); {
			e.take(lines.Text())
		}
	}()
	go func() {
		e.err = e.cmd.Wait()
		w.Close()
		<-read
		close(e.ended)
	}()
	t.Cleanup(e.end)
	return e
}

func (e *Engine) take(line string) {
	e.mu.Lock()
	e.output = append(e.output, line)
	if what, ok := strings.CutPrefix(line, mark); ok {
		e.said = append(e.said, what)
	}
	e.mu.Unlock()
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

// Expect waits until the game has said the lines, in that order and nothing between.
func (e *Engine) Expect(lines ...string) {
	e.t.Helper()
	for _, want := range lines {
		if got := e.Next(); got != want {
			e.t.Fatalf("%s said %q, want %q", e.name, got, want)
		}
	}
}

// Await waits until the game has said all the lines, in whatever order, whatever else it says.
func (e *Engine) Await(lines ...string) {
	e.t.Helper()
	missing := slices.Clone(lines)
	for len(missing) > 0 {
		got := e.Next()
		if i := slices.Index(missing, got); i >= 0 {
			missing = slices.Delete(missing, i, i+1)
		}
	}
}

// Next waits for the next line that the game says.
func (e *Engine) Next() string {
	e.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		ended := e.hasEnded() // asked first, so that what it said at last is not missed
		e.mu.Lock()
		if e.taken < len(e.said) {
			e.taken++
			defer e.mu.Unlock()
			return e.said[e.taken-1]
		}
		e.mu.Unlock()
		if ended {
			e.t.Fatalf("%s ended and said nothing more", e.name)
		}
		select {
		case <-e.changed:
		case <-e.ended:
		case <-late.C:
			e.t.Fatalf("%s said nothing more in %v", e.name, patience)
		}
	}
}

// Done waits until the game has ended by itself, and tells what it said meanwhile.
func (e *Engine) Done() (rest []string) {
	e.t.Helper()
	select {
	case <-e.ended:
	case <-time.After(patience):
		e.t.Fatalf("%s did not end in %v", e.name, patience)
	}
	if e.err != nil {
		e.t.Fatalf("%s: %v", e.name, e.err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	rest, e.taken = slices.Clone(e.said[e.taken:]), len(e.said)
	return rest
}

func (e *Engine) hasEnded() bool {
	select {
	case <-e.ended:
		return true
	default:
		return false
	}
}

// Output is all that the engine has printed.
func (e *Engine) Output() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.output, "\n")
}

// complaint is how the engine begins what it does not like.
var complaint = regexp.MustCompile(`^(?:\x1b\[[0-9;]*m)*(?:USER )?(?:SCRIPT )?(?:ERROR|WARNING): `)

// Complaints are the errors and warnings that the engine printed.
func (e *Engine) Complaints() (list []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, line := range e.output {
		if complaint.MatchString(line) {
			list = append(list, line)
		}
	}
	return list
}

// Forgive takes complaints that hold one of the texts for what has to be.
func (e *Engine) Forgive(texts ...string) {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.output = slices.DeleteFunc(e.output, func(line string) bool {
		return complaint.MatchString(line) && slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(line, s) })
	})
}

// end ends the game, and fails the test if the engine complained.
func (e *Engine) end() {
	e.cmd.Process.Kill()
	<-e.ended
	if list := e.Complaints(); len(list) > 0 || e.t.Failed() {
		e.t.Errorf("%s printed\n%s", e.name, e.Output())
	}
}

// Arg writes an argument that scripts read with arg(key).
func Arg(key string, value any) string { return fmt.Sprintf("%s=%v", key, value) }
