package payout

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// Faults of payouts and their lines.
const (
	// CodeLineInvalid: a settlement row that makes no sense.
	CodeLineInvalid fault.Code = "payout.line_invalid"
	// CodeUnknownType: a row of a type that nobody has taught the connector.
	CodeUnknownType fault.Code = "payout.unknown_type"
	// CodeProofFailed: the lines do not add up to the money paid out.
	CodeProofFailed fault.Code = "payout.proof_failed"
	// CodeContentChanged: the provider shows other content under the same id.
	CodeContentChanged fault.Code = "payout.content_changed"
	// CodeIncomplete: the provider stopped listing rows before the end.
	CodeIncomplete fault.Code = "payout.incomplete"
)

// Kind is what a line means, whatever the provider calls it.
type Kind string

// The closed set of kinds. The sign of a line's gross is the effect on the
// merchant's money: a sale is positive, a refund negative.
const (
	Sale               Kind = "sale"
	Refund             Kind = "refund"
	Fee                Kind = "fee"
	Chargeback         Kind = "chargeback"
	ChargebackReversal Kind = "chargeback_reversal"
	Reserve            Kind = "reserve"
	Release            Kind = "release"
	// Carry is debt moved between payouts; it is never posted.
	Carry      Kind = "carry"
	Commission Kind = "commission"
	Loan       Kind = "loan"
	Tax        Kind = "tax"
	Adjustment Kind = "adjustment"
	Unknown    Kind = "unknown"
)

// Kinds lists the closed set in the order in which reports show it.
func Kinds() []Kind {
	return []Kind{
		Sale, Refund, Fee, Chargeback, ChargebackReversal, Reserve, Release,
		Carry, Commission, Loan, Tax, Adjustment, Unknown,
	}
}

// Valid reports whether k is one of the closed set.
func (k Kind) Valid() bool {
	for _, known := range Kinds() {
		if k == known {
			return true
		}
	}
	return false
}

// NeedsDocument reports whether a line of this kind must be matched to an
// invoice or a credit invoice.
func (k Kind) NeedsDocument() bool { return k == Sale || k == Refund }

// Reference names one of the texts by which a provider's row can be recognised.
type Reference string

// The references that matching rules may name.
const (
	MerchantReference1 Reference = "merchant_reference1"
	MerchantReference2 Reference = "merchant_reference2"
	OrderID            Reference = "order_id"
	ShortOrderID       Reference = "short_order_id"
	CaptureID          Reference = "capture_id"
	RefundID           Reference = "refund_id"
	CaptureReference   Reference = "capture_reference"
	RefundReference    Reference = "refund_reference"
	TransactionID      Reference = "transaction_id"
	DisputeReference   Reference = "dispute_reference"
)

// References lists the references that matching rules may name.
func References() []Reference {
	return []Reference{
		MerchantReference1, MerchantReference2, OrderID, ShortOrderID, CaptureID,
		RefundID, CaptureReference, RefundReference, TransactionID, DisputeReference,
	}
}

// Raw points to the bytes from which a connector read something: a page as the
// provider sent it, by its SHA-256 in lower-case hex, and a range in it. A line
// made from a total rather than a row points to the bytes of the total.
type Raw struct {
	Page   string
	Offset int64
	Length int64
}

// Line is one row of a payout, one to one with the provider's rows.
type Line struct {
	// Key is stable over every reading of the same payout and unique within it.
	// Lines made from totals have keys that begin with "totals/".
	Key  string
	Kind Kind
	// RawType is the provider's own name ("FEE/PURCHASE_FEE_FIXED"), kept whole.
	RawType string
	// Gross is signed for the merchant, before fees: sale +, refund −.
	Gross money.Amount
	// FeeExVAT and FeeVAT are positive when they cost the merchant money.
	FeeExVAT money.Amount
	FeeVAT   money.Amount
	// FeeVATRate is the percentage the provider states ("25"), or empty.
	FeeVATRate string
	// FeeVATLocal is FeeVAT in the currency of the country where the merchant is
	// registered for VAT, with the sign of FeeVAT, if the provider states it there as
	// well. It is the amount that its VAT return counts, at the rate of the tax point.
	FeeVATLocal money.Amount
	// Original is what the customer paid, in the currency of the purchase and with the
	// sign of Gross, if that is another one and the provider states it. Gross is what
	// the provider made of it.
	Original money.Amount
	// Rate is what one major unit of Original's currency came to in that of Gross, if
	// the provider states it, else zero.
	Rate decimal.Decimal
	// OccurredAt is the moment of the capture, refund or charge, in UTC.
	OccurredAt time.Time
	References map[Reference]string
	// Group is equal for rows that belong together (the sale and the fees of one
	// capture), or empty. They may stand on different pages.
	Group string
	// Synthesised marks a line that stands for a total without a row of its own.
	Synthesised bool
	Raw         Raw
}

// Net is what the line adds to the payout: gross − fee − fee VAT.
func (l Line) Net() (money.Amount, error) {
	net, err := l.Gross.Sub(l.FeeExVAT)
	if err != nil {
		return money.Amount{}, err
	}
	return net.Sub(l.FeeVAT)
}

// Validate refuses a line that no provider can mean.
func (l Line) Validate() error {
	invalid := func(field, reason string) error {
		return fault.Invalid(CodeLineInvalid, field, reason).
			WithRemedy("compare the row with the provider's report; if the report is right, the connector is wrong")
	}
	switch {
	case l.Key == "":
		return invalid("key", "a line needs a key")
	case !l.Kind.Valid():
		return invalid("kind", "\""+string(l.Kind)+"\" is not a kind of line")
	case l.Kind == Sale && l.Gross.Sign() < 0:
		return invalid("gross", "a sale cannot be negative")
	case l.Kind == Refund && l.Gross.Sign() > 0:
		return invalid("gross", "a refund cannot be positive")
	case l.Kind == Fee && !l.Gross.IsZero():
		return invalid("gross", "a fee has no gross amount, only fee and fee VAT")
	case l.FeeExVAT.Sign()*l.FeeVAT.Sign() < 0:
		return invalid("fee_vat", "a fee and its VAT have the same sign")
	case l.FeeVATLocal != (money.Amount{}) && l.FeeVATLocal.Sign()*l.FeeVAT.Sign() < 0:
		return invalid("fee_vat_local", "the VAT has the same sign in every currency")
	case l.Original != (money.Amount{}) && (!l.Kind.NeedsDocument() || l.Original.Sign() != l.Gross.Sign()):
		return invalid("original", "only what a customer paid or got back has an original, and of the same sign")
	case l.Original != (money.Amount{}) && l.Original.Currency() == l.Gross.Currency():
		return invalid("original", "an original is in another currency than the line")
	case l.Rate.Sign() < 0 || l.Rate.Sign() > 0 && l.Original == (money.Amount{}):
		return invalid("rate", "a rate is greater than 0 and belongs to an original")
	}
	if _, err := l.Net(); err != nil {
		return invalid("currency", "the amounts of one line have one currency")
	}
	return nil
}
