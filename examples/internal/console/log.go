package console

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
)

// NewLogger gives a logger that writes a line for people to each record: the time of day, what happened, and the
// attributes as key=value. Values are cleaned.
func NewLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(&handler{w: w, mu: new(sync.Mutex), level: level})
}

type handler struct {
	w      io.Writer
	mu     *sync.Mutex // makes lines whole
	level  slog.Leveler
	attrs  string // of With, written out
	prefix string // of WithGroup
}

func (h *handler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level.Level() }

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	var b bytes.Buffer
	b.WriteString(r.Time.Format("15:04:05 "))
	if r.Level != slog.LevelInfo {
		fmt.Fprintf(&b, "%v: ", r.Level)
	}
	b.WriteString(Clean(r.Message, maxValue))
	b.WriteString(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		b.WriteString(h.format(a))
		return true
	})
	b.WriteByte('\n')
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.w.Write(b.Bytes())
	return err
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	for _, a := range attrs {
		c.attrs += h.format(a)
	}
	return &c
}

func (h *handler) WithGroup(name string) slog.Handler {
	c := *h
	if name != "" {
		c.prefix += name + "."
	}
	return &c
}

// maxValue is how many characters of a value are shown.
const maxValue = 300

func (h *handler) format(a slog.Attr) string {
	v := a.Value.Resolve()
	if a.Equal(slog.Attr{}) || v.Kind() == slog.KindAny && v.Any() == nil {
		return ""
	}
	s := Clean(v.String(), maxValue)
	if s == "" || strings.ContainsAny(s, ` "=`) {
		s = strconv.Quote(s)
	}
	return " " + h.prefix + a.Key + "=" + s
}
