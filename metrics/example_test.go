package metrics_test

import (
	"expvar"
	"log"
	"net/http"

	"github.com/peerage-go/peerage/metrics"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

func Example() {
	session, err := multiplayer.NewServer(nil)
	if err != nil {
		log.Fatal(err)
	}
	m, err := rpc.New(session, nil)
	if err != nil {
		log.Fatal(err)
	}
	var sessions metrics.Set
	defer sessions.Add("lobby", m)()

	players := http.NewServeMux()
	players.Handle("/", session)

	operators := http.NewServeMux() // not where players come
	operators.Handle("/metrics", &sessions)
	expvar.Publish("peerage", &sessions)
	operators.Handle("/debug/vars", expvar.Handler())
}
