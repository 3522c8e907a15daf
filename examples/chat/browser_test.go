package main

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/peerage-go/peerage/examples/internal/site"
	"github.com/peerage-go/peerage/examples/internal/window"
	"github.com/peerage-go/peerage/internal/browser"
)

// room is a server that runs by itself, with its page.
type room struct {
	srv  *server
	page string
	addr string
}

func newRoom(t testing.TB) *room {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	pages, err := fs.Sub(web, "web")
	if err != nil {
		t.Fatal(err)
	}
	srv := newServer(quiet, quiet, nil)
	at, err := site.Listen("127.0.0.1:0", srv, pages, quiet)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { srv.run(ctx) })
	t.Cleanup(func() {
		cancel()
		done.Wait()
		at.Close()
	})
	u, err := url.Parse(at.PageURL())
	if err != nil {
		t.Fatal(err)
	}
	return &room{srv, at.PageURL(), u.Host}
}

// come opens a tab that is connected.
func come(t testing.TB, b *browser.Browser, name, url string) *browser.Tab {
	t.Helper()
	tab := b.Open(t, name, url)
	tab.Shows("#status", "Connected")
	return tab
}

// last waits until the newest message of a tab is this, by the class of its item and its text.
func last(tab *browser.Tab, class, text string) {
	tab.Until(fmt.Sprintf(`((li) => li?.classList.contains(%q) && li.querySelector(".bubble").textContent === %q)([...document.querySelectorAll("#messages li:not(.event)")].at(-1))`, class, text))
}

const people = `[...document.querySelectorAll("#people li")].length`

func TestBrowser(t *testing.T) { browser.Each(t, testBrowser) }

