package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Build makes a simulator's handler from its own section of the world file.
type Build func(section []byte, control *Control) (http.Handler, error)

// Command is the command line that every simulator binary offers.
type Command struct {
	// Section of the world file that belongs to this simulator, such as "klarna".
	Section string
	Build   Build
	// Claims makes, from its section, the test of which requests are a world's. It is
	// needed to serve several worlds.
	Claims func(section []byte) (Claim, error)
}

// Main runs the command with the process's arguments and streams until SIGTERM
// or SIGINT, and returns the exit code.
func (c Command) Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	err := c.Run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		return 2
	default:
		fmt.Fprintf(os.Stderr, "simulator %s: %v\n", c.Section, err)
		return 1
	}
}

// Run parses the arguments, loads the worlds and serves until ctx ends, or until
// stdin does if --exit-with-parent is among the arguments.
func (c Command) Run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	flags := flag.NewFlagSet(c.Section, flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "`address` to listen on; port 0 takes any free one")
	var files []string
	flags.Func("world", "JSON `file` with a world to simulate; given again, it serves several, told apart by credentials", func(file string) error {
		files = append(files, file)
		return nil
	})
	start := flags.String("now", "", "start of the simulated clock as RFC 3339 `time`; default: the world's now")
	withParent := flags.Bool("exit-with-parent", false, "stop when standard input ends")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("parsing arguments: %q is not expected", flags.Arg(0))
	}
	handler, err := c.build(files, *start)
	if err != nil {
		return err
	}
	if *withParent {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		go func() {
			_, _ = io.Copy(io.Discard, stdin) // any end of it means the parent has gone
			cancel()
		}()
	}
	return serve(ctx, *listen, handler, stdout)
}

// build makes the handler of the worlds; one alone is served as it is.
func (c Command) build(files []string, start string) (http.Handler, error) {
	if len(files) == 0 {
		return nil, errors.New("reading world: --world is missing")
	}
	if len(files) > 1 && c.Claims == nil {
		return nil, errors.New("reading world: this simulator serves one only")
	}
	var all worlds
	for _, file := range files {
		section, now, err := readWorld(file, c.Section, start)
		if err != nil {
			return nil, err
		}
		control := New(now)
		handler, err := c.Build(section, control)
		if err != nil {
			return nil, fmt.Errorf("building world: %w", err)
		}
		one := world{handler: control.wrapped(handler)}
		if len(files) == 1 {
			return one.handler, nil
		}
		if one.claims, err = c.Claims(section); err != nil {
			return nil, fmt.Errorf("building world: %w", err)
		}
		all = append(all, one)
	}
	return all, nil
}

// readWorld returns the simulator's section of the world file and the start of
// its clock: the flag, else the world's now, else the machine's time.
func readWorld(file, name, start string) (section []byte, now time.Time, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, now, fmt.Errorf("reading world: %w", err)
	}
	var world map[string]json.RawMessage
	if err := json.Unmarshal(content, &world); err != nil {
		return nil, now, fmt.Errorf("reading world: %w", err)
	}
	section, ok := world[name]
	if !ok {
		return nil, now, fmt.Errorf("reading world: it has no section %q", name)
	}
	now = time.Now()
	if raw, ok := world["now"]; ok {
		if err := json.Unmarshal(raw, &now); err != nil {
			return nil, now, fmt.Errorf("reading world's now: %w", err)
		}
	}
	if start != "" {
		if now, err = time.Parse(time.RFC3339, start); err != nil {
			return nil, now, fmt.Errorf("parsing --now: %w", err)
		}
	}
	return section, now, nil
}
