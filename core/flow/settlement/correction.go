package settlement

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Correcting is what a file of corrections means.
type Correcting struct {
	// Rows are those that can be used, in the order of the file.
	Rows []CorrectedLine
	// Mistakes are why others cannot. With any of them nothing is stored.
	Mistakes []matching.Mistake
	// Changes counts the rows that say something new.
	Changes int
	// Applied says that it was done and not merely tried.
	Applied bool
}

// CorrectedLine is one correction and what would become of its line.
type CorrectedLine struct {
	matching.Correction
	// Before is what the reference was until now; of a document it is the one that
	// the line was tied to.
	Before string
	// Changes says that it is not so already.
	Changes bool
	Outlook Outlook
}

// Correct takes corrections of lines of a flow: of references, by which the next run
// matches the lines anew, or a payout that was undone is booked anew, or the documents that they settle, for which it then
// checks and plans what Resolve does. Without apply it only says what that means.
// With it all rows are taken or none. What was applied before changes nothing.
//
// A document must be one that kvitt has seen. No remote system is asked but for the
// periods that are closed, and for those only to apply.
func (s *Service) Correct(ctx context.Context, flowID string, corrections []matching.Correction, apply bool, by string) (Correcting, error) {
	c, err := s.openFlow(ctx, flowID, by)
	if err != nil {
		return Correcting{}, err
	}
	r := &correcting{casefile: c, corrections: corrections}
	if err := s.store.View(ctx, r.examine); err != nil {
		return Correcting{}, err
	}
	if err := r.foresee(ctx); err != nil {
		return Correcting{}, err
	}
	seen := r.rows
	if apply && len(r.mistakes) == 0 {
		if err := r.learnRows(ctx); err != nil {
			return Correcting{}, err
		}
		if err := s.store.Update(ctx, r.apply); err != nil {
			return Correcting{}, err
		}
	}
	answer := Correcting{Mistakes: r.mistakes, Applied: apply && len(r.mistakes) == 0}
	for _, row := range seen {
		answer.Rows = append(answer.Rows, row.CorrectedLine)
		if row.Changes {
			answer.Changes++
		}
	}
	return answer, nil
}

// correcting is a file of corrections that is being looked at.
type correcting struct {
	*casefile
	corrections []matching.Correction
	mistakes    []matching.Mistake
	rows        []correctedRow
	// payouts are by reference, lines by payout and key.
	payouts map[string]ports.PayoutRecord
	lines   map[string]map[string]ports.LineRecord
	// taken is what the rows before take of documents.
	taken takings
}

// correctedRow is a correction with what it would store.
type correctedRow struct {
	CorrectedLine
	payout ports.PayoutRecord
	// document is the one that was named, with its payment and what is kept of it.
	document ports.DocumentRecord
	payment  plannedPayment
	kept     json.RawMessage
}

// examine checks every row against the store as it is now.
func (r *correcting) examine(ctx context.Context, tx ports.Tx) error {
	r.mistakes, r.rows, r.taken = nil, nil, takings{}
	if err := r.load(ctx, tx); err != nil {
		return err
	}
	for _, said := range r.corrections {
		row, mistake, err := r.row(ctx, tx, said)
		if err != nil {
			return err
		}
		if mistake != nil {
			mistake.Row = said.Row
			r.mistakes = append(r.mistakes, *mistake)
			continue
		}
		r.rows = append(r.rows, row)
	}
	return nil
}

// load reads the payouts and lines that the corrections name.
func (r *correcting) load(ctx context.Context, tx ports.Tx) error {
	r.payouts, r.lines = map[string]ports.PayoutRecord{}, map[string]map[string]ports.LineRecord{}
	keys := map[string][]string{}
	for _, said := range r.corrections {
		keys[said.Payout] = append(keys[said.Payout], said.Line)
	}
	for reference, wanted := range keys {
		p, err := tx.Payouts().ByReference(ctx, r.flow.Source, reference)
		if fault.CodeOf(err) == ports.CodeNotFound || (err == nil && p.FlowID != r.flow.ID) {
			continue
		}
		if err != nil {
			return err
		}
		r.payouts[reference] = p
		if r.lines[reference], err = correctedLines(ctx, tx.Lines(), p.ID, wanted); err != nil {
			return err
		}
	}
	return nil
}

