package booking

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

const meaningInterim = "interim"

// BankConfirmed gives the voucher by which a payout that was booked to the interim
// account reaches the bank account, once the bank statement shows it. A negative
// amount is one that the provider collected. It fails with CodeMissingAccount if
// the bank or the interim account of the currency is not set.
func BankConfirmed(amount money.Amount, date civil.Date, text string, s Settings) (ledger.Voucher, error) {
	bank, missing := s.bank(amount.Currency())
	if missing != nil {
		return ledger.Voucher{}, missing
	}
	interim, missing := inCurrency("accounts.interim", s.Accounts.Interim, amount.Currency())
	if missing != nil {
		return ledger.Voucher{}, missing
	}
	return ledger.New(date, text, []ledger.Row{
		row(bank, amount, meaningBank),
		row(interim, amount.Neg(), meaningInterim),
	})
}
