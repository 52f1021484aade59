package settlement

import (
	"context"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Faults of what a bank statement shows.
const (
	// CodeNotInterim: the payout was not booked to an interim account.
	CodeNotInterim fault.Code = "bank.not_interim"
	// CodeBankAmount: the statement shows another amount than the payout's net.
	CodeBankAmount fault.Code = "bank.amount_differs"
	// CodeBankDate: the day on the statement is none or has not come yet.
	CodeBankDate fault.Code = "bank.invalid_date"
	// CodeBankConfirmed: the payout is confirmed already.
	CodeBankConfirmed fault.Code = "bank.already_confirmed"
	// CodeNotBooked: the payout's voucher is not in the books.
	CodeNotBooked fault.Code = "bank.payout_not_booked"
)

// ConfirmBank books that the bank statement of a day shows a payout which was booked
// to the interim account: one voucher moves the net to the bank account. Amount is
// what the statement shows, in the payout's currency, negative if the provider
// collected it; it must be the payout's net. A payout is confirmed once.
func (s *Service) ConfirmBank(ctx context.Context, payoutID string, date civil.Date, amount money.Amount, by string) error {
	u, err := s.openUndo(ctx, payoutID, by)
	if err != nil {
		return err
	}
	c := &u.casefile
	if err := c.checkShown(date, amount); err != nil {
		return err
	}
	if c.payout.SettingsVersion != 0 { // the account that the voucher was booked to counts
		if c.settings, err = c.settingsOf(ctx, c.payout.SettingsVersion); err != nil {
			return err
		}
		c.flow.SettingsVersion = c.payout.SettingsVersion
	}
	if c.settings.PayoutTo != booking.ToInterim {
		return fault.New(CodeNotInterim, fault.Conflict, "the payout was booked to the bank account itself").
			WithRemedy("nothing is left to confirm")
	}
	if err := c.learn(ctx, date); err != nil {
		return err
	}
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		voucher, err := c.confirmation(ctx, tx, date)
		if err != nil {
			return err
		}
		if err := c.planMove(ctx, tx, bankPart, voucher); err != nil {
			return err
		}
		return c.note(ctx, tx, "payout.bank_confirmed", c.payout.Reference+": "+amount.String()+" on "+date.String())
	})
}

// bankPart names the voucher of a confirmation among the documents of a payout.
const bankPart = "I1"

func (c *casefile) checkShown(date civil.Date, amount money.Amount) error {
	switch today := civil.In(c.clock.Now(), c.zone); {
	case date.IsZero() || today.Before(date):
		return fault.Invalid(CodeBankDate, "date", "a bank statement shows a day up to today, "+today.String())
	case amount != c.payout.Net || amount.IsZero():
		return fault.Invalid(CodeBankAmount, "amount",
			"the payout is of "+c.payout.Net.String()+" "+string(c.payout.Net.Currency())+", not "+amount.String()+" "+string(amount.Currency())).
			WithRemedy("look for the payout that the bank statement shows; book a bank's own charge by hand")
	}
	return nil
}

// confirmation gives the voucher of a payout that is booked and not confirmed yet.
func (c *casefile) confirmation(ctx context.Context, tx ports.Tx, date civil.Date) (ledger.Voucher, error) {
	var err error
	if c.payout, err = tx.Payouts().Get(ctx, c.payout.ID); err != nil {
		return ledger.Voucher{}, err
	}
	booked, err := tx.Steps().ByKey(ctx, stepKey(c.payout, "V1"))
	if err != nil && fault.CodeOf(err) != ports.CodeNotFound {
		return ledger.Voucher{}, err
	}
	standing := c.payout.State == payout.Booking || c.payout.State == payout.Booked || c.payout.State == payout.Closed
	if !standing || booked.State != ports.StepDone {
		return ledger.Voucher{}, fault.New(CodeNotBooked, fault.Conflict, "the payout is "+string(c.payout.State)+" and its voucher is not in the books").
			WithRemedy("confirm it once the voucher is booked")
	}
	if _, err := tx.Steps().ByKey(ctx, stepKey(c.payout, bankPart)); fault.CodeOf(err) != ports.CodeNotFound {
		if err != nil {
			return ledger.Voucher{}, err
		}
		return ledger.Voucher{}, fault.New(CodeBankConfirmed, fault.Conflict, "the payout is confirmed already")
	}
	day, moved, err := c.bookingDay(date)
	if err != nil {
		return ledger.Voucher{}, err
	}
	text := c.title(c.payout) + " on the bank statement"
	if moved {
		text = booking.EventText(text, date)
	}
	voucher, err := booking.BankConfirmed(c.payout.Net, day, text, c.settings)
	if err != nil {
		return ledger.Voucher{}, err
	}
	rate, converted, err := posting.RateOf(booked)
	if err != nil || !converted {
		return voucher, err
	}
	return booking.Translate(voucher, rate)
}
