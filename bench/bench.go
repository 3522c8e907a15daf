package main

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// bench is one run of the whole program.
type bench struct {
	pin      pinning
	quick    bool
	repeat   int
	servers  []server
	profiles string // a directory for profiles of the Go servers
	patience time.Duration
	during   time.Duration // of the measuring part of a trial
	node     *nodeRivals
	log      func(format string, args ...any)
}

// server is one of those compared.
type server struct {
	name  string // on the command line
	title string
	kind  string // of the Go server, or the file of the node one
	node  bool
	wire  wire
}

var allServers = []server{
	{name: "peerage", title: "ours, peerage.v1", kind: "peerage", wire: peerageWire{}},
	{name: "godot", title: "ours, Godot's wire", kind: "peerage", wire: godotWire{}},
	{name: "group", title: "ours, to a group", kind: "group", wire: peerageWire{}},
	{name: "gws", title: "bare gws", kind: "gws", wire: plainWire{}},
	{name: "floor", title: "the floor", kind: "floor", wire: plainWire{}},
	{name: "centrifuge", title: "centrifuge", kind: "centrifuge", wire: centrifugeWire{}},
	{name: "ws", title: "node ws", kind: "ws.js", node: true, wire: plainWire{}},
	{name: "socketio", title: "Socket.IO", kind: "socketio.js", node: true, wire: socketioWire{}},
	{name: "colyseus", title: "Colyseus", kind: "colyseus.js", node: true, wire: colyseusWire{}},
}

// trial is one run of one case of a workload against one server.
type trial struct {
	b      *bench
	server server
	label  string // for profiles
}

// values are what a trial measured, by the key of the metric.
type values map[string]float64

// void is the error of a trial whose figures do not count, because something that should have come did not.
type void struct{ why string }

func (v *void) Error() string { return "void: " + v.why }

// start starts the trial's server.
func (t *trial) start(s serving) (*child, error) {
	args := []string{"-mode", s.mode, "-rooms", fmt.Sprint(s.rooms), "-ticks", fmt.Sprint(s.ticks), "-budget", fmt.Sprint(s.budget)}
	if t.server.node {
		return t.b.node.start(t.b.pin, t.server.kind, s)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args = append([]string{"serve", "-server", t.server.kind}, args...)
	if s.relay {
		args = append(args, "-relay")
	}
	if t.b.profiles != "" {
		base := filepath.Join(t.b.profiles, t.label+"-"+t.server.name)
		args = append(args, "-cpuprofile", base+".cpu", "-memprofile", base+".mem")
	}
	return startChild(t.b.pin, self, args, "")
}

// profile has a Go server profile itself while f runs, if profiles were asked for.
func (t *trial) profile(c *child, on bool) {
	if t.b.profiles == "" || t.server.node {
		return
	}
	if on {
		c.ask("profile")
	} else {
		c.ask("stop")
	}
}

// stacks has a Go server write what its goroutines do, if profiles were asked for.
func (t *trial) stacks(c *child) {
	if t.b.profiles != "" && !t.server.node {
		c.ask("stacks")
	}
}

// metric is a column of a table.
type metric struct {
	key    string
	title  string
	format func(v float64) string
}

// workload is what servers are compared at, in one or more cases.
type workload struct {
	name    string
	title   string
	text    string // what happens in it
	servers []string
	metrics []metric // the first is the one that ratios are of
	more    bool     // the first metric is better when it is higher
	cases   []workCase
}

type workCase struct {
	label string
	skip  []string // servers that this case is too much for
	run   func(t *trial) (values, error)
}

// result is what all trials of one case against one server gave.
type result struct {
	Workload string   `json:"workload"`
	Case     string   `json:"case"`
	Server   string   `json:"server"`
	Samples  []values `json:"samples"` // nil: void
	Voids    []string `json:"voids,omitempty"`
}

// all is what the trials gave for a metric; those that are void gave nothing.
func (r *result) all(key string) (v []float64) {
	for _, s := range r.Samples {
		if x, ok := s[key]; ok {
			v = append(v, x)
		}
	}
	return v
}

// median of a metric over the trials; NaN if all are void.
func (r *result) median(key string) float64 { return median(r.all(key)) }

// ratios are those to another server in the same round, of which there is none where one of the two is void.
func (r *result) ratios(to *result, key string) (v []float64) {
	for i, s := range r.Samples {
		if to == nil || i >= len(to.Samples) {
			continue
		}
		x, ok := s[key]
		y, too := to.Samples[i][key]
		if ok && too {
			v = append(v, x/y)
		}
	}
	return v
}

// run runs a workload: its cases one after the other, in each the servers in turn, several times.
func (b *bench) run(w workload) []*result {
	var all []*result
	for _, c := range w.cases {
		var rs []*result
		var servers []server
		for _, s := range b.servers {
			if slices.Contains(w.servers, s.name) && !slices.Contains(c.skip, s.name) {
				servers = append(servers, s)
				rs = append(rs, &result{Workload: w.name, Case: c.label, Server: s.name})
			}
		}
		for round := range b.repeat {
			for i, s := range servers {
				t := &trial{b: b, server: s, label: strings.Join(strings.Fields(w.name+" "+c.label), "-")}
				b.calm()
				began := time.Now()
				v, err := c.run(t)
				if err != nil {
					rs[i].Samples = append(rs[i].Samples, nil)
					rs[i].Voids = append(rs[i].Voids, err.Error())
					b.log("%s %s, %s: %v", w.name, c.label, s.title, err)
					continue
				}
				maps.DeleteFunc(v, func(_ string, x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
				rs[i].Samples = append(rs[i].Samples, v)
				m := w.metrics[0]
				note := ""
				if v["others"] > disturbed {
					note = fmt.Sprintf("; disturbed: other processes took %.0f %% of a core", 100*v["others"])
				}
				if full := 100 * float64(b.coresOf(s)); v["load"] > saturated && v["busy"] < saturated*full {
					note += "; the load had no time left: what it can do was measured"
				}
				b.log("%s %s, %d of %d: %s %s %s (%.1f s%s)", w.name, c.label, round+1, b.repeat, s.title,
					m.format(v[m.key]), m.title, time.Since(began).Seconds(), note)
			}
		}
		all = append(all, rs...)
	}
	return all
}

// coresOf is how many cores a server can use.
func (b *bench) coresOf(s server) int {
	if s.node {
		return 1
	}
	return b.pin.cores
}

// The forms of figures.

func micros(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case v < 10:
		return fmt.Sprintf("%.2f µs", v)
	}
	return fmt.Sprintf("%.0f µs", v)
}

func millis(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case v < 10:
		return fmt.Sprintf("%.1f ms", v)
	}
	return fmt.Sprintf("%.0f ms", v)
}

func count(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case v >= 1e6:
		return fmt.Sprintf("%.2f M", v/1e6)
	case v >= 1e4:
		return fmt.Sprintf("%.0f k", v/1e3)
	}
	return fmt.Sprintf("%.0f", v)
}

func kilobytes(v float64) string {
	if math.IsNaN(v) {
		return "-"
	}
	return fmt.Sprintf("%.1f KB", v/1024)
}

func times(v float64) string {
	if math.IsNaN(v) {
		return "-"
	}
	return fmt.Sprintf("%.2f×", v)
}

func percent(v float64) string {
	if math.IsNaN(v) {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", v)
}
