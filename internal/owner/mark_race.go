//go:build race

package owner

type mark int

// OnlyThePollingGoroutineElsePostOrDo has the race detector tell of a second goroutine, by this name.
func (g *Goroutine) OnlyThePollingGoroutineElsePostOrDo() { g.mark++ }
