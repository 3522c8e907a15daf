//go:build !linux

package main

import "runtime"

// pinning is not done here.
type pinning struct {
	on    bool
	cores int // of the servers
	text  string
}

func pin() pinning { return pinning{cores: runtime.NumCPU(), text: "not pinned: that needs Linux"} }

func (p pinning) start(f func() error) error { return f() }