// correctedLines gives lines of a payout by key, as people have corrected them.
func correctedLines(ctx context.Context, store ports.LineStore, payoutID string, keys []string) (map[string]ports.LineRecord, error) {
	found, err := store.ByKeys(ctx, payoutID, keys)
	if err != nil {
		return nil, err
	}
	lines := slices.Collect(maps.Values(found))
	err = overlay(ctx, store, lines)
	for _, l := range lines {
		found[l.Key] = l
	}
	return found, err
}

// row checks one correction.
func (r *correcting) row(ctx context.Context, tx ports.Tx, said matching.Correction) (correctedRow, *matching.Mistake, error) {
	row := correctedRow{CorrectedLine: CorrectedLine{Correction: said}}
	p, known := r.payouts[said.Payout]
	if !known {
		return row, &matching.Mistake{Field: "payout", Value: said.Payout, Reason: "the flow has no payout of this reference"}, nil
	}
	l, known := r.lines[said.Payout][said.Line]
	if !known {
		return row, &matching.Mistake{Field: "line", Value: said.Line, Reason: "the payout has no line of this key"}, nil
	}
	row.payout = p
	row.Outlook = Outlook{PayoutID: p.ID, Payout: p.Reference, Line: l, Becomes: l.State}
	if l.Document != "" {
		row.Outlook.Documents = []string{l.Document}
	}
	row.Before, row.Changes = l.References[said.Reference], l.References[said.Reference] != said.Value
	if said.Document != "" {
		row.Before, row.Changes = l.Document, l.Document != said.Document
	}
	if !row.Changes {
		return row, nil, nil
	}
	if said.Document == "" && p.State == payout.Undone && matching.NeedsDocument(l.Line) {
		return row, nil, nil // for when it is booked anew
	}
	reason, err := closed(ctx, tx, p, l)
	if err != nil || reason != "" {
		return row, &matching.Mistake{Field: "line", Value: said.Line, Reason: reason}, err
	}
	if said.Document == "" {
		return row, nil, nil
	}
	return r.choose(ctx, tx, row)
}

// closed says why nothing can be corrected about a line, or nothing.
func closed(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, l ports.LineRecord) (string, error) {
	switch {
	case !matching.NeedsDocument(l.Line):
		return "a line of this kind settles no document", nil
	case l.State == ports.LineMatched:
		return "the line settles " + l.Document + " already", nil
	case l.State == ports.LinePending, !rematched(p.State) && p.State != payout.Fetched:
		return "the payout is " + string(p.State) + ", so its lines are not matched yet", nil
	}
	stopped, err := refused(ctx, tx, p, l)
	if stopped {
		return "the payment of " + l.Document + " was refused; decide on its exception first", nil
	}
	return "", err
}

// choose checks a document that was named, and plans its payment.
func (r *correcting) choose(ctx context.Context, tx ports.Tx, row correctedRow) (correctedRow, *matching.Mistake, error) {
	wrong := func(reason string) (correctedRow, *matching.Mistake, error) {
		return row, &matching.Mistake{Field: "document", Value: row.Document, Reason: reason}, nil
	}
	d, err := tx.Documents().Get(ctx, r.flow.Target, row.Document)
	if fault.CodeOf(err) == ports.CodeNotFound {
		return wrong("kvitt has not seen a document of this number; start a run if it is new")
	}
	if err != nil {
		return row, nil, err
	}
	row.document = d
	if d.Claimed, err = d.Claimed.Add(r.taken[d.Number]); err != nil {
		return row, nil, err
	}
	l := row.Outlook.Line
	decision, err := choose(l, d, r.settings.MatchingRules(l.Gross.Currency()).Tolerance)
	if err == nil {
		// What a person decides is no part of the payout's plan, so it is late.
		row.payment, err = r.planPayment(row.payout, l, paymentKey(row.payout, l), booking.Settlement{
			Line: l.Line, Document: d.Document, WriteOff: decision.WriteOff, Late: true,
		})
	}
	if f := fault.Of(err); f != nil {
		return wrong(f.Reason)
	}
	if err != nil {
		return row, nil, err
	}
	if r.taken[d.Number], err = r.taken[d.Number].Add(row.payment.claim.Amount); err != nil {
		return row, nil, err
	}
	row.Outlook.Becomes, row.Outlook.Documents, row.Outlook.Partial = ports.LineMatched, []string{d.Number}, decision.Partial
	row.kept, err = json.Marshal(verdict{Partial: decision.Partial, By: r.by})
	return row, nil, err
}

