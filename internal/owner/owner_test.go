package owner

import (
	"strings"
	"testing"
)

func TestPollInsidePoll(t *testing.T) {
	var g Goroutine
	ran := 0
	g.Poll(func() {
		ran++
		g.Poll(func() { ran += 10 })
		if !g.Polling() || !Inside() {
			t.Error("it does not know that it polls")
		}
		elsewhere := make(chan bool)
		go func() { elsewhere <- Inside() }()
		if <-elsewhere {
			t.Error("another goroutine is taken for the one that polls")
		}
	})
	if ran != 1 || g.Polling() || Inside() {
		t.Errorf("ran %d, polling %v, inside %v", ran, g.Polling(), Inside())
	}
}

func TestInsideOfADeepStack(t *testing.T) {
	var deep func(n int) bool
	deep = func(n int) bool {
		if n == 0 {
			return Inside()
		}
		return deep(n - 1)
	}
	if deep(200) {
		t.Error("outside")
	}
	inside := false
	Run(func() { inside = deep(200) })
	if !inside {
		t.Error("inside")
	}
}

func TestTwoThatPoll(t *testing.T) {
	var g Goroutine
	told := make(chan any)
	g.Poll(func() {
		go func() {
			defer func() { told <- recover() }()
			g.Poll(func() {})
		}()
		if v, _ := (<-told).(string); !strings.Contains(v, "Post or Do") {
			t.Errorf("told %q", v)
		}
	})
}
