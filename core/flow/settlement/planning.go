package settlement

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// outcome is what a batch of decisions changes, gathered to be stored at once.
type outcome struct {
	lines  []ports.LineDecision
	claims []ports.Claim
	steps  []ports.Step
	// direct are the lines whose payments reach the bank account.
	direct []int64
	// sold tells which lines events of the shop settle.
	sold *sold
	// share counts the lines that need a document and those that found one.
	share matching.Share
}

// documents are the numbers of those that got a claim.
func (o outcome) documents() map[string]bool {
	numbers := make(map[string]bool, len(o.claims))
	for _, c := range o.claims {
		numbers[c.Number] = true
	}
	return numbers
}

// decide stores what became of a batch of lines: matched lines get a payment,
// lines without a document wait or become exceptions.
func (w *work) decide(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, lines []ports.LineRecord, found map[string]proposal) (outcome, error) {
	var out outcome
	var err error
	if out.sold, err = w.sold(ctx, tx); err != nil {
		return out, err
	}
	for _, l := range lines {
		if err := w.decideLine(ctx, tx, p, l, found, &out); err != nil {
			return out, err
		}
	}
	if err := w.keep(ctx, tx, out); err != nil {
		return out, err
	}
	return out, w.recordProven(ctx, tx, p, lines, out.sold)
}

// keep stores what a batch of decisions changes.
func (w *work) keep(ctx context.Context, tx ports.Tx, out outcome) error {
	if err := tx.Lines().Decide(ctx, out.lines); err != nil {
		return err
	}
	if len(out.direct) > 0 {
		if err := tx.Lines().MarkDirect(ctx, out.direct); err != nil {
			return err
		}
	}
	if err := tx.Documents().Claim(ctx, w.flow.Target, out.claims); err != nil {
		return err
	}
	return tx.Steps().Plan(ctx, out.steps)
}

func (w *work) decideLine(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, l ports.LineRecord, found map[string]proposal, out *outcome) error {
	d, wanted := found[l.Key]
	if !wanted {
		if l.State == ports.LinePending {
			out.lines = append(out.lines, ports.LineDecision{LineID: l.ID, State: ports.LineNoDocument})
		}
		return nil
	}
	if skip, err := refused(ctx, tx, p, l); err != nil || skip {
		return err
	}
	if err := out.sold.settle(ctx, tx, p, l, &d); err != nil {
		return err
	}
	out.count(l, d)
	line, why := w.decision(p, l, d)
	var err error
	if why != nil {
		err = w.raise(ctx, tx, p, about{line: l.ID, reference: caption(l), document: d.Document, amount: l.Gross, known: l.State == ports.LineException}, why)
	} else if l.State == ports.LineException {
		err = tx.Exceptions().ResolveLine(ctx, l.ID, resolution(line.State, d), "kvitt", w.clock.Now().UTC())
	}
	out.lines = append(out.lines, line)
	if line.State == ports.LineMatched {
		for _, payment := range d.payments {
			out.steps, out.claims = append(out.steps, payment.step), append(out.claims, payment.claim)
		}
		if d.direct() {
			out.direct = append(out.direct, l.ID)
		}
	}
	return err
}

// decision gives what a proposal makes of a line, and the fault if that is an exception.
func (w *work) decision(p ports.PayoutRecord, l ports.LineRecord, x proposal) (ports.LineDecision, *fault.Error) {
	line := ports.LineDecision{LineID: l.ID, Decision: x.kept, WaitingSince: l.WaitingSince}
	var why *fault.Error
	switch line.State, why = w.becomes(p, l, x); line.State {
	case ports.LineMatched:
		line.Document = x.documents()
	case ports.LineWaiting:
		if line.WaitingSince.IsZero() {
			line.WaitingSince = w.clock.Now().UTC()
		}
	case ports.LineException, ports.LinePending, ports.LineNoDocument:
	}
	return line, why
}

// resolution says why the line of an exception needs nobody any more.
func resolution(state ports.LineState, x proposal) string {
	switch state {
	case ports.LineWaiting:
		return "the line waits for its document"
	case ports.LineNoDocument:
		return "events of the shop settle the line"
	case ports.LineMatched, ports.LinePending, ports.LineException:
	}
	return "matched " + x.documents()
}

// planWhole plans what concerns the payout as a whole: its voucher and the proof
// that goes with it. In the clearing shape they come first, because the voucher
// does not wait for lines: what finds no document stays on the clearing account.
// In the direct shape the voucher has what no payment brings to the bank. Batch are
// the lines that are to be decided on next.
func (w *work) planWhole(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, batch []ports.LineRecord) error {
	entry, sums, err := w.entry(ctx, tx, p)
	if err != nil {
		return err
	}
	for _, open := range entry.Open {
		if err := w.parkLines(ctx, tx, p, open); err != nil {
			return err
		}
	}
	if len(entry.Open) > 0 {
		if err := seeParked(ctx, tx, p, batch); err != nil {
			return err
		}
	}
	steps, err := w.payoutSteps(p, entry, sums)
	if err != nil {
		return err
	}
	if err := w.replace(ctx, tx, p, steps); err != nil {
		return err
	}
	if err := tx.Steps().Plan(ctx, steps); err != nil {
		return err
	}
	return w.settlePayoutException(ctx, tx, p, "the payout is planned")
}

