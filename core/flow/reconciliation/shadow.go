package reconciliation

import (
	"context"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/ports"
)

// near is how many days others may book a payout before or after its date, where only
// the amount on the bank account says that a voucher is the payout's.
const near = 7

// Plans says what kvitt writes for a payout.
type Plans interface {
	// PlanAlone gives what kvitt would write, or would have written, if nobody else had
	// paid any document; why is set if it could write nothing.
	PlanAlone(ctx context.Context, payoutID string) (steps []ports.Step, why *fault.Error, err error)
}

// Payments reads the payments of documents.
type Payments interface {
	PaymentsOf(ctx context.Context, connectionID, document string) ([]ports.RegisteredPayment, error)
}

// Shadow is what kvitt would write for a payout beside what somebody else has booked.
type Shadow struct {
	Payout ports.PayoutRecord
	// Why is the reason for which kvitt would write nothing, or nil.
	Why   *fault.Error
	Items []Compared
}

// Count gives the number of items of a likeness.
func (s Shadow) Count(of Likeness) (n int64) {
	for _, item := range s.Items {
		if item.Status == of {
			n++
		}
	}
	return n
}

// Shadow compares what kvitt would write for a payout with what stands in the
// accounting system: its vouchers with those of the financial year that carry the
// payout's reference, or put its net on the bank account within a week of its date;
// its payments with those of the same documents.
func (s *Service) Shadow(ctx context.Context, payoutID string) (Shadow, error) {
	x, err := s.shadowed(ctx, payoutID)
	if err != nil {
		return Shadow{}, err
	}
	steps, why, err := s.parts.Plans.PlanAlone(ctx, payoutID)
	if err != nil {
		return Shadow{}, err
	}
	compared, err := x.vouchers(ctx, s, steps)
	if err != nil {
		return Shadow{}, err
	}
	payments, err := s.besidePayments(ctx, x.flow.Target, steps)
	return Shadow{Payout: x.payout, Why: why, Items: append(compared, payments...)}, err
}

// shadowed is a payout with what its bookings by others are known by.
type shadowed struct {
	payout ports.PayoutRecord
	flow   *Flow
	day    civil.Date
	bank   ledger.Account
}

func (s *Service) shadowed(ctx context.Context, payoutID string) (shadowed, error) {
	var x shadowed
	err := s.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if x.payout, err = tx.Payouts().Get(ctx, payoutID); err != nil {
			return err
		}
		if x.flow, err = readFlow(ctx, tx, x.payout.FlowID); err != nil {
			return err
		}
		settings, err := x.flow.settingsOf(ctx, tx, 0)
		if err != nil {
			return err
		}
		x.day, x.bank = civil.In(x.payout.Date, x.flow.Zone), settings[0].Accounts.Bank[x.payout.Net.Currency()]
		return nil
	})
	return x, err
}

// vouchers compares the vouchers of steps with those of the books that are the payout's.
func (x shadowed) vouchers(ctx context.Context, s *Service, steps []ports.Step) ([]Compared, error) {
	ours, keys, days, err := ownVouchers(steps)
	if err != nil {
		return nil, err
	}
	years, err := s.years(ctx, expectations{flow: x.flow, days: append(days, x.day)})
	if err != nil {
		return nil, err
	}
	var theirs []books.Voucher
	for _, year := range years {
		for _, v := range year.Vouchers {
			if x.is(v, ours) {
				theirs = append(theirs, v)
			}
		}
	}
	return pairVouchers(ours, keys, theirs)
}

func ownVouchers(steps []ports.Step) (ours []books.Voucher, keys []string, days []civil.Date, err error) {
	for _, step := range steps {
		if step.Kind != ports.StepVoucher {
			continue
		}
		e, err := expectVoucher(step)
		if err != nil {
			return nil, nil, nil, err
		}
		ours, keys, days = append(ours, e.Voucher), append(keys, step.Key), append(days, e.Date)
	}
	return ours, keys, days, nil
}

// is reports whether a voucher of the books is about the payout.
func (x shadowed) is(v books.Voucher, ours []books.Voucher) bool {
	if slices.ContainsFunc(ours, func(o books.Voucher) bool { return o.Number != "" && o.Number == v.Number && o.Series == v.Series }) {
		return true
	}
	if mentions(v.Text, x.payout.Reference) {
		return true
	}
	sums, err := sumsOf(v.Rows)
	away := v.Date.Since(x.day)
	return err == nil && sums[x.bank] == x.payout.Net && !x.payout.Net.IsZero() && away >= -near && away <= near
}

// mentions reports whether a text has the reference as a word of its own.
func mentions(text, reference string) bool {
	apart := func(r rune) bool {
		return !strings.ContainsRune("-_/", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}
	return slices.Contains(strings.FieldsFunc(text, apart), reference)
}

// pairVouchers pairs the vouchers that are the same, then whatever is left, in order.
func pairVouchers(ours []books.Voucher, keys []string, theirs []books.Voucher) ([]Compared, error) {
	pairs := make([]Compared, len(ours))
	for _, wanted := range []Likeness{Same, Different} {
		for i := range ours {
			for at := 0; pairs[i].Status == "" && at < len(theirs); at++ {
				theirsAt := theirs[at]
				c, err := compareVouchers(keys[i], &ours[i], &theirsAt)
				if err != nil {
					return nil, err
				}
				if c.Status == wanted {
					pairs[i], theirs = c, slices.Delete(theirs, at, at+1)
				}
			}
		}
	}
	for i := range ours {
		if pairs[i].Status == "" {
			pairs[i], _ = compareVouchers(keys[i], &ours[i], nil)
		}
	}
	for i := range theirs {
		only, _ := compareVouchers("", nil, &theirs[i])
		pairs = append(pairs, only)
	}
	return pairs, nil
}
