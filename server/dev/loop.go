package dev

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/kvitt/kvitt/adapters/pluginhost"
)

// Options are what an author says of the connector.
type Options struct {
	// Source is the folder of its sources, or a program that is built already. It is
	// empty if ID and Address name a connector to attach.
	Source      string
	ID, Address string
	// Simulator is the folder of the simulator's sources, or its program. By default
	// it is the folder "simulator" of the sources, if there is one, or else what the
	// plan says.
	Simulator string
	// Plan is the path of the conformance plan. By default it is conformance.json in
	// the folder of the sources.
	Plan string
	// Build is the command that builds a connector that is no Go package.
	Build string
	// PlainText switches mutual TLS off.
	PlainText bool
	// Once ends after the first trial, with an error if anything is wrong.
	Once bool
	// Progress, if not nil, is told what happens while it happens.
	Progress io.Writer
	Log      hclog.Logger
}

func (o Options) withDefaults() Options {
	if o.Source == "" {
		return o
	}
	if o.Simulator == "" {
		o.Simulator = ifThere(filepath.Join(o.Source, "simulator"))
	}
	if o.Plan == "" {
		o.Plan = ifThere(filepath.Join(o.Source, "conformance.json"))
	}
	return o
}

func ifThere(path string) string {
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// Run builds the connector and its simulator, tries it and says what came of it,
// again after every save until ctx ends. A build that fails leaves the connector
// of before running.
func Run(ctx context.Context, o Options, out io.Writer) (err error) {
	o = o.withDefaults()
	folder, err := os.MkdirTemp("", "kvitt-dev-")
	if err != nil {
		return fmt.Errorf("making a folder for what is built: %w", err)
	}
	w := &workshop{options: o, folder: folder, out: out, builder: builder{folder: folder}}
	defer func() { err = errors.Join(err, w.close(), os.RemoveAll(folder)) }()
	if w.stage, err = NewStage(folder, o.Plan); err != nil {
		return err
	}
	if o.Once {
		return w.once(ctx)
	}
	saves, err := watch(ctx, w.watched()...)
	if err != nil {
		return err
	}
	return w.work(ctx, saves)
}

// workshop is one run of the loop.
type workshop struct {
	options Options
	folder  string
	out     io.Writer
	builder builder
	stage   *Stage
	running *Running
	stop    context.CancelFunc // ends the trial under way, if there is one
	before  *Result
}

func (w *workshop) watched() []string {
	var paths []string
	for _, path := range []string{w.options.Source, w.options.Simulator, w.options.Plan, w.stage.Plan.Simulator.World, w.options.Address} {
		if path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

func (w *workshop) tell(format string, args ...any) {
	if w.options.Progress != nil {
		_, _ = fmt.Fprintf(w.options.Progress, format+"\n", args...) // progress is a courtesy
	}
}

func (w *workshop) once(ctx context.Context) error {
	began := time.Now()
	next, simulator, err := w.renew(ctx)
	if err == nil {
		err = w.take(ctx, next, simulator)
	}
	if failed := (*buildFailure)(nil); errors.As(err, &failed) {
		showBuild(w.out, failed, false)
	}
	if err != nil {
		return err
	}
	result, err := Try(ctx, w.stage, w.running)
	if err != nil {
		return err
	}
	show(w.out, result, nil, time.Since(began))
	return result.Err()
}

// tried is a trial that is over, and when the save was that it follows.
type tried struct {
	result *Result
	err    error
	saved  time.Time
}

// work tries the connector after each save. While a trial is under way the next
// build is made already; only when it is ready the trial is ended.
func (w *workshop) work(ctx context.Context, saves <-chan time.Time) error {
	var trial chan tried
	saved := time.Now()
	for {
		if next, simulator, err := w.renew(ctx); err != nil {
			w.complain(err)
		} else {
			w.end(trial)
			trial = nil
			if err := w.take(ctx, next, simulator); err != nil {
				w.complain(err)
			} else {
				trial = w.begin(ctx, saved)
			}
		}
		w.tell("watching")
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				w.end(trial)
				return nil
			case saved = <-saves:
				waiting = false
			case over := <-trial:
				w.stop()
				trial = nil
				w.report(over)
			}
		}
	}
}

// begin tries the running connector beside whatever else happens.
func (w *workshop) begin(ctx context.Context, saved time.Time) chan tried {
	over := make(chan tried, 1)
	running := w.running
	ctx, w.stop = context.WithCancel(ctx)
	go func() {
		result, err := Try(ctx, w.stage, running)
		over <- tried{result: result, err: err, saved: saved}
	}()
	return over
}

// end stops the running connector after its call in flight, and so ends a trial of
// it.
func (w *workshop) end(trial <-chan tried) {
	if w.running != nil {
		if err := w.running.Stop(); err != nil {
			w.complain(err)
		}
		w.running = nil
	}
	if trial != nil {
		w.stop() // its second reading is in a process of its own
		<-trial  // what a trial that was ended has found is worth nothing
	}
}

func (w *workshop) report(over tried) {
	if over.err != nil {
		return // the author has ended it
	}
	if w.before != nil {
		over.result.carry(w.before)
	}
	show(w.out, over.result, w.before, time.Since(over.saved))
	w.before = over.result
}

func (w *workshop) complain(err error) {
	if errors.Is(err, context.Canceled) {
		return // the author has ended it
	}
	if failed := (*buildFailure)(nil); errors.As(err, &failed) {
		showBuild(w.out, failed, w.running != nil)
		return
	}
	showError(w.out, err, w.running != nil)
}

// renew builds the simulator and the connector and starts the connector; nothing of
// what runs is touched.
func (w *workshop) renew(ctx context.Context) (next *Running, simulator string, err error) {
	o := w.options
	if o.Simulator != "" {
		w.tell("building the simulator")
		if simulator, err = w.builder.program(ctx, "the simulator", o.Simulator); err != nil {
			return nil, "", err
		}
	}
	if o.Source == "" {
		next, err = Attach(ctx, w.folder, o.ID, o.Address, o.Log)
		return next, simulator, err
	}
	w.tell("building the connector")
	program, err := w.builder.connector(ctx, o.Source, o.Build)
	if err != nil {
		return nil, "", err
	}
	next, err = Launch(ctx, w.folder, pluginhost.Source{Path: program, PlainText: o.PlainText}, o.Log)
	return next, simulator, err
}

// take makes the next connector the running one, and sees that the simulator is
// there for it.
func (w *workshop) take(ctx context.Context, next *Running, simulator string) error {
	w.running = next
	if w.options.Plan != "" {
		if err := w.stage.reread(w.options.Plan); err != nil {
			return err
		}
	}
	return w.stage.Play(ctx, simulator, next.Connector.Describe())
}

func (w *workshop) close() error {
	w.end(nil)
	if w.stage == nil {
		return nil
	}
	return w.stage.Close()
}
