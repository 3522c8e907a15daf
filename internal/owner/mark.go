//go:build !race

package owner

type mark struct{}

// OnlyThePollingGoroutineElsePostOrDo has the race detector, where it is on, tell of a second goroutine, by this name.
func (g *Goroutine) OnlyThePollingGoroutineElsePostOrDo() {}
