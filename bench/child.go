package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// child is a server process. Commands go to its stdin, and each is answered with a line on its stdout.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	lines  chan string
	addr   string
	stderr tail
}

// answerTimeout is how long a server may take over a command; a busy one on a busy machine takes a while.
const answerTimeout = 60 * time.Second

// startChild starts a server process on the servers' cores and waits until it listens.
func startChild(p pinning, name string, args []string, dir string) (*child, error) {
	c := &child{cmd: exec.Command(name, args...), lines: make(chan string, 1)}
	c.cmd.Dir = dir
	c.cmd.Stderr = &c.stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	c.in = in
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.start(c.cmd.Start); err != nil {
		return nil, err
	}
	go func() {
		defer close(c.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			c.lines <- s.Text()
		}
	}()
	if c.addr, err = c.answer("listening"); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// answer waits for the line that starts with a word, and gives what follows.
func (c *child) answer(word string) (string, error) {
	select {
	case line, ok := <-c.lines:
		rest, found := strings.CutPrefix(line, word+" ")
		if !ok || !found {
			return "", fmt.Errorf("the server is gone: %q %s", line, c.stderr.String())
		}
		return rest, nil
	case <-time.After(answerTimeout):
		return "", fmt.Errorf("the server does not answer %q", word)
	}
}

// explain adds what the server had to say to an error.
func (c *child) explain(err error) error {
	if said := c.stderr.String(); said != "" {
		return fmt.Errorf("%w; the server said: %s", err, said)
	}
	return err
}

// ask sends a command that is answered with a number.
func (c *child) ask(command string) (int64, error) {
	if _, err := io.WriteString(c.in, command+"\n"); err != nil {
		return 0, fmt.Errorf("the server is gone: %w %s", err, c.stderr.String())
	}
	s, err := c.answer(command)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(s, 10, 64)
}

// cpu is the server's CPU time until now, in nanoseconds. Where the system does not tell, the server is asked, which a busy
// one answers when it comes to it.
func (c *child) cpu() (int64, error) {
	if t, err := cpuOf(c.cmd.Process.Pid); err == nil {
		return t, nil
	}
	return c.ask("cpu")
}

// memory has the server free what it can, and tells its resident memory and its heap, in bytes.
func (c *child) memory() (resident, heap int64, err error) {
	if heap, err = c.ask("free"); err != nil {
		return 0, 0, err
	}
	resident, err = residentMemory(c.cmd.Process.Pid)
	return resident, heap, err
}

// stop ends the process: by the end of its stdin, or else by force.
func (c *child) stop() {
	c.in.Close()
	done := make(chan struct{})
	go func() {
		for range c.lines {
		}
		c.cmd.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		c.cmd.Process.Kill()
		<-done
	}
}

// residentMemory is the resident memory of a process, from /proc or, where that is not there, from ps.
func residentMemory(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		out, err := exec.Command("ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
		if err != nil {
			return 0, fmt.Errorf("neither /proc nor ps tells of memory: %w", err)
		}
		kb, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
		return kb << 10, err
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	line, _, _ := strings.Cut(rest, " kB")
	kb, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	return kb << 10, err
}

// tail keeps the end of what a process said.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	t.b = t.b[max(0, len(t.b)-1000):]
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.b))
}
