//go:build !linux

package main

// pinning is not done here.
type pinning struct {
	on   bool
	text string
}

func pin() pinning { return pinning{text: "not pinned: that needs Linux"} }

func (p pinning) start(f func() error) error { return f() }
