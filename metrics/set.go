package metrics

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// A Source is a session that can be shown: an *rpc.SceneMultiplayer, or Session of one without calls.
type Source interface{ Snapshot() rpc.Stats }

// Session is the Source for a session without calls.
func Session(m *multiplayer.MultiplayerPeer) Source { return session{m} }

type session struct{ m *multiplayer.MultiplayerPeer }

func (s session) Snapshot() rpc.Stats { return rpc.Stats{Session: s.m.Snapshot()} }

// Set is the sessions that are shown. Those of one name are added up, so that a program with a thousand rooms shows as
// many numbers as one with a single room. The zero Set is empty.
type Set struct {
	mu     sync.Mutex // guards groups and what is in them
	groups map[string]*group
}

// group is the sessions of one name.
type group struct {
	live map[*member]struct{}
	past []float64 // what those counted that are no more in the Set
}

type member struct{ s Source }

// Add shows a session under a name. Call remove when the session is over: what it counted stays in the sums.
func (s *Set) Add(name string, source Source) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[name]
	if g == nil {
		g = &group{live: map[*member]struct{}{}, past: make([]float64, len(metrics))}
		if s.groups == nil {
			s.groups = map[string]*group{}
		}
		s.groups[name] = g
	}
	m := &member{source}
	g.live[m] = struct{}{}
	return func() {
		last := source.Snapshot()
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, ok := g.live[m]; !ok {
			return
		}
		delete(g.live, m)
		for i := range metrics {
			if metrics[i].kind != gauge {
				metrics[i].add(&g.past[i], &last)
			}
		}
	}
}

// sample is the numbers of one name.
type sample struct {
	name     string
	sessions int
	stale    time.Duration // age of the oldest Snapshot
	values   []float64
}

// read reads all sessions, by name.
func (s *Set) read() []sample {
	type reading struct {
		name    string
		past    []float64
		sources []Source
	}
	var readings []reading
	s.mu.Lock()
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		g := s.groups[name]
		r := reading{name: name, past: slices.Clone(g.past)}
		for m := range g.live {
			r.sources = append(r.sources, m.s)
		}
		readings = append(readings, r)
	}
	s.mu.Unlock()

	samples := make([]sample, len(readings))
	for i, r := range readings {
		samples[i] = sample{name: r.name, sessions: len(r.sources), values: r.past}
		for _, stats := range snapshots(r.sources) {
			if at := stats.Session.At; !at.IsZero() {
				samples[i].stale = max(samples[i].stale, time.Since(at))
			}
			for k := range metrics {
				metrics[k].add(&samples[i].values[k], &stats)
			}
		}
	}
	return samples
}

// snapshots reads all at once: those that are stuck are waited for together.
func snapshots(sources []Source) []rpc.Stats {
	all := make([]rpc.Stats, len(sources))
	var done sync.WaitGroup
	for i, s := range sources {
		done.Go(func() { all[i] = s.Snapshot() })
	}
	done.Wait()
	return all
}

// ServeHTTP answers in Prometheus's text format.
func (s *Set) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Write(s.AppendText(nil))
}

// AppendText appends the metrics in Prometheus's text format.
func (s *Set) AppendText(b []byte) []byte {
	samples := s.read()
	family := func(name, help, kind string, value func(*sample) float64) {
		b = append(b, "# HELP "+name+" "+help+"\n# TYPE "+name+" "+kind+"\n"...)
		for i := range samples {
			b = append(b, name+`{session="`+labelEscaper.Replace(samples[i].name)+`"} `...)
			b = strconv.AppendFloat(b, value(&samples[i]), 'g', -1, 64)
			b = append(b, '\n')
		}
	}
	family(prefix+"sessions", "Sessions of this name.", "gauge", func(s *sample) float64 { return float64(s.sessions) })
	family(prefix+"snapshot_age_seconds", "Age of the oldest session's numbers. Over a second: that session is not polled.", "gauge",
		func(s *sample) float64 { return s.stale.Seconds() })
	for i := range metrics {
		m := &metrics[i]
		family(prefix+m.name, m.help, m.kind.String(), func(s *sample) float64 { return s.values[i] })
	}
	return b
}

// labelEscaper escapes the value of a label.
var labelEscaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// String gives the metrics as a JSON object, by session name and metric name: it makes a Set an expvar.Var.
func (s *Set) String() string {
	out := map[string]map[string]float64{}
	for _, sample := range s.read() {
		v := map[string]float64{"sessions": float64(sample.sessions), "snapshot_age_seconds": sample.stale.Seconds()}
		for i := range metrics {
			v[metrics[i].name] = sample.values[i]
		}
		out[sample.name] = v
	}
	b, _ := json.Marshal(out) // of numbers, which are finite
	return string(b)
}
