package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/fx"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/config"
	"github.com/kvitt/kvitt/server/hub"
)

// hubCommand makes the test's program a hub: hubCommand, configuration, fate.
const hubCommand = "e2e-hub"

// commitLog is the file in the hub's data folder in which it names its commits.
const commitLog = "commits.log"

// lastWords stand there once it has met its fate.
const lastWords = "it dies here"

// runHub runs a hub until it is told to stop or meets its fate.
func runHub(file, fate string) error {
	cfg, err := config.Load(file)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	commits, err := os.OpenFile(filepath.Join(cfg.Data, commitLog), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer commits.Close()
	log := hclog.New(&hclog.LoggerOptions{Name: "kvitt", Level: hclog.LevelFromString(cfg.LogLevel), Output: os.Stderr})
	h, err := hub.Start(ctx, cfg, log, fx.Decorate(func(store ports.Store) ports.Store {
		return &mortalStore{Store: store, fate: fate, log: commits}
	}))
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{"url": h.URL}); err != nil {
		return err
	}
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.Background(), 2*cfg.Timings.Stop)
	defer cancel()
	return h.Stop(stopping)
}

// mortalStore counts commits and ends the hub, as a crash would, at a chosen one:
// "before 7" dies when all of the seventh is done but its commit, "after 7" right
// after the commit.
type mortalStore struct {
	ports.Store
	fate  string
	log   *os.File
	count atomic.Int64
}

func (s *mortalStore) Update(ctx context.Context, fn func(ctx context.Context, tx ports.Tx) error) error {
	what := caller()
	var number int64
	err := s.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		number = s.count.Add(1)
		s.meet("before", number)
		return nil
	})
	if err == nil {
		fmt.Fprintln(s.log, what)
		s.meet("after", number)
	}
	return err
}

func (s *mortalStore) meet(when string, number int64) {
	if s.fate != fmt.Sprintf("%s %d", when, number) {
		return
	}
	fmt.Fprintln(s.log, lastWords)
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	time.Sleep(time.Minute) // the signal is under way
}

// caller names the function of kvitt that makes the commit.
func caller() string {
	var stack [32]uintptr
	frames := runtime.CallersFrames(stack[:runtime.Callers(3, stack[:])])
	for {
		frame, more := frames.Next()
		if strings.Contains(frame.Function, "kvitt/kvitt/") && !strings.HasSuffix(frame.Function, ".update") {
			name := frame.Function[strings.LastIndex(frame.Function, "/")+1:]
			return strings.NewReplacer("(*", "", ")", "", ".func1", "").Replace(name)
		}
		if !more {
			return "unknown"
		}
	}
}
