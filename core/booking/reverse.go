package booking

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
)

// CodeNotMonthly: reverse-charge VAT is booked with each payout, so booking it
// again for a month would declare it twice.
const CodeNotMonthly fault.Code = "reverse_charge.not_monthly"

// FeeInvoice is a provider's invoice for the fees of a period.
type FeeInvoice struct {
	// Reference is the provider's number of the invoice.
	Reference string
	// Fees are the sums of the period's lines, whose cost the payouts have booked.
	Fees []Sum
}

// MonthlyReverseCharge gives the voucher that accounts once for the VAT on all
// fees of a period that are subject to reverse charge. Fees under other rules are
// passed over; if none is left it fails with ledger.CodeNoRows. It fails with
// CodeUnexpectedVAT if the provider states VAT on one: no payout has booked that fee.
func MonthlyReverseCharge(invoice FeeInvoice, date civil.Date, s Settings) (ledger.Voucher, error) {
	if s.ReverseCharge.Moment != Monthly {
		return ledger.Voucher{}, fault.New(CodeNotMonthly, fault.Conflict, "reverse-charge VAT is booked with each payout").
			WithField("reverse_charge.moment").
			WithRemedy("set reverse_charge.moment to monthly before the first payout of the month")
	}
	var bases bases
	for _, sum := range invoice.Fees {
		rule, found := s.feeRule(sum.RawType)
		if !found || !rule.VAT.reverse() {
			continue
		}
		if !sum.FeeVAT.IsZero() {
			return ledger.Voucher{}, unexpectedVAT(sum.RawType, rule)
		}
		if err := bases.add(rule.VAT, sum.FeeExVAT); err != nil {
			return ledger.Voucher{}, err
		}
	}
	rows, err := bases.rows(s.ReverseCharge)
	if err != nil {
		return ledger.Voucher{}, err
	}
	return ledger.New(date, "Reverse charge, invoice "+invoice.Reference, rows)
}

// bases collects taxable bases, so that VAT is rounded once per mode and sign
// and not per type of fee.
type bases struct {
	all []base
}

type base struct {
	mode   VATMode
	amount money.Amount
}

func (b *bases) add(mode VATMode, amount money.Amount) error {
	if amount.IsZero() {
		return nil
	}
	for i, known := range b.all {
		if known.mode == mode && known.amount.Sign() == amount.Sign() {
			sum, err := known.amount.Add(amount)
			b.all[i].amount = sum
			return err
		}
	}
	b.all = append(b.all, base{mode, amount})
	return nil
}

// rows gives the self-assessed VAT, which balances by itself.
func (b *bases) rows(r ReverseCharge) ([]ledger.Row, error) {
	var rows []ledger.Row
	for _, base := range b.all {
		assessed, err := tax.FromNet(base.amount, r.Rate)
		if err != nil {
			return nil, err
		}
		if r.Style == Pair {
			rows = append(rows,
				row(r.base(base.mode), assessed.Net, returned("reverse_charge_base", base.amount)),
				row(r.Contra, assessed.Net.Neg(), returned("reverse_charge_contra", base.amount)))
		}
		rows = append(rows,
			row(r.InputVAT, assessed.VAT, returned("reverse_charge_input_vat", base.amount)),
			row(r.OutputVAT, assessed.VAT.Neg(), returned("reverse_charge_output_vat", base.amount)))
	}
	return rows, nil
}

func (r ReverseCharge) base(mode VATMode) ledger.Account {
	if mode == ReverseNonEU {
		return r.BaseNonEU
	}
	return r.BaseEU
}
