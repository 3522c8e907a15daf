package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
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

// wakeUpsOf is how often threads of another process have waited for something, until now.
func wakeUpsOf(pid int) (n int64, err error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, task := range tasks {
		status, err := os.ReadFile(task)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := bytes.Cut(status, []byte("\nvoluntary_ctxt_switches:"))
		count, _, _ := bytes.Cut(rest, []byte("\n"))
		k, err := strconv.ParseInt(string(bytes.TrimSpace(count)), 10, 64)
		if err != nil {
			return 0, err
		}
		n += k
	}
	return n, err
}
