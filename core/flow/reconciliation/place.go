package reconciliation

import (
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// place finds the total to which a row of a payout's voucher belongs. Rows of a
// kind of line mean that kind, rows of a fee what its rule calls it; whatever else
// there is, such as reverse-charge VAT, goes to Other.
func (s *Statement) place(d Document, r ledger.Row) *money.Amount {
	meaning := strings.TrimSuffix(r.Meaning, "_returned")
	switch {
	case r.Account == d.Settings.Accounts.Bank[d.Currency] || meaning == "bank":
		return &s.Payouts
	case meaning == "fee_vat":
		return &s.FeeVAT
	case meaning == string(payout.Chargeback) || meaning == string(payout.ChargebackReversal):
		return &s.Chargebacks
	case meaning == string(payout.Reserve) || meaning == string(payout.Release):
		return &s.Reserves
	case slices.ContainsFunc(d.Settings.FeeRules, func(rule booking.FeeRule) bool { return rule.Meaning == meaning }):
		return &s.Fees
	}
	return &s.Other
}

// age sorts the items by age and adds them up.
func (s *Statement) age() error {
	slices.SortStableFunc(s.Items, func(a, b Item) int { return a.Since.Compare(b.Since) })
	for i := range s.Items {
		item := &s.Items[i]
		item.Days = s.To.Since(item.Since)
		age := &s.Ages[len(s.Ages)-1]
		for j := range s.Ages[:len(s.Ages)-1] {
			if item.Days <= s.Ages[j].To {
				age = &s.Ages[j]
				break
			}
		}
		age.Items++
		var err error
		if age.Sum, err = age.Sum.Add(item.Amount); err != nil {
			return err
		}
		if s.Open, err = s.Open.Add(item.Amount); err != nil {
			return err
		}
	}
	return nil
}
