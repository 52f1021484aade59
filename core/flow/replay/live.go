package replay

import (
	"context"
	"maps"
	"slices"

	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// CompareLive reads a payout anew from the provider, by a connector of the caller's choice,
// and compares what it says with what is stored. All stored lines are held in memory.
func (s *Service) CompareLive(ctx context.Context, payoutID string, connector ports.Connector) (Report, error) {
	record, err := walk.View(ctx, s.store, func(ctx context.Context, tx ports.Tx) (ports.PayoutRecord, error) {
		return tx.Payouts().Get(ctx, payoutID)
	})
	if err != nil {
		return Report{}, err
	}
	c := &comparison{Service: s, record: record, report: Report{PayoutID: payoutID, Then: record.ConnectorVersion, Now: connector.Describe().Version}}
	stored, err := c.stored(ctx)
	if err != nil {
		return Report{}, err
	}
	account, err := s.desk.OpenBy(ctx, record.ConnectionID, connector)
	if err != nil {
		return Report{}, err
	}
	source, err := remote.Capability[ports.PayoutSource](account, ports.CapabilityPayouts)
	if err != nil {
		return Report{}, err
	}
	for cursor, more := "", true; more; {
		var page ports.LinePage
		err := account.Do(ctx, "ListPayoutLines", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
			var err error
			page, err = source.ListPayoutLines(ctx, ports.ListPayoutLinesRequest{Call: call, Reference: record.Reference, Cursor: cursor})
			return page.Usage, err
		})
		if err != nil {
			return Report{}, err
		}
		c.report.Pages++
		for _, line := range page.Lines {
			c.report.Lines++
			c.meet(stored, line)
		}
		cursor, more = page.Next, page.Next != ""
	}
	for _, key := range slices.Sorted(maps.Keys(stored)) {
		c.differs(Difference{Key: key, Outcome: Gone})
	}
	return c.report, nil
}

// stored gives the lines of the payout by key.
func (c *comparison) stored(ctx context.Context) (map[string]payout.Line, error) {
	return walk.View(ctx, c.store, func(ctx context.Context, tx ports.Tx) (map[string]payout.Line, error) {
		lines := map[string]payout.Line{}
		for !c.ended {
			if err := c.load(ctx, tx); err != nil {
				return nil, err
			}
			for _, l := range c.ahead {
				lines[l.Key] = l.Line
			}
			c.ahead = nil
		}
		return lines, nil
	})
}

// meet compares a line with the stored one of its key, and takes that off the list.
func (c *comparison) meet(stored map[string]payout.Line, line payout.Line) {
	before, there := stored[line.Key]
	delete(stored, line.Key)
	if !there {
		c.differs(Difference{Key: line.Key, Outcome: Added})
	} else if fields := changed(before, line); len(fields) > 0 {
		c.differs(Difference{Key: line.Key, Outcome: Changed, Fields: fields})
	}
}
