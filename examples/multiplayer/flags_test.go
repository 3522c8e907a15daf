package main

import (
	"bytes"
	"errors"
	"flag"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/peerage-go/peerage/examples/internal/program"
)

func TestFlags(t *testing.T) {
	plain := config{addr: defaultAddr, node: defaultNode, pause: defaultPause, rounds: defaultRounds}
	with := func(change func(*config)) config {
		c := plain
		change(&c)
		return c
	}
	for _, c := range []struct {
		args []string
		want config
	}{
		{nil, plain},
		{[]string{"-host", "Al"}, with(func(c *config) { c.host = "Al" })},
		{[]string{"-join", "x", "-name", "Al", "-godot"}, with(func(c *config) { c.join, c.name, c.godot = "x", "Al", true })},
		{[]string{"-bots", "3"}, with(func(c *config) { c.bots, c.addr, c.pause = 3, "127.0.0.1:0", 0 })},
		{[]string{"-bots", "3", "-addr", ":1", "-pause", "1s", "-rounds", "5"}, with(func(c *config) { c.bots, c.addr, c.pause, c.rounds = 3, ":1", time.Second, 5 })},
		{[]string{"-join", "x", "-bot", "-pause", "0s"}, with(func(c *config) { c.join, c.bot, c.pause = "x", true, 0 })},
		{[]string{"-origins", "a, b:1,", "-node", "Game"}, with(func(c *config) { c.origins, c.node = []string{"a", "b:1"}, "Game" })},
	} {
		var out bytes.Buffer
		got, err := parseFlags(c.args, &out)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: got %+v, %v, want %+v", c.args, got, err, c.want)
		}
	}
	for _, c := range []struct{ args, says string }{
		{"-nonsense", "not defined: -nonsense\n(-h tells more)\n"},
		{"-rounds many", "invalid value \"many\" for flag -rounds: parse error\n(-h tells more)\n"},
		{"-host A B", `what is "B" for`},
		{"-host A -join x", "choose one"},
		{"-host=", "-host wants your name"},
		{"-join=", "-join wants the URL"},
		{"-bots 0", "from 1 to 200"},
		{"-bots 201", "from 1 to 200"},
		{"-bots 2 -rounds 0", "-rounds wants"},
		{"-rounds 3", "-rounds goes with -bots"},
		{"-bot", "-bot goes with -join or -host"},
		{"-godot", "-godot goes with -join"},
		{"-name x", "-name goes with -join"},
		{"-pause 1s", "-pause goes with -bot"},
		{"-join x -bot -pause -1s", "-pause wants"},
		{"-join x -addr y", "for a server"},
		{"-node /", "-node wants"},
	} {
		var out bytes.Buffer
		if _, err := parseFlags(strings.Fields(c.args), &out); !errors.Is(err, program.ErrUsage) || !strings.Contains(out.String(), c.says) || strings.Count(out.String(), "\n") != 2 {
			t.Errorf("%s: %v, %q does not say %q", c.args, err, out.String(), c.says)
		}
	}
	var out bytes.Buffer
	if _, err := parseFlags([]string{"-h"}, &out); !errors.Is(err, flag.ErrHelp) || !strings.Contains(out.String(), "-bots 3 -rounds 12") {
		t.Errorf("-h: %v, %q", err, out.String())
	}
}
