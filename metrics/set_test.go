package metrics

import (
	"encoding/json"
	"expvar"
	"io"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// fixed is a Source that always says the same, after a while.
type fixed struct {
	rpc.Stats
	after time.Duration
}

func (f *fixed) Snapshot() rpc.Stats {
	time.Sleep(f.after)
	return f.Stats
}

var _ expvar.Var = (*Set)(nil)
var _ Source = (*rpc.SceneMultiplayer)(nil)

// TestEveryFieldIsShown sets each number of Stats alone, and looks for it.
func TestEveryFieldIsShown(t *testing.T) {
	shown := func(s rpc.Stats) (n int) {
		for i := range metrics {
			if metrics[i].get(&s) != 0 {
				n++
			}
		}
		return n
	}
	var s rpc.Stats
	var walk func(v reflect.Value, path string)
	walk = func(v reflect.Value, path string) {
		switch v.Kind() {
		case reflect.Struct:
			if _, ok := v.Interface().(time.Time); ok {
				return
			}
			for i := range v.NumField() {
				walk(v.Field(i), path+"."+v.Type().Field(i).Name)
			}
		case reflect.Uint64:
			v.SetUint(1)
			if shown(s) != 1 {
				t.Errorf("%s is shown %d times", path, shown(s))
			}
			v.SetUint(0)
		case reflect.Int, reflect.Int64:
			v.SetInt(1)
			if shown(s) != 1 {
				t.Errorf("%s is shown %d times", path, shown(s))
			}
			v.SetInt(0)
		default:
			t.Errorf("%s is a %v", path, v.Kind())
		}
	}
	walk(reflect.ValueOf(&s).Elem(), "Stats")
}

func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for i := range metrics {
		m := &metrics[i]
		if seen[m.name] || !regexp.MustCompile(`^[a-z][a-z_]*$`).MatchString(m.name) || !strings.HasSuffix(m.help, ".") || strings.ContainsAny(m.help, "\n\\") {
			t.Errorf("%q: %q", m.name, m.help)
		}
		if total := strings.HasSuffix(m.name, "_total"); total != (m.kind == counter) {
			t.Errorf("%s is a %v", m.name, m.kind)
		}
		seen[m.name] = true
	}
}

// TestSums adds up the sessions of a name, those that are over included.
func TestSums(t *testing.T) {
	var set Set
	one := &fixed{Stats: rpc.Stats{CallsIn: 3, Session: multiplayer.Stats{Peers: 10, RateWaited: time.Second, Polls: multiplayer.Timing{Max: 2 * time.Second}}}}
	two := &fixed{Stats: rpc.Stats{CallsIn: 4, Session: multiplayer.Stats{Peers: 20, RateWaited: time.Second, Polls: multiplayer.Timing{Max: time.Second}}}}
	remove := set.Add("rooms", one)
	set.Add("rooms", two)
	set.Add(`a "lobby"`, two)
	page := func() string {
		w := httptest.NewRecorder()
		set.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/plain; version=0.0.4") {
			t.Errorf("it is %s", got)
		}
		b, _ := io.ReadAll(w.Body)
		return string(b)
	}
	want := func(page string, lines ...string) {
		t.Helper()
		for _, line := range lines {
			if !strings.Contains(page, line+"\n") {
				t.Errorf("no line %s in\n%.2000s", line, page)
			}
		}
	}
	want(page(), `peerage_sessions{session="rooms"} 2`, `peerage_sessions{session="a \"lobby\""} 1`,
		`# TYPE peerage_calls_in_total counter`, `# HELP peerage_calls_in_total Calls that ran a handler.`,
		`peerage_calls_in_total{session="rooms"} 7`, `peerage_calls_in_total{session="a \"lobby\""} 4`,
		`# TYPE peerage_peers gauge`, `peerage_peers{session="rooms"} 30`,
		`peerage_rate_waited_seconds_total{session="rooms"} 2`, `peerage_poll_seconds_max{session="rooms"} 2`)
	remove()
	remove()
	want(page(), `peerage_sessions{session="rooms"} 1`, `peerage_calls_in_total{session="rooms"} 7`, `peerage_peers{session="rooms"} 20`,
		`peerage_poll_seconds_max{session="rooms"} 2`)
	var got map[string]map[string]float64
	if err := json.Unmarshal([]byte(set.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got["rooms"]["calls_in_total"] != 7 || got["rooms"]["sessions"] != 1 || len(got["rooms"]) != len(metrics)+2 {
		t.Errorf("%v", got)
	}
}

// TestFormat checks every line against the format.
func TestFormat(t *testing.T) {
	var set Set
	set.Add("x", &fixed{})
	line := regexp.MustCompile(`^(# HELP [a-z_]+ .+|# TYPE [a-z_]+ (counter|gauge)|[a-z_]+\{session="x"\} [0-9.e+-]+)$`)
	for l := range strings.Lines(string(set.AppendText(nil))) {
		if !line.MatchString(strings.TrimSuffix(l, "\n")) {
			t.Errorf("%q", l)
		}
	}
	if got := (&Set{}).String(); got != "{}" {
		t.Errorf("an empty set is %s", got)
	}
}

// TestStuckSessions are waited for together, and said to be old.
func TestStuckSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var set Set
		stuck := &fixed{Stats: rpc.Stats{Session: multiplayer.Stats{At: time.Now()}}, after: time.Second}
		for range 100 {
			set.Add("stuck", stuck)
		}
		time.Sleep(time.Minute)
		start := time.Now()
		text := string(set.AppendText(nil))
		if d := time.Since(start); d != time.Second {
			t.Errorf("took %v", d)
		}
		if !strings.Contains(text, `peerage_snapshot_age_seconds{session="stuck"} 61`) {
			t.Error("it does not say how old they are")
		}
	})
}

// TestRealSession shows what went on in a session.
func TestRealSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, err := multiplayer.Pipe(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := rpc.New(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		var set Set
		defer set.Add("server", m)()
		defer set.Add("client", Session(c))()
		for range 3 {
			synctest.Wait()
			m.Poll()
			c.Poll()
		}
		time.Sleep(2 * time.Second)
		m.Poll()
		c.Poll()
		text := string(set.AppendText(nil))
		for _, line := range []string{`peerage_peers{session="server"} 1`, `peerage_peers{session="client"} 1`, `peerage_peers_connected_total{session="server"} 1`,
			`peerage_callable_peers{session="server"} 1`} {
			if !strings.Contains(text, line+"\n") {
				t.Errorf("no %s", line)
			}
		}
		c.Close()
		s.Close()
		m.Poll()
		c.Poll()
	})
}
