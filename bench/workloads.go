package main

import (
	"fmt"
	"time"
)

var (
	goServerNames = []string{"peerage", "godot", "gws", "floor"}
	everyServer   = []string{"peerage", "godot", "gws", "floor", "centrifuge", "ws", "socketio", "colyseus"}
	roomServers   = append([]string{"group"}, everyServer...)
	noFloor       = []string{"peerage", "godot", "gws", "ws", "socketio"}
	stormServers  = []string{"peerage", "godot", "gws", "centrifuge", "ws", "socketio", "colyseus"}
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
	warm, during := time.Second, b.during
	if b.quick {
		warm = 200 * time.Millisecond
	}
	peers := pick(200, 40)
	talking := func(rooms, peers int, rate float64, size int) room {
		return room{rooms: rooms, peers: peers, rate: rate, size: size, warm: warm, during: during, ticks: 60}
	}
	crowd := talking(1, peers, min(10, slowRate/float64(peers*(peers-1))), slowSize)
	echoCase := func(loops int) workCase {
		return workCase{label: plural(loops, "loop"), run: echo{loops: loops, size: 64, warm: warm / 2, during: during / 2}.run}
	}
	manyRooms := pick(200, 20)
	idlers, stormers := pick(5000, 200), pick(2000, 200)
	return []workload{
		{
			name: "room", title: fmt.Sprintf("%d peers in a room, 10 messages a second each, of 64 bytes, to all others", peers),
			text:    "Ours and the floor tick 60 times a second; the others write each message at once.",
			servers: roomServers, metrics: roomMetrics,
			cases: []workCase{{label: "10 a second", run: talking(1, peers, 10, 64).run}},
		},
		{
			name: "busy", title: fmt.Sprintf("%d peers in a room, 20 messages a second each, of 64 bytes, to all others", peers),
			text:    "Against the floor, which is the least that it can cost.",
			servers: goServerNames, metrics: roomMetrics,
			cases: []workCase{{label: "20 a second", skip: []string{"gws"}, run: talking(1, peers, 20, 64).run}},
		},
		{
			name: "rooms", title: fmt.Sprintf("%d rooms of 10 peers in one process, 20 messages a second each, of 64 bytes", manyRooms),
			text:    "Each room of ours and of the floor ticks by itself, 60 times a second.",
			servers: everyServer, metrics: roomMetrics,
			cases: []workCase{{label: plural(manyRooms, "room"), run: talking(manyRooms, 10, 20, 64).run}},
		},
		{
			name: "small", title: "10 peers in a room, 10 messages a second each, of 64 bytes, to all others",
			text:    "What comes is little: what it costs to wake up counts more than what a message costs.",
			servers: append([]string{"centrifuge"}, goServerNames...), metrics: roomMetrics,
			cases: []workCase{{label: "10 a second", run: talking(1, 10, 10, 64).run}},
		},
		{
			name: "echo", title: "closed loops: each client says the next thing when it has heard the last",
			text:    "For ours a remote call in and a remote call back, event-driven: polled when something has come.",
			servers: noFloor, more: true,
			metrics: []metric{{"rate", "echoes/s", count}, {"p50", "p50", micros}, {"p99", "p99", micros}, {"cpu", "CPU an echo", micros},
				{"busy", "cores busy", percent}},
			cases: []workCase{echoCase(1), echoCase(50), echoCase(pick(200, 100))},
		},
		{
			name: "idle", title: fmt.Sprintf("%d peers that are there and do nothing", idlers),
			text: "The server's cores while nothing happens, and how often its threads wake up; then memory a peer, after the server was\n" +
				"asked to free what it can.",
			servers: noFloor,
			metrics: []metric{{"resident", "resident a peer", kilobytes}, {"heap", "heap a peer", kilobytes}, {"busy", "cores busy", percent},
				{"woken", "wake-ups/s", count}},
			cases: []workCase{
				{label: plural(idlers, "peer") + ", paced", run: idle{peers: idlers, ticks: 60, rest: during}.run},
				{label: "event-driven", skip: []string{"gws", "ws", "socketio"}, run: idle{peers: idlers, rest: during}.run},
			},
		},
		{
			name: "storm", title: fmt.Sprintf("%d peers come at once", stormers),
			text: "Until the last is admitted: for ours until it has its peer id, for centrifuge until it has subscribed, for Colyseus\n" +
				"until it has joined the room, for the others until its handshake is done. Ours tells each of every other, which is\n" +
				"told when all of that has come.",
			servers: stormServers,
			metrics: []metric{{"admitted", "admitted", millis}, {"told", "told", millis}, {"cpu", "CPU a peer", micros}},
			cases:   []workCase{{label: plural(stormers, "peer"), run: storm{stormers}.run}},
		},
		{
			name: "slow", title: fmt.Sprintf("the room of %d peers before and after one of them stops reading", peers),
			text:    "The others' p99, and what the server's memory grew by. A server that waits for that peer is void.",
			servers: noFloor,
			metrics: []metric{{"change", "p99 after to before", times}, {"before", "p99 before", millis}, {"after", "p99 after", millis},
				{"heap", "heap grew", kilobytes}, {"resident", "resident grew", kilobytes}},
			cases: []workCase{{label: "one of the room", run: slow{crowd, pick(kernelHolds, 0)}.run}},
		},
		{
			name: "growth", title: "how cost grows with the number of peers and with the size of payloads",
			text:    "One room, 10 messages a second a peer, fewer where that is over 400,000 deliveries or 100 MB a second.",
			servers: goServerNames, metrics: roomMetrics,
			cases: growthCases(b.quick, talking),
		},
	}
}

// In the slow workload payloads are large and few, so that what one peer does not read is soon too much to hold.
const (
	slowSize = 4096
	slowRate = 48e3 // deliveries a second
)

// The two axes along which cost grows; the other stands still meanwhile.
var (
	growthPeers = []int{10, 50, 200, 1000}
	growthSizes = []int{16, 64, 512, 4096}
)

const (
	stillPeers = 200
	stillSize  = 64
)

func growthCases(quick bool, talking func(rooms, peers int, rate float64, size int) room) (cases []workCase) {
	add := func(label string, peers, size int) {
		pairs := float64(peers * (peers - 1))
		rate := min(10, 400e3/pairs, 100e6/pairs/float64(size))
		r := talking(1, peers, rate, size)
		r.during /= 2
		cases = append(cases, workCase{label: label, run: r.run})
	}
	if quick {
		add(plural(10, "peer"), 10, stillSize)
		add(plural(50, "peer"), 50, stillSize)
		add(plural(512, "byte"), 20, 512)
		return cases
	}
	for _, n := range growthPeers {
		add(plural(n, "peer"), n, stillSize)
	}
	for _, n := range growthSizes {
		add(plural(n, "byte"), stillPeers, n)
	}
	return cases
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
