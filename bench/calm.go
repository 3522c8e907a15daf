package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"time"
)

// Other processes on the machine spoil figures. Where /proc/stat tells of them, each trial notes how much they took.

// machineBusy is the time that all cores have worked, in ticks of a hundredth of a second; ok is false where that is
// not told.
func machineBusy() (busy int64, ok bool) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	var user, nice, system, idle, wait, irq, soft, steal int64
	n, err := fmt.Fscanf(bytes.NewReader(b), "cpu %d %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &wait, &irq, &soft, &steal)
	return user + nice + system + irq + soft + steal, err == nil && n == 8
}

const tick = 10 * time.Millisecond

// others measures what other processes take.
type others struct {
	busy, own int64
	at        time.Time
}

func watchOthers() others {
	busy, _ := machineBusy()
	return others{busy, processCPU(), time.Now()}
}

// share is the part of one core that neither this process nor a server that took that much used since.
func (o others) share(server time.Duration) float64 {
	busy, ok := machineBusy()
	wall := time.Since(o.at)
	if !ok || wall <= 0 {
		return 0
	}
	left := time.Duration(busy-o.busy)*tick - time.Duration(processCPU()-o.own) - server
	return max(0, float64(left)/float64(wall))
}

// load is the part of the load's cores that this process used since.
func (o others) load() float64 {
	return float64(processCPU()-o.own) / float64(time.Since(o.at)) / float64(runtime.GOMAXPROCS(0))
}

// saturated is the share of its cores from which the load or a server is at its end. If only the load is, it is what is
// measured.
const saturated = 0.9

// disturbed is the share of a core from which others spoil a trial.
const disturbed = 0.15

// calm waits until other processes let the machine be, but not for longer than patience.
func (b *bench) calm() {
	for end := time.Now().Add(b.patience); time.Now().Before(end); {
		o := watchOthers()
		time.Sleep(200 * time.Millisecond)
		if o.share(0) < disturbed/2 {
			return
		}
	}
}
