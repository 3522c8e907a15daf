//go:build race

package owner

// A mark is written wherever a session is used, so that the race detector sees a second goroutine.
type mark int

func (m *mark) set() { *m++ }
