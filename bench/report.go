package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"
)

// printTable prints what a workload gave: a block a case, a line a server.
func printTable(out io.Writer, w workload, rs []*result) {
	fmt.Fprintf(out, "\n%s: %s\n%s\n", w.name, w.title, w.text)
	for _, c := range w.cases {
		var in []*result
		for _, r := range rs {
			if r.Case == c.label {
				in = append(in, r)
			}
		}
		printCase(out, w, c.label, in)
	}
}

func printCase(out io.Writer, w workload, label string, rs []*result) {
	gws, floor := find(rs, "gws"), find(rs, "floor")
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	head := []string{label}
	for _, m := range w.metrics {
		head = append(head, m.title)
	}
	if gws != nil {
		head = append(head, "to bare gws")
	}
	if floor != nil {
		head = append(head, "to the floor")
	}
	fmt.Fprintln(t, row(rs, head))
	for _, r := range rs {
		cells := []string{titleOf(r.Server)}
		for _, m := range w.metrics {
			cells = append(cells, m.format(r.median(m.key)))
		}
		for _, to := range []*result{gws, floor} {
			if to != nil {
				cells = append(cells, times(r.ratio(to, w.metrics[0].key)))
			}
		}
		fmt.Fprintln(t, row(rs, cells))
	}
	t.Flush()
	for _, r := range rs {
		for _, v := range r.Voids {
			fmt.Fprintf(out, "    %s, a trial is void: %s\n", titleOf(r.Server), v)
		}
	}
}

// row joins cells; the first is as wide as the widest title, and stands left.
func row(rs []*result, cells []string) string {
	wide := 0
	for _, r := range rs {
		wide = max(wide, utf8.RuneCountInString(titleOf(r.Server)))
	}
	first := cells[0] + strings.Repeat(" ", max(0, wide-utf8.RuneCountInString(cells[0])))
	return "  " + first + "\t" + strings.Join(cells[1:], "\t") + "\t"
}

func find(rs []*result, server string) *result {
	for _, r := range rs {
		if r.Server == server {
			return r
		}
	}
	return nil
}

func titleOf(name string) string {
	for _, s := range allServers {
		if s.name == name {
			return s.title
		}
	}
	return name
}

// printSummary prints the closing line.
func printSummary(out io.Writer, rs []*result, took time.Duration) {
	trials, voids := 0, 0
	for _, r := range rs {
		trials += len(r.Samples)
		voids += len(r.Voids)
	}
	fmt.Fprintf(out, "\nbench: %d trials, %d void, in %.0f s\n", trials, voids, took.Seconds())
}

// writeJSON writes every figure of every trial.
func writeJSON(path string, m machine, rs []*result) error {
	b, err := json.MarshalIndent(struct {
		Machine machine   `json:"machine"`
		Results []*result `json:"results"`
	}{m, rs}, "", "\t")
	if err != nil {
		return err
	}
	b = append(b, '\n')
	if path == "-" {
		_, err = os.Stdout.Write(b)
		return err
	}
	return os.WriteFile(path, b, 0o666)
}
