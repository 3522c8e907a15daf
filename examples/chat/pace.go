package main

import "time"

// pace is how fast a member may speak: burst messages at once, and then one every interval.
type pace struct {
	left int
	at   time.Time // when left was right
}

const (
	burst    = 200
	interval = 10 * time.Millisecond
)

func newPace(now time.Time) pace { return pace{left: burst, at: now} }

// take takes the right to one message, or tells how long to wait for it.
func (p *pace) take(now time.Time) (wait time.Duration) {
	if back := int(now.Sub(p.at) / interval); back > 0 {
		p.left = min(burst, p.left+back)
		p.at = p.at.Add(time.Duration(back) * interval)
	}
	if p.left > 0 {
		p.left--
		return 0
	}
	return p.at.Add(interval).Sub(now)
}
