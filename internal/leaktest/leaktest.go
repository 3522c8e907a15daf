// Package leaktest fails a test binary that leaves goroutines behind.
package leaktest

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience is how long goroutines may take to end after the last test.
const patience = 30 * time.Second

// Main is the body of a TestMain: it runs the tests, and fails if a goroutine of this module is left.
func Main(m *testing.M) {
	code := m.Run()
	if left := wait(); left != "" && code == 0 {
		fmt.Fprintf(os.Stderr, "goroutines left behind:\n\n%s\n", left)
		code = 1
	}
	os.Exit(code)
}

// wait gives the stacks of this module's goroutines that do not end.
func wait() string {
	buf := make([]byte, 4<<20)
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		var left []string
		for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(stack, "peerage-go/peerage") && !strings.Contains(stack, "TestMain") {
				left = append(left, stack)
			}
		}
		if len(left) == 0 || time.Now().After(end) {
			return strings.Join(left, "\n\n")
		}
	}
}
