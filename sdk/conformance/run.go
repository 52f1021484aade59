package conformance

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/conformance/internal/launch"
	"github.com/kvitt/kvitt/sdk/conformance/internal/remote"
	"github.com/kvitt/kvitt/sdk/conformance/internal/suite"
	"github.com/kvitt/kvitt/sdk/conformance/plan"
	"github.com/kvitt/kvitt/sdk/conformance/report"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// patience is how long the suite waits for what must come.
const patience = 20 * time.Second

// Docs is the page that explains every case, with an anchor for each id.
const Docs = report.Docs

// Case says what one case asks of a connector.
type Case struct {
	ID    string
	Level int
	// Title says what the connector must do, Why what happens if it does not.
	Title string
	Why   string
	// After lists the cases that this one leans on.
	After []string
}

// Cases lists all cases in the order in which they are put.
func Cases() []Case {
	var all []Case
	for _, c := range suite.Cases() {
		all = append(all, Case{ID: c.ID, Level: c.Level, Title: c.Title, Why: c.Why, After: c.After})
	}
	return all
}

// subject is what both doors have in common.
type subject struct {
	planFile string
	build    simulator.Build
	command  []string
	previous string
	plain    bool
	level    int
	patience time.Duration
}

// open reads the plan and starts a session in one way.
func (s subject) open(ctx context.Context, way launch.Way, program *launch.Program, id string) (*suite.Session, error) {
	p, err := plan.Read(s.planFile)
	if err != nil {
		return nil, err
	}
	world, err := p.World(id)
	if err != nil {
		return nil, err
	}
	if len(s.command) == 0 {
		s.command = p.Simulator.Command
	}
	setup := suite.Setup{
		Way: way, Program: program, Plan: p, Level: s.level, Patience: s.patience,
		Remote: &remote.Spec{World: world, Build: s.build, Command: s.command},
	}
	if setup.Level == 0 {
		setup.Level = p.Level
	}
	if setup.Patience == 0 {
		setup.Patience = patience
	}
	if s.previous != "" {
		setup.Previous = launch.Program{Path: s.previous, PlainText: s.plain}
	}
	return suite.Open(ctx, setup)
}

// ways lists how a connector whose source is at hand is reached.
func (s Subject) ways() []struct {
	name    string
	way     launch.Way
	program *launch.Program
} {
	type door = struct {
		name    string
		way     launch.Way
		program *launch.Program
	}
	source := launch.Source{New: s.New, Tiny: s.Small}
	doors := []door{{"direct", launch.Direct{Source: source}, nil}, {"wire", launch.Wire{Source: source}, nil}}
	if s.Binary != "" {
		program := launch.Program{Path: s.Binary}
		doors = append(doors, door{"process", program, &program})
	}
	return doors
}

func idOf(newConnector func() ports.Connector) string { return newConnector().Describe().ID }
