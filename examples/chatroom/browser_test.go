package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/peerage-go/peerage/examples/internal/window"
	"github.com/peerage-go/peerage/internal/browser"
)

// served is the program at work: where its page is, and what stops it.
func served(t *testing.T) (page, host string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	says, out := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(ctx, "127.0.0.1:0", out)
		out.Close()
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	var ws string
	if _, err := fmt.Fscanf(says, "the room is at %s its page at %s", &ws, &page); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, says)
	page = strings.TrimSuffix(page, ";")
	u, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	return page, u.Host, stop
}

// come opens a tab and enters under a name, by keyboard.
func come(t *testing.T, b *browser.Browser, page, name string) *browser.Tab {
	t.Helper()
	tab := b.Open(t, name, page)
	tab.Type("#name", name+"\r")
	tab.Shows("#people .mine", name)
	tab.Until(focus("text"))
	return tab
}

func focus(id string) string { return fmt.Sprintf("document.activeElement.id === %q", id) }

const (
	people = `[...document.querySelectorAll("#people li")].map((li) => li.children[1].textContent).join()`
	lines  = `[...document.querySelectorAll("#lines li:not(.event)")].map((li) => li.querySelector("b").textContent + ": " + li.querySelector("p").textContent).join("|")`
)

func TestBrowser(t *testing.T) { browser.Each(t, testBrowser) }

