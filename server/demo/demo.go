// Package demo shows kvitt at work: it starts a hub, its connectors and simulators
// of the remote systems, onboards two merchants over the public API, runs their
// flows and says what came of it.
package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Options are the demo's flags.
type Options struct {
	// Bin is the folder of the programs: kvitt, connectors/ and simulators/.
	Bin string
	// Data is where the demo's folder is made; empty means the system's place for
	// temporary files.
	Data string
	// Listen is the hub's address.
	Listen string
	// Once ends the hub when the result is printed.
	Once bool
	// JSON prints one JSON object in place of the report.
	JSON bool
	// Progress, if not nil, is told what happens while it happens.
	Progress io.Writer
}

// businessDay is the day on which the demo takes place.
var businessDay = time.Date(2026, time.April, 20, 8, 0, 0, 0, time.UTC)

// Run plays the demo and prints its result. Without Once it then waits until the
// context ends, so that the hub can be looked at.
func Run(ctx context.Context, o Options, out io.Writer) (err error) {
	say := o.narrate()
	say("starting the hub, its connectors and the simulators")
	s, err := raise(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		if ended := s.strike(err == nil); err == nil {
			err = ended
		}
	}()
	result, err := play(ctx, s, say)
	if err != nil {
		return fmt.Errorf("%w (the logs are in %s)", err, s.folder)
	}
	if err := present(out, result, o); err != nil {
		return err
	}
	if o.Once {
		return nil
	}
	if err := s.invite(ctx, out, result, o); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (o Options) narrate() func(format string, args ...any) {
	if o.Progress == nil {
		return func(string, ...any) {}
	}
	return func(format string, args ...any) {
		_, _ = fmt.Fprintf(o.Progress, format+"\n", args...) // progress is a courtesy
	}
}

func present(out io.Writer, r Result, o Options) error {
	if !o.JSON {
		return r.report(out)
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false) // the output is read by people and programs, not by browsers
	return encoder.Encode(r)
}
