package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/examples/internal/window"
	"github.com/peerage-go/peerage/examples/multiplayer/game"
	"github.com/peerage-go/peerage/internal/browser"
)

// inn is a server that runs by itself, with a page that browsers open.
type inn struct {
	t    testing.TB
	ws   string
	page string
	addr string
}

// newInn opens a server whose dice show what they are told, again and again.
func newInn(t testing.TB, dice ...int) *inn {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	rolls := 0
	srv, err := newServer(serverOptions{node: defaultNode, log: quiet, warnings: quiet, dice: func() int {
		rolls++
		return dice[(rolls-1)%len(dice)]
	}})
	if err != nil {
		t.Fatal(err)
	}
	at, err := serve("127.0.0.1:0", srv, quiet)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		srv.run(ctx, nil)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		at.Close()
	})
	page := at.PageURL()
	return &inn{t: t, ws: at.WebSocketURL(), page: page, addr: strings.Trim(strings.TrimPrefix(page, "http://"), "/")}
}

// bot seats a bot that always rolls, and that takes its turns by itself.
func (i *inn) bot(name string) {
	i.t.Helper()
	c, err := join(joinOptions{url: i.ws, name: name, node: defaultNode})
	if err != nil {
		i.t.Fatal(err)
	}
	b := newBot(c.board, c.me, c.act, c.m.Post)
	b.pick = func() string { return game.Roll }
	b.playing = true
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.run(ctx, nil) }()
	<-b.seated
	i.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			i.t.Errorf("the bot %s: %v", name, err)
		}
	})
}

// enter opens a tab and joins under a name, by keyboard.
func enter(t testing.TB, b *browser.Browser, url, name string) *browser.Tab {
	t.Helper()
	tab := b.Open(t, name, url)
	tab.Type("#name", name+"\r")
	tab.Shows("#players", name)
	return tab
}

// seats waits until tabs show these players, a star before the one with the crown.
func seats(want string, tabs ...*browser.Tab) {
	for _, tab := range tabs {
		tab.Until(fmt.Sprintf("%s === %q", players, want))
	}
}

const (
	mayRoll = `document.querySelector("#roll").ariaDisabled === "false"`
	mayPass = `document.querySelector("#pass").ariaDisabled === "false"`
	players = `[...document.querySelectorAll("#players li")].map((li) => (li.ariaCurrent ? "*" : "") + li.querySelector(".who").firstChild.textContent).join(" ")`
	scores  = `[...document.querySelectorAll("#players li")].map((li) => li.querySelector(".tally").hidden ? "" : li.querySelector(".score").lastChild.textContent + " " + li.querySelector(".last").textContent).join()`
	lines   = `[...document.querySelectorAll("#journal li")].map((li) => li.textContent).join("|")`
)

func TestBrowser(t *testing.T) { browser.Each(t, testBrowser) }

