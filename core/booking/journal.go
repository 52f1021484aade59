package booking

import (
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// journal collects the rows of one payout.
type journal struct {
	settings Settings
	clearing ledger.Account
	bank     ledger.Account // or the interim account before it
	rows     []ledger.Row
	bases    bases
	open     []Open
}

func newJournal(s Settings, currency money.Currency) (*journal, error) {
	clearing, missing := s.clearing(currency)
	if missing != nil {
		return nil, missing
	}
	bank, missing := s.arrival(currency)
	if missing != nil {
		return nil, missing
	}
	return &journal{settings: s, clearing: clearing, bank: bank}, nil
}

func (j *journal) take(sum Sum) error {
	if !sum.Direct {
		j.takeGross(sum)
	}
	return j.takeFee(sum)
}

func (j *journal) takeGross(sum Sum) {
	switch sum.Kind {
	case payout.Sale, payout.Refund, payout.Carry:
		if !j.settings.clears(sum.Kind) {
			j.post(j.settings.Accounts.Carry, sum.Gross, string(sum.Kind))
			return
		}
		j.post(j.clearing, sum.Gross, meaningClearing)
	case payout.Adjustment:
		if j.settings.Adjustments == SuspendAdjustments {
			j.suspend(sum, sum.Gross)
			return
		}
		j.leave(sum, sum.Gross, fault.New(CodeAdjustment, fault.Conflict,
			"the provider does not say what adjustments of type \""+sum.RawType+"\" are for").
			WithField("adjustments").
			WithRemedy("ask the provider, then name the account on which the amount belongs"))
	case payout.Chargeback, payout.ChargebackReversal, payout.Reserve, payout.Release,
		payout.Commission, payout.Loan, payout.Tax, payout.Fee, payout.Unknown:
		home := j.settings.Accounts.of(sum.Kind)
		if home.account == "" {
			j.homeless(sum, sum.Gross, missingAccount(home.setting, "no account is set for lines of kind "+string(sum.Kind)))
			return
		}
		j.post(home.account, sum.Gross, string(sum.Kind))
	}
}

func (j *journal) takeFee(sum Sum) error {
	cost, err := sum.FeeExVAT.Add(sum.FeeVAT)
	if err != nil || (sum.FeeExVAT.IsZero() && sum.FeeVAT.IsZero()) {
		return err
	}
	place, unplaced := j.settings.place(sum.RawType, sum.FeeVAT)
	switch {
	case unplaced != nil && sum.Direct:
		// A payment cannot have written off a fee that has no account.
		return unplaced
	case unplaced != nil:
		j.homeless(sum, cost.Neg(), unplaced)
		return nil
	case !sum.Direct:
		j.post(place.cost, sum.FeeExVAT.Neg(), returned(place.rule.Meaning, sum.FeeExVAT))
		j.post(place.vat, sum.FeeVAT.Neg(), returned(meaningFeeVAT, sum.FeeVAT))
	}
	if place.rule.VAT.reverse() && j.settings.ReverseCharge.Moment == WithPayout {
		return j.bases.add(place.rule.VAT, sum.FeeExVAT)
	}
	return nil
}

// clears reports whether the gross of lines of a kind stands on the clearing
// account: sales, refunds, and carried debt that has no account of its own.
func (s Settings) clears(kind payout.Kind) bool {
	return kind.NeedsDocument() || (kind == payout.Carry && s.Accounts.Carry == "")
}

// post books an effect on the merchant's money: it reaches the bank and comes
// from the account. The two rows balance; ledger.New merges all bank rows to one.
func (j *journal) post(account ledger.Account, effect money.Amount, meaning string) {
	if effect.IsZero() {
		return
	}
	j.rows = append(j.rows, row(j.bank, effect, meaningBank), row(account, effect.Neg(), meaning))
}

// homeless books what has no account: to suspense if the merchant wants that.
func (j *journal) homeless(sum Sum, effect money.Amount, why *fault.Error) {
	if j.settings.Suspense {
		j.suspend(sum, effect)
		return
	}
	j.leave(sum, effect, why)
}

func (j *journal) suspend(sum Sum, effect money.Amount) {
	account := j.settings.Accounts.Suspense
	if account == "" {
		j.leave(sum, effect, missingAccount("accounts.suspense", "no suspense account is set"))
		return
	}
	j.post(account, effect, meaningSuspense)
}

// leave books an effect to the clearing account, where it waits for a person.
func (j *journal) leave(sum Sum, effect money.Amount, why *fault.Error) {
	if effect.IsZero() {
		return
	}
	j.post(j.clearing, effect, meaningClearing)
	j.open = append(j.open, Open{Kind: sum.Kind, RawType: sum.RawType, Lines: sum.Lines, Amount: effect, Fault: why})
}
