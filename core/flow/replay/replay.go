// Package replay reads the pages of a payout again that were kept as they were
// received, and compares what the connector makes of them today with what is stored.
// It changes nothing: what a newer version reads otherwise is for a person to judge.
package replay

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// CodeNotKept: lines of the payout were read from bytes that nobody stored.
const CodeNotKept fault.Code = "replay.page_not_kept"

// most is how many differences are listed.
const most = 1000

// Outcome is how a line differs.
type Outcome string

// The outcomes.
const (
	Added   Outcome = "added"   // it is read now and was not then
	Gone    Outcome = "gone"    // it was read then and is not now
	Changed Outcome = "changed" // it is read otherwise
)

// Difference is a line that is read otherwise than it is stored.
type Difference struct {
	Key     string
	Outcome Outcome
	// Fields are those that differ, of a line that is Changed.
	Fields []Field
}

// Field is a value as it is stored and as it is read now.
type Field struct{ Name, Stored, Read string }

// Report is what a reading has found.
type Report struct {
	PayoutID string
	// Then and Now are the versions of the connector that read the payout, and that reads
	// it now.
	Then, Now string
	Pages     int64
	Lines     int64
	// Differences are listed by page, the first 1000 of them; Differ counts all.
	Differences []Difference
	Differ      int64
}

// Service reads payouts again.
type Service struct {
	store ports.Store
	desk  *remote.Desk
}

// New makes the service.
func New(store ports.Store, desk *remote.Desk) *Service { return &Service{store: store, desk: desk} }

// Compare reads a payout again. Of the payout one page is held in memory at a time.
func (s *Service) Compare(ctx context.Context, payoutID string) (Report, error) {
	return s.CompareBy(ctx, payoutID, nil)
}

// CompareBy is Compare with a connector of the caller's choice, such as another version
// than the one that serves.
func (s *Service) CompareBy(ctx context.Context, payoutID string, connector ports.Connector) (Report, error) {
	c := &comparison{Service: s, by: connector}
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if c.record, err = tx.Payouts().Get(ctx, payoutID); err != nil {
			return err
		}
		c.stated, err = excerpt(ctx, tx, c.record)
		return err
	})
	if err != nil {
		return Report{}, err
	}
	c.report = Report{PayoutID: payoutID, Then: c.record.ConnectorVersion}
	for {
		group, err := c.next(ctx)
		if err != nil || len(group.lines) == 0 {
			return c.report, err
		}
		if err := c.compare(ctx, group); err != nil {
			return Report{}, err
		}
	}
}

// excerpt is the bytes from which the payout itself was read, empty if they were not
// kept.
func excerpt(ctx context.Context, tx ports.Tx, record ports.PayoutRecord) ([]byte, error) {
	page, err := tx.RawPages().Get(ctx, record.ConnectionID, record.Raw.Page)
	if fault.CodeOf(err) == ports.CodeNotFound {
		return nil, nil
	}
	from, to := record.Raw.Offset, record.Raw.Offset+record.Raw.Length
	if err != nil || from < 0 || to < from || to > int64(len(page.Bytes)) {
		return nil, err
	}
	return page.Bytes[from:to], nil
}

// comparison is one payout that is read again.
type comparison struct {
	*Service
	by     ports.Connector // nil for the one that serves
	record ports.PayoutRecord
	stated []byte
	cursor string
	// ahead are lines that were read from the store and belong to no group yet.
	ahead  []ports.LineRecord
	after  int64
	ended  bool
	report Report
}

// group is the lines that were read from one page, in their order.
type group struct {
	lines []ports.LineRecord
	page  ports.RawPage
	// until is where rows begin that were read from a later page, 0 if there are none.
	until int64
}

// batch is how many lines are read from the store at a time.
const batch = 1000

// next gives the lines of the next page.
func (c *comparison) next(ctx context.Context) (group, error) {
	return walk.View(ctx, c.store, func(ctx context.Context, tx ports.Tx) (group, error) {
		var g group
		for {
			if len(c.ahead) == 0 && !c.ended {
				if err := c.load(ctx, tx); err != nil {
					return g, err
				}
			}
			if len(c.ahead) == 0 {
				break
			}
			if len(g.lines) > 0 && c.ahead[0].Raw.Page != g.lines[0].Raw.Page {
				if !c.ahead[0].Synthesised {
					last := g.lines[len(g.lines)-1].Raw
					g.until = last.Offset + last.Length
				}
				break
			}
			g.lines, c.ahead = append(g.lines, c.ahead[0]), c.ahead[1:]
		}
		if len(g.lines) == 0 {
			return g, nil
		}
		var err error
		g.page, err = tx.RawPages().Get(ctx, c.record.ConnectionID, g.lines[0].Raw.Page)
		if fault.CodeOf(err) == ports.CodeNotFound {
			err = fault.New(CodeNotKept, fault.NotFound, "the page from which line "+g.lines[0].Key+" was read was not kept").
				WithRemedy("fetch the report from the provider and compare it by hand")
		}
		return g, err
	})
}

func (c *comparison) load(ctx context.Context, tx ports.Tx) error {
	lines, err := tx.Lines().After(ctx, c.record.ID, c.after, batch)
	if err != nil {
		return err
	}
	c.ended = len(lines) < batch
	if len(lines) > 0 {
		c.ahead, c.after = lines, lines[len(lines)-1].Ordinal
	}
	return nil
}

// compare has a page read and holds its lines against those that are stored.
func (c *comparison) compare(ctx context.Context, g group) error {
	var reading ports.PageReading
	err := remote.InsideBy(ctx, c.desk, c.record.ConnectionID, c.by, ports.CapabilityPages, func(ctx context.Context, reader ports.PageReader, call ports.Call) error {
		if described, ok := reader.(ports.Connector); ok {
			c.report.Now = described.Describe().Version
		}
		var err error
		reading, err = reader.ReadPayoutPage(ctx, ports.PageRequest{
			Call: call, Reference: c.record.Reference, Payout: c.stated, Page: g.page, Until: g.until, Cursor: c.cursor,
		})
		return err
	})
	if err != nil {
		return err
	}
	c.cursor = reading.Next
	c.report.Pages++
	c.report.Lines += int64(len(reading.Lines))
	read := make(map[string]payout.Line, len(reading.Lines))
	for _, line := range reading.Lines {
		read[line.Key] = line
	}
	for _, stored := range g.lines {
		now, still := read[stored.Key]
		delete(read, stored.Key)
		if !still {
			c.differs(Difference{Key: stored.Key, Outcome: Gone})
		} else if fields := changed(stored.Line, now); len(fields) > 0 {
			c.differs(Difference{Key: stored.Key, Outcome: Changed, Fields: fields})
		}
	}
	for _, line := range reading.Lines {
		if _, fresh := read[line.Key]; fresh {
			c.differs(Difference{Key: line.Key, Outcome: Added})
			delete(read, line.Key)
		}
	}
	return nil
}

func (c *comparison) differs(d Difference) {
	c.report.Differ++
	if len(c.report.Differences) < most {
		c.report.Differences = append(c.report.Differences, d)
	}
}
