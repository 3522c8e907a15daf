//go:build !linux

package main

import "errors"

// cpuOf would be the CPU time of another process.
func cpuOf(int) (int64, error) { return 0, errors.ErrUnsupported }

func wakeUpsOf(int) (int64, error) { return 0, errors.ErrUnsupported }
