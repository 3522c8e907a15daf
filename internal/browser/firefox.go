package browser

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// firefox is driven over WebDriver BiDi.
var firefox = engine{
	name:  "Firefox",
	names: []string{"firefox-esr", "firefox"},
	paths: []string{"/Applications/Firefox.app/Contents/MacOS/firefox"},
	start: startFirefox,
}

// prefs are Firefox's settings beyond those that it sets itself for whoever drives it.
const prefs = `
user_pref("network.proxy.type", 0);
user_pref("layout.css.prefers-color-scheme.content-override", 1);
user_pref("dom.ipc.processPrelaunch.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
`

type firefoxDriver struct {
	*bidi

	mu    sync.Mutex // guards pages and what their consoles said
	pages map[string]*firefoxPage
}

func startFirefox(t testing.TB, path string) (driver, error) {
	t.Helper()
	dir := profile(t)
	if err := os.WriteFile(filepath.Join(dir, "user.js"), []byte(prefs), 0o600); err != nil {
		return nil, err
	}
	said := keep(t, dir, path, "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", dir)
	// All is read to the end: Firefox must not wait for somebody to read.
	address, all := make(chan string, 1), make(chan string, 1)
	go func() {
		var text strings.Builder
		lines := bufio.NewScanner(said)
		for lines.Scan() {
			if _, url, ok := strings.Cut(lines.Text(), "WebDriver BiDi listening on "); ok {
				address <- url
			}
			fmt.Fprintln(&text, lines.Text())
		}
		all <- text.String()
		io.Copy(io.Discard, said) // the scanner stops at a line that is too long
	}()
	var url string
	select {
	case url = <-address:
	case text := <-all:
		return nil, fmt.Errorf("it ended:\n%s", text)
	case <-time.After(deadline):
		return nil, fmt.Errorf("it did not listen in %v", deadline)
	}
	d := &firefoxDriver{pages: map[string]*firefoxPage{}}
	c, err := dialBiDi(url, d.event)
	if err != nil {
		return nil, err
	}
	t.Cleanup(c.close)
	d.bidi = c
	return d, c.call("session.subscribe", values{"events": []string{"log.entryAdded"}}, nil)
}

