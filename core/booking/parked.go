package booking

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// PlaceParked gives the voucher that books lines which a payout's voucher left on
// the clearing account (Entry.Open), now that the settings have a place for them:
// their amounts go from clearing to where PayoutVoucher would have booked them. If
// a place is still missing the entry has no voucher and says in Open what is.
func PlaceParked(sums []Sum, date civil.Date, text string, s Settings) (Entry, error) {
	journal, err := journalOf(sums, s)
	if err != nil || len(journal.open) > 0 {
		return Entry{Open: journal.open}, err
	}
	rows := journal.rows
	for i, r := range rows {
		if r.Meaning == meaningBank {
			rows[i] = row(journal.clearing, r.Amount, meaningClearing)
		}
	}
	reverse, err := journal.bases.rows(s.ReverseCharge)
	if err != nil {
		return Entry{}, err
	}
	voucher, err := ledger.New(date, text, append(rows, reverse...))
	return Entry{Voucher: voucher}, err
}

func journalOf(sums []Sum, s Settings) (*journal, error) {
	var currency money.Currency
	if len(sums) > 0 {
		currency = sums[0].Gross.Currency()
	}
	j, err := newJournal(s, currency)
	if err != nil {
		return &journal{}, err
	}
	for _, sum := range sums {
		if err := j.take(sum); err != nil {
			return &journal{}, err
		}
	}
	return j, nil
}

// Suspended gives what a payout's voucher books of a sum to the suspense account,
// as an effect on the merchant's money, and which setting would have placed it.
// The amount is not set if that is nothing.
func Suspended(sum Sum, s Settings) (effect money.Amount, missing *fault.Error, err error) {
	journal, err := journalOf([]Sum{sum}, s)
	if err != nil {
		return money.Amount{}, nil, err
	}
	for _, r := range journal.rows {
		if r.Meaning != meaningSuspense {
			continue
		}
		if effect, err = effect.Sub(r.Amount); err != nil {
			return money.Amount{}, nil, err
		}
	}
	s.Suspense, s.Adjustments = false, HoldAdjustments
	held, err := journalOf([]Sum{sum}, s)
	if err == nil && len(held.open) > 0 {
		missing = held.open[0].Fault
	}
	return effect, missing, err
}

// OnSuspense gives what rows put on the suspense account, debit positive.
func OnSuspense(rows []ledger.Row, s Settings) (money.Amount, error) {
	var sum money.Amount
	for _, r := range rows {
		if r.Account != s.Accounts.Suspense || r.Meaning != meaningSuspense {
			continue
		}
		var err error
		if sum, err = sum.Add(r.Amount); err != nil {
			return money.Amount{}, err
		}
	}
	return sum, nil
}

// MoveFromSuspense gives the voucher that takes an amount off the suspense account
// once a person has said where it belongs. Amount is as Suspended gives it.
func MoveFromSuspense(amount money.Amount, to ledger.Account, date civil.Date, text string, s Settings) (ledger.Voucher, error) {
	return ledger.New(date, text, []ledger.Row{
		row(s.Accounts.Suspense, amount, meaningSuspense),
		row(to, amount.Neg(), meaningMoved),
	})
}
