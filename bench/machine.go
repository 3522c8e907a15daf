package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// machine is where the figures are from.
type machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	System string `json:"system"`
	Go     string `json:"go"`
	Node   string `json:"node,omitempty"`
	Pinned string `json:"pinned"`
	Load   string `json:"load"`
	Quick  bool   `json:"quick"`
	Repeat int    `json:"repeat"`
	Date   string `json:"date"`
}

func describeMachine(b *bench) machine {
	m := machine{
		CPU: cpuModel(), Cores: runtime.NumCPU(), System: system(), Go: runtime.Version(),
		Pinned: b.pin.text, Load: loadWay(), Quick: b.quick, Repeat: b.repeat, Date: time.Now().UTC().Format(time.DateOnly),
	}
	if b.node != nil {
		m.Node = b.node.version
	}
	return m
}

func (m machine) print(w io.Writer) {
	fmt.Fprintf(w, "%s, %d cores, %s, %s", m.CPU, m.Cores, m.System, m.Go)
	if m.Node != "" {
		fmt.Fprintf(w, ", Node %s", m.Node)
	}
	fmt.Fprintf(w, "; %s; %s; medians of %d", m.Pinned, m.Load, m.Repeat)
	if m.Repeat > 1 {
		fmt.Fprint(w, ", and from where to where they went")
	}
	if m.Quick {
		fmt.Fprint(w, "; QUICK: these figures say that it works, not how fast it is")
	}
	fmt.Fprintln(w)
}

func cpuModel() string {
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	if out, err := exec.Command("sysctl", "-n", "machdep.cpu.brand_string").Output(); err == nil {
		return strings.TrimSpace(string(out))
	}
	return runtime.GOARCH
}

func system() string {
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		return runtime.GOOS + " " + strings.TrimSpace(string(b))
	}
	return runtime.GOOS
}
