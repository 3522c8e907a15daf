// Package browser_test runs the JavaScript client in a browser: what only a page does to it.
package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/peerage-go/peerage/client/js"
	"github.com/peerage-go/peerage/internal/browser"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// page joins the session beside it, with the options in its address.
const page = `<!doctype html><title>peer</title><link rel="icon" href="data:,">
<script type="module">
import { connect, method, query, int, string } from "/peerage.js";
Object.assign(window, { method, int });
const options = JSON.parse(decodeURIComponent(location.hash.slice(1)) || "{}");
window.loaded = Math.random();
window.connect = connect;
window.heard = [];
window.peer = connect("/session", { reconnect: { minDelay: 10, maxDelay: 50 }, ...options });
window.node = peer.node("Test", { add: query({ mode: "any_peer" }, int, int, int), note: method({}, string) });
node.on("note", (call, text) => heard.push(text));
</script>`

func TestBrowser(t *testing.T) {
	browser.Each(t, func(t *testing.T, b *browser.Browser) {
		for _, test := range []struct {
			name string
			run  func(*testing.T, *browser.Browser)
		}{
			{"calls and replies", testCallsAndReplies},
			{"nodes that come and go", testNodesThatComeAndGo},
			{"a lost network", testALostNetwork},
			{"a frozen tab", testAFrozenTab},
			{"the back button", testTheBackButton},
			{"a goodbye", testAGoodbye},
			{"a refused login", testARefusedLogin},
			{"a renewed token", testARenewedToken},
		} {
			t.Run(test.name, func(t *testing.T) { test.run(t, b) })
		}
	})
}

// inn is a session with its pages.
type inn struct {
	m    *rpc.SceneMultiplayer
	addr string
	stop func(multiplayer.Goodbye)
}

func newInn(t *testing.T) *inn {
	return newInnWith(t, multiplayer.Options{}, nil)
}

