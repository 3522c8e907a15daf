package console

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	for _, c := range []struct {
		name, text string
		limit      int
		want       string
	}{
		{"plain", "Alice", 10, "Alice"},
		{"empty", "", 10, ""},
		{"spaces around and inside", "  a \t\n b  ", 10, "a b"},
		{"only spaces", " \n\u00a0\u3000 ", 10, ""},
		{"color", "\x1b[31mred\x1b[0m", 20, "[31mred[0m"},
		{"title of the window", "\x1b]0;owned\x07x", 20, "]0;ownedx"},
		{"C1 control sequence", "\u009b2Jx", 20, "2Jx"},
		{"carriage return", "Bob\rServer says: x", 40, "Bob Server says: x"},
		{"null, bell, backspace, delete", "a\x00b\ac\bd\x7fe", 20, "abcde"},
		{"reversed writing", "\u202etxt.exe\u202c", 20, "txt.exe"},
		{"zero width", "a\u200bb\ufeffc", 20, "abc"},
		{"blank letters", "\u3164\u115f\u1160\uffa0\u2800\U0001d159", 20, ""},
		{"blank letters inside", "a\u3164\u2800b", 20, "a b"},
		{"nothing but marks", "\u0301\ufe0f\u20e3\u034f", 20, ""},
		{"joiners of nothing", "\u200da\u200db\u200c", 20, "ab"},
		{"a joiner behind an emoji", "👩\u200d a", 20, "👩 a"},
		{"joiners that letters need", "می\u200cخواهم क्\u200dष", 20, "می\u200cخواهم क्\u200dष"},
		{"tags of no flag", "a\U000e0061\U000e007f", 20, "a"},
		{"a pile of accents", "a" + strings.Repeat("\u0301", 500) + "b", 20, "a" + strings.Repeat("\u0301", 15) + "b"},
		{"line separator", "a\u2028b", 20, "a b"},
		{"not UTF-8", "a\xffb", 20, "a\ufffdb"},
		{"letters of the world", "Zoë 李 🎲", 20, "Zoë 李 🎲"},
		{"just fits", "12345", 5, "12345"},
		{"cut", "123456", 5, "1234…"},
		{"cut at a space", "123 456", 5, "123…"},
		{"space at the end fits", "12345   ", 5, "12345"},
		{"nothing fits", "abc", 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Clean(c.text, c.limit); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[2Jb\r\n", 5)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit &= 0xff
		got := Clean(text, limit)
		if n := Length(got); n > limit {
			t.Fatalf("%d characters of at most %d", n, limit)
		}
		if again := Clean(got, limit); again != got {
			t.Fatalf("cleaned again %q becomes %q", got, again)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
			t.Fatalf("a control character is left in %q", got)
		}
	})
}

func TestLinesWithoutTerminal(t *testing.T) {
	in, typed := io.Pipe()
	var out bytes.Buffer
	c, err := Open(in, &out)
	if err != nil {
		t.Fatal(err)
	}
	if c.Interactive() {
		t.Error("a pipe is taken for a terminal")
	}
	go io.WriteString(typed, "one\ntwo\n")
	if a, b := <-c.Lines(), <-c.Lines(); a != "one" || b != "two" {
		t.Errorf("got %q and %q", a, b)
	}
	typed.Close()
	if _, ok := <-c.Lines(); ok {
		t.Error("a line after the end")
	}
	c.SetPrompt("> ")
	c.Println(c.Paint(Red, "hello"))
	c.Close()
	c.Close()
	c.Println("after")
	if got, want := out.String(), "hello\nafter\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestNoInput(t *testing.T) {
	c, err := Open(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := <-c.Lines(); ok {
		t.Error("a line came from nowhere")
	}
	c.Close()
}

func TestLogger(t *testing.T) {
	var out bytes.Buffer
	log := NewLogger(&out, slog.LevelInfo)
	log.Debug("not shown")
	log.With("peer", 2).Info("joined", "name", "A\x1b[2J B", "err", error(nil))
	log.WithGroup("http").Warn("refused\n", "err", errors.New(`say "no"`), "empty", "")
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, line[len("15:04:05 "):])
	}
	want := []string{
		"joined peer=2 name=\"A[2J B\"\n",
		"WARN: refused http.err=\"say \\\"no\\\"\" http.empty=\"\"\n",
	}
	if strings.Join(got, "") != strings.Join(want, "") {
		t.Errorf("got %q, want %q", got, want)
	}
}
