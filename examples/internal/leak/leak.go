// Package leak finds goroutines that tests leave behind.
package leak

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Main runs the tests of a package from its TestMain, and fails if a goroutine of this module does not end after them.
func Main(m *testing.M) {
	code := m.Run()
	if left := waitFor(); left != "" && code == 0 {
		fmt.Fprintf(os.Stderr, "goroutines left behind:\n\n%s\n", left)
		code = 1
	}
	os.Exit(code)
}

func waitFor() string {
	buf := make([]byte, 4<<20)
	for end := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		var left []string
		for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(stack, "peerage-go/peerage/") && !strings.Contains(stack, "leak.Main") {
				left = append(left, stack)
			}
		}
		if len(left) == 0 || time.Now().After(end) {
			return strings.Join(left, "\n\n")
		}
	}
}
