// Package js has the JavaScript client, for programs that serve pages beside a session:
//
//	mux.Handle("/peerage.js", js.Handler())
//
// The pages import it from there. README.md in this folder says what it has.
package js

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"net/http"
	"time"
)

//go:embed dist/peerage.js
var script []byte

// Handler serves the client, an ES module that needs nothing else. A browser asks each time whether its copy is still the
// one that this program has.
func Handler() http.Handler {
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256(script))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("ETag", tag)
		http.ServeContent(w, r, "peerage.js", time.Time{}, bytes.NewReader(script))
	})
}
