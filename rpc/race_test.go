//go:build race

package rpc

// raceEnabled: the race detector makes allocations of its own.
const raceEnabled = true
