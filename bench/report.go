package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"
)

// printTable prints what a workload gave: a block a case, a line a server, and below it, where trials were repeated, from
// where to where its figures went.
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
		cells, spreads := []string{titleOf(r.Server)}, []string{""}
		add := func(v []float64, format func(float64) string) {
			cells = append(cells, format(median(v)))
			spreads = append(spreads, spread(v, format))
		}
		for _, m := range w.metrics {
			add(r.all(m.key), m.format)
		}
		for _, to := range []*result{gws, floor} {
			if to != nil {
				add(r.ratios(to, w.metrics[0].key), times)
			}
		}
		fmt.Fprintln(t, row(rs, cells))
		if strings.Join(spreads, "") != "" {
			fmt.Fprintln(t, row(rs, spreads))
		}
	}
	t.Flush()
	for _, r := range rs {
		for _, v := range r.Voids {
			fmt.Fprintf(out, "    %s, a trial is void: %s\n", titleOf(r.Server), v)
		}
	}
}

// spread is the least and the most of several figures, "" if there is one.
func spread(v []float64, format func(float64) string) string {
	if len(v) < 2 {
		return ""
	}
	least, most := format(slices.Min(v)), format(slices.Max(v))
	if least == most {
		return "="
	}
	number, unit, _ := strings.Cut(least, " ")
	if _, other, _ := strings.Cut(most, " "); other == unit {
		least = number
	}
	return strings.TrimSuffix(least, "×") + "–" + most
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
