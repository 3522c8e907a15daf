package browser

import (
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// keeper runs a command, if there is one, until its standard input ends. Then it kills the command and removes a
// directory. The input ends with the test's process, also where that panics, is killed or takes too long.
const keeper = `
trap : INT TERM HUP
dir=$1
shift
if [ $# -gt 0 ]; then
	"$@" &
	exec 2>&-
fi
while read -r _; do :; done
if [ $# -gt 0 ]; then
	kill -KILL $!
	wait
fi
for _ in 1 2 3 4 5 6 7 8 9 10; do
	rm -rf "$dir" && break # processes of the browser may still write to it
	sleep 0.1
done
`

// profile makes a directory that goes with the test.
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

// keep runs a command until the test ends, and removes a profile then, however it ends. It gives what the command
// writes to its standard error. Without a command it only removes the profile.
func keep(t testing.TB, dir string, command ...string) io.Reader {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-c", keeper, "sh", dir}, command...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return said
}
