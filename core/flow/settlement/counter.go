package settlement

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// prepare works out what takes back each document of the payout that exists and is
// not taken back already.
func (u *undo) prepare(ctx context.Context, reason string) ([]ports.Step, []Counter, error) {
	reversed := map[string]bool{}
	for _, s := range u.steps {
		if s.Reverses != "" && s.State != ports.StepDropped {
			reversed[s.Reverses] = true
		}
	}
	var steps []ports.Step
	var counters []Counter
	for _, s := range u.steps {
		if s.State != ports.StepDone || s.Reverses != "" || reversed[s.Key] {
			continue
		}
		var counter Counter
		var err error
		step := ports.Step{
			PayoutID: u.payout.ID, LineID: s.LineID, Key: counterKey(s.Key), State: ports.StepPlanned,
			Document: s.Document, Reverses: s.Key, SettingsVersion: u.flow.SettingsVersion,
		}
		switch s.Kind {
		case ports.StepVoucher, ports.StepCorrection:
			counter, err = u.reverse(ctx, s, &step, reason)
		case ports.StepPayment:
			counter, err = u.release(ctx, s, &step)
		default:
			continue // a file stays with its voucher
		}
		if err != nil {
			return nil, nil, err
		}
		counter.Kind, counter.Key, counter.Reverses, counter.Number = step.Kind, step.Key, s.Key, s.Number
		counter.Document, counter.Amount = s.Document, step.Amount
		steps, counters = append(steps, step), append(counters, counter)
	}
	return steps, counters, nil
}

func counterKey(key string) string { return strings.TrimSuffix(key, ";") + "R;" }

// reverse plans the voucher that takes back another.
func (u *undo) reverse(ctx context.Context, s ports.Step, step *ports.Step, reason string) (Counter, error) {
	series, wrong, err := posting.ReadVoucher(s)
	if err != nil {
		return Counter{}, err
	}
	date, err := u.correctionDate(ctx, wrong.Date())
	if err != nil {
		return Counter{}, err
	}
	right := booking.Correction(wrong, s.Number, date, reason)
	step.Kind, step.Amount = ports.StepCorrection, s.Amount
	step.Content, err = posting.VoucherContent(series, right.Text(), right)
	return Counter{Date: date, Text: right.Text(), Rows: right.Rows()}, err
}

// release plans the taking back of a payment.
func (u *undo) release(ctx context.Context, s ports.Step, step *ports.Step) (Counter, error) {
	if _, err := remote.Capability[ports.PaymentReleases](u.target, ports.CapabilityReleases); err != nil {
		return Counter{}, fault.New(CodeNoReleases, fault.Conflict, u.target.Description().Name+" does not let kvitt take payments back").
			WithRemedy("undo the payout by hand in the accounting system").Wrap(err)
	}
	content := posting.Release{PaymentNumber: s.Number}
	if err := json.Unmarshal(s.Content, &content.Payment); err != nil {
		return Counter{}, err
	}
	var err error
	if content.Date, err = u.correctionDate(ctx, content.Date); err != nil {
		return Counter{}, err
	}
	content.Amount = content.Amount.Neg()
	for i := range content.WriteOffs {
		content.WriteOffs[i].Amount = content.WriteOffs[i].Amount.Neg()
	}
	if x := content.Exchange; x != nil {
		x.Original = x.Original.Neg()
		if x.Difference, err = u.realised(x.Difference.Amount.Neg(), x.Difference); err != nil {
			return Counter{}, err
		}
	}
	step.Kind, step.Amount = ports.StepRelease, s.Amount.Neg()
	step.Content, err = json.Marshal(content)
	return Counter{Date: content.Date}, err
}

// realised gives the currency difference that an accounting system posts when it takes
// a payment back: what was a loss is a gain now.
func (u *undo) realised(amount money.Amount, of ports.WriteOff) (ports.WriteOff, error) {
	account, text, err := booking.CurrencyAccount(amount, u.settings)
	if err != nil {
		return ports.WriteOff{}, err
	}
	return ports.WriteOff{Account: account, Amount: amount, Reason: of.Reason, Text: text}, nil
}

// correctionDate gives the day on which a document of a date is taken back. It asks
// the accounting system, so it must not be called in a unit of work. A system that
// does not tell its periods gets the day of today.
func (u *undo) correctionDate(ctx context.Context, original civil.Date) (civil.Date, error) {
	today := civil.In(u.clock.Now(), u.zone)
	if err := u.learn(ctx, original, today); err != nil || !u.calendar.tells {
		return today, err
	}
	return booking.CorrectionDate(original, today, u.calendar.years)
}

// replace makes the vouchers of a payout that is booked anew name those that they
// replace, and the corrections of those.
func (w *work) replace(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, steps []ports.Step) error {
	if p.Generation == 0 {
		return nil
	}
	for i, s := range steps {
		if s.Kind != ports.StepVoucher {
			continue
		}
		content, err := w.replacement(ctx, tx, p, s)
		if err != nil {
			return err
		}
		steps[i].Content = content
	}
	return nil
}

// replacement gives the content of a voucher with the numbers of what it replaces,
// or as it is if nothing stood in its place before. Plans between the two, of which
// nothing was written, are passed over.
func (w *work) replacement(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, s ports.Step) (json.RawMessage, error) {
	wrong, correction, err := corrected(ctx, tx, p, s.Key)
	if err != nil || wrong.Key == "" {
		return s.Content, err
	}
	series, right, err := posting.ReadVoucher(s)
	if err != nil {
		return nil, err
	}
	if right, err = booking.Replacement(right, wrong.Number, correction.Number); err != nil {
		return nil, err
	}
	rate, converted, err := posting.RateOf(s)
	if err != nil {
		return nil, err
	}
	if converted {
		return posting.ConvertedContent(series, right.Text(), right, rate)
	}
	return posting.VoucherContent(series, right.Text(), right)
}

// corrected gives the newest voucher that stood in the place of the one of a key, and
// the correction of it; none if nothing stood there, as this plan has more parts, or
// if what stood there was never made.
func corrected(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, key string) (wrong, correction ports.Step, err error) {
	for before := p; before.Generation > 0; {
		before.Generation--
		wrong, err = tx.Steps().ByKey(ctx, strings.Replace(key, ":"+issue(p), ":"+issue(before), 1))
		if err == nil {
			correction, err = tx.Steps().Reversing(ctx, wrong.Key)
		}
		if fault.CodeOf(err) != ports.CodeNotFound {
			return wrong, correction, err
		}
	}
	return ports.Step{}, ports.Step{}, nil
}

// unless gives the error unless it is of the code.
func unless(err error, code fault.Code) error {
	if fault.CodeOf(err) == code {
		return nil
	}
	return err
}
