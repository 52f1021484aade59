package settlement

import (
	"context"
	"fmt"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/ports"
)

// count counts a line that needs a document and is not told by events of the shop.
// That a document was found is all that counts: what is wrong with it, such as an
// amount, says nothing about the keys.
func (o *outcome) count(l ports.LineRecord, d proposal) {
	if l.Synthesised || len(d.events) > 0 {
		return
	}
	o.share.Lines++
	if d.State == matching.Matched || d.State == matching.Exception {
		o.share.Found++
	}
}

// coverage adds a batch to what the ones before have found. A plan that is begun anew
// counts anew.
func coverage(p ports.PayoutRecord, isFirst bool, out outcome) matching.Share {
	share := out.share
	if !isFirst {
		share.Found, share.Lines = share.Found+p.Coverage.Found, share.Lines+p.Coverage.Lines
	}
	return share
}

// watchCoverage warns of a payout, once it is planned, of which far fewer lines than
// usual found a document: somebody may have changed what is written on invoices.
func (w *work) watchCoverage(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) error {
	earlier, err := tx.Payouts().Newest(ctx, w.flow.ID, ports.Page{After: p.ID, Limit: matching.ShownShares})
	if err != nil {
		return err
	}
	var before []matching.Share
	for _, e := range earlier {
		before = append(before, e.Coverage)
	}
	share, average, dropped := matching.Dropped(p.Coverage, before, w.settings.CoverageDrop)
	if !dropped {
		return nil
	}
	return w.raise(ctx, tx, p, about{}, fault.New(matching.CodeCoverageDropped, fault.Conflict,
		fmt.Sprintf("%d of %d lines (%d %%) found a document by match_keys, %d %% in the payouts before", p.Coverage.Found, p.Coverage.Lines, share, average)).
		WithRemedy("see GET /v1/flows/{id}/reference-discovery for what invoices carry now; retry the exception once you have seen to it"))
}

// endCoverage closes the warning about a payout of which every line is settled.
func (w *work) endCoverage(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) error {
	open, err := tx.Exceptions().List(ctx, p.MerchantID,
		ports.ExceptionFilter{PayoutID: p.ID, State: ports.ExceptionOpen, Code: matching.CodeCoverageDropped}, ports.Page{Limit: 1})
	if err != nil || len(open) == 0 {
		return err
	}
	return tx.Exceptions().Resolve(ctx, open[0].ID, "every line is settled", "kvitt", w.clock.Now().UTC())
}

// seeCoverage closes the warning because a person has seen it, and looks again at the
// lines that wait.
func (c *casefile) seeCoverage(ctx context.Context, tx ports.Tx) error {
	if err := tx.Exceptions().Resolve(ctx, c.exception.ID, "seen", c.by, c.clock.Now().UTC()); err != nil {
		return err
	}
	return c.resume(ctx, tx, "retried", "lines without a document are matched again")
}
