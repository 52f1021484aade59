package main

import (
	"cmp"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/plugins/klarna/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/amount"
)

// mapPayout turns a payout of Klarna's into one of kvitt's.
func mapPayout(p client.Payout, raw payout.Raw) payout.Payout {
	return payout.Payout{
		Reference: p.PaymentReference, Date: p.PayoutDate, Account: p.MerchantID,
		Net:        money.New(p.Totals.Minor("settlement_amount"), p.Currency),
		HoldReason: holdReason(p.SettlementType), Raw: raw,
	}
}

func holdReason(settlementType string) string {
	switch settlementType {
	case client.Net, client.Gross, "":
		return ""
	case client.GrossFee:
		return "Klarna reports this as the record of fees that it invoices apart (GROSS_FEE), most likely without a transfer: book Klarna's invoice instead"
	}
	return "Klarna reports a type of settlement that kvitt does not know: " + settlementType
}

// frame is what a payout says about all of its rows.
type frame struct {
	Reference string         `json:"reference"`
	Currency  money.Currency `json:"currency"`
	// LocalCurrency is that of the country of registration, for rows that do not say it.
	LocalCurrency string    `json:"local_currency,omitempty"`
	Date          time.Time `json:"date"`
	// FeesInvoiced: the rows of fees are for information, nothing is deducted.
	FeesInvoiced bool `json:"fees_invoiced,omitempty"`
}

// mapped is a row that has become a line, but for its key.
type mapped struct {
	line   payout.Line
	digest digest
	order  string
	// parts are the signed effects of the row by the total that counts them.
	parts map[total]money.Amount
}

// mapRow turns a row into a line. For types of one sign the amount's own sign is
// not looked at: Klarna's documentation leaves open whether rows that cost the
// merchant money are negative. Where is the path of the row, for faults.
func (f frame) mapRow(t client.Transaction, raw payout.Raw, where string) (mapped, error) {
	m := meaningOf(t.Type, t.DetailedType)
	occurred, err := f.check(t, m, where)
	if err != nil {
		return mapped{}, err
	}
	effect, vat := f.amounts(t, m)
	line := payout.Line{
		Kind: m.kind, RawType: rawType(t), OccurredAt: occurred, References: references(t), Group: group(t), Raw: raw,
		Gross: effect, FeeExVAT: money.Zero(f.Currency), FeeVAT: vat.Neg(), FeeVATRate: rate(t.VATRate),
	}
	parts := map[total]money.Amount{m.total: effect}
	switch {
	case m.kind == payout.Tax || m.kind == payout.Unknown:
		line.FeeVAT = money.Zero(f.Currency) // the row's amount is all it says
	case m.kind == payout.Fee && strings.HasPrefix(strings.ToUpper(t.DetailedType), "VAT_ON_"):
		line.Gross, line.FeeVAT = money.Zero(f.Currency), effect.Neg()
	case m.kind == payout.Fee:
		line.Gross, line.FeeExVAT = money.Zero(f.Currency), effect.Neg()
		parts[totalTax] = vat
	default:
		parts[totalTax] = vat
	}
	if m.kind == payout.Fee && f.FeesInvoiced {
		line.FeeExVAT, line.FeeVAT = money.Zero(f.Currency), money.Zero(f.Currency)
	}
	line.FeeVATLocal = f.localVAT(t, line.FeeVAT)
	return mapped{line: line, order: t.OrderID, parts: parts, digest: f.identify(t, occurred, effect, vat).digest()}, nil
}

func (f frame) identify(t client.Transaction, occurred time.Time, effect, vat money.Amount) identity {
	return identity{
		payout: f.Reference, kind: t.Type, detailed: t.DetailedType,
		order: t.OrderID, capture: t.CaptureID, refund: t.RefundID,
		occurred: occurred, amount: effect, vat: vat,
	}
}

