// Command bench measures kvitt: how fast it reads, matches and plans payouts of up
// to a million lines and in how much memory, and how near it comes to the rate
// limit of an accounting system. The README beside it says how to read the tables.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/server/memory"
)

// options are the command's flags.
type options struct {
	part    string
	sizes   []int
	lines   int
	profile string
	// events are how many events are registered, in one size after the other.
	events []int
	// plan, register, folder and generator are what the bench tells the process of
	// its own in which it plans one payout, registers events or starts many connectors.
	plan      int
	register  int
	fleet     int
	folder    string
	generator string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o, err := parse(os.Args[1:])
	if err == nil {
		err = o.run(ctx, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	o := options{}
	var sizes, events string
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	flags.StringVar(&o.part, "part", "all", "what to measure: matching, volume, events, border, swap, limit or all")
	flags.StringVar(&sizes, "sizes", "10000,100000,1000000", "volume: lines of the payouts")
	flags.StringVar(&events, "events", "10000,100000", "events: how many are registered and booked")
	flags.IntVar(&o.lines, "lines", 1000, "limit: lines of the payout")
	flags.StringVar(&o.profile, "profile", "", "volume: folder for profiles of the hub, one per size")
	flags.IntVar(&o.plan, "plan", 0, "used by the bench itself: plan one payout of so many lines and print JSON")
	flags.IntVar(&o.register, "register", 0, "used by the bench itself: register so many events and print JSON")
	flags.IntVar(&o.fleet, "fleet", 0, "used by the bench itself: start so many connectors and print JSON")
	flags.StringVar(&o.folder, "folder", "", "used by the bench itself")
	flags.StringVar(&o.generator, "generator", "", "used by the bench itself")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var err error
	if o.sizes, err = numbers("-sizes", sizes); err != nil {
		return o, err
	}
	if o.events, err = numbers("-events", events); err != nil {
		return o, err
	}
	switch o.part {
	case "all", "matching", "volume", "events", "border", "swap", "limit":
		return o, nil
	}
	return o, fmt.Errorf("-part: there is no part %q", o.part)
}

func numbers(flag, list string) ([]int, error) {
	var all []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%s: %q is not a number above 0", flag, text)
		}
		all = append(all, n)
	}
	return all, nil
}

func (o options) run(ctx context.Context, out io.Writer) (err error) {
	if o.plan > 0 {
		return o.planOne(ctx, out)
	}
	if o.register > 0 {
		return o.registerAll(ctx, out)
	}
	if o.fleet > 0 {
		f, err := measureFleet(ctx, o.folder, o.fleet)
		if err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(f)
	}
	folder, err := os.MkdirTemp("", "kvitt-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	generator, err := build(ctx, folder, "server/bench/generator")
	if err != nil {
		return err
	}
	if o.part == "all" || o.part == "matching" {
		reportMatching(out)
	}
	if o.part == "all" || o.part == "volume" {
		if err := o.volumes(ctx, folder, generator, out); err != nil {
			return err
		}
	}
	if o.part == "all" || o.part == "events" {
		if err := o.registrations(ctx, folder, out); err != nil {
			return err
		}
	}
	if o.part == "all" || o.part == "border" {
		if err := o.borders(ctx, folder, generator, func(all []started, ways []crossed) error { return reportBorders(out, all, ways) }); err != nil {
			return err
		}
	}
	if o.part == "all" || o.part == "swap" {
		if err := swapAndReport(ctx, folder, out); err != nil {
			return err
		}
	}
	if o.part == "all" || o.part == "limit" {
		fmt.Fprintf(out, "\nBooking %d lines in the Fortnox simulator, which takes about %s ...\n", o.lines,
			limited{Calls: leastCalls(o.lines)}.alone())
		l, err := measureLimit(ctx, folder, generator, o.lines)
		if err != nil {
			return err
		}
		return reportLimit(out, l)
	}
	return nil
}

// The size of what is swapped.
const (
	swapConnections = 20
	swapTimes       = 20
	fleetConnectors = 12
)

func swapAndReport(ctx context.Context, folder string, out io.Writer) error {
	r, err := measureSwaps(ctx, folder, swapConnections, swapTimes)
	if err != nil {
		return err
	}
	var f fleet
	if err := alone(ctx, folder, &f, "-fleet", strconv.Itoa(fleetConnectors)); err != nil {
		return fmt.Errorf("starting %d connectors: %w", fleetConnectors, err)
	}
	return reportSwaps(out, r, f)
}

// volumes plans one payout after the other, each in a process of its own.
func (o options) volumes(ctx context.Context, folder, generator string, out io.Writer) error {
	var all []volume
	for _, lines := range o.sizes {
		var v volume
		err := alone(ctx, folder, &v, "-plan", strconv.Itoa(lines), "-generator", generator, "-profile", o.profile)
		if err != nil {
			return fmt.Errorf("planning %d lines: %w", lines, err)
		}
		all = append(all, v)
	}
	return reportVolumes(out, all)
}

// alone runs the bench in a process of its own, with a folder of its own, and
// reads what it prints.
func alone(ctx context.Context, folder string, into any, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	place, err := os.MkdirTemp(folder, "alone-")
	if err != nil {
		return err
	}
	hub := exec.CommandContext(ctx, self, append(args, "-folder", place)...) //nolint:gosec // itself
	hub.Stderr = os.Stderr
	text, err := hub.Output()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return err
	}
	return os.RemoveAll(place)
}

// planOne is what the process of its own does.
func (o options) planOne(ctx context.Context, out io.Writer) error {
	memory.Tune() // as the hub does
	stop, err := startProfile(o.profile, o.plan)
	if err != nil {
		return err
	}
	v, err := measureVolume(ctx, o.folder, o.generator, o.plan, stop)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(v)
}
