package reconciliation

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// Document is a voucher that kvitt expects in the books, now or once it is made.
type Document struct {
	books.Expected
	// Step is what makes it; of an adopted payment only its State, done, is set.
	Step ports.Step
	// Settings are those by which it was planned, Currency is that of the books, and
	// Clearing the account that the settings name for the currency of its payout.
	Settings booking.Settings
	Currency money.Currency
	Clearing ledger.Account
	// Payout is what it was planned for, or nil.
	Payout *ports.PayoutRecord
	// Line is the line whose payment by others was adopted, else empty.
	Line ports.LineRecord
	// Day is the date on which it stands in the books as far as kvitt knows: that of
	// an adopted payment is supposed to be the payout's.
	Day civil.Date
}

// Source lists the documents of a flow that belong to one kind of work. Every
// document belongs to exactly one source.
type Source interface {
	// Each gives the documents in a stable order, whatever state they are in. Those
	// of one payout follow each other.
	Each(ctx context.Context, tx ports.Tx, flow *Flow, take func(Document) error) error
}

// each gives the documents of all sources.
func (s *Service) each(ctx context.Context, tx ports.Tx, flow *Flow, take func(Document) error) error {
	for _, source := range s.parts.Sources {
		if err := source.Each(ctx, tx, flow, take); err != nil {
			return err
		}
	}
	return nil
}

// Expect gives what a step puts into the books; ok is false for steps that put
// nothing there, such as files.
func Expect(step ports.Step, settings booking.Settings) (e books.Expected, ok bool, err error) {
	switch step.Kind {
	case ports.StepVoucher, ports.StepCorrection:
		e, err = expectVoucher(step)
	case ports.StepPayment, ports.StepRelease:
		e, err = expectPayment(step, settings)
	default:
		return books.Expected{}, false, nil
	}
	e.Key, e.Document = step.Key, step.Document
	e.Open = step.State == ports.StepOpen || step.State == ports.StepParked
	return e, true, err
}

func expectVoucher(step ports.Step) (books.Expected, error) {
	series, voucher, err := posting.ReadVoucher(step)
	if err != nil {
		return books.Expected{}, err
	}
	e := books.Expected{
		Kind: books.Ordered, Mark: strings.Trim(step.Key, ";"),
		Voucher: books.Voucher{Series: series, Date: voucher.Date(), Text: voucher.Text(), Rows: voucher.Rows()},
	}
	if number, known := ports.ParseVoucherNumber(step.Number); known && step.State == ports.StepDone {
		e.Series, e.Number = number.Series, number.Number
	}
	return e, nil
}

func expectPayment(step ports.Step, settings booking.Settings) (books.Expected, error) {
	var stored ports.Payment
	if err := json.Unmarshal(step.Content, &stored); err != nil {
		return books.Expected{}, fmt.Errorf("reading the payment of step %d: %w", step.ID, err)
	}
	paid := booking.Payment{
		DocumentNumber: stored.DocumentNumber, DocumentKind: stored.DocumentKind,
		Amount: stored.Amount, Account: stored.Account, Date: stored.Date,
	}
	for _, off := range stored.WriteOffs {
		paid.WriteOffs = append(paid.WriteOffs, booking.WriteOff{Account: off.Account, Amount: off.Amount, Reason: off.Reason, Text: off.Text})
	}
	if x := stored.Exchange; x != nil {
		paid.Original, paid.Rate = x.Original, x.Rate
		paid.Difference = booking.WriteOff{Account: x.Difference.Account, Amount: x.Difference.Amount, Text: x.Difference.Text}
	}
	voucher, err := booking.ExpectedPayment(paid, settings)
	if err != nil {
		return books.Expected{}, fmt.Errorf("expecting the payment of document %s: %w", stored.DocumentNumber, err)
	}
	return books.Expected{
		Kind: books.Payment, Mark: step.Number,
		Voucher: books.Voucher{Date: voucher.Date(), Text: voucher.Text(), Rows: voucher.Rows()},
	}, nil
}

// made reports whether the document stands in the books.
func (d Document) made() bool { return d.Step.State == ports.StepDone }

// moot reports whether it never will: nothing is to be made, or a person has to
// decide about its line, which is then listed in its place.
func (d Document) moot() bool {
	return d.Step.State == ports.StepDropped || d.Step.State == ports.StepParked && d.Step.LineID != 0
}

// onClearing gives what the document puts on the clearing account, debit positive.
func (d Document) onClearing() (money.Amount, error) {
	sum := money.Zero(d.Currency)
	for _, r := range d.Rows {
		if r.Account != d.Clearing {
			continue
		}
		var err error
		if sum, err = sum.Add(r.Amount); err != nil {
			return money.Amount{}, err
		}
	}
	return sum, nil
}