func testBrowser(t *testing.T, b *browser.Browser) {
	t.Run("two tabs", func(t *testing.T) {
		r := newRoom(t)
		ada := come(t, b, "Ada", r.page)
		bea := come(t, b, "Bea", r.page)
		ada.Shows("#messages", "joined")
		ada.Until(people + " === 2")
		bea.Until(people + " === 2") // who was there before, too
		// Both know who they are to the other.
		id := regexp.MustCompile(`^You are (Guest \d{4}): number (\d+)\.$`)
		for _, c := range [][2]*browser.Tab{{ada, bea}, {bea, ada}} {
			self := id.FindStringSubmatch(c[0].Text("#self"))
			if self == nil || !strings.HasSuffix(self[2], strings.TrimPrefix(self[1], "Guest ")) {
				t.Fatalf("a page says %q", c[0].Text("#self"))
			}
			c[0].Until(fmt.Sprintf(`[...document.querySelectorAll("#people li")].find((li) => li.title === %q).textContent === %q`, self[2], self[2][len(self[2])-2:]+self[1]+"you"))
			c[1].Until(fmt.Sprintf(`[...document.querySelectorAll("#people li")].find((li) => li.title === %q).textContent === %q`, self[2], self[2][len(self[2])-2:]+self[1]))
		}
		const attack = `<img src=x onerror="document.title='got you'"><script>alert(1)</script> [7] Says: &amp;`
		ada.Type("#text", attack+"\r")
		last(ada, "mine", attack)
		bea.Shows("#messages [class^=hue] .bubble", attack)
		bea.Until(people + " === 2")
		for _, tab := range []*browser.Tab{ada, bea} {
			if n := tab.Eval(`document.images.length + document.querySelectorAll("main script").length`); n != 0.0 {
				t.Errorf("what was said became %v elements", n)
			}
		}
		if v := ada.Eval(`document.querySelector("#text").value`); v != "" {
			t.Errorf("the field still has %q", v)
		}
		bea.Type("#text", "two words\r")
		ada.Shows("#messages", "two words")
		last(bea, "mine", "two words")
		r.srv.say("tea is ready")
		for _, tab := range []*browser.Tab{ada, bea} {
			last(tab, "server", "tea is ready")
			tab.Until(`[...document.querySelectorAll("#messages time")].every((t) => Math.abs(new Date(t.dateTime) - Date.now()) < 60000)`)
		}
		bea.Eval(`location.replace("about:blank")`)
		ada.Shows("#messages", "left")
		ada.Until(people + " === 1")
	})

	t.Run("five are here", func(t *testing.T) {
		r := newRoom(t)
		for range 4 {
			come(t, b, "guest", r.page)
		}
		eve := come(t, b, "Eve", r.page)
		eve.Until(people + " === 5")
		eve.Shows("#empty", "Nothing has been said since you came.")
		// What the operator says later is only said, whatever it looks like.
		<-r.srv.say("you are [7]")
		<-r.srv.say("2 others are here: [8], [9]")
		eve.Shows("#messages", "2 others are here: [8], [9]")
		eve.Until(people + " === 5")
		if self := eve.Text("#self"); strings.Contains(self, "number 7.") {
			t.Errorf("the page says %q", self)
		}
	})

	t.Run("who comes late", func(t *testing.T) {
		r := newRoom(t)
		ada := come(t, b, "Ada", r.page)
		ada.Type("#text", "first <b>words</b>\r")
		ada.Type("#text", "second words\r")
		last(ada, "mine", "second words")
		<-r.srv.say("tea is ready")
		last(ada, "server", "tea is ready")
		p := browser.NewProxy(t, r.addr)
		bea := come(t, b, "Bea", p.URL())
		bea.Allow(browser.ConnectionLost)
		last(bea, "past", "tea is ready")
		bea.Until(`[...document.querySelectorAll("#messages .past .bubble")].map((e) => e.textContent).join("|") === "first <b>words</b>|second words|tea is ready"`)
		bea.Until(`document.querySelectorAll("#messages time, #messages .past + .more .when").length === 0`)
		name := strings.TrimPrefix(strings.SplitN(ada.Text("#self"), ":", 2)[0], "You are ")
		bea.Shows("#messages .past .head", name)
		bea.Until(people + " === 2")
		// Who comes back has read it.
		p.Cut()
		bea.Shows("#status", "Not connected")
		p.Mend()
		bea.Shows("#messages", "You are back")
		ada.Type("#text", "now\r")
		bea.Shows("#messages", "now")
		if n := bea.Eval(`document.querySelectorAll("#messages .past").length`); n != 3.0 {
			t.Errorf("after she came back there are %v messages of the past", n)
		}
	})

	t.Run("colours", func(t *testing.T) {
		r := newRoom(t)
		ada := come(t, b, "Ada", r.page)
		for range 6 {
			come(t, b, "guest", r.page)
		}
		ada.Until(people + " === 7")
		ada.Until(`new Set([...document.querySelectorAll("#people .disc")].map((d) => getComputedStyle(d).backgroundColor)).size === 7`)
		ada.Eval(`import("/thread.js").then(({ Thread }) => {
			const thread = new Thread();
			for (let n = 0; n < 8; n++) thread.said(String(n), "Guest " + n, "hello", "hue-" + n, { past: n % 2 === 1 });
			thread.said("", "Server", "hello", "", { kind: "server" });
			thread.said(null, "You", "hello");
			thread.happened("it happened");
		})`)
		window.Legible(t, ada, "the chat", "main *")
	})

	t.Run("on a phone", func(t *testing.T) {
		r := newRoom(t)
		ada := come(t, b, "Ada", r.page)
		for range 6 {
			come(t, b, "guest", r.page)
		}
		ada.Until(people + " === 7")
		ada.View(390, 844, "light")
		ada.Eval(`document.querySelector("#people").scrollLeft = 10000`)
		ada.Until(`document.querySelector("#people").scrollLeft > 100`)
		ada.Until(`((a) => a.left >= 0 && a.right <= 390)(document.querySelector("#people .mine").getBoundingClientRect())`)
	})

	t.Run("the address, and where the focus goes", func(t *testing.T) {
		r := newRoom(t)
		ada := come(t, b, "Ada", r.page)
		ada.Eval(`document.addEventListener("copy", () => (globalThis.copied = getSelection().toString()))`)
		ada.Click("#copy")
		ada.Until(fmt.Sprintf("copied === %q && document.activeElement.id === %q", "ws://"+r.addr+"/", "copy"))
		ada.Shows("#copied", "Copied")
		ada.Type("#text", "said by the button")
		ada.Click("#send")
		last(ada, "mine", "said by the button")
		ada.Until(`document.activeElement.id === "text"`)
	})

	t.Run("the reader's place", func(t *testing.T) {
		r := newRoom(t)
		ada := come(t, b, "Ada", r.page)
		for n := range 60 {
			r.srv.say(fmt.Sprint("line ", n))
		}
		last(ada, "server", "line 59")
		const atEnd = `((s) => s.scrollHeight - s.scrollTop - s.clientHeight < 40)(document.querySelector("#scroll"))`
		ada.Until(atEnd)
		ada.Eval(`requestAnimationFrame(() => requestAnimationFrame(() => { globalThis.seen = true }))`)
		ada.Until(`globalThis.seen`) // nobody scrolls in what was not shown
		ada.Eval(`document.querySelector("#scroll").scrollTop = 100`)
		ada.Until("!" + atEnd)
		r.srv.say("news")
		r.srv.say("more news")
		ada.Shows("#newer", "2 new messages")
		ada.Until(`document.title === "(2) The Common Room"`)
		if at := ada.Eval(`document.querySelector("#scroll").scrollTop`); at != 100.0 {
			t.Errorf("the reader was moved to %v", at)
		}
		ada.Click("#newer")
		ada.Until(atEnd)
		ada.Until(`document.title === "The Common Room" && document.querySelector("#newer").hidden`)
		ada.Until(`document.activeElement.id === "scroll"`)
	})

	t.Run("unread in the title", func(t *testing.T) {
		r := newRoom(t)
		ada := come(t, b, "Ada", r.page)
		ada.Eval(`Object.defineProperty(document, "hidden", { get: () => globalThis.away ?? true, configurable: true })`)
		r.srv.say("one")
		r.srv.say("two")
		ada.Until(`document.title.startsWith("(2) ")`)
		ada.Eval(`globalThis.away = false; document.dispatchEvent(new Event("visibilitychange"))`)
		ada.Until(`document.title === "The Common Room"`)
	})

	t.Run("too long, and nothing", func(t *testing.T) {
		r := newRoom(t)
		ada, bea := come(t, b, "Ada", r.page), come(t, b, "Bea", r.page)
		ada.Eval(`document.querySelector("#text").value = "ü".repeat(1001)`)
		ada.Type("#text", "!\r")
		ada.Shows("#limit", "Too long by about 2 characters")
		ada.Eval(`document.querySelector("#text").value = "   "`)
		ada.Type("#text", "\r")
		ada.Eval(`document.querySelector("#text").value = ""`)
		ada.Type("#text", "fits\r")
		bea.Shows("#messages", "fits")
		if n := bea.Eval(`document.querySelectorAll("#messages .bubble").length`); n != 1.0 {
			t.Errorf("%v messages came", n)
		}
	})

	t.Run("why the server ended it", func(t *testing.T) {
		r := newRoom(t)
		ada := come(t, b, "Ada", r.page)
		r.srv.post(func() {
			for _, m := range r.srv.members {
				r.srv.dismiss(m, closeBehind, "you do not read what you are sent")
			}
		})
		ada.Shows("#messages", "The server ended the connection: you do not read what you are sent")
		ada.Shows("#messages", "You are back")
	})

	t.Run("it comes back by itself", func(t *testing.T) {
		r := newRoom(t)
		p := browser.NewProxy(t, r.addr)
		ada := come(t, b, "Ada", p.URL())
		ada.Allow(browser.ConnectionLost)
		bea := come(t, b, "Bea", r.page)
		ada.Shows("#messages", "joined")
		p.Cut()
		ada.Shows("#status", "Not connected")
		bea.Shows("#messages", "left")
		ada.Type("#text", "kept\r")
		if v := ada.Eval(`document.querySelector("#text").value`); v != "kept" {
			t.Errorf("what could not be sent is %q", v)
		}
		p.Mend()
		ada.Shows("#status", "Connected")
		ada.Shows("#messages", "You are back")
		ada.Type("#text", "\r")
		bea.Shows("#messages", "kept")
	})

	t.Run("keyboard and screen reader", func(t *testing.T) {
		r := newRoom(t)
		ada := come(t, b, "Ada", r.page)
		if id := ada.Eval("document.activeElement.id"); id != "text" {
			t.Errorf("the focus is at %v", id)
		}
		ada.Press("typed blindly\r")
		last(ada, "mine", "typed blindly")
		ada.Accessible("textbox Your message", "button Send", "button Copy", "log Messages", "heading People", "heading The Common Room")
	})

	t.Run("screenshots", func(t *testing.T) {
		r := newRoom(t)
		p := browser.NewProxy(t, r.addr)
		bea := come(t, b, "Bea", r.page)
		ada := come(t, b, "Ada", p.URL())
		ada.Allow(browser.ConnectionLost)
		const dir = "../../docs/img/chat-"
		views := func(name string, keep bool) {
			window.Fit(t, ada, "chat-"+name, "#text", "#send", "#retry")
			for _, v := range []struct {
				name          string
				width, height int64
				scheme        string
			}{{"light", 1200, 760, "light"}, {"dark", 1200, 760, "dark"}, {"phone", 390, 844, "light"}} {
				ada.View(v.width, v.height, v.scheme)
				if keep {
					ada.Screenshot(dir + name + v.name + ".png")
				}
			}
		}
		views("empty-", false)
		say := func(tab *browser.Tab, text string) {
			tab.Type("#text", text+"\r")
			ada.Shows("#messages", text)
		}
		say(bea, "Is somebody here?")
		say(ada, "Yes, since a minute ago. Hello!")
		cleo := come(t, b, "Cleo", r.page)
		say(cleo, "Hello both. I am in Godot, and Bea is in a terminal, as far as I know.")
		say(cleo, "Does <b>markup</b> work?")
		say(ada, "No, and that is a good thing: <img src=x onerror=alert(1)> is only text.")
		r.srv.say("The room closes at midnight.")
		ada.Shows("#messages", "midnight")
		say(bea, "Then there is time for a longer message, which shows how a line breaks when it does not fit into the room that a bubble has.")
		say(ada, "See you at the fire.")
		cleo.Eval(`location.replace("about:blank")`)
		ada.Shows("#messages", "left")
		views("", true)
		ada.Eval(`document.querySelector("#text").value = "x".repeat(1999)`)
		ada.Type("#text", "!?")
		ada.Shows("#limit", "Too long by about 1 character")
		views("limit-", false)
		ada.Eval(`document.querySelector("#text").value = ""`)
		p.Cut()
		ada.Shows("#status", "Not connected")
		views("lost-", false)
		p.Mend()
		ada.Shows("#status", "Connected")
	})
}
