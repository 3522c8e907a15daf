package main

import (
	"fmt"
	"time"
)

var (
	goServerNames = []string{"peerage", "godot", "gws", "floor"}
	everyServer   = []string{"peerage", "godot", "gws", "floor", "ws", "socketio"}
	noFloor       = []string{"peerage", "godot", "gws", "ws", "socketio"}
)

var roomMetrics = []metric{
	{"cpu", "CPU a delivery", micros},
	{"p50", "p50", millis},
	{"p99", "p99", millis},
	{"rate", "deliveries/s", count},
	{"busy", "cores busy", percent},
}

// workloads are what there is to run, in full or in quick size.
func workloads(b *bench) []workload {
	pick := func(full, quick int) int {
		if b.quick {
			return quick
		}
		return full
	}
	warm, during := time.Second, 4*time.Second
	if b.quick {
		warm, during = 200*time.Millisecond, 500*time.Millisecond
	}
	peers := pick(200, 40)
	talking := func(rooms, peers int, rate float64, size int) room {
		return room{rooms: rooms, peers: peers, rate: rate, size: size, warm: warm, during: during, ticks: 60}
	}
	echoCase := func(loops int) workCase {
		return workCase{label: plural(loops, "loop"), run: echo{loops: loops, size: 64, warm: warm / 2, during: during / 2}.run}
	}
	return []workload{
		{
			name: "room", title: fmt.Sprintf("%d peers in a room, 10 messages a second each, of 64 bytes, to all others", peers),
			text:    "Ours and the floor tick 60 times a second; the others write each message at once.",
			servers: everyServer, metrics: roomMetrics,
			cases: []workCase{{label: "10 a second", run: talking(1, peers, 10, 64).run}},
		},
		{
			name: "busy", title: fmt.Sprintf("the same room with 20 messages a second each, %d peers", peers),
			text:    "Against the floor, which is the least that it can cost.",
			servers: goServerNames, metrics: roomMetrics,
			cases: []workCase{{label: "20 a second", skip: []string{"gws"}, run: talking(1, peers, 20, 64).run}},
		},
		{
			name: "echo", title: "closed loops: each client says the next thing when it has heard the last",
			text:    "For ours a remote call in and a remote call back, event-driven: polled when something has come.",
			servers: noFloor, more: true,
			metrics: []metric{{"rate", "echoes/s", count}, {"p50", "p50", micros}, {"p99", "p99", micros}, {"cpu", "CPU an echo", micros}},
			cases:   []workCase{echoCase(1), echoCase(50), echoCase(pick(200, 100))},
		},
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
