package conformance

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/conformance/internal/launch"
	"github.com/kvitt/kvitt/sdk/conformance/report"
)

// Program is a connector as a finished program.
type Program struct {
	// Path of the executable.
	Path string
	// Plan is the path of the plan file.
	Plan string
	// Simulator starts the remote system; empty means the command of the plan.
	Simulator []string
	// Previous is the path of an earlier build to compare with, or empty.
	Previous string
	// Level is the highest level whose cases are run; 0 means that of the plan.
	Level int
	// PlainText switches mutual TLS off, for languages that cannot do go-plugin's.
	PlainText bool
}

// Check runs the suite on a process of the program and tells seen, which may be
// nil, of each case once it is decided. It fails only if nothing can be checked:
// the plan is wrong, or connector or simulator do not start.
func Check(ctx context.Context, p Program, seen func(report.Case)) (report.Report, error) {
	program := launch.Program{Path: p.Path, PlainText: p.PlainText}
	description, err := program.Describe(ctx)
	if err != nil {
		return report.Report{}, fault.New(launch.CodeStart, fault.Validation, "the program does not say what it is").Wrap(err).
			WithRemedy(`a connector prints its description as JSON when it is run with the argument "describe"`)
	}
	common := subject{planFile: p.Plan, command: p.Simulator, previous: p.Previous, plain: p.PlainText, level: p.Level}
	session, err := common.open(ctx, program, &program, description.ID)
	if err != nil {
		return report.Report{}, err
	}
	defer session.Close()
	for _, c := range session.Cases() {
		if ctx.Err() != nil {
			return report.Report{}, ctx.Err()
		}
		result := session.Do(ctx, c)
		if seen != nil {
			seen(result)
		}
	}
	return session.Report(), nil
}
