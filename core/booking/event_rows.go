package booking

import (
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
)

// CodeDaysDiffer: a voucher that sums up a day is given an event of another.
const CodeDaysDiffer fault.Code = "sale.days_differ"

// sale books what was sold, or taken back, against who owes for it.
func (h Happening) sale(s Settings) ([][]ledger.Row, error) {
	x := sold{market: h.Market, shares: h.Shares, undelivered: h.undelivered(s)}
	amount := h.Event.Amount
	if h.Event.Kind == payment.Refund {
		amount = amount.Neg()
	}
	if h.Method == payment.ByGiftCard {
		return s.redeemed(ledger.Row{Amount: amount}, x)
	}
	debtor, missing := h.debtor(s)
	if missing != nil {
		return nil, missing
	}
	debtor.Amount = amount
	rows, err := s.against(debtor, x)
	if err != nil || s.FeeMoment != FeeAtCapture {
		return [][]ledger.Row{rows}, err
	}
	fees, err := h.fee(s, h.Event.Fee, h.Event.FeeVAT)
	if err != nil {
		return nil, err
	}
	debtor.Amount = h.Event.Fee.Neg()
	if !h.Event.Fee.IsZero() {
		rows = append(rows, debtor)
	}
	return [][]ledger.Row{append(rows, fees...)}, nil
}

// settlement books money that came from who owed it, or went to who was owed a
// refund. Either way the debt changes by what moved at the bank and the fee.
func (h Happening) settlement(s Settings) ([][]ledger.Row, error) {
	currency := h.Event.Amount.Currency()
	bank, missing := s.arrival(currency)
	switch h.Method {
	case payment.ByGiftCard:
		return nil, h.notBookable("no money moves when a gift card is used, so there is no " + string(h.Event.Kind))
	case payment.ByInvoice:
		bank, missing = s.bank(currency)
	case payment.ByProvider:
	}
	if missing != nil {
		return nil, missing
	}
	debtor, missing := h.debtor(s)
	if missing != nil {
		return nil, missing
	}
	moved, fee, vat := h.Event.Amount.Neg(), h.Event.Fee, h.Event.FeeVAT
	if h.Event.Kind == payment.Deposit {
		moved = h.Event.Amount
		var err error
		if fee, vat, err = h.withKnownFee(s); err != nil {
			return nil, err
		}
	}
	gross, err := moved.Add(fee)
	if err != nil {
		return nil, err
	}
	debtor.Amount = gross.Neg()
	fees, err := h.fee(s, fee, vat)
	return [][]ledger.Row{append([]ledger.Row{row(bank, moved, meaningBank), debtor}, fees...)}, err
}

// withKnownFee adds the fee that captures stated and nobody has booked.
func (h Happening) withKnownFee(s Settings) (fee, vat money.Amount, err error) {
	if s.FeeMoment != FeeAtDeposit {
		return h.Event.Fee, h.Event.FeeVAT, nil
	}
	if fee, err = h.Event.Fee.Add(h.KnownFee); err != nil {
		return money.Amount{}, money.Amount{}, err
	}
	vat, err = h.Event.FeeVAT.Add(h.KnownFeeVAT)
	return fee, vat, err
}

// debtor gives the account, without an amount, that holds what is owed because of
// the event's side of the transaction: sales by payment and deposit, refunds by
// refund and credit.
func (h Happening) debtor(s Settings) (ledger.Row, *fault.Error) {
	refunds := h.Event.Kind == payment.Refund || h.Event.Kind == payment.Credit
	switch {
	case h.Method == payment.ByInvoice && s.Accounts.Receivable == "":
		return ledger.Row{}, missingAccount(receivableSetting, "no account is set for the customer ledger")
	case h.Method == payment.ByInvoice:
		return row(s.Accounts.Receivable, money.Amount{}, meaningInvoice), nil
	case refunds && s.Refunds == Owed && s.Accounts.RefundDebt == "":
		return ledger.Row{}, missingAccount("accounts.refund_debt", "no account is set for the debt that refunds make")
	case refunds && s.Refunds == Owed:
		return row(s.Accounts.RefundDebt, money.Amount{}, meaningDebt), nil
	}
	clearing, missing := s.clearing(h.Event.Amount.Currency())
	return row(clearing, money.Amount{}, meaningClearing), missing
}

// fee gives the rows of a fee that includes its VAT. The rule is found by the
// payment method, the only name that the fee of an event has.
func (h Happening) fee(s Settings, fee, vat money.Amount) ([]ledger.Row, error) {
	if fee.IsZero() {
		return nil, nil
	}
	cost, err := fee.Sub(vat)
	if err != nil {
		return nil, err
	}
	place, unplaced := s.place(h.Event.Method, vat)
	if unplaced != nil {
		return nil, unplaced
	}
	rows := []ledger.Row{row(place.cost, cost, returned(place.rule.Meaning, cost))}
	if !vat.IsZero() {
		rows = append(rows, row(place.vat, vat, returned(meaningFeeVAT, vat)))
	}
	if !place.rule.VAT.reverse() || s.ReverseCharge.Moment != WithPayout {
		return rows, nil
	}
	var bases bases
	if err := bases.add(place.rule.VAT, cost); err != nil {
		return nil, err
	}
	assessed, err := bases.rows(s.ReverseCharge)
	return append(rows, assessed...), err
}