func testBrowser(t *testing.T, b *browser.Browser) {
	t.Run("a round of two tabs and a bot", func(t *testing.T) {
		i := newInn(t, 42, 7)
		ada := enter(t, b, i.page, "Ada")
		ada.Until(mayRoll)
		bea := enter(t, b, i.page, "Bea")
		i.bot("Rob")
		seats("*Ada Bea Rob", ada, bea)
		ada.Until(mayRoll + "&&" + mayPass)
		bea.Until("!(" + mayRoll + ") && !(" + mayPass + ")")
		bea.Click("#roll") // nothing: it is not her turn
		ada.Shows("#turn", "You wear the crown")
		bea.Shows("#turn", "Ada wears the crown")
		ada.Shows("#here", "3")
		ada.Until(`/^(<1|[0-9]+)$/.test(document.querySelector("#trip").textContent)`)
		if title := ada.Eval("document.title"); !strings.HasPrefix(title.(string), "Your turn") {
			t.Errorf("on her turn Ada's tab is called %q", title)
		}

		// What the dice are to show is told nowhere before they lie still.
		bea.Eval(`(() => {
			globalThis.seen = { rolling: 0, early: 0 };
			new MutationObserver(() => {
				if (!document.querySelector("#dice.rolling")) return;
				seen.rolling++;
				if (document.querySelector("#journal").textContent + document.querySelector("#players").textContent !== before) seen.early++;
			}).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
			globalThis.before = document.querySelector("#journal").textContent + document.querySelector("#players").textContent;
		})()`)
		ada.Click("#roll")
		seats("Ada *Bea Rob", ada, bea)
		bea.Until(`seen.rolling > 0 && seen.early === 0`)
		for _, tab := range []*browser.Tab{ada, bea} {
			tab.Until(lines + ` === "Ada: rolls 42"`)
			tab.Shows("#outcome", "Ada rolled 42")
			tab.Until(`document.querySelector("#dice").ariaLabel === "Two ten-sided dice: 40 and 2, so 42"`)
		}
		ada.Until("!(" + mayRoll + ")")
		bea.Until(mayPass)
		bea.Eval(`document.querySelector("#pass").focus()`)
		bea.Press(browser.Enter)
		// The bot takes its turn by itself.
		for _, tab := range []*browser.Tab{ada, bea} {
			tab.Until(lines + ` === "Ada: rolls 42|Bea: passes|Rob: rolls 7"`)
			tab.Until(`document.querySelector("#dice").ariaLabel.endsWith("so 7")`)
		}
		seats("*Ada Bea Rob", ada, bea)
		ada.Until(mayRoll)
		ada.Click("#roll")
		for _, tab := range []*browser.Tab{ada, bea} {
			tab.Until(scores + ` === "84 last roll 42,,7 last roll 7"`)
		}
		ada.Until(`document.activeElement.id === "roll"`)

		bea.Click("#leave")
		bea.Shows("#note", "You left the table.")
		bea.Until(`document.activeElement.id === "name"`)
		seats("*Ada Rob", ada)
		bea.Press(browser.Enter)
		seats("*Ada Rob Bea", ada, bea)

		// Who closes the page has left: nobody waits for her to come back.
		bea.Eval(`location.replace("about:blank")`)
		start := time.Now()
		seats("*Ada Rob", ada)
		if took := time.Since(start); took > resumeWindow*9/10 {
			t.Errorf("her seat was kept for %v", took)
		}
	})

	t.Run("who comes late", func(t *testing.T) {
		i := newInn(t, 42, 7)
		ada := enter(t, b, i.page, "Ada")
		ada.Shows("#outcome", "Nobody has rolled yet.")
		for _, dice := range []int{42, 7} {
			ada.Until(mayRoll)
			ada.Click("#roll")
			ada.Shows("#outcome", fmt.Sprint("Ada rolled ", dice))
		}
		bea := enter(t, b, i.page, "Bea")
		seats("*Ada Bea", ada, bea)
		bea.Shows("#outcome", "Ada rolled 7")
		bea.Until(`document.querySelector("#dice").ariaLabel === "Two ten-sided dice: 00 and 7, so 7"`)
		bea.Until(lines + ` === "Before you came: Ada: rolls 42|Before you came: Ada: rolls 7|So far: Ada: 49 in 2 rolls, the last 7"`)
		bea.Until(scores + ` === "49 last roll 7,"`)
		bea.Until(mayRoll + ` === false && [...document.querySelectorAll("#journal b")].every((b) => b.textContent === "Ada")`)
		// And both know who they are to the others.
		ada.Shows("#self", "You are Ada: peer 2.")
		bea.Shows("#self", "You are Bea: peer 3.")
	})

	t.Run("a cheat is called", func(t *testing.T) {
		i := newInn(t, 1)
		ada, bea := enter(t, b, i.page, "Ada"), enter(t, b, i.page, "Bea")
		seats("*Ada Bea", ada, bea)
		// Somebody with a client of her own, who does not wait for her turn.
		bea.Eval(`(async () => {
			const { connect } = await import("/peerage.js");
			const { Game, PATH } = await import("/methods.js");
			globalThis.cheat = connect("/");
			const game = cheat.node(PATH, Game);
			for (const name of ["_log", "add_player", "del_player", "set_turn", "update_player_name"]) game.on(name, () => {});
			await cheat.ready();
			game.rpcId(1, "set_player_name", "Cleo");
			game.rpcId(1, "request_action", "roll");
		})()`)
		for _, tab := range []*browser.Tab{ada, bea} {
			tab.Until(`document.querySelector("#journal .foul")?.textContent === "Someone is trying to cheat! 4 (Cleo)"`)
		}
		seats("*Ada Bea Cleo", ada, bea)
		bea.Eval("cheat.close()")
		seats("*Ada Bea", ada, bea)
	})

	t.Run("it comes back by itself", func(t *testing.T) {
		i := newInn(t, 99)
		p := browser.NewProxy(t, i.addr)
		ada := enter(t, b, p.URL(), "Ada")
		ada.Allow(browser.ConnectionLost)
		bea := enter(t, b, i.page, "Bea")
		seats("*Ada Bea", ada, bea)
		ada.Until(mayRoll)
		p.Cut()
		ada.Shows("#banner", "Connection lost")
		ada.Until("!(" + mayRoll + ")")
		seats("*Ada Bea", bea) // her seat is kept
		p.Mend()
		ada.Until(`document.querySelector("#banner").hidden`)
		seats("*Ada Bea", ada, bea) // the same peer: another one would sit behind Bea
		ada.Until(mayRoll)
		ada.Click("#roll")
		for _, tab := range []*browser.Tab{ada, bea} {
			tab.Shows("#outcome", "Ada rolled 99")
			seats("Ada *Bea", tab)
		}
	})

	t.Run("a new server seats it anew", func(t *testing.T) {
		first, second := newInn(t, 1), newInn(t, 2)
		p := browser.NewProxy(t, first.addr)
		ada := enter(t, b, p.URL(), "Ada")
		ada.Allow(browser.ConnectionLost)
		ada.Until(mayRoll)
		ada.Click("#roll")
		ada.Shows("#outcome", "Ada rolled 1")
		bea := enter(t, b, second.page, "Bea")
		p.Cut()
		ada.Shows("#banner", "Connection lost")
		ada.Until(`document.body.matches(".away")`)
		p.Mend(second.addr)
		seats("*Bea Ada", ada, bea)
		ada.Until(`document.querySelector("#banner").hidden && !document.body.matches(".away")`)
		// Nothing is left of the game before.
		ada.Until(lines + ` === "" && document.querySelector("#dice").innerText.trim() === ""`)
		ada.Shows("#outcome", "Nobody has rolled yet.")
	})

	t.Run("a name that is taken", func(t *testing.T) {
		i := newInn(t, 1)
		ada := enter(t, b, i.page, "Ada")
		bea := enter(t, b, i.page, "Ada")
		bea.Until(lines + ` === "You are Ada (2): the name Ada is taken"`)
		ada.Until(lines + ` === ""`)
	})

	t.Run("a name that is too long", func(t *testing.T) {
		i := newInn(t, 1)
		ada := b.Open(t, "Ada", i.page)
		const family = "👩‍👩‍👧"
		ada.Eval(fmt.Sprintf(`document.querySelector("#name").value = %q`, strings.Repeat(family, game.MaxName-1)))
		ada.Type("#name", "x")
		ada.Shows("#note", "At most 24 characters.")
		ada.Type("#name", "yz")
		ada.Shows("#note", "That has 26 characters: the table keeps 23 of them.")
		ada.Type("#name", "\r")
		cut := strings.Repeat(family, game.MaxName-1) + "…"
		ada.Shows("#players", cut)
		ada.Until(fmt.Sprintf("%s === %q", lines, "You are "+cut+": a name has at most 24 characters"))
	})

	t.Run("a name is text", func(t *testing.T) {
		i := newInn(t, 5)
		ada := enter(t, b, i.page, "<img src=x onerror=a()>")
		ada.Until(mayRoll)
		ada.Click("#roll")
		ada.Until(lines + ` === "<img src=x onerror=a()>: rolls 5"`)
		if n := ada.Eval("document.images.length"); n != 0.0 {
			t.Errorf("there are %v images", n)
		}
	})

	t.Run("keyboard and screen reader", func(t *testing.T) {
		i := newInn(t, 5)
		ada := b.Open(t, "Ada", i.page)
		ada.View(1366, 768, "light")
		ada.Accessible("textbox Your name", "button Join")
		for range 2 {
			ada.Press(browser.TabKey)
		}
		if id := ada.Eval("document.activeElement.id"); id != "enter" {
			t.Errorf("the second stop is %v", id)
		}
		ada.Type("#name", "Ada\r")
		ada.Until(mayRoll)
		stops := ""
		for range 6 {
			stops += fmt.Sprint(ada.Eval("document.activeElement.id || document.activeElement.textContent"), " ")
			ada.Press(browser.TabKey)
		}
		if stops != "title Copy address Copy command roll pass scroll " {
			t.Errorf("the stops are %s", stops)
		}
		ada.Eval(`document.addEventListener("copy", () => (globalThis.copied = getSelection().toString()))`)
		for what, want := range map[string]string{"page": i.page, "bot": "go run ./examples/multiplayer -join " + i.ws + " -bot"} {
			ada.Click("[data-copy=" + what + "]")
			ada.Until(fmt.Sprintf("globalThis.copied === %q && document.activeElement.dataset.copy === %q", want, what))
			ada.Shows("[data-copy="+what+"]", "Copied")
		}
		// A Firefox whose window is behind others tells of no blur.
		ada.Eval(`document.querySelectorAll("[data-copy]").forEach((button) => button.dispatchEvent(new Event("blur")))`)
		ada.Accessible("button Copy address", "button Copy command", "button Leave", "button Roll", "button Pass", "image Two ten-sided dice, not rolled yet", "log Log", "heading Players", "region The table")
	})

	t.Run("on a phone", func(t *testing.T) {
		i := newInn(t, 42)
		ada := enter(t, b, i.page, "Ada")
		for _, name := range []string{"Bea the second of all", "Cleo", "Dido", "Emil"} {
			i.bot(name)
		}
		ada.Until(`document.querySelectorAll("#players li").length === 5`)
		ada.View(390, 844, "light")
		ada.Eval(`globalThis.inView = (selector) => ((a) => a.left >= 0 && a.right <= 390)(document.querySelector(selector).getBoundingClientRect())`)
		for _, at := range []int{0, 10000} {
			ada.Eval(fmt.Sprintf(`document.querySelector("#players").scrollLeft = %d`, at))
			ada.Until(`inView("#players .own")`)
		}
		ada.Eval(`globalThis.hidden = ""; new MutationObserver(() => {
			const [own, crowned] = [".own", "[aria-current]"].map((s) => document.querySelector("#players " + s));
			const [a, b] = [own, crowned].map((e) => e?.getBoundingClientRect());
			if (a && b && own !== crowned && (b.left < 0 || b.right > 390 || (a.left < b.right - 1 && b.left < a.right - 1))) hidden += crowned.textContent + JSON.stringify([a.left, a.right, b.left, b.right]);
		}).observe(document.querySelector("#players"), { subtree: true, attributes: true, childList: true })`)
		ada.Until(mayRoll)
		ada.Click("#roll")
		ada.Until(scores + ` === "42 last roll 42,42 last roll 42,42 last roll 42,42 last roll 42,42 last roll 42" `)
		if v := ada.Eval("hidden"); v != "" {
			t.Errorf("who had the crown was out of view: %v", v)
		}
	})

	t.Run("colours", func(t *testing.T) {
		i := newInn(t, 42)
		ada := enter(t, b, i.page, "Ada")
		for n := range 6 {
			i.bot(fmt.Sprint("Bot ", n))
		}
		ada.Until(mayRoll)
		ada.Click("#roll")
		ada.Until(`document.querySelectorAll("#journal li").length === 7`)
		ada.Until(`new Set([...document.querySelectorAll("#players .disc")].map((d) => getComputedStyle(d).backgroundColor)).size === 7`)
		ada.Eval(`import("/journal.js").then(({ Journal }) => {
			const journal = new Journal();
			for (let n = 0; n < 8; n++) journal.add("Ada: rolls 42", "", "hue-" + n);
			journal.add("Someone is trying to cheat! 5");
			journal.add("Ada: passes", "", "hue-1");
		})`)
		window.Legible(t, ada, "the game", "header *, #game *:not(.digits)") // the digits stand on dice
	})

	t.Run("screenshots", func(t *testing.T) {
		i := newInn(t, 42, 7, 88)
		p := browser.NewProxy(t, i.addr)
		ada := b.Open(t, "Ada", p.URL())
		ada.Allow(browser.ConnectionLost)
		const dir = "../../docs/img/"
		views := func(name string, keep bool) {
			window.Fit(t, ada, "game-"+name, "#roll", "#pass")
			for _, v := range []struct {
				name          string
				width, height int64
				scheme        string
			}{{"light", 1200, 760, "light"}, {"dark", 1200, 760, "dark"}, {"phone", 390, 844, "light"}} {
				ada.View(v.width, v.height, v.scheme)
				if keep {
					ada.Screenshot(dir + "multiplayer-" + name + v.name + ".png")
				}
			}
		}
		views("welcome-", false)
		ada.Type("#name", "Ada\r")
		ada.Until(mayRoll)
		ada.Shows("#alone", "You are alone")
		views("alone-", false)
		bea := enter(t, b, i.page, "Bea")
		i.bot("Rob the bot")
		ada.Until(mayRoll)
		ada.Click("#roll")
		bea.Until(mayPass)
		bea.Click("#pass")
		ada.Until(mayRoll)
		ada.Click("#roll")
		ada.Shows("#outcome", "Ada rolled 88")
		bea.Eval(`import("/peerage.js").then(async ({ connect, method, string }) => {
			const cheat = connect("/");
			await cheat.ready();
			const ask = method({ mode: "any_peer" }, string);
			const game = cheat.node("Panel/VBoxContainer/Game", { set_player_name: ask, request_action: ask });
			game.rpcId(1, "set_player_name", "Cleo");
			game.rpcId(1, "request_action", "roll");
			await new Promise((resolve) => setTimeout(resolve, 200));
			cheat.close();
		})`)
		bea.Until(mayRoll)
		bea.Click("#roll")
		ada.Until(mayRoll)
		ada.Shows("#journal", "cheat")
		ada.Until(`/^(<1|[0-9]+)$/.test(document.querySelector("#trip").textContent)`)
		views("", true)
		for range 40 {
			ada.Eval(`import("/journal.js").then(({ Journal }) => new Journal().add("Rob the bot: rolls 7"))`)
		}
		views("long-", false)
		ada.Until(`((s) => s.scrollHeight - s.scrollTop - s.clientHeight < 40)(document.querySelector("#scroll"))`)
		p.Cut()
		ada.Shows("#banner", "Connection lost")
		views("lost-", false)
		p.Mend()
		ada.Until(`document.querySelector("#banner").hidden`)
	})
}
