package socket

import (
	"syscall"
	"unsafe"
)

// The calls in this file and of a ring do not wait, and most are over in a few
// microseconds. Those are made as raw ones, of which the scheduler is not told:
// telling it costs more than it is good for, and wakes its monitor each time
// that a process has been at rest.

// quick is how many bytes a raw call may write: on their way much may happen,
// and a collection of garbage may have to wait for it.
const quick = 16 << 10

// Read reads a socket that does not wait; err is syscall.EAGAIN if there is
// nothing.
func Read(fd uintptr, b []byte) (n int, err error) {
	if n, err = call(syscall.SYS_READ, fd, b, true); err == nil {
		didRead(int(fd))
	}
	return n, err
}

func write(fd uintptr, b []byte) (n int, err error) {
	writes()
	return call(syscall.SYS_WRITE, fd, b, len(b) <= quick)
}

func call(what, fd uintptr, b []byte, raw bool) (int, error) {
	at := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	for {
		var n uintptr
		var e syscall.Errno
		if raw {
			n, _, e = syscall.RawSyscall(what, fd, at, uintptr(len(b)))
		} else {
			n, _, e = syscall.Syscall(what, fd, at, uintptr(len(b)))
		}
		switch e {
		case 0:
			return int(n), nil
		case syscall.EINTR:
			continue
		}
		return 0, e
	}
}

// Ready asks an epoll instance what there is at the moment.
func Ready(epoll int, events []syscall.EpollEvent) (n int, err error) {
	for {
		r, _, e := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(epoll), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
		switch e {
		case 0:
			return int(r), nil
		case syscall.EINTR:
			continue
		}
		return 0, e
	}
}
