// Command bench measures this project beside what else could be used, on the machine it runs on. See README.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		serve(os.Args[2:])
		return
	}
	only := flag.String("only", "", "a comma-separated list of workloads and servers to leave the others out")
	quick := flag.Bool("quick", false, "small and short: to see that it works, not to measure")
	jsonTo := flag.String("json", "", "write all figures to this file, - for the standard output")
	svgTo := flag.String("svg", "", "write pictures into this directory")
	repeat := flag.Int("repeat", 0, "how often each trial is repeated (default 5, with -quick 1)")
	profiles := flag.String("profile", "", "write CPU and heap profiles of the Go servers into this directory")
	during := flag.Duration("during", 0, "how long a trial measures (default 4s, with -quick 0.5s)")
	patience := flag.Duration("patience", 0, "wait up to this long before each trial for other processes to calm down")
	flag.BoolVar(&plainLoad, "plain", false, "have the load make a system call for each read and write, as where io_uring is not allowed")
	list := flag.Bool("list", false, "list workloads and servers")
	flag.Parse()
	if flag.NArg() > 0 {
		fail("unknown argument %q", flag.Arg(0))
	}
	if *repeat <= 0 {
		if *repeat = 5; *quick {
			*repeat = 1
		}
	}
	if *during <= 0 {
		if *during = 4 * time.Second; *quick {
			*during = 500 * time.Millisecond
		}
	}
	if *quick {
		stallTimeout = 5 * time.Second
	}
	began := time.Now()
	b := &bench{quick: *quick, repeat: *repeat, profiles: *profiles, patience: *patience, during: *during, log: func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%6.1fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}}
	b.pin = pin()
	works := workloads(b)
	if *list {
		for _, w := range works {
			fmt.Printf("%-10s %s\n", w.name, w.title)
		}
		for _, s := range allServers {
			fmt.Printf("%-10s %s\n", s.name, s.title)
		}
		return
	}
	works = b.choose(works, *only)
	for _, dir := range []string{*profiles, *svgTo} {
		if dir != "" {
			if err := os.MkdirAll(dir, 0o777); err != nil {
				fail("%v", err)
			}
		}
	}
	m := describeMachine(b)
	out := os.Stdout
	if *jsonTo == "-" {
		out = os.Stderr
	}
	m.print(out)
	var results []*result
	for _, w := range works {
		rs := b.run(w)
		results = append(results, rs...)
		printTable(out, w, rs)
	}
	if *jsonTo != "" {
		if err := writeJSON(*jsonTo, m, results); err != nil {
			fail("%v", err)
		}
	}
	if *svgTo != "" {
		if err := writePictures(*svgTo, m, works, results); err != nil {
			fail("%v", err)
		}
	}
	printSummary(out, results, time.Since(began))
}

// choose takes the workloads and servers that -only names; without workloads, or without servers, all of them.
func (b *bench) choose(works []workload, only string) []workload {
	var wantWork, wantServer []string
	for name := range strings.SplitSeq(only, ",") {
		name = strings.TrimSpace(name)
		switch {
		case name == "":
		case slices.ContainsFunc(works, func(w workload) bool { return w.name == name }):
			wantWork = append(wantWork, name)
		case slices.ContainsFunc(allServers, func(s server) bool { return s.name == name }):
			wantServer = append(wantServer, name)
		default:
			fail("-only names %q; -list shows what there is", name)
		}
	}
	if len(wantWork) > 0 {
		works = slices.DeleteFunc(works, func(w workload) bool { return !slices.Contains(wantWork, w.name) })
	}
	for _, s := range allServers {
		if len(wantServer) == 0 || slices.Contains(wantServer, s.name) {
			b.servers = append(b.servers, s)
		}
	}
	used := slices.ContainsFunc(b.servers, func(s server) bool {
		return s.node && slices.ContainsFunc(works, func(w workload) bool { return slices.Contains(w.servers, s.name) })
	})
	if used {
		b.node = findNode(b)
	}
	if b.node == nil {
		b.servers = slices.DeleteFunc(b.servers, func(s server) bool { return s.node })
	}
	return works
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
	os.Exit(1)
}
