package watch

import "time"

// Notices bound how often something is said: a burst at once, then so many a second. One goroutine uses them.
type Notices struct {
	used float64
	last time.Time
}

// Allow tells whether there is one left, and takes it. burst of them may be used at once, and rate of them come back
// each second.
func (n *Notices) Allow(burst, rate int) bool {
	now := time.Now()
	n.used = max(0, n.used-now.Sub(n.last).Seconds()*float64(rate))
	n.last = now
	if n.used+1 > float64(burst) {
		return false
	}
	n.used++
	return true
}
