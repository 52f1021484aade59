package main

import (
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/sdk/amount"
)

// remotePayout is a payout as SamplePay shows it.
type remotePayout struct {
	ID       string    `json:"id"`
	PaidAt   time.Time `json:"paid_at"`
	Currency string    `json:"currency"`
	Amount   string    `json:"amount"`
}

func (p remotePayout) id() string { return p.ID }

func (p remotePayout) payout(raw payout.Raw) (payout.Payout, error) {
	currency, err := money.ParseCurrency(p.Currency)
	if err != nil {
		return payout.Payout{}, fault.Of(err).WithField("payouts[" + p.ID + "].currency")
	}
	net, err := amount.Format{}.Parse(p.Amount, currency)
	if err != nil {
		return payout.Payout{}, fault.Of(err).WithField("payouts[" + p.ID + "].amount")
	}
	return payout.Payout{Reference: p.ID, Date: p.PaidAt.UTC(), Net: net, Raw: raw}, nil
}

// remoteRow is a row as SamplePay shows it. Its amounts have no sign.
type remoteRow struct {
	ID       string    `json:"id"`
	Type     string    `json:"type"`
	Order    string    `json:"order"`
	Currency string    `json:"currency"`
	Amount   string    `json:"amount"`
	Fee      string    `json:"fee"`
	FeeVAT   string    `json:"fee_vat"`
	At       time.Time `json:"at"`
}

func (r remoteRow) id() string { return r.ID }

// meaning says what a type of row is and what it does to the merchant's money
// (SamplePay's documentation, "Rows of a payout"). A type that is not listed is
// unknown, and the hub holds its payout: a guess would be booked.
func meaning(rowType string) (payout.Kind, amount.Effect) {
	switch rowType {
	case "payment":
		return payout.Sale, amount.Adds
	case "refund":
		return payout.Refund, amount.Takes
	case "monthly_fee":
		return payout.Fee, amount.AsSigned
	case "dispute":
		return payout.Chargeback, amount.Takes
	case "dispute_won":
		return payout.ChargebackReversal, amount.Adds
	case "reserve_held":
		return payout.Reserve, amount.Takes
	case "reserve_released":
		return payout.Release, amount.Adds
	}
	return payout.Unknown, amount.AsSigned
}

// line turns a row into one line of kvitt. Its key is SamplePay's own id, which
// never changes: a line with another key would be booked again.
func (r remoteRow) line(raw payout.Raw) (payout.Line, error) {
	currency, err := money.ParseCurrency(r.Currency)
	if err != nil {
		return payout.Line{}, fault.Of(err).WithField("rows[" + r.ID + "].currency")
	}
	kind, effect := meaning(r.Type)
	line := payout.Line{
		Key: r.ID, Kind: kind, RawType: r.Type, OccurredAt: r.At.UTC(), Group: r.Order, Raw: raw,
		References: map[payout.Reference]string{payout.TransactionID: r.ID},
	}
	if r.Order != "" {
		line.References[payout.MerchantReference1] = r.Order
	}
	fees := amount.Format{Empty: true} // a row without a fee leaves it out
	for _, part := range []struct {
		field, text string
		as          amount.Format
		into        *money.Amount
	}{
		{"amount", r.Amount, amount.Format{}, &line.Gross},
		{"fee", r.Fee, fees, &line.FeeExVAT},
		{"fee_vat", r.FeeVAT, fees, &line.FeeVAT},
	} {
		if *part.into, err = part.as.Parse(part.text, currency); err != nil {
			return payout.Line{}, fault.Of(err).WithField("rows[" + r.ID + "]." + part.field)
		}
	}
	if line.Gross, err = effect.OfUnsigned(line.Gross); err != nil {
		return payout.Line{}, fault.Of(err).WithField("rows[" + r.ID + "].amount")
	}
	return line, nil
}
