// Package args turns Go values into the arguments of a remote call and back, on
// both wires.
package args