func newInnWith(t *testing.T, o multiplayer.Options, ro *rpc.Options) *inn {
	t.Helper()
	o.ResumeWindow = time.Minute
	s, err := multiplayer.NewServer(&o)
	if err != nil {
		t.Fatal(err)
	}
	m, err := rpc.New(s, ro)
	if err != nil {
		t.Fatal(err)
	}
	n := m.Node("Test")
	n.Handle("add", func(a, b int) int { return a + b }, rpc.Config{Mode: rpc.AnyPeer})
	n.DeclareMethod("note", rpc.Config{})
	mux := http.NewServeMux()
	mux.Handle("/session", s)
	mux.Handle("/peerage.js", js.Handler())
	mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, page) })
	mux.HandleFunc("/other", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<!doctype html><title>other</title><link rel="icon" href="data:,">`)
	})
	at := httptest.NewServer(mux)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.Run(ctx, 0, nil)
	}()
	i := &inn{m: m, addr: strings.TrimPrefix(at.URL, "http://")}
	i.stop = func(g multiplayer.Goodbye) {
		cancel()
		<-done
		s.Shutdown(context.Background(), g)
	}
	t.Cleanup(func() {
		i.stop(multiplayer.Goodbye{})
		at.CloseClientConnections()
		at.Close()
	})
	return i
}

// open opens the page through a proxy, and waits until it has joined.
func (i *inn) open(t *testing.T, b *browser.Browser, options string) (*browser.Tab, *browser.Proxy) {
	t.Helper()
	proxy := browser.NewProxy(t, i.addr)
	tab := b.Open(t, "page", proxy.URL()+"page#"+options)
	tab.Allow(browser.ConnectionLost)
	tab.Until("window.peer?.state === 'connected'")
	return tab, proxy
}

func testCallsAndReplies(t *testing.T, b *browser.Browser) {
	i := newInn(t)
	tab, _ := i.open(t, b, "")
	if got := tab.Eval("node.call(1, 'add', 40, 2)"); got != 42.0 {
		t.Errorf("the reply is %v, want 42", got)
	}
	i.m.Post(func() { i.m.Node("Test").RPC("note", "grüß ☃") })
	tab.Until("heard[0] === 'grüß ☃'")
	id := tab.Eval("peer.uniqueId")
	tab.Eval("setTimeout(() => location.reload(), 0); 0")
	tab.Until(fmt.Sprintf("window.peer?.state === 'connected' && peer.uniqueId !== %v", id))
	tab.Until("peer.peers.join() === '1'") // who was there before the page was loaded again has left
}

// testNodesThatComeAndGo has a page make more nodes than a peer may number, each called there and back, and freed.
func testNodesThatComeAndGo(t *testing.T, b *browser.Browser) {
	const nodes = 5_000
	i := newInnWith(t, multiplayer.Options{Transport: transport.Options{MaxPacketsPerSecond: 1 << 20}}, nil)
	hit := rpc.Method1[int]{Name: "hit"}
	struck := rpc.Method1[int]{Name: "struck", Config: rpc.Config{Mode: rpc.AnyPeer}}
	if _, err := multiplayer.Do(t.Context(), i.m, func() (any, error) {
		players := i.m.Node("Players/*")
		players.Declare(hit)
		struck.Handle(players, func(c *rpc.Call, n int) {
			player := i.m.Node(c.Node.Path())
			if err := hit.RPCID(player, c.Sender, n); err != nil {
				t.Error(err)
			}
			player.Free()
		})
		return nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	tab, _ := i.open(t, b, "")
	tab.Eval(fmt.Sprintf(`(() => {
		let made = 0;
		window.freed = 0;
		window.wrong = 0;
		peer.on("callRefused", () => { wrong++; });
		const next = () => {
			const n = made++;
			const player = peer.node("Players/P" + (n %% 3 ? n : n %% 100), { struck: method({ mode: "any_peer" }, int), hit: method({}, int) });
			player.on("hit", (call, k) => {
				if (k !== n) wrong++;
				player.free();
				freed++;
				if (made < %d) next();
			});
			player.rpcId(1, "struck", n);
		};
		while (made < 50) next();
		return 0;
	})()`, nodes))
	tab.Until(fmt.Sprintf("freed === %d", nodes))
	if wrong := tab.Eval("wrong"); wrong != 0.0 {
		t.Errorf("%v calls went wrong", wrong)
	}
	if state := tab.Eval("peer.state"); state != "connected" {
		t.Errorf("the page is %v", state)
	}
	left, err := multiplayer.Do(t.Context(), i.m, func() (rpc.Stats, error) { return i.m.Stats(), nil })
	if err != nil || left.Malformed+left.UnknownNode != 0 || left.Session.Connected != 1 {
		t.Errorf("%+v, %v", left, err)
	}
}

func testALostNetwork(t *testing.T, b *browser.Browser) {
	i := newInn(t)
	tab, proxy := i.open(t, b, `{"reconnect":{"minDelay":3600000,"maxDelay":3600000}}`)
	id := tab.Eval("peer.uniqueId")
	proxy.Cut()
	tab.Until("peer.state === 'reconnecting'")
	proxy.Mend()
	tab.Eval("dispatchEvent(new Event('online'))")
	tab.Until("peer.state === 'connected'")
	if got := tab.Eval("peer.uniqueId"); got != id {
		t.Errorf("it came back as %v, was %v", got, id)
	}
}

func testAFrozenTab(t *testing.T, b *browser.Browser) {
	i := newInn(t)
	tab, _ := i.open(t, b, "")
	tab.Eval("peer.on('stateChanged', ({ state }) => heard.push(state)); 0")
	id := tab.Eval("peer.uniqueId")
	tab.Freeze()
	tab.Thaw()
	tab.Until("peer.state === 'connected'")
	if got := tab.Eval("node.call(1, 'add', 1, 1).then(() => peer.uniqueId)"); got != id {
		t.Errorf("it is %v after it was frozen, was %v", got, id)
	}
}

func testTheBackButton(t *testing.T, b *browser.Browser) {
	for _, leave := range []bool{true, false} {
		t.Run(fmt.Sprintf("leaveWithPage %v", leave), func(t *testing.T) {
			i := newInn(t)
			tab, _ := i.open(t, b, fmt.Sprintf(`{"leaveWithPage":%v}`, leave))
			loaded, id := tab.Eval("loaded"), tab.Eval("peer.uniqueId")
			tab.Eval("setTimeout(() => location.href = '/other', 0); 0")
			tab.Until("document.title === 'other'")
			tab.Eval("setTimeout(() => history.back(), 0); 0")
			tab.Until("window.peer?.state === 'connected'")
			// A browser that does not keep pages loads this one again: then it is a new peer.
			kept := tab.Eval("loaded") == loaded
			t.Logf("the page was kept: %v", kept)
			if same := tab.Eval("peer.uniqueId") == id; same != (kept && !leave) {
				t.Errorf("the same peer: %v", same)
			}
			if got := tab.Eval("node.call(1, 'add', 2, 3)"); got != 5.0 {
				t.Errorf("the reply is %v, want 5", got)
			}
		})
	}
}

func testAGoodbye(t *testing.T, b *browser.Browser) {
	old, next := newInn(t), newInn(t)
	tab, proxy := old.open(t, b, "")
	tab.Eval("peer.on('serverDisconnected', () => heard.push('gone')); 0")
	proxy.Mend(next.addr) // what comes from now on goes there
	old.stop(multiplayer.Goodbye{Reason: "moving", URL: "/session"})
	tab.Until("heard.includes('gone') && peer.state === 'connected'")
	if got := tab.Eval("node.call(1, 'add', 5, 6)"); got != 11.0 {
		t.Errorf("the reply is %v, want 11", got)
	}
}

// testARefusedLogin has a page told in words why it may not come in, by Admit or by the authentication: at once, once, and
// it does not try again.
func testARefusedLogin(t *testing.T, b *browser.Browser) {
	const words = "your ticket has expired: log in again"
	for name, login := range map[string]struct {
		options string
		code    int
		admit   func(*http.Request) (any, error)
	}{
		"Admit": {`{}`, 4100, func(r *http.Request) (any, error) {
			if r.URL.Query().Get("token") != "" {
				return nil, &multiplayer.Refusal{Code: 4100, Reason: words}
			}
			return "somebody", nil
		}},
		"AuthCallback": {`{token: "a secret"}`, multiplayer.CloseNotAuthenticated, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			o := multiplayer.Options{Admit: func(r *http.Request) (any, error) {
				asked.Add(1)
				if login.admit != nil {
					return login.admit(r)
				}
				return nil, nil
			}}
			var i *inn
			ro := &rpc.Options{}
			if login.admit == nil {
				ro.AuthCallback = func(id rpc.PeerID, data []byte) {
					if string(data) == "a secret" {
						i.m.DisconnectPeerWith(id, multiplayer.CloseNotAuthenticated, words)
					} else {
						i.m.CompleteAuth(id)
					}
				}
			}
			i = newInnWith(t, o, ro)
			start := `{}`
			if login.admit == nil {
				start = `{"token":"good"}`
			}
			tab, _ := i.open(t, b, start)
			tab.Eval(`window.told = []; window.before = performance.now();
				window.late = connect("/session?token=a+secret", ` + login.options + `);
				late.on("connectionFailed", (e) => told.push([e.code, e.reason, performance.now() - before, String(e) + e.stack + JSON.stringify(e)]));
				late.on("stateChanged", ({ state }) => { if (state === "reconnecting") told.push("again"); });
				late.ready().catch((e) => told.push(e.reason)); 0`)
			tab.Until("late.state === 'closed' && told.length === 2")
			if got := tab.Eval("told[0][0]"); got != float64(login.code) {
				t.Errorf("the code is %v", got)
			}
			if got := tab.Eval("told[0][1] + '|' + told[1]"); got != words+"|"+words {
				t.Errorf("it was told %q", got)
			}
			if got := tab.Eval("told[0][3].includes('secret')"); got != false {
				t.Error("the error tells a secret")
			}
			t.Logf("told after %v ms", tab.Eval("told[0][2]"))
			tab.Eval("node.call(1, 'add', 1, 1)")
			if n := asked.Load(); n != 2 {
				t.Errorf("the server was asked %d times, want 2", n)
			}
		})
	}
}

// testARenewedToken has a page ask for its address anew at each attempt.
func testARenewedToken(t *testing.T, b *browser.Browser) {
	var mu sync.Mutex
	var tokens []string // guarded by mu
	i := newInnWith(t, multiplayer.Options{
		Admit: func(r *http.Request) (any, error) {
			mu.Lock()
			defer mu.Unlock()
			if token := r.URL.Query().Get("token"); token != "" {
				tokens = append(tokens, token)
			}
			return "somebody", nil
		},
	}, nil)
	tab, proxy := i.open(t, b, "")
	tab.Eval(`window.n = 0;
		window.second = connect(async () => "/session?token=" + ++n, { reconnect: { minDelay: 10, maxDelay: 50 } });
		second.ready()`)
	id := tab.Eval("second.uniqueId")
	proxy.Cut()
	tab.Until("second.state === 'reconnecting' && n > 2")
	proxy.Mend()
	tab.Until("second.state === 'connected'")
	if got := tab.Eval("second.uniqueId"); got != id {
		t.Errorf("it came back as %v, was %v", got, id)
	}
	mu.Lock()
	defer mu.Unlock()
	if last := fmt.Sprint(tab.Eval("n")); len(tokens) != 2 || tokens[0] != "1" || tokens[1] != last {
		t.Errorf("the server saw the tokens %q, the last is %s", tokens, last)
	}
}
