//go:build !race

package racetest

// Enabled is whether the race detector is on.
const Enabled = false