// foresee works out what would become of the lines whose references are corrected.
func (r *correcting) foresee(ctx context.Context) error {
	f := newForecast(r.work)
	var payouts []ports.PayoutRecord
	for _, row := range r.rows {
		if row.Document != "" || row.Outlook.Line.State == ports.LineMatched {
			continue
		}
		id := row.Outlook.Line.ID
		f.said[id] = append(f.said[id], row.stored(r.by))
		if !slices.ContainsFunc(payouts, func(p ports.PayoutRecord) bool { return p.ID == row.payout.ID }) {
			payouts = append(payouts, row.payout)
		}
	}
	outlooks := map[int64]Outlook{}
	for _, p := range payouts {
		if err := f.of(func(o Outlook) { outlooks[o.Line.ID] = o })(ctx, p); err != nil {
			return err
		}
	}
	for i, row := range r.rows {
		if o, ok := outlooks[row.Outlook.Line.ID]; ok {
			r.rows[i].Outlook = o
		}
	}
	return nil
}

// learnRows asks for the years of the dates that payments may be booked on.
func (r *correcting) learnRows(ctx context.Context) error {
	for _, row := range r.rows {
		if !row.Changes || row.Document == "" {
			continue
		}
		b := batch{lines: []ports.LineRecord{row.Outlook.Line}, documents: []ports.DocumentRecord{row.document}}
		if err := r.learnFor(ctx, row.payout, b); err != nil {
			return err
		}
	}
	return nil
}

// stored is what is kept of a corrected reference.
func (row correctedRow) stored(by string) ports.LineCorrection {
	return ports.LineCorrection{LineID: row.Outlook.Line.ID, Reference: row.Reference, Value: row.Value, By: by}
}

// apply stores all corrections unless one of them is no longer right.
func (r *correcting) apply(ctx context.Context, tx ports.Tx) error {
	if err := r.examine(ctx, tx); err != nil || len(r.mistakes) > 0 {
		return err
	}
	now := r.clock.Now().UTC()
	var chosen outcome
	var corrections []ports.LineCorrection
	for _, row := range r.rows {
		switch {
		case !row.Changes:
		case row.Document == "":
			correction := row.stored(r.by)
			correction.At = now
			corrections = append(corrections, correction)
		default:
			chosen.add(row)
			if err := tx.Exceptions().ResolveLine(ctx, row.Outlook.Line.ID, "document "+row.Document+" chosen", r.by, now); err != nil {
				return err
			}
		}
	}
	changes := len(corrections) + len(chosen.lines)
	if changes == 0 {
		return nil
	}
	if err := tx.Lines().Correct(ctx, corrections); err != nil {
		return err
	}
	if err := r.keep(ctx, tx, chosen); err != nil {
		return err
	}
	err := tx.Audit().Append(ctx, ports.AuditEntry{
		MerchantID: r.flow.MerchantID, At: now, By: r.by, Act: "flow.lines_corrected", Subject: r.flow.ID, Detail: strconv.Itoa(changes) + " corrections",
	})
	if err != nil {
		return err
	}
	return r.trigger(ctx, tx, "corrections")
}

// add gathers the payment of a line whose document a person named.
func (o *outcome) add(row correctedRow) {
	l := row.Outlook.Line
	o.steps, o.claims = append(o.steps, row.payment.step), append(o.claims, row.payment.claim)
	o.lines = append(o.lines, ports.LineDecision{
		LineID: l.ID, State: ports.LineMatched, Document: row.Document, Decision: row.kept, WaitingSince: l.WaitingSince,
	})
}
