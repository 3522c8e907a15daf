// Package metrics shows what sessions do to the tools that watch them: in the text format that Prometheus reads, and
// as JSON for package expvar. docs/operations.md says what the numbers mean and what to watch.
//
//	var sessions metrics.Set
//	defer sessions.Add("lobby", m)()      // m is an *rpc.SceneMultiplayer
//	mux.Handle("/metrics", &sessions)
//	expvar.Publish("peerage", &sessions) // if the program uses expvar
//
// It imports no client library: what it writes is a few lines of text. It does not import expvar either, which would
// put a handler on http.DefaultServeMux; a Set is an expvar.Var as it is.
//
// # Concurrency
//
// A Set may be used from any goroutine. It reads the sessions' Snapshots, which are at most a second old and wait for
// nobody's Poll for longer than a tenth of a second.
package metrics