func testBrowser(t *testing.T, b *browser.Browser) {
	t.Run("two tabs", func(t *testing.T) {
		page, _, _ := served(t)
		ann := come(t, b, page, "Ann")
		ann.Shows("#people .mine", "you, peer 2")
		const attack = `<img src=x onerror="document.title='got you'"><script>alert(1)</script>`
		ann.Press(attack + "\r")
		ann.Until(fmt.Sprintf("%s === %q", lines, "Ann: "+attack))
		ann.Until(`document.querySelector("#text").value === ""`)
		bob := come(t, b, page, "<b>Bob")
		bob.Until(fmt.Sprintf("%s === %q", lines, "Ann: "+attack)) // said before he came
		for _, tab := range []*browser.Tab{ann, bob} {
			tab.Until(people + ` === "Ann,<b>Bob"`)
			if n := tab.Eval(`document.querySelectorAll("main img, main b b, main script").length`); n != 0.0 {
				t.Errorf("what was said became %v elements", n)
			}
		}
		ann.Shows("#lines", "<b>Bob joined")
		bob.Type("#text", "hello")
		bob.Click("#say .primary")
		bob.Until(focus("text"))
		ann.Shows("#lines", "hello")
		bob.Eval(`location.replace("about:blank")`)
		ann.Shows("#lines", "<b>Bob left")
		ann.Until(people + ` === "Ann"`)
	})

	t.Run("what is refused", func(t *testing.T) {
		page, _, _ := served(t)
		ann := come(t, b, page, "Ann")
		bob := b.Open(t, "Bob", page)
		bob.Type("#name", "ANN\r")
		bob.Shows("#note", "Ann is here already: take a name that looks different.")
		bob.Until(focus("name"))
		bob.Eval(`document.querySelector("#name").value = ""`)
		bob.Type("#name", "Bob\r")
		bob.Until(people + ` === "Ann,Bob"`)
		// At once: a busy machine types no faster than a guest may speak.
		ann.Eval(fmt.Sprintf(`for (const line of [...Array(%d).keys(), "more"]) {
			document.querySelector("#text").value = line;
			document.querySelector("#say").requestSubmit();
		}`, burst))
		ann.Shows("#lines li:last-child", fmt.Sprint(burst-1))
		ann.Shows("#why", "Not said: not so fast")
		ann.Until(`document.querySelector("#text").value === "more"`)
	})

	t.Run("leaving, and coming back", func(t *testing.T) {
		page, host, stop := served(t)
		p := browser.NewProxy(t, host)
		ann, bob := come(t, b, p.URL(), "Ann"), come(t, b, page, "Bob")
		ann.Allow(browser.ConnectionLost)
		p.Cut()
		ann.Shows("#status", "Not connected")
		p.Mend()
		ann.Until(`document.querySelector("#status").textContent === ""`)
		ann.Press("still here\r")
		bob.Until(lines + ` === "Ann: still here"`)
		bob.Until(people + ` === "Ann,Bob"`) // the same guest as before
		bob.Click("#leave")
		bob.Until(focus("name"))
		ann.Until(people + ` === "Ann"`)
		// Another server takes her in anew.
		_, other, _ := served(t)
		p.Cut()
		p.Mend(other)
		stop()
		ann.Until(people + ` === "Ann" && ` + lines + ` === ""`)
	})

	t.Run("copying the address", func(t *testing.T) {
		page, _, _ := served(t)
		ann := come(t, b, page, "Ann")
		ann.Eval(`document.addEventListener("copy", () => (globalThis.copied = getSelection().toString()))`)
		ann.Click("#copy")
		ann.Until(fmt.Sprintf("copied === %q", page))
		ann.Shows("#copy", "Copied")
	})

	t.Run("colours, also on a phone", func(t *testing.T) {
		page, _, _ := served(t)
		ann := come(t, b, page, "Ann")
		ann.Type("#text", "hello\r")
		ann.Shows("#lines", "hello")
		for _, name := range []string{"Bob", "Cleo", "Dido", "Emil", "Fritz the Great", "Gudrun"} {
			come(t, b, page, name)
		}
		ann.Until(`new Set([...document.querySelectorAll("#people .disc")].map((d) => getComputedStyle(d).backgroundColor)).size === 7`)
		ann.View(390, 844, "light")
		ann.Eval(`document.querySelector("#people").scrollLeft = 10000`)
		ann.Until(`document.querySelector("#people").scrollLeft > 100`)
		ann.Until(`((a) => a.left >= 0 && a.right <= 390)(document.querySelector("#people .mine").getBoundingClientRect())`)
		ann.Eval(`for (let n = 0; n < 16; n++) {
			const li = document.querySelector("#lines .mine").cloneNode(true);
			li.className = (n < 8 ? "mine" : "") + " hue-" + n % 8;
			document.querySelector("#lines").append(li);
		}
		document.querySelector("#why").textContent = "Not said: why"`)
		window.Legible(t, ann, "the room", "header *, main *")
	})

	t.Run("screen reader", func(t *testing.T) {
		page, _, _ := served(t)
		ann := b.Open(t, "Ann", page)
		ann.Accessible("textbox Your name", "button Enter", "heading The Hall", "heading Come in")
		ann.Type("#name", "Ann\r")
		ann.Until(focus("text"))
		ann.Accessible("textbox Your line", "button Say", "button Leave", "button Copy", "log Lines", "heading Here", "region The talk")
	})

	t.Run("screenshots", func(t *testing.T) {
		page, _, _ := served(t)
		ann := b.Open(t, "Ann", page)
		window.Fit(t, ann, "the door", "#name", "#go")
		ann.Type("#name", "Ann\r")
		ann.Until(focus("text"))
		window.Fit(t, ann, "an empty room", "#text", "#say .primary", "#leave", "#people .mine")
		say := func(tab *browser.Tab, text string) {
			tab.Type("#text", text+"\r")
			ann.Shows("#lines", text)
		}
		say(ann, "Is somebody here?")
		bob, cleo := come(t, b, page, "Bob"), come(t, b, page, "Cleo")
		say(bob, "Since just now. I read that you asked.")
		say(cleo, "Does <b>markup</b> work?")
		say(ann, "It is only text, and that is a good thing.")
		for _, name := range []string{"Dido", "Emil", "Fritz the Great", "Gudrun"} {
			come(t, b, page, name)
		}
		say(bob, "Then there is time for a longer line, which shows how it breaks when it does not fit into the room that it has.")
		window.Fit(t, ann, "the room", "#text", "#say .primary", "#leave", "#people .mine")
		for _, v := range []struct {
			name          string
			width, height int64
			scheme        string
		}{{"light", 1200, 760, "light"}, {"dark", 1200, 760, "dark"}, {"phone", 390, 844, "light"}} {
			ann.View(v.width, v.height, v.scheme)
			ann.Screenshot("../../docs/img/chatroom-" + v.name + ".png")
		}
	})
}
