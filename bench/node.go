package main

// nodeRivals are the servers that run on Node.js.
type nodeRivals struct{ version string }

func findNode(b *bench) *nodeRivals { return nil }

func (n *nodeRivals) start(p pinning, file string, s serving) (*child, error) { return nil, nil }
