package reconciliation

import (
	"context"
	"fmt"
	"slices"

	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/ports"
)

// CodeOtherYear: the accounting system gave the books of another year than asked.
const CodeOtherYear fault.Code = "books.other_year"

// codeNoYear is how accounting systems say that they have no financial year of a date.
const codeNoYear fault.Code = "erp.year_missing"

// Check is what came of holding a flow's expectations against the books.
type Check struct {
	FlowID string
	// Years are the financial years that were read, without their vouchers.
	Years []books.Year
	books.Comparison
}

// expectations is what a flow expects, and what it is looked for by.
type expectations struct {
	flow     *Flow
	own      []ledger.Account
	expected []books.Expected
	// days are the dates of what may stand in the books.
	days []civil.Date
	// aside is what other flows expect in the same books.
	aside []books.Expected
}

// Check compares everything that was written for a flow with the accounting
// system's own books of every year that it touches, or of today's if nothing was
// written yet. What is dated in a year that the accounting system does not have is
// missing. Nothing may be booked for the flow meanwhile: what is, shows as foreign or
// is missing.
func (s *Service) Check(ctx context.Context, flowID string) (Check, error) {
	x, err := s.expect(ctx, flowID)
	if err != nil {
		return Check{}, err
	}
	years, err := s.years(ctx, x)
	if err != nil {
		return Check{}, err
	}
	found, err := books.Compare(x.expected, x.aside, years, x.own, x.flow.since())
	if err != nil {
		return Check{}, err
	}
	for i := range years {
		years[i].Vouchers = nil
	}
	return Check{FlowID: flowID, Years: years, Comparison: found}, nil
}

func (s *Service) expect(ctx context.Context, flowID string) (expectations, error) {
	var x expectations
	err := s.view(ctx, flowID, func(ctx context.Context, tx ports.Tx, flow *Flow) error {
		x = expectations{flow: flow}
		if _, err := flow.settingsOf(ctx, tx, flow.SettingsVersion); err != nil {
			return err
		}
		err := s.collect(ctx, tx, flow, func(d Document) {
			x.expected = append(x.expected, d.Expected)
			if !d.Date.IsZero() && (d.Step.State != ports.StepParked || !d.Step.Unwritten()) {
				x.days = append(x.days, d.Date)
			}
		})
		if err != nil {
			return err
		}
		x.own = flow.own()
		return s.siblings(ctx, tx, flow, &x.aside)
	})
	return x, err
}

// collect gives what was asked of the accounting system; what is only planned was not.
func (s *Service) collect(ctx context.Context, tx ports.Tx, flow *Flow, take func(Document)) error {
	return s.each(ctx, tx, flow, func(d Document) error {
		if d.made() || d.Open {
			take(d)
		}
		return nil
	})
}

// siblings adds what other flows have written to the same accounting system, which
// may use the same clearing account and is not foreign there.
func (s *Service) siblings(ctx context.Context, tx ports.Tx, flow *Flow, to *[]books.Expected) error {
	for after := ""; ; {
		flows, err := tx.Flows().List(ctx, flow.MerchantID, ports.Page{After: after, Limit: batch})
		if err != nil {
			return err
		}
		for _, f := range flows {
			after = f.ID
			if f.ID == flow.ID || f.Target != flow.Target {
				continue
			}
			sibling, err := describe(ctx, tx, f)
			if err != nil {
				return err
			}
			if err := s.collect(ctx, tx, sibling, func(d Document) { *to = append(*to, d.Expected) }); err != nil {
				return err
			}
		}
		if len(flows) < batch {
			return nil
		}
	}
}

// years reads the books of every financial year in which something is expected and
// that the accounting system has, or of today's if there is none.
func (s *Service) years(ctx context.Context, x expectations) ([]books.Year, error) {
	slices.SortFunc(x.days, civil.Date.Compare)
	var years []books.Year
	for _, day := range slices.Compact(x.days) {
		if slices.ContainsFunc(years, func(y books.Year) bool { return y.Holds(day) }) {
			continue
		}
		year, err := s.year(ctx, x.flow.Target, day)
		if fault.CodeOf(err) == codeNoYear {
			continue
		}
		if err != nil {
			return nil, err
		}
		years = append(years, year)
	}
	if len(years) > 0 {
		return years, nil
	}
	today, err := s.parts.Exporter.Today(ctx, x.flow.Target)
	if err != nil {
		return nil, err
	}
	year, err := s.year(ctx, x.flow.Target, today)
	return []books.Year{year}, err
}

func (s *Service) year(ctx context.Context, connectionID string, day civil.Date) (books.Year, error) {
	export, err := s.parts.Exporter.ExportBooks(ctx, connectionID, day)
	if err != nil {
		return books.Year{}, fmt.Errorf("exporting the books of %s: %w", day, err)
	}
	year, err := s.parts.Ledgers.ReadYear(export)
	if err != nil {
		return books.Year{}, fmt.Errorf("reading the books of %s: %w", day, err)
	}
	if !year.Holds(day) {
		return books.Year{}, fault.New(CodeOtherYear, fault.Temporary,
			"the accounting system gave the books from "+year.From.String()+" to "+year.To.String()+" when asked for those of "+day.String()).
			From(fault.Upstream).WithRemedy("see whether the financial year exists in the accounting system, then check again")
	}
	return year, nil
}
