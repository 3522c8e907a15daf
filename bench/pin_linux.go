package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"
)

// cpuSet is a set of cores in the kernel's form.
type cpuSet [16]uint64

func (s *cpuSet) add(cpu int) { s[cpu/64] |= 1 << (cpu % 64) }

func (s *cpuSet) list() (cpus []int) {
	for i := range len(s) * 64 {
		if s[i/64]&(1<<(i%64)) != 0 {
			cpus = append(cpus, i)
		}
	}
	return cpus
}

func affinity(trap uintptr, tid int, s *cpuSet) error {
	_, _, e := syscall.RawSyscall(trap, uintptr(tid), unsafe.Sizeof(*s), uintptr(unsafe.Pointer(s)))
	if e != 0 {
		return e
	}
	return nil
}

// pinning is which cores the servers and the load have.
type pinning struct {
	server, load cpuSet
	on           bool
	cores        int // of the servers
	text         string
}

// pin gives half of the cores that this process may use to the servers, and this process the others.
func pin() pinning {
	var all cpuSet
	if err := affinity(syscall.SYS_SCHED_GETAFFINITY, 0, &all); err != nil {
		return pinning{cores: runtime.NumCPU(), text: "not pinned: " + err.Error()}
	}
	cpus := all.list()
	if len(cpus) < 2 {
		return pinning{cores: 1, text: "not pinned: there is one core"}
	}
	half := len(cpus) / 2
	p := pinning{on: true, cores: half}
	for i, cpu := range cpus {
		if i < half {
			p.server.add(cpu)
		} else {
			p.load.add(cpu)
		}
	}
	// Threads inherit the cores of the one that starts them; twice, for one that was started meanwhile.
	for range 2 {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return pinning{cores: runtime.NumCPU(), text: "not pinned: " + err.Error()}
		}
		for _, t := range tasks {
			tid, _ := strconv.Atoi(t.Name())
			if err := affinity(syscall.SYS_SCHED_SETAFFINITY, tid, &p.load); err != nil && err != syscall.ESRCH {
				return pinning{cores: runtime.NumCPU(), text: "not pinned: " + err.Error()}
			}
		}
	}
	runtime.GOMAXPROCS(len(cpus) - half)
	p.text = fmt.Sprintf("servers on %v, load on %v", p.server.list(), p.load.list())
	return p
}

// start runs a function that starts a process, on the servers' cores.
func (p pinning) start(f func() error) error {
	if !p.on {
		return f()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := affinity(syscall.SYS_SCHED_SETAFFINITY, 0, &p.server); err != nil {
		return err
	}
	defer affinity(syscall.SYS_SCHED_SETAFFINITY, 0, &p.load)
	return f()
}
