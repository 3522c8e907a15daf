//go:build !linux || android || !(amd64 || arm64)

package uring

import "errors"

// A Ring is for Linux.
type Ring struct{}

// New fails.
func New(int) (*Ring, error) { return nil, errors.ErrUnsupported }

// Close gives the queues back.
func (*Ring) Close() {}

// Do does the Ops.
func (*Ring) Do([]Op) bool { return false }
