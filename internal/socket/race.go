//go:build race && unix

package socket

import "syscall"

// The race detector takes it for ordered what one goroutine did before it wrote
// to a socket, and another after it read one, as syscall.Write and syscall.Read
// tell it. Those who make their calls themselves tell it by these, which write
// and read nothing.

func writes() { syscall.Write(-1, nil) }

func didRead(fd int) { syscall.Read(fd, nil) }
