package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
)

// serving is what a server process was asked for.
type serving struct {
	mode   string // room or echo
	rooms  int
	ticks  int // a second; for servers that tick
	budget int // bytes that may wait for one peer; 0: the default
	relay  bool
	groups bool // say goes to a group: everybody but its sender
}

// goServers are the servers that this binary can be.
var goServers = map[string]func(net.Listener, serving) error{
	"peerage":    servePeerage,
	"group":      serveGroups,
	"gws":        serveGWS,
	"floor":      serveFloor,
	"centrifuge": serveCentrifuge,
}

// serve is the subcommand of a server process. The parent talks to it over stdin and stdout; when stdin ends, so
// does the process.
func serve(args []string) {
	log.SetFlags(0)
	log.SetPrefix("server: ")
	f := flag.NewFlagSet("serve", flag.ExitOnError)
	var s serving
	name := f.String("server", "", "peerage, group, gws, floor or centrifuge")
	f.StringVar(&s.mode, "mode", modeRoom, "room or echo")
	f.IntVar(&s.rooms, "rooms", 1, "how many rooms")
	f.IntVar(&s.ticks, "ticks", 60, "ticks a second")
	f.IntVar(&s.budget, "budget", 0, "bytes that may wait for one peer")
	f.BoolVar(&s.relay, "relay", false, "tell clients of each other")
	cpu := f.String("cpuprofile", "", "write a CPU profile to this file")
	mem := f.String("memprofile", "", "write a heap profile to this file when memory is freed")
	f.Parse(args)

	run := goServers[*name]
	if run == nil {
		log.Fatalf("there is no server %q", *name)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		log.Fatal(run(ln, s))
	}()
	fmt.Printf("listening %s\n", ln.Addr())

	var profile *os.File
	if *cpu != "" {
		if profile, err = os.Create(*cpu); err != nil {
			log.Fatal(err)
		}
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		switch in.Text() {
		case "cpu":
			fmt.Println("cpu", processCPU())
		case "free":
			fmt.Println("free", freeMemory())
			writeHeapProfile(*mem)
		case "profile":
			if profile != nil {
				pprof.StartCPUProfile(profile)
			}
			fmt.Println("profile 0")
		case "stop":
			pprof.StopCPUProfile()
			fmt.Println("stop 0")
		case "stacks":
			fmt.Println("stacks", writeStacks(*mem))
		default:
			log.Fatalf("unknown command %q", in.Text())
		}
	}
}

// freeMemory gives back to the system what is not in use, and tells how many bytes of heap are.
func freeMemory() uint64 {
	runtime.GC()
	debug.FreeOSMemory() // collects once more: pools need two rounds to be empty
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// writeStacks writes what every goroutine does beside the heap profile.
func writeStacks(path string) int {
	b := make([]byte, 8<<20)
	b = b[:runtime.Stack(b, true)]
	if path != "" {
		os.WriteFile(path+".stacks", b, 0o666)
	}
	return len(b)
}

func writeHeapProfile(path string) {
	if path == "" {
		return
	}
	f, err := os.Create(path)
	if err != nil {
		log.Print(err)
		return
	}
	defer f.Close()
	if err := pprof.WriteHeapProfile(f); err != nil {
		log.Print(err)
	}
}
