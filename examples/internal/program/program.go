// Package program is what the demos do about their command lines and signals.
package program

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// Main runs a program: until it is done, or a signal ends ctx. A second signal ends it at once.
func Main(name string, run func(ctx context.Context, args []string, in io.Reader, out, complaints io.Writer) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	switch err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr); {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, ErrUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, name+":", err)
		os.Exit(1)
	}
}

// ErrUsage says that the command line was wrong, and that it has been said.
var ErrUsage = errors.New("usage")

// Parse reads a command line: by flags, which out gets together with usage if they ask for help, and by check, which
// finds what does not go together of the flags that were set and the arguments behind them. Complaints go to out.
func Parse(flags *flag.FlagSet, usage string, args []string, out io.Writer, check func(set map[string]bool, rest []string) error) error {
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(out)
		fmt.Fprint(out, usage)
		flags.PrintDefaults()
		return err
	}
	if err == nil {
		set := map[string]bool{}
		flags.Visit(func(f *flag.Flag) { set[f.Name] = true })
		err = check(set, flags.Args())
	}
	if err != nil {
		fmt.Fprintf(out, "%v\n(-h tells more)\n", err)
		return ErrUsage
	}
	return nil
}

// Hosts is a flag with other hosts whose web pages may connect, with commas between.
type Hosts []string

func (h *Hosts) String() string { return strings.Join(*h, ",") }

// Set implements flag.Value.
func (h *Hosts) Set(list string) error {
	for host := range strings.SplitSeq(list, ",") {
		if host = strings.TrimSpace(host); host != "" {
			*h = append(*h, host)
		}
	}
	return nil
}
