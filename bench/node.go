package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// nodeRivals are the servers that run on Node.js.
type nodeRivals struct{ node, dir, version string }

// findNode looks for Node.js and has npm install the rivals where they are not yet; nil, and a line that says why, if
// they cannot be had.
func findNode(b *bench) *nodeRivals {
	n, err := prepareNode(b)
	if err != nil {
		b.log("without the rivals on Node: %v", err)
		return nil
	}
	return n
}

func prepareNode(b *bench) (*nodeRivals, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	version, err := exec.Command(node, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("node --version: %w", err)
	}
	dir, err := nodeDirectory()
	if err != nil {
		return nil, err
	}
	n := &nodeRivals{node, dir, strings.TrimSpace(string(version))}
	if n.installed() {
		return n, nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return nil, err
	}
	patience := 3 * time.Minute
	if b.quick {
		patience = 15 * time.Second
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	b.log("npm ci in %s", dir)
	ci := exec.CommandContext(ctx, npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	ci.Dir = dir
	ci.WaitDelay = time.Second
	if out, err := ci.CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return nil, fmt.Errorf("npm ci: %w: %.200s", err, lines[len(lines)-1])
	}
	if !n.installed() {
		return nil, fmt.Errorf("npm ci left %s without the modules", dir)
	}
	return n, nil
}

// nodeDirectory is the directory node beside this file.
func nodeDirectory() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	for _, dir := range []string{filepath.Dir(file), "bench", "."} {
		dir = filepath.Join(dir, "node")
		if _, err := os.Stat(filepath.Join(dir, "package-lock.json")); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("its files are not found; run it in the directory of the module")
}

func (n *nodeRivals) installed() bool {
	for _, module := range []string{"ws", "socket.io", "@colyseus/core", "@colyseus/ws-transport"} {
		if _, err := os.Stat(filepath.Join(n.dir, "node_modules", module, "package.json")); err != nil {
			return false
		}
	}
	return true
}

// start starts a server process.
func (n *nodeRivals) start(p pinning, file string, s serving) (*child, error) {
	return startChild(p, n.node, []string{"--expose-gc", file, "mode=" + s.mode}, n.dir)
}
