package main

import "testing"

func TestAsked(t *testing.T) {
	for _, c := range []struct {
		name    string
		waiting bool
		events  string // L somebody leaves, m the turn is told and is mine, o it is another's
		want    bool
	}{
		{"my turn is over", true, "o", false},
		{"my turn came round again, I am alone", true, "m", false},
		{"somebody left before the answer", true, "Lm", true},
		{"and then it came", true, "Lmo", false},
		{"and then it came, I am alone now", true, "Lmm", false},
		{"two left before the answer", true, "LmLm", true},
		{"somebody left after the answer", true, "oLo", false},
		{"somebody left, and so it is my turn", false, "Lm", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := asked{waiting: c.waiting}
			for _, e := range c.events {
				switch e {
				case 'L':
					a.removed()
				default:
					a.turned(e == 'm')
				}
			}
			if a.waiting != c.want {
				t.Errorf("waiting is %v", a.waiting)
			}
		})
	}
}
