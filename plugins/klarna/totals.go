package main

import (
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/plugins/klarna/client"
)

// total names a sum of rows that Klarna states with the payout.
type total string

const (
	totalSale          total = "sale"
	totalReturn        total = "return"
	totalReversal      total = "reversal"
	totalFee           total = "fee"
	totalFeeCorrection total = "fee_correction"
	totalFeeRefund     total = "fee_refund"
	totalTax           total = "tax"
	totalCommission    total = "commission"
	totalCharge        total = "charge"
	totalCredit        total = "credit"
	totalHoldback      total = "holdback"
	totalRelease       total = "release"

	// Klarna does not say which total counts these rows: only the sum of all that
	// may is known.
	someCorrection       total = "some_correction"
	someCommissionReturn total = "some_commission_return"
)

// statement is what Klarna states about one total. Totals are magnitudes; the
// formula of Klarna's page on settlement files gives each its sign:
//
//	settlement = sale − return − reversal − fee + fee correction + commission
//	             − commission reversal − tax − charge + credit − repay − holdback
//	             + release + fee refund + tax refund + deposit
type statement struct {
	total       total
	adds, takes []string
	// ofFees marks what is not deducted when Klarna invoices fees apart.
	ofFees bool
}

func statements() []statement {
	return []statement{
		{total: totalSale, adds: []string{"sale_amount"}},
		{total: totalReturn, takes: []string{"return_amount"}},
		{total: totalReversal, takes: []string{"reversal_amount"}},
		{total: totalCommission, adds: []string{"commission_amount"}, takes: []string{"commission_reversal_amount"}},
		{total: totalCharge, takes: []string{"charge_amount"}},
		{total: totalCredit, adds: []string{"credit_amount"}},
		{total: totalHoldback, takes: []string{"holdback_amount"}},
		{total: totalRelease, adds: []string{"release_amount"}},
		{total: totalFee, takes: []string{"fee_amount"}, ofFees: true},
		{total: totalFeeCorrection, adds: []string{"fee_correction_amount"}, ofFees: true},
		{total: totalFeeRefund, adds: []string{"fee_refund_amount"}, ofFees: true},
		{total: totalTax, adds: []string{"tax_refund_amount"}, takes: []string{"tax_amount"}, ofFees: true},
	}
}

// family is totals of which any may count certain rows.
type family struct {
	rows  total
	among []total
}

func families() []family {
	return []family{
		{someCorrection, []total{totalFeeCorrection, totalCredit, totalCharge}},
		{someCommissionReturn, []total{totalReversal, totalCommission}},
	}
}

func (s statement) field() string {
	if len(s.takes) > 0 {
		return "totals." + s.takes[0]
	}
	return "totals." + s.adds[0]
}

// effect is what the stated total does to the merchant's money.
func (s statement) effect(t client.Totals, currency money.Currency) (money.Amount, error) {
	sum := money.Zero(currency)
	var err error
	for _, name := range s.adds {
		if sum, err = sum.Add(money.New(t.Minor(name), currency)); err != nil {
			return money.Amount{}, err
		}
	}
	for _, name := range s.takes {
		if sum, err = sum.Sub(money.New(t.Minor(name), currency)); err != nil {
			return money.Amount{}, err
		}
	}
	return sum, nil
}

// carried are the totals that have no rows: debt to Klarna, repaid out of this
// payout or left for the next.
func carried() []statement {
	return []statement{
		{total: "repay", takes: []string{"repay_amount"}},
		{total: "deposit", adds: []string{"deposit_amount"}},
	}
}

// feesInvoiced tells from the totals whether the fees of a payout were invoiced
// apart, so that its rows of fees are for information. Only GROSS payouts can be
// so, and only if the settlement comes out without the fees.
func feesInvoiced(p client.Payout) (bool, error) {
	if p.SettlementType != client.Gross {
		return false, nil
	}
	sum := money.Zero(p.Currency)
	for _, s := range append(statements(), carried()...) {
		if s.ofFees {
			continue
		}
		part, err := s.effect(p.Totals, p.Currency)
		if err == nil {
			sum, err = sum.Add(part)
		}
		if err != nil {
			return false, err
		}
	}
	return sum.Minor() == p.Totals.Minor("settlement_amount"), nil
}

// tally adds up the rows of a payout for comparison with its totals. It travels
// in the cursor.
type tally struct {
	// Sums are signed effects by total, as the rows say.
	Sums map[total]int64 `json:"sums,omitempty"`
	// Net is the sum of the lines' net, as kvitt has them.
	Net int64 `json:"net,omitempty"`
	// Unknown counts rows of unknown meaning. With them nothing can be compared.
	Unknown int64 `json:"unknown,omitempty"`
}

// add takes the parts of one row.
func (t *tally) add(parts map[total]money.Amount, net money.Amount, kind payout.Kind) error {
	if kind == payout.Unknown {
		t.Unknown++
		return nil
	}
	sum, err := money.New(t.Net, net.Currency()).Add(net)
	if err != nil {
		return err
	}
	t.Net = sum.Minor()
	if t.Sums == nil {
		t.Sums = map[total]int64{}
	}
	for name, part := range parts {
		sum, err := money.New(t.Sums[name], part.Currency()).Add(part)
		if err != nil {
			return err
		}
		t.Sums[name] = sum.Minor()
	}
	return nil
}

// prove compares every total with its rows, and the lines with the settlement.
func (t *tally) prove(p client.Payout, invoiced bool) error {
	if t.Unknown > 0 {
		return nil // the payout is held for that
	}
	checked, err := t.checkFamilies(p)
	if err != nil {
		return err
	}
	for _, s := range statements() {
		stated, err := s.effect(p.Totals, p.Currency)
		if err != nil {
			return err
		}
		rows := money.New(t.Sums[s.total], p.Currency)
		if slices.Contains(checked, s.total) || rows == stated || invoiced && s.ofFees && stated.IsZero() {
			continue
		}
		return differs(s.field(), rows, stated)
	}
	if p.SettlementType == client.GrossFee {
		return nil // what such a record's settlement amount means is not documented
	}
	settlement := money.New(p.Totals.Minor("settlement_amount"), p.Currency)
	if lines := money.New(t.Net, p.Currency); lines != settlement {
		return differs("totals.settlement_amount", lines, settlement)
	}
	return nil
}

// checkFamilies compares the totals that share rows as one sum, and lists them.
func (t *tally) checkFamilies(p client.Payout) ([]total, error) {
	var checked []total
	for _, f := range families() {
		shared, present := t.Sums[f.rows]
		if !present {
			continue
		}
		rows, stated, field := money.New(shared, p.Currency), money.Zero(p.Currency), ""
		for _, s := range statements() {
			if !slices.Contains(f.among, s.total) {
				continue
			}
			part, err := s.effect(p.Totals, p.Currency)
			if err == nil {
				stated, err = stated.Add(part)
			}
			if err == nil {
				rows, err = rows.Add(money.New(t.Sums[s.total], p.Currency))
			}
			if err != nil {
				return nil, err
			}
			field = s.field()
		}
		if rows != stated {
			return nil, differs(field, rows, stated)
		}
		checked = append(checked, f.among...)
	}
	return checked, nil
}

func differs(field string, rows, stated money.Amount) error {
	return fault.Invalid(payout.CodeProofFailed, field,
		"the rows come to "+string(rows.Currency())+" "+rows.String()+", the total to "+stated.String()).
		From(fault.Upstream).
		WithRemedy("compare the rows with the settlement report in Klarna's merchant portal and fetch the payout again")
}
