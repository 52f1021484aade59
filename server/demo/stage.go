package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/kvitt/kvitt/server/client"
	"github.com/kvitt/kvitt/server/config"
	"github.com/kvitt/kvitt/server/demo/pantry"
	"github.com/kvitt/kvitt/server/demo/world"
	"github.com/kvitt/kvitt/server/process"
)

// grace is how long a program of the demo may take to end.
const grace = 25 * time.Second

// ratesFile holds the rates of exchange.
const ratesFile = "rates.csv"

// stage is everything that runs for the demo: two simulators and a hub with its
// connectors, each a process of its own.
type stage struct {
	folder     string
	simulators map[string]*process.Process
	hub        *process.Process
	client     *client.Client
}

// raise starts the demo's programs with a fresh data folder.
func raise(ctx context.Context, o Options) (*stage, error) {
	folder, err := os.MkdirTemp(o.Data, "kvitt-demo-")
	if err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	s := &stage{folder: folder, simulators: map[string]*process.Process{}}
	if err := s.start(ctx, o); err != nil {
		return nil, errors.Join(err, s.strike(false))
	}
	return s, nil
}

func (s *stage) start(ctx context.Context, o Options) error {
	worlds, err := s.writeWorlds()
	if err != nil {
		return err
	}
	for _, name := range []string{"klarna", "fortnox"} {
		simulator, err := process.Start(ctx, s.folder, filepath.Join(o.Bin, "simulators", name), append(worlds, "--exit-with-parent")...)
		if err != nil {
			return err
		}
		s.simulators[name] = simulator
	}
	settings := filepath.Join(s.folder, "kvitt.yaml")
	if err := s.writeConfig(settings, o); err != nil {
		return err
	}
	hub, err := process.Start(ctx, s.folder, filepath.Join(o.Bin, "kvitt"), "serve", "--config", settings, "--exit-with-parent")
	if err != nil {
		return err
	}
	s.hub = hub
	key, err := os.ReadFile(filepath.Join(s.folder, "data", "operator.key"))
	if err != nil {
		return fmt.Errorf("reading the operator's key: %w", err)
	}
	s.client = client.New(hub.URL, string(key))
	return nil
}

// writeWorlds writes the merchants' worlds, and the rates of exchange, and gives the
// simulators' flags that name the worlds.
func (s *stage) writeWorlds() ([]string, error) {
	second, err := pantry.Read()
	if err != nil {
		return nil, err
	}
	var flags []string
	for _, f := range []struct {
		name    string
		content []byte
		world   bool
	}{
		{"world.json", world.JSON(), true}, {"pantry.json", pantry.JSON(), true}, {ratesFile, []byte(second.Rates), false},
	} {
		path := filepath.Join(s.folder, f.name)
		if err := os.WriteFile(path, f.content, 0o600); err != nil {
			return nil, fmt.Errorf("writing the demo's worlds: %w", err)
		}
		if f.world {
			flags = append(flags, "--world", path)
		}
	}
	return flags, nil
}

// writeConfig points the connectors at the simulators and sets the business clock.
func (s *stage) writeConfig(path string, o Options) error {
	c := config.Default()
	c.Listen, c.Data, c.Connectors = o.Listen, filepath.Join(s.folder, "data"), filepath.Join(o.Bin, "connectors")
	c.BusinessClock = businessDay.Format(time.RFC3339)
	c.ExchangeRates = filepath.Join(s.folder, ratesFile)
	klarna, fortnox := s.simulators["klarna"].URL, s.simulators["fortnox"].URL
	c.Hosts = map[string]map[string]string{
		"klarna":  {"https://api.playground.klarna.com": klarna},
		"fortnox": {"https://api.fortnox.se": fortnox, "https://apps.fortnox.se": fortnox},
	}
	text, err := yaml.Marshal(c)
	if err != nil {
		return fmt.Errorf("writing the hub's configuration: %w", err)
	}
	return os.WriteFile(path, text, 0o600)
}

// strike ends the programs, the hub first, and removes the folder if asked to.
func (s *stage) strike(remove bool) error {
	var errs []error
	if s.hub != nil {
		errs = append(errs, s.hub.Stop(grace))
	}
	for _, simulator := range s.simulators {
		errs = append(errs, simulator.Stop(grace))
	}
	if remove {
		errs = append(errs, os.RemoveAll(s.folder))
	}
	return errors.Join(errs...)
}
