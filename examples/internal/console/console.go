// Package console is a terminal on which lines come in and go out at the same time, and the same without a terminal:
// then it is plain lines, with no prompt and no colors.
package console

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// A Console reads lines and prints lines. What is printed while somebody types appears above what is being typed.
// Println, Write, SetPrompt and Close may be called from any goroutine.
type Console struct {
	lines chan string
	done  chan struct{}
	once  sync.Once

	// mu guards what follows.
	mu     sync.Mutex
	out    io.Writer
	screen *term.Terminal // nil without a terminal
	colors bool
	fd     int // of the terminal that is read
	size   func() (width, height int, err error)
	before *term.State
	gate   *gate
	prompt string
	closed bool
}

// gate lets through what the screen writes, until it is shut: who reads lines may still be about to show its prompt.
type gate struct {
	mu   sync.Mutex
	w    io.Writer
	over bool
}

func (g *gate) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over {
		return len(p), nil
	}
	return g.w.Write(p)
}

// shut writes one last thing.
func (g *gate) shut(last string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	io.WriteString(g.w, last)
	g.over = true
}

// Open makes a console of an input and an output. If both are terminals lines are edited at a prompt. in may be nil:
// then nothing is read.
func Open(in io.Reader, out io.Writer) (*Console, error) {
	c := &Console{lines: make(chan string), done: make(chan struct{}), out: out, colors: HasColors(out)}
	if in == nil {
		close(c.lines)
		return c, nil
	}
	read := plainReader(in)
	inFile, inOK := in.(*os.File)
	outFile, outOK := out.(*os.File)
	if inOK && outOK && IsTerminal(inFile) && IsTerminal(outFile) && os.Getenv("TERM") != "dumb" {
		state, err := term.MakeRaw(int(inFile.Fd()))
		if err != nil {
			return nil, fmt.Errorf("the terminal cannot be read key by key: %w", err)
		}
		c.before, c.fd = state, int(inFile.Fd())
		c.size = func() (int, int, error) { return term.GetSize(int(outFile.Fd())) }
		c.gate = &gate{w: out}
		c.screen = term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{in, c.gate}, "> ") // with no prompt at all it would forget to draw the next one
		c.fit()
		read = c.screen.ReadLine
	}
	go func() {
		defer close(c.lines)
		for {
			line, err := read()
			if err != nil {
				return
			}
			select {
			case c.lines <- line:
			case <-c.done:
				return
			}
		}
	}()
	return c, nil
}

// MaxLine is how many bytes of a line are read without a terminal. What a longer one has more is skipped.
const MaxLine = 64 << 10

func plainReader(in io.Reader) func() (string, error) {
	r := bufio.NewReader(in)
	return func() (string, error) {
		var line []byte
		for {
			part, more, err := r.ReadLine()
			if err != nil {
				return "", err
			}
			if line = append(line, part[:min(len(part), MaxLine-len(line))]...); !more {
				return string(line), nil
			}
		}
	}
}

// IsTerminal tells whether v is a file that is a terminal.
func IsTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// HasColors tells whether what is written to out may be colored: it is a terminal, and NO_COLOR is not set.
func HasColors(out io.Writer) bool {
	return IsTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// Interactive tells whether somebody types at a prompt.
func (c *Console) Interactive() bool { return c.screen != nil }

// Lines gives the lines that are read. It is closed when there are no more: the input ended, or at a terminal Ctrl-C
// or Ctrl-D was typed.
func (c *Console) Lines() <-chan string { return c.lines }

// Println prints one line. It may hold what Paint gives, and must hold nothing else that did not go through Clean.
func (c *Console) Println(line string) { fmt.Fprintf(c, "%s\n", line) }

// Write prints whole lines, for what wants an io.Writer.
func (c *Console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.screen == nil || c.closed {
		return c.out.Write(p)
	}
	c.fit()
	return c.screen.Write(p)
}

// SetPrompt changes what stands before the line that is being typed. Without a terminal it does nothing.
func (c *Console) SetPrompt(prompt string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.screen == nil || c.closed || prompt == c.prompt {
		return
	}
	c.prompt = prompt
	c.screen.SetPrompt(prompt)
	c.fit()
	c.screen.Write(nil)
}

// fit tells the screen the size of the terminal, which may have changed.
func (c *Console) fit() {
	if w, h, err := c.size(); err == nil && w > 0 && h > 0 {
		c.screen.SetSize(w, h)
	}
}

// Close gives the terminal back as it was. Printing still works afterwards.
func (c *Console) Close() {
	c.once.Do(func() {
		close(c.done)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.screen != nil {
			c.gate.shut("\r\x1b[K")
			term.Restore(c.fd, c.before)
		}
		c.closed = true
	})
}

// A Style is how text looks on a terminal with colors.
type Style string

// The styles.
const (
	Bold   Style = "1"
	Dim    Style = "2"
	Red    Style = "31"
	Green  Style = "32"
	Yellow Style = "33"
	Cyan   Style = "36"
)

// Paint gives text in a style, or as it is where there are no colors.
func (c *Console) Paint(s Style, text string) string {
	if !c.colors || text == "" {
		return text
	}
	var b strings.Builder
	b.WriteString("\x1b[")
	b.WriteString(string(s))
	b.WriteByte('m')
	b.WriteString(text)
	b.WriteString("\x1b[0m")
	return b.String()
}
