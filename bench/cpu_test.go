package main

import (
	"os"
	"testing"
	"time"
)

// TestCPUOfAProcess compares what the system tells with what this process knows of itself.
func TestCPUOfAProcess(t *testing.T) {
	for end := time.Now().Add(30 * time.Millisecond); time.Now().Before(end); {
	}
	before := processCPU()
	got, err := cpuOf(os.Getpid())
	if err != nil {
		t.Skip(err)
	}
	after := processCPU()
	const slack = int64(20 * time.Millisecond) // of getrusage
	if int64(before)-slack > got || got > int64(after)+slack {
		t.Errorf("the CPU time is %d, which is not between %d and %d", got, before, after)
	}
	if _, err := cpuOf(1 << 22); err == nil {
		t.Error("there is a CPU time of no process")
	}
}
