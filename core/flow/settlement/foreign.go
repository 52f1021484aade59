package settlement

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// Rates knows the rates that a central bank published; an exchange.Table is one.
type Rates interface {
	// On gives the rate that held on a day. It fails with exchange.CodeRateMissing if
	// none is known.
	On(from, to money.Currency, day civil.Date) (exchange.Rate, error)
}

// foreign reports whether a payout is in another currency than the books.
func (w *work) foreign(p ports.PayoutRecord) bool { return p.Net.Currency() != w.merchant.Currency }

// foreignMayPass tells faults of a payout in another currency that a person can
// mend without touching the payout.
func foreignMayPass(code fault.Code) bool {
	switch code {
	case exchange.CodeRateMissing, booking.CodeCombination, booking.CodeMissingAccount:
		return true
	}
	return false
}

// pair gives the rule for a payout in another currency: that for documents in the
// currency of the payout, or else that for documents in the currency of the books.
func (w *work) pair(payout money.Currency) (booking.CurrencyPair, error) {
	own, err := w.settings.Pair(payout, payout, w.merchant.Currency)
	if err == nil {
		return own, nil
	}
	if other, otherErr := w.settings.Pair(w.merchant.Currency, payout, w.merchant.Currency); otherErr == nil {
		return other, nil
	}
	return booking.CurrencyPair{}, err
}

// rate gives the rate at which a payout in another currency is booked: that of its
// own day, even if it is booked on a later one. What a provider states is the rate of
// a line, so that for the payout as a whole only published ones are known.
func (w *work) rate(p ports.PayoutRecord) (exchange.Rate, error) {
	pair, err := w.pair(p.Net.Currency())
	if err != nil {
		return exchange.Rate{}, err
	}
	published, unpublished := w.options.Rates.On(p.Net.Currency(), w.merchant.Currency, w.date(p))
	if unpublished != nil {
		if slices.Contains(pair.Rates, booking.CentralBankRate) {
			return exchange.Rate{}, unpublished
		}
		return pair.Choose(p.Net.Currency(), w.merchant.Currency, nil)
	}
	return pair.Choose(p.Net.Currency(), w.merchant.Currency, []exchange.Rate{published})
}

// foreignEntry books a payout in another currency at its rate. Its lines stand on the
// clearing account with the shares that their payments put there.
func (w *work) foreignEntry(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, day civil.Date, sums []ports.LineSum) (booking.Entry, error) {
	c, err := w.conversion(ctx, tx, p)
	if err != nil {
		return booking.Entry{}, err
	}
	stands, err := w.standing(ctx, tx, p, c, sums)
	if err != nil {
		return booking.Entry{}, err
	}
	return booking.PayoutVoucherIn(p.Payout, day, BookingSums(sums), booking.Foreign{Rate: c.rate, Booked: stands}, w.settings)
}

// voucherText is the text of a payout's voucher: provider and reference, the rate if
// the payout is in another currency, and its own day if it is booked on another.
func (w *work) voucherText(p ports.PayoutRecord, entry booking.Entry) string {
	text := w.title(p) + strings.TrimPrefix(entry.Voucher.Text(), "Payout "+p.Reference)
	if day := w.date(p); entry.Voucher.Date() != day {
		text = booking.EventText(text, day)
	}
	return text
}

// voucherContent is what is stored of a payout's voucher, with the rate if the payout
// is in another currency.
func (w *work) voucherContent(p ports.PayoutRecord, text string, v ledger.Voucher) (json.RawMessage, error) {
	if !w.foreign(p) {
		return posting.VoucherContent(w.settings.VoucherSeries, text, v)
	}
	rate, err := w.rate(p)
	if err != nil {
		return nil, err
	}
	return posting.ConvertedContent(w.settings.VoucherSeries, text, v, rate)
}

// standsOnClearing checks that somebody has registered a payment of a line in another
// currency where it belongs. For how much is not compared: the accounting system
// shows payments in the currency of the books, at a rate of its own.
func (c *casefile) standsOnClearing(payments []ports.RegisteredPayment) error {
	clearing := c.settings.Accounts.Clearing[c.line.Gross.Currency()]
	for _, p := range payments {
		if p.Booked && p.Account == clearing && p.Amount.Sign() == c.line.Gross.Sign() {
			c.adoptedOn = p.Date
			return nil
		}
	}
	return fault.New(CodeNotAdoptable, fault.Conflict, "no payment on account "+string(clearing)+" stands on document "+c.exception.Document).
		WithRemedy("register the payment in the accounting system on the clearing account of the currency, then adopt it")
}
