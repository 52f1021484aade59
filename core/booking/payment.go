package booking

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// Settlement is a sale or refund line that settles a document.
type Settlement struct {
	Line payout.Line
	// Fees are the fee lines of the same group (payout.Line.Group). The direct
	// shape writes them off on the payment; the clearing shape ignores them.
	Fees     []payout.Line
	Document invoice.Document
	// WriteOff is matching.Decision.WriteOff, in the currency of the books.
	WriteOff money.Amount
	// Exchanged is set where the document is in another currency than the line or the
	// books, Converted where the line is in another than the books.
	Exchanged *Exchanged
	Converted *Converted
	// Advance is the part of the line beyond what the document leaves open, once a
	// person has decided that it is an advance for something else; it is positive,
	// and not set otherwise.
	Advance money.Amount
	// Late says that the payout's voucher was planned before the document was
	// found, so that the money lies on the clearing account whatever the shape.
	Late  bool
	Dates Dates
}

// Payment is money that moves against an invoice or a credit invoice.
type Payment struct {
	DocumentNumber string
	DocumentKind   invoice.Kind
	// Amount reaches Account: positive from an invoice, negative from a credit
	// invoice.
	Amount  money.Amount
	Account ledger.Account
	Date    civil.Date
	// Clamped says that Date is the document's because the money moved before it.
	Clamped bool
	// WriteOffs close what Amount leaves. Amount and write-offs together are what
	// the document's balance falls by.
	WriteOffs []WriteOff
	// Original, Rate and Difference are set where the document is in another currency
	// than the books. Original is what the document's balance falls by. Difference is
	// what it is booked for beyond Amount and write-offs; the accounting system posts
	// it by itself when the payment is booked.
	Original   money.Amount
	Rate       exchange.Rate
	Difference WriteOff
	// Direct says that the payment reaches the bank or the interim account, so that the payout's
	// voucher must leave out the line and its fees (Sum.Direct).
	Direct bool
}

// WriteOff moves a part of a document's balance to another account: debited if
// positive, credited if negative.
type WriteOff struct {
	Account ledger.Account
	Amount  money.Amount
	Reason  string
	Text    string
}

// PaymentFor gives the payment that a matched line makes. In the clearing shape
// the gross goes to the clearing account. In the direct shape the net goes to
// the bank account and the fees are written off; where that is not possible (a
// fee without an account, a fee that eats up the whole amount) the line falls
// back to the clearing account, and Payment.Direct says so.
//
// A document in another currency is settled at what it is booked for, with a
// realised gain or loss of amount × (settlement rate − booking rate); an advance is
// written off like rounding.
//
// It fails with CodeMissingAccount if the clearing, bank or interim account or
// that of a write-off is not set, with CodeBeforeInvoice under DatePolicy
// RefuseDate, with CodeOriginal or CodeCombination where currencies do not meet,
// and with CodeAdvance if the advance is none.
func PaymentFor(x Settlement, s Settings) (Payment, error) {
	if err := x.check(); err != nil {
		return Payment{}, err
	}
	date, clamped, err := paymentDate(x.Dates, x.Document.Date, s)
	if err != nil {
		return Payment{}, err
	}
	p := Payment{DocumentNumber: x.Document.Number, DocumentKind: x.Document.Kind, Date: date, Clamped: clamped}
	direct, err := p.payDirectly(x, s)
	if err != nil {
		return Payment{}, err
	}
	if !direct {
		clearing, missing := s.clearing(x.Line.Gross.Currency())
		if missing != nil {
			return Payment{}, missing
		}
		p.Amount, p.Account = x.gross(), clearing
	}
	if !x.WriteOff.IsZero() {
		if s.Accounts.Rounding == "" {
			return Payment{}, missingAccount("accounts.rounding", "no account is set for rounding")
		}
		p.writeOff(s.Accounts.Rounding, x.WriteOff, meaningRounding, s)
	}
	if err := p.realise(x, s); err != nil {
		return Payment{}, err
	}
	return p, p.advance(x, s)
}

// payDirectly fills in the net and the write-offs of the fees, or reports that
// the payment cannot be direct and leaves p alone.
func (p *Payment) payDirectly(x Settlement, s Settings) (bool, error) {
	if s.Shape != Direct || x.Late {
		return false, nil
	}
	bank, missing := s.arrival(x.Line.Gross.Currency())
	if missing != nil {
		return false, missing
	}
	paid := Payment{}
	var net money.Amount
	for _, line := range append([]payout.Line{x.Line}, x.Fees...) {
		effect, err := line.Net()
		if err != nil {
			return false, err
		}
		if net, err = net.Add(effect); err != nil {
			return false, err
		}
		if line.FeeExVAT.IsZero() && line.FeeVAT.IsZero() {
			continue
		}
		place, unplaced := s.place(line.RawType, line.FeeVAT)
		if unplaced != nil {
			return false, nil //nolint:nilerr // the line goes by way of clearing, and the payout's voucher reports the fault
		}
		fee, vat, err := x.feeIn(line)
		if err != nil {
			return false, err
		}
		paid.writeOff(place.cost, fee, returned(place.rule.Meaning, fee), s)
		paid.writeOff(place.vat, vat, returned(meaningFeeVAT, vat), s)
	}
	if net.Sign() != x.Line.Gross.Sign() {
		return false, nil
	}
	if x.Converted != nil {
		var err error
		if net, err = x.Converted.Rate.Convert(net); err != nil {
			return false, err
		}
	}
	p.Amount, p.Account, p.WriteOffs, p.Direct = net, bank, paid.WriteOffs, true
	if x.Converted != nil {
		return true, p.even(x, s)
	}
	return true, nil
}

// feeIn gives the fee of a line and its VAT in the currency of the books.
func (x Settlement) feeIn(line payout.Line) (fee, vat money.Amount, err error) {
	if x.Converted == nil {
		return line.FeeExVAT, line.FeeVAT, nil
	}
	if fee, err = x.Converted.Rate.Convert(line.FeeExVAT); err != nil {
		return money.Amount{}, money.Amount{}, err
	}
	vat, err = feeVATIn(line.FeeVAT, line.FeeVATLocal, x.Converted.Rate)
	return fee, vat, err
}

func (p *Payment) writeOff(account ledger.Account, amount money.Amount, meaning string, s Settings) {
	if amount.IsZero() {
		return
	}
	p.WriteOffs = append(p.WriteOffs, WriteOff{Account: account, Amount: amount, Reason: s.WriteOffReason, Text: text(meaning)})
}
