package main

import (
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// The pictures are SVG written by hand. Colours are chosen to be told apart on white and on black, and text takes the
// colour that the reader's scheme asks for.
const svgStyle = `<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.small { font-size: 11px; fill: #57606a }
.head { font-size: 15px; font-weight: 600 }
.axis { stroke: #8c959f; stroke-width: 1 }
.grid { stroke: #8c959f; stroke-opacity: .25; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
	text { fill: #e6edf3 }
	.small { fill: #9198a1 }
}
</style>
`

var serverColours = map[string]string{
	"peerage": "#2f81f7", "group": "#8250df", "godot": "#39a0c8", "gws": "#d29922", "floor": "#8c959f", "centrifuge": "#b35900",
	"ws": "#57ab5a", "socketio": "#c96198", "colyseus": "#6e7781",
}

// picture is an SVG in the making.
type picture struct {
	strings.Builder
	width, height int
}

func (p *picture) text(x, y float64, class, anchor, format string, args ...any) {
	fmt.Fprintf(p, `<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>`+"\n", x, y, class, anchor, html.EscapeString(fmt.Sprintf(format, args...)))
}

func (p *picture) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(p, `<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", class, x1, y1, x2, y2)
}

func (p *picture) save(path, title string) error {
	head := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img"><title>%s</title>`+"\n",
		p.width, p.height, p.width, p.height, html.EscapeString(title))
	return os.WriteFile(path, []byte(head+svgStyle+p.String()+"</svg>\n"), 0o666)
}

// writePictures draws the first metric of each workload as bars, and growth as lines.
func writePictures(dir string, m machine, works []workload, rs []*result) error {
	for _, w := range works {
		var own []*result
		for _, r := range rs {
			if r.Workload == w.name {
				own = append(own, r)
			}
		}
		if w.name == "growth" {
			for _, axis := range []string{"peer", "byte"} {
				p := drawGrowth(w, own, axis, m)
				if err := p.save(filepath.Join(dir, "growth-"+axis+"s.svg"), w.title); err != nil {
					return err
				}
			}
			continue
		}
		p := drawBars(w, own, m)
		if err := p.save(filepath.Join(dir, w.name+".svg"), w.title); err != nil {
			return err
		}
	}
	return nil
}

// drawBars draws a bar a server and case.
func drawBars(w workload, rs []*result, m machine) *picture {
	const (
		left, right, barHeight = 150.0, 90.0, 18.0
		width                  = 720
	)
	p := &picture{width: width}
	most := 0.0
	for _, r := range rs {
		if v := r.median(w.metrics[0].key); v > most {
			most = v
		}
	}
	y := 24.0
	p.text(10, y, "head", "start", "%s: %s", w.name, w.metrics[0].title)
	y += 18
	p.text(10, y, "small", "start", "%s", w.title)
	y += 14
	last := ""
	for _, r := range rs {
		if r.Case != last {
			y += 14
			p.text(10, y+4, "small", "start", "%s", r.Case)
			last = r.Case
			y += 12
		}
		v := r.median(w.metrics[0].key)
		p.text(left-8, y+barHeight-4, "", "end", "%s", titleOf(r.Server))
		if math.IsNaN(v) {
			p.text(left+4, y+barHeight-4, "small", "start", "void")
		} else {
			long := max(1, (width-left-right)*v/max(most, 1e-9))
			fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2" fill="%s"/>`+"\n", left, y, long, barHeight-3, serverColours[r.Server])
			p.text(left+long+6, y+barHeight-4, "", "start", "%s", w.metrics[0].format(v))
		}
		y += barHeight + 3
	}
	y += 16
	better := "Less is better."
	if w.more {
		better = "More is better."
	}
	p.text(10, y, "small", "start", "%s %s", better, m.caption())
	p.height = int(y) + 14
	return p
}

func (m machine) caption() string {
	if m.Quick {
		return "A quick run, which measures nothing."
	}
	return fmt.Sprintf("%s, %d cores, %s; medians of %d; %s", m.CPU, m.Cores, m.Go, m.Repeat, m.Date)
}

// drawGrowth draws a line a server, both axes logarithmic, over the cases whose label counts the axis' unit.
func drawGrowth(w workload, rs []*result, axis string, m machine) *picture {
	const left, right, top, bottom = 70.0, 30.0, 60.0, 80.0
	p := &picture{width: 720, height: 420}
	type point struct{ x, y float64 }
	lines := map[string][]point{}
	lowX, highX, lowY, highY := math.Inf(1), 0.0, math.Inf(1), 0.0
	for _, r := range rs {
		var n float64
		var unit string
		if _, err := fmt.Sscan(r.Case, &n, &unit); err != nil || strings.TrimSuffix(unit, "s") != axis {
			continue
		}
		v := r.median(w.metrics[0].key)
		if math.IsNaN(v) || v <= 0 {
			continue
		}
		lines[r.Server] = append(lines[r.Server], point{n, v})
		lowX, highX, lowY, highY = min(lowX, n), max(highX, n), min(lowY, v), max(highY, v)
	}
	if len(lines) == 0 {
		return p
	}
	lowY, highY = math.Pow(10, math.Floor(math.Log10(lowY))), math.Pow(10, math.Ceil(math.Log10(highY)))
	if highX == lowX {
		highX *= 2
	}
	px := func(x float64) float64 {
		return left + (float64(p.width)-left-right)*math.Log(x/lowX)/math.Log(highX/lowX)
	}
	py := func(y float64) float64 {
		return float64(p.height) - bottom - (float64(p.height)-top-bottom)*math.Log(y/lowY)/math.Log(highY/lowY)
	}
	p.text(10, 24, "head", "start", "%s by %ss", w.metrics[0].title, axis)
	p.text(10, 42, "small", "start", "%s", w.text)
	for v := lowY; v <= highY*1.001; v *= 10 {
		p.line("grid", left, py(v), float64(p.width)-right, py(v))
		p.text(left-8, py(v)+4, "small", "end", "%s", w.metrics[0].format(v))
	}
	seen := map[float64]bool{}
	legend := left
	for _, s := range allServers {
		points := lines[s.name]
		if len(points) == 0 {
			continue
		}
		var path strings.Builder
		for i, at := range points {
			fmt.Fprintf(&path, "%c%.1f %.1f ", "ML"[min(i, 1)], px(at.x), py(at.y))
			fmt.Fprintf(p, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`+"\n", px(at.x), py(at.y), serverColours[s.name])
			if !seen[at.x] {
				seen[at.x] = true
				p.text(px(at.x), float64(p.height)-bottom+18, "small", "middle", "%.0f", at.x)
			}
		}
		fmt.Fprintf(p, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.TrimSpace(path.String()), serverColours[s.name])
		y := float64(p.height) - 36
		fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="12" height="12" rx="2" fill="%s"/>`+"\n", legend, y-10, serverColours[s.name])
		p.text(legend+18, y, "", "start", "%s", s.title)
		legend += 160
	}
	p.line("axis", left, float64(p.height)-bottom, float64(p.width)-right, float64(p.height)-bottom)
	p.text(10, float64(p.height)-12, "small", "start", "Less is better. %s", m.caption())
	return p
}
