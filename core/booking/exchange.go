package booking

import (
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
)

// Faults of currencies.
const (
	// CodeCombination: the merchant has not said how these currencies meet.
	CodeCombination = matching.CodeCombination
	// CodeOriginal: nobody knows how much of a document in another currency a line
	// settles.
	CodeOriginal fault.Code = "currency.original_missing"
)

const (
	meaningCurrencyGain = "currency_gain"
	meaningCurrencyLoss = "currency_loss"
)

// Pair gives the rule by which documents in one currency are settled by payouts
// in another, in books that may be in a third. Where all three are one there is
// nothing to say and no rule is needed.
func (s Settings) Pair(invoice, payout, books money.Currency) (CurrencyPair, error) {
	for _, pair := range s.Currencies {
		if pair.Invoice == invoice && pair.Payout == payout {
			return pair, nil
		}
	}
	if invoice == payout && payout == books {
		return CurrencyPair{Invoice: invoice, Payout: payout}, nil
	}
	return CurrencyPair{}, fault.New(CodeCombination, fault.Conflict,
		"no rule says how invoices in "+string(invoice)+" are settled by payouts in "+string(payout)+
			" in books in "+string(books)).
		WithField("currencies").
		WithRemedy("add the pair to the setting \"currencies\", or book the payout by hand in the accounting system")
}

// Choose gives the rate between two currencies of the source that the pair
// prefers. It fails with exchange.CodeRateMissing if no source of the pair knows it.
func (c CurrencyPair) Choose(from, to money.Currency, known []exchange.Rate) (exchange.Rate, error) {
	preferred := make([]exchange.Source, 0, len(c.Rates))
	for _, source := range c.Rates {
		preferred = append(preferred, exchange.Source(source))
	}
	return exchange.Choose(preferred, exchange.Between(from, to, known))
}

// feeVATIn gives VAT on fees in the currency of the books. A provider that settles in
// a foreign currency may state the VAT in the currency of the country of registration
// as well, at the rate of the tax point: that amount is used as it stands if it is in
// the currency of the books, otherwise the VAT is converted.
func feeVATIn(vat, local money.Amount, rate exchange.Rate) (money.Amount, error) {
	if local.Currency() == rate.To {
		return local, nil
	}
	return rate.Convert(vat)
}

// Translate gives a voucher in the currency of the books. Each row is converted
// and rounded; what then lacks to balance goes to the first row of the largest
// amount. The text of each row keeps its original amount and the rate.
func Translate(v ledger.Voucher, rate exchange.Rate) (ledger.Voucher, error) {
	rows := v.Rows()
	sum, largest, most := money.Zero(rate.To), 0, int64(0)
	for i, r := range rows {
		if r.Amount.Abs().Minor() > most {
			largest, most = i, r.Amount.Abs().Minor()
		}
		var err error
		if rows[i], err = translated(r, rate); err != nil {
			return ledger.Voucher{}, err
		}
		if sum, err = sum.Add(rows[i].Amount); err != nil {
			return ledger.Voucher{}, err
		}
	}
	if !sum.IsZero() {
		var err error
		if rows[largest].Amount, err = rows[largest].Amount.Sub(sum); err != nil {
			return ledger.Voucher{}, err
		}
	}
	return ledger.New(v.Date(), v.Text()+", "+spoken(rate), rows)
}

func translated(r ledger.Row, rate exchange.Rate) (ledger.Row, error) {
	amount, err := rate.Convert(r.Amount)
	if err != nil {
		return ledger.Row{}, err
	}
	r.Text = original(r.Text, r.Amount, rate)
	r.Amount = amount
	return r, nil
}

// original adds to a row's text what it came from: "Fee: EUR 2.38 at 11.4".
func original(text string, amount money.Amount, rate exchange.Rate) string {
	return text + ": " + string(amount.Currency()) + " " + amount.Abs().String() + " at " + rate.Value.String()
}

// spoken says a rate and who stated it when: "1 EUR = 11.4 SEK (central_bank 2026-04-20)".
func spoken(rate exchange.Rate) string {
	stated := string(rate.Source)
	if !rate.On.IsZero() {
		stated += " " + rate.On.String()
	}
	return "1 " + string(rate.From) + " = " + rate.Value.String() + " " + string(rate.To) + " (" + stated + ")"
}

// CurrencyAccount gives the account of a realised currency difference, a loss if
// positive, and what it is called; none of a difference of 0.
func CurrencyAccount(difference money.Amount, s Settings) (ledger.Account, string, error) {
	if difference.IsZero() {
		return "", "", nil
	}
	r, missing := s.currencyRow(difference)
	if missing != nil {
		return "", "", missing
	}
	return r.Account, text(r.Meaning), nil
}

// currencyRow gives the row of a realised currency difference: a loss if positive
// (debit), a gain if negative.
func (s Settings) currencyRow(difference money.Amount) (ledger.Row, *fault.Error) {
	if difference.Sign() < 0 {
		if s.Accounts.CurrencyGain == "" {
			return ledger.Row{}, missingAccount("accounts.currency_gain", "no account is set for currency gains")
		}
		return row(s.Accounts.CurrencyGain, difference, meaningCurrencyGain), nil
	}
	if s.Accounts.CurrencyLoss == "" {
		return ledger.Row{}, missingAccount("accounts.currency_loss", "no account is set for currency losses")
	}
	return row(s.Accounts.CurrencyLoss, difference, meaningCurrencyLoss), nil
}
