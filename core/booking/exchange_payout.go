package booking

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// Foreign is how a payout meets books in another currency.
type Foreign struct {
	// Rate converts the payout's currency to that of the books.
	Rate exchange.Rate
	// Booked is what stands on the clearing account, in the currency of the books,
	// for the sales and refunds that the payout settles, and for the debt it carries
	// unless that has an account of its own; it has their sign. Not set means that
	// they stand there at Rate.
	Booked money.Amount
}

// PayoutVoucherIn gives the voucher of a payout in another currency than that of
// the books. The rows are those of PayoutVoucher, each converted and rounded,
// except that the clearing account gets what was booked on it; the difference is a
// realised currency gain or loss and takes all rounding. Entry.Open stays in the
// currency of the payout.
func PayoutVoucherIn(p payout.Payout, date civil.Date, sums []Sum, f Foreign, s Settings) (Entry, error) {
	entry, err := PayoutVoucher(p, date, sums, s)
	if err != nil {
		return Entry{}, err
	}
	t := translation{Foreign: f, settings: s, clearing: s.Accounts.Clearing[p.Net.Currency()]}
	if err := t.settle(sums, entry.Open); err != nil {
		return Entry{}, err
	}
	if err := t.convert(entry.Voucher, sums); err != nil {
		return Entry{}, err
	}
	if err := t.balance(); err != nil {
		return Entry{}, err
	}
	voucher, err := ledger.New(date, "Payout "+p.Reference+", "+spoken(f.Rate), t.rows)
	if fault.CodeOf(err) == ledger.CodeNoRows {
		return Entry{Open: entry.Open}, nil
	}
	return Entry{Voucher: voucher, Open: entry.Open}, err
}

// translation collects the rows of a payout in the currency of the books.
type translation struct {
	Foreign
	settings Settings
	clearing ledger.Account
	rows     []ledger.Row
}

// settle takes off the clearing account what was booked on it for the gross, and
// leaves there at the rate what stays open.
func (t *translation) settle(sums []Sum, open []Open) error {
	gross, err := t.gross(sums)
	if err != nil {
		return err
	}
	booked := t.Booked
	if booked == (money.Amount{}) {
		if booked, err = t.Rate.Convert(gross); err != nil {
			return err
		}
	}
	for _, o := range open {
		left, err := t.Rate.Convert(o.Amount)
		if err != nil {
			return err
		}
		if booked, err = booked.Add(left); err != nil {
			return err
		}
		if gross, err = gross.Add(o.Amount); err != nil {
			return err
		}
	}
	settled := row(t.clearing, booked.Neg(), meaningClearing)
	settled.Text += ": " + string(t.Rate.From) + " " + gross.Abs().String()
	t.rows = append(t.rows, settled)
	return nil
}

// gross gives what the lines take off the clearing account, as the payout says it.
func (t *translation) gross(sums []Sum) (money.Amount, error) {
	gross := money.Zero(t.Rate.From)
	for _, sum := range sums {
		if sum.Direct || !t.settings.clears(sum.Kind) {
			continue
		}
		var err error
		if gross, err = gross.Add(sum.Gross); err != nil {
			return money.Amount{}, err
		}
	}
	return gross, nil
}

// convert takes the other rows at the rate, VAT as the provider states it.
func (t *translation) convert(v ledger.Voucher, sums []Sum) error {
	for _, r := range v.Rows() {
		if r.Account == t.clearing && r.Meaning == meaningClearing {
			continue
		}
		converted, err := translated(r, t.Rate)
		if err != nil {
			return err
		}
		if r.Account == t.settings.Accounts.FeeVAT && r.Meaning == returned(meaningFeeVAT, r.Amount) {
			amount, stated, err := t.vat(r, sums)
			if err != nil {
				return err
			}
			if stated {
				converted.Amount, converted.Text = amount, text(r.Meaning)+" as stated"
			}
		}
		t.rows = append(t.rows, converted)
	}
	return nil
}

// vat adds up the VAT of a row as the provider states it in the currency of the
// books. The VAT of fees that state none is converted as one. Stated is false if no
// fee states any. Fees without a place are not in the row.
func (t *translation) vat(r ledger.Row, sums []Sum) (amount money.Amount, stated bool, err error) {
	amount, rest := money.Zero(t.Rate.To), money.Zero(t.Rate.From)
	for _, sum := range sums {
		if sum.Direct || sum.FeeVAT.Sign() != r.Amount.Sign() {
			continue
		}
		if _, unplaced := t.settings.place(sum.RawType, sum.FeeVAT); unplaced != nil {
			continue
		}
		if sum.FeeVATLocal.Currency() == t.Rate.To {
			stated = true
			amount, err = amount.Add(sum.FeeVATLocal)
		} else {
			rest, err = rest.Add(sum.FeeVAT)
		}
		if err != nil {
			return money.Amount{}, false, err
		}
	}
	converted, err := t.Rate.Convert(rest)
	if err != nil {
		return money.Amount{}, false, err
	}
	amount, err = amount.Add(converted)
	return amount, stated, err
}

func (t *translation) balance() error {
	sum := money.Zero(t.Rate.To)
	for _, r := range t.rows {
		var err error
		if sum, err = sum.Add(r.Amount); err != nil {
			return err
		}
	}
	if sum.IsZero() {
		return nil
	}
	difference, missing := t.settings.currencyRow(sum.Neg())
	if missing != nil {
		return missing
	}
	t.rows = append(t.rows, difference)
	return nil
}
