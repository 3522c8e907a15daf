package main

import (
	"os"
	"syscall"
	"unsafe"
)

// cpuOf is the CPU time of another process, in nanoseconds, from the clock that the system has for each process
// (clock_getcpuclockid(3)). The process has nothing to do for it, and need not have time.
func cpuOf(pid int) (int64, error) {
	const scheduled = 2 // CPUCLOCK_SCHED: user and system time
	var t syscall.Timespec
	clock := int32(^pid)<<3 | scheduled
	if _, _, e := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&t)), 0); e != 0 {
		return 0, os.NewSyscallError("clock_gettime", e)
	}
	return t.Nano(), nil
}