// check refuses a row that cannot be of this payout and gives its moment.
func (f frame) check(t client.Transaction, m meaning, where string) (time.Time, error) {
	invalid := func(field, reason string) error {
		return fault.Invalid(payout.CodeLineInvalid, where+"."+field, reason).From(fault.Upstream).
			WithRemedy("compare the row with the settlement report in Klarna's merchant portal")
	}
	if t.PaymentReference != "" && t.PaymentReference != f.Reference {
		return time.Time{}, invalid("payment_reference", "the row is of another payout")
	}
	if t.Currency != "" && !strings.EqualFold(t.Currency, string(f.Currency)) {
		return time.Time{}, invalid("currency_code", "the payout is in "+string(f.Currency)+", the row in another currency")
	}
	if t.VATRate != nil && (*t.VATRate < 0 || *t.VATRate > 10000) {
		return time.Time{}, invalid("vat_rate", "a rate of VAT lies between 0 and 100 percent")
	}
	if t.CaptureDate == "" && !m.kind.NeedsDocument() {
		return f.Date, nil // what belongs to no order happened when it was settled
	}
	occurred, err := client.ReadTime(t.CaptureDate)
	if err != nil {
		return time.Time{}, invalid("capture_date", "\""+t.CaptureDate+"\" is not a moment")
	}
	return occurred, nil
}

// amounts gives the row's effects on the merchant's money: the amount without VAT
// and the VAT, which go the same way.
func (f frame) amounts(t client.Transaction, m meaning) (effect, vat money.Amount) {
	effect, vat = m.effect.Of(money.New(*t.Amount, f.Currency)), money.New(t.VATAmount, f.Currency)
	if m.effect == amount.AsSigned {
		return effect, amount.Like(effect, vat)
	}
	return effect, m.effect.Of(vat)
}

// localVAT gives the VAT on a fee as the row states it in the currency of the country
// of registration, which the merchant's VAT return counts. It goes the way of the VAT
// itself, whatever its sign. A row without VAT, and one that states it in no other
// currency than the payout's or in none that exists, has none.
func (f frame) localVAT(t client.Transaction, vat money.Amount) money.Amount {
	currency, err := money.ParseCurrency(cmp.Or(t.LocalCurrency, f.LocalCurrency))
	if err != nil || t.LocalVAT == nil || vat.IsZero() || currency == f.Currency {
		return money.Amount{}
	}
	return amount.Like(vat, money.New(*t.LocalVAT, currency))
}

func rawType(t client.Transaction) string {
	if t.DetailedType == "" {
		return t.Type
	}
	return t.Type + "/" + t.DetailedType
}

// rate turns 2500 into "25" and 2550 into "25.5".
func rate(stated *int64) string {
	if stated == nil {
		return ""
	}
	return amount.Rate(*stated)
}

// group joins the rows of one capture, else of one refund, else of one order.
func group(t client.Transaction) string {
	switch {
	case t.CaptureID != "":
		return t.CaptureID
	case t.RefundID != "":
		return t.RefundID
	}
	return t.OrderID
}

func references(t client.Transaction) map[payout.Reference]string {
	found := map[payout.Reference]string{
		payout.MerchantReference1: t.MerchantReference1, payout.MerchantReference2: t.MerchantReference2,
		payout.OrderID: t.OrderID, payout.ShortOrderID: t.ShortOrderID,
		payout.CaptureID: t.CaptureID, payout.RefundID: t.RefundID,
		payout.CaptureReference: t.MerchantCaptureReference, payout.RefundReference: t.MerchantRefundReference,
		payout.DisputeReference: t.ReversalReference,
	}
	for name, text := range found {
		if text == "" {
			delete(found, name)
		}
	}
	return found
}

// carry gives the lines of totals that have no rows: debt to Klarna repaid out of
// this payout, and debt left for the next, which lifts this one to 0.
func carry(p client.Payout, page ports.RawPage) ([]payout.Line, error) {
	var lines []payout.Line
	for _, s := range carried() {
		debt, err := s.effect(p.Totals, p.Currency)
		if err != nil {
			return nil, err
		}
		if debt.IsZero() {
			continue
		}
		stated := p.Totals[string(s.total)+"_amount"]
		lines = append(lines, payout.Line{
			Key: "totals/" + string(s.total), Kind: payout.Carry, RawType: "totals/" + string(s.total) + "_amount",
			Gross: debt, FeeExVAT: money.Zero(p.Currency), FeeVAT: money.Zero(p.Currency),
			OccurredAt: p.PayoutDate, Synthesised: true,
			Raw: stated.JSON.Raw(page),
		})
	}
	return lines, nil
}
