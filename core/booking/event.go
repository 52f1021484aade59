package booking

import (
	"strings"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
)

// Happening is an event with what booking needs to know around it.
type Happening struct {
	Event  payment.Event
	Method payment.MethodKind
	// Market and Shares are those of what was sold, for payments and refunds. A
	// refund has the rates of the sale, whatever applies by now.
	Market tax.Market
	Shares []Share
	// Date is the day of the event in the merchant's zone.
	Date civil.Date
	// KnownFee, of which KnownFeeVAT is VAT, is what captures stated as fees and no
	// deposit has booked yet. A deposit books it under FeeAtDeposit.
	KnownFee    money.Amount
	KnownFeeVAT money.Amount
	// Delivered says that the goods were delivered before the event, so that under
	// RecogniseAtDelivery it moves revenue and no advance.
	Delivered bool
}

// EventVouchers gives the vouchers of an event:
//
//   - payment: what was sold against what the provider owes (or the customer, or
//     the holder of a gift card is owed no more); refund: the reverse;
//   - deposit: the bank and the fee against what the provider owed; credit: the
//     settlement of a refund;
//   - prepare and cancel: none.
//
// There are two for a gift card used under ThroughReceivable, else at most one,
// and none for an amount of 0. It does not heed Settings.SalesShape, which decides
// whether sales are booked from events at all.
//
// It fails with CodeNotBookable (a gift card has no deposit and no credit),
// CodeMissingAccount, CodeNoMapping, CodeSharesDiffer, CodeGiftCardVAT,
// CodeUnexpectedVAT, or money.CodeMixed.
func EventVouchers(h Happening, s Settings) ([]ledger.Voucher, error) {
	all, err := h.rows(s)
	if err != nil {
		return nil, err
	}
	var vouchers []ledger.Voucher
	for _, rows := range all {
		voucher, err := ledger.New(h.Date, h.text(), rows)
		if fault.CodeOf(err) == ledger.CodeNoRows {
			continue
		}
		if err != nil {
			return nil, err
		}
		vouchers = append(vouchers, voucher)
	}
	return vouchers, nil
}

// DeliveryVoucher gives the voucher that turns the advance of a capture into
// revenue when the goods are delivered. Its VAT was due at the capture. It fails
// with CodeNotBookable if captures book no advance, with ledger.CodeNoRows if this
// one had nothing to deliver (a gift card), and as EventVouchers does.
func DeliveryVoucher(h Happening, date civil.Date, s Settings) (ledger.Voucher, error) {
	if h.Event.Kind != payment.Payment || !h.undelivered(s) {
		return ledger.Voucher{}, fault.New(CodeNotBookable, fault.Conflict, "no advance waits for this delivery").
			WithField("recognition")
	}
	now := h
	now.Delivered = true
	delivered, err := now.rows(s)
	if err != nil {
		return ledger.Voucher{}, err
	}
	advance, err := h.rows(s)
	if err != nil {
		return ledger.Voucher{}, err
	}
	var rows []ledger.Row
	for i := range delivered {
		rows = append(rows, delivered[i]...)
		for _, r := range advance[i] {
			r.Amount = r.Amount.Neg()
			rows = append(rows, r)
		}
	}
	return ledger.New(date, h.named("Delivery"), rows)
}

// SalesSummary gives one voucher for the payments and refunds of a day or of a
// payout, also by several methods. Refunds stay apart from sales, so that revenue
// is not booked net. A summary of a day takes events of that day alone (BFL 5 kap.
// 6 § 3 st.); other days are refused with CodeDaysDiffer, deposits and credits
// with CodeNotBookable. It fails with ledger.CodeNoRows if nothing is to be booked,
// and as EventVouchers does.
func SalesSummary(hs []Happening, date civil.Date, text string, s Settings) (ledger.Voucher, error) {
	var rows []ledger.Row
	for _, h := range hs {
		switch h.Event.Kind {
		case payment.Deposit, payment.Credit:
			return ledger.Voucher{}, h.notBookable("a " + string(h.Event.Kind) + " is no part of a summary of sales")
		case payment.Payment, payment.Refund, payment.Prepare, payment.Cancel:
		}
		if s.SalesShape == DaySales && h.Date != date {
			return ledger.Voucher{}, fault.Invalid(CodeDaysDiffer, "date", "the summary of "+date.String()+" cannot take an event of "+h.Date.String())
		}
		all, err := h.rows(s)
		if err != nil {
			return ledger.Voucher{}, err
		}
		for _, one := range all {
			rows = append(rows, one...)
		}
	}
	return ledger.New(date, text, rows)
}

// rows gives the rows of each voucher of the event.
func (h Happening) rows(s Settings) ([][]ledger.Row, error) {
	if !h.Method.Valid() {
		return nil, h.notBookable("\"" + string(h.Method) + "\" is not a kind of payment method")
	}
	switch h.Event.Kind {
	case payment.Prepare, payment.Cancel:
		return nil, nil
	case payment.Payment, payment.Refund:
		return h.sale(s)
	case payment.Deposit, payment.Credit:
		return h.settlement(s)
	}
	return nil, h.notBookable("\"" + string(h.Event.Kind) + "\" is not a kind of event")
}

func (h Happening) notBookable(reason string) *fault.Error {
	return fault.New(CodeNotBookable, fault.Validation, reason).WithField("kind")
}

func (h Happening) undelivered(s Settings) bool {
	return s.Recognition == RecogniseAtDelivery && !h.Delivered
}

// text says what happened, of which order, under which name: "Sale, order 1001,
// C-17".
func (h Happening) text() string {
	what := map[payment.Kind]string{
		payment.Payment: "Sale", payment.Refund: "Refund", payment.Deposit: "Deposit", payment.Credit: "Refund settled",
	}
	return h.named(what[h.Event.Kind])
}

func (h Happening) named(what string) string {
	words := []string{what}
	if h.Event.Order != "" {
		words = append(words, "order "+h.Event.Order)
	}
	if h.Event.Reference != "" {
		words = append(words, h.Event.Reference)
	}
	return strings.Join(words, ", ")
}