// entry gives what the payout comes to in the books by the lines as they stand.
func (w *work) entry(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) (booking.Entry, []ports.LineSum, error) {
	sums, err := tx.Lines().Sums(ctx, p.ID)
	if err != nil {
		return booking.Entry{}, nil, err
	}
	day, _, err := w.bookingDay(w.date(p))
	if err != nil {
		return booking.Entry{}, nil, err
	}
	if w.foreign(p) {
		entry, err := w.foreignEntry(ctx, tx, p, day, sums)
		return entry, sums, err
	}
	entry, err := booking.PayoutVoucher(p.Payout, day, BookingSums(sums), w.settings)
	return entry, sums, err
}

// payoutSteps gives the voucher in its parts and, with the first part, the proof. An
// accounting system that takes no files goes without: kvitt keeps the proof itself.
func (w *work) payoutSteps(p ports.PayoutRecord, entry booking.Entry, sums []ports.LineSum) ([]ports.Step, error) {
	if entry.Voucher.IsZero() {
		return nil, nil
	}
	parts, err := booking.Split(entry.Voucher, voucherRows, w.settings.Accounts.Clearing[p.Net.Currency()])
	if err != nil {
		return nil, err
	}
	var steps []ports.Step
	for i, part := range parts {
		content, err := w.voucherContent(p, w.voucherText(p, entry), part)
		if err != nil {
			return nil, err
		}
		sum, err := part.Sum()
		if err != nil {
			return nil, err
		}
		steps = append(steps, ports.Step{
			PayoutID: p.ID, Kind: ports.StepVoucher, Key: stepKey(p, "V"+strconv.Itoa(i+1)), State: ports.StepPlanned,
			Content: content, Amount: sum, SettingsVersion: w.flow.SettingsVersion,
		})
	}
	if !w.target.Description().Has(ports.CapabilityAttachments) {
		return steps, nil
	}
	proof, err := w.proofStep(p, entry, sums)
	if err != nil {
		return nil, err
	}
	return append(steps, proof), nil
}

// voucherRows is how many rows a voucher may have; accounting systems differ, and
// a payout voucher has few.
const voucherRows = 200

// parkLines makes exceptions of the lines that a voucher could not place.
func (w *work) parkLines(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, open booking.Open) error {
	var after int64
	for {
		lines, err := tx.Lines().List(ctx, p.ID, ports.LineFilter{Kind: open.Kind}, after, 1000)
		if err != nil || len(lines) == 0 {
			return err
		}
		var parked []ports.LineDecision
		for _, l := range lines {
			after = l.Ordinal
			if l.RawType != open.RawType || l.Direct {
				continue
			}
			parked = append(parked, ports.LineDecision{LineID: l.ID, State: ports.LineException})
			if err := w.raise(ctx, tx, p, about{line: l.ID, reference: caption(l), amount: l.Gross}, open.Fault); err != nil {
				return err
			}
		}
		if err := tx.Lines().Decide(ctx, parked); err != nil {
			return err
		}
	}
}

// seeParked lets a batch that was read before know which of its lines were parked.
// A line that needs a document is matched all the same.
func seeParked(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, batch []ports.LineRecord) error {
	if len(batch) == 0 {
		return nil
	}
	now, err := tx.Lines().After(ctx, p.ID, batch[0].Ordinal-1, len(batch))
	for i := range now {
		if !now[i].Kind.NeedsDocument() {
			batch[i].State = now[i].State
		}
	}
	return err
}

// BookingSums gives line sums as the booking rules take them.
func BookingSums(sums []ports.LineSum) []booking.Sum {
	out := make([]booking.Sum, len(sums))
	for i, s := range sums {
		out[i] = booking.Sum{Kind: s.Kind, RawType: s.RawType, Direct: s.Direct, Gross: s.Gross, FeeExVAT: s.FeeExVAT, FeeVAT: s.FeeVAT, FeeVATLocal: s.FeeVATLocal, Lines: s.Lines}
	}
	return out
}

func (w *work) date(p ports.PayoutRecord) civil.Date { return civil.In(p.Date, w.zone) }

// occurred is the day of the capture or refund, none if the provider is silent.
func (w *work) occurred(l ports.LineRecord) civil.Date {
	if l.OccurredAt.IsZero() {
		return civil.Date{}
	}
	return civil.In(l.OccurredAt, w.zone)
}

// title names the payout in texts that people read.
func (w *work) title(p ports.PayoutRecord) string {
	return fmt.Sprintf("%s %s", w.source.Description().Name, p.Reference)
}

// caption is the text by which people know a line.
func caption(l ports.LineRecord) string {
	for _, r := range []payout.Reference{payout.MerchantReference1, payout.ShortOrderID, payout.OrderID, payout.TransactionID} {
		if v := l.References[r]; v != "" {
			return v
		}
	}
	return l.Key
}

// stepKey names a planned document for ever. Its end sign keeps one key from
// being a part of another where systems search for substrings.
func stepKey(p ports.PayoutRecord, part string) string {
	return "kv:" + strings.TrimPrefix(p.ID, "po-") + ":" + issue(p) + part + ";"
}

func paymentKey(p ports.PayoutRecord, l ports.LineRecord) string {
	return stepKey(p, "L"+strconv.FormatInt(l.Ordinal, 10))
}

// partKey names the payment of one of several documents that a line settles.
func partKey(p ports.PayoutRecord, l ports.LineRecord, part int) string {
	return stepKey(p, "L"+strconv.FormatInt(l.Ordinal, 10)+"P"+strconv.Itoa(part))
}
