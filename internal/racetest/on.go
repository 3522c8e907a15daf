//go:build race

// Package racetest tells tests whether the race detector is on, under which they are some ten times slower.
package racetest

// Enabled is whether the race detector is on.
const Enabled = true