// event keeps what consoles say.
func (d *firefoxDriver) event(method string, params json.RawMessage) {
	var entry struct {
		Level  string `json:"level"`
		Text   string `json:"text"`
		Source struct {
			Context string `json:"context"`
		} `json:"source"`
		StackTrace struct {
			CallFrames []struct {
				URL  string `json:"url"`
				Line int    `json:"lineNumber"`
			} `json:"callFrames"`
		} `json:"stackTrace"`
	}
	if method != "log.entryAdded" || json.Unmarshal(params, &entry) != nil {
		return
	}
	m := message{bad: entry.Level == "warn" || entry.Level == "error", text: entry.Text}
	if frames := entry.StackTrace.CallFrames; len(frames) > 0 {
		m.where = fmt.Sprintf("%s:%d", frames[0].URL, frames[0].Line+1)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if p := d.pages[entry.Source.Context]; p != nil {
		p.said = append(p.said, m)
	}
}

// firefoxPage is a window of its own: pages of windows behind another one are slowed down.
type firefoxPage struct {
	d         *firefoxDriver
	user, tab string // ids of the user context, which has the storage, and of the browsing context
	said      []message
}

func (d *firefoxDriver) open() (page, error) {
	var user struct {
		ID string `json:"userContext"`
	}
	if err := d.call("browser.createUserContext", values{}, &user); err != nil {
		return nil, err
	}
	var tab struct {
		ID string `json:"context"`
	}
	if err := d.call("browsingContext.create", values{"type": "window", "userContext": user.ID}, &tab); err != nil {
		return nil, err
	}
	p := &firefoxPage{d: d, user: user.ID, tab: tab.ID}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pages[tab.ID] = p
	return p, nil
}

func (p *firefoxPage) close() ([]message, error) {
	p.evaluate("0") // what the console said before has come when this is answered
	err := p.d.call("browser.removeUserContext", values{"userContext": p.user}, nil)
	p.d.mu.Lock()
	defer p.d.mu.Unlock()
	delete(p.d.pages, p.tab)
	return p.said, err
}

func (p *firefoxPage) navigate(url string) error {
	return p.d.call("browsingContext.navigate", values{"context": p.tab, "url": url, "wait": "complete"}, nil)
}

func (p *firefoxPage) evaluate(expression string) (any, error) {
	var r struct {
		Type      string      `json:"type"` // success or exception
		Result    remoteValue `json:"result"`
		Exception struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	err := p.d.call("script.evaluate", values{
		"expression": expression, "target": values{"context": p.tab}, "awaitPromise": true,
	}, &r)
	if err != nil {
		return nil, err
	}
	if r.Type == "exception" {
		return nil, fmt.Errorf("exception %s", r.Exception.Text)
	}
	return r.Result.value()
}

// remoteValue is a JavaScript value as BiDi tells it.
type remoteValue struct {
	Type     string          `json:"type"`
	Value    json.RawMessage `json:"value"`
	SharedID string          `json:"sharedId"` // of a node
}

// value gives what encoding/json would make of it; of values other than primitive ones and arrays of them, nil.
func (v remoteValue) value() (any, error) {
	var got any
	switch v.Type {
	case "string", "number", "boolean":
		return got, json.Unmarshal(v.Value, &got)
	case "array":
	default:
		return nil, nil
	}
	var items []remoteValue
	if err := json.Unmarshal(v.Value, &items); err != nil {
		return nil, err
	}
	all := make([]any, len(items))
	for i, item := range items {
		var err error
		if all[i], err = item.value(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// locate finds elements.
func (p *firefoxPage) locate(locator values) ([]remoteValue, error) {
	var found struct {
		Nodes []remoteValue `json:"nodes"`
	}
	err := p.d.call("browsingContext.locateNodes", values{"context": p.tab, "locator": locator}, &found)
	return found.Nodes, err
}

func (p *firefoxPage) click(selector string) error {
	if _, err := p.evaluate(fmt.Sprintf(`document.querySelector(%s).scrollIntoView({ block: "nearest", behavior: "instant" })`, quote(selector))); err != nil {
		return err
	}
	found, err := p.locate(values{"type": "css", "value": selector})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("there is no %s", selector)
	}
	return p.perform(values{"type": "pointer", "id": "mouse", "actions": []values{
		{"type": "pointerMove", "x": 0, "y": 0, "origin": values{"type": "element", "element": values{"sharedId": found[0].SharedID}}},
		{"type": "pointerDown", "button": 0},
		{"type": "pointerUp", "button": 0},
	}})
}

func (p *firefoxPage) typeInto(selector, text string) error {
	if _, err := p.evaluate(fmt.Sprintf("document.querySelector(%s).focus()", quote(selector))); err != nil {
		return err
	}
	return p.press(text)
}

// keyNames are WebDriver's names of keys that make no character.
var keyNames = strings.NewReplacer(Enter, "\uE006", TabKey, "\uE004")

func (p *firefoxPage) press(keys string) error {
	var actions []values
	for _, key := range keyNames.Replace(keys) {
		actions = append(actions, values{"type": "keyDown", "value": string(key)}, values{"type": "keyUp", "value": string(key)})
	}
	return p.perform(values{"type": "key", "id": "keyboard", "actions": actions})
}

func (p *firefoxPage) perform(source values) error {
	return p.d.call("input.performActions", values{"context": p.tab, "actions": []values{source}}, nil)
}

// view leaves the colour scheme light and motion as it is: Firefox has both for all pages or none.
func (p *firefoxPage) view(width, height int64, _ string) error {
	return p.d.call("browsingContext.setViewport", values{
		"context": p.tab, "viewport": values{"width": width, "height": height}, "devicePixelRatio": 1.5,
	}, nil)
}

func (p *firefoxPage) accessible(role, name string) (int, error) {
	found, err := p.locate(values{"type": "accessibility", "value": values{"role": role, "name": name}})
	return len(found), err
}
