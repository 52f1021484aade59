// Package booking holds the pure rules by which settlements become postings:
// which accounts, which sides, which amounts. It knows no clock, no store and no
// accounting system; given the same input it gives the same vouchers.
package booking

import (
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
)

// Settings are one merchant's choices for one flow of payouts. Default gives a
// Swedish company with the BAS 2026 chart; Schema describes each property.
type Settings struct {
	// Shape is how a payout reaches the books.
	Shape Shape `json:"shape"`
	// VoucherSeries is the accounting system's series for vouchers of this flow.
	VoucherSeries string   `json:"voucher_series"`
	Accounts      Accounts `json:"accounts"`
	// Sales lists the accounts of sales by VAT rate.
	Sales []SalesAccounts `json:"sales"`
	// FeeRules are tried in order; the first that fits a line's raw type decides.
	FeeRules      []FeeRule     `json:"fee_rules"`
	ReverseCharge ReverseCharge `json:"reverse_charge"`
	// Adjustments is what happens to an amount whose reason the provider hides.
	Adjustments AdjustmentPolicy `json:"adjustments"`
	// Suspense books kinds of line that have no account to Accounts.Suspense
	// rather than leave them on the clearing account for a person.
	Suspense bool `json:"suspense"`
	// LostDispute is how a dispute that the merchant lost is booked.
	LostDispute LostDisputePolicy `json:"lost_dispute"`
	// MatchKeys are the pairs of references by which documents are found.
	MatchKeys []matching.KeyPair `json:"match_keys"`
	// Tolerance is the difference written off as rounding, in major units by
	// currency; a currency that is not named has none.
	Tolerance map[money.Currency]string `json:"tolerance"`
	// RoundsToKronor says that the accounting system rounds invoices to whole
	// kronor, so that a tolerance of 1.00 SEK is needed.
	RoundsToKronor bool `json:"erp_rounds_to_kronor"`
	// WriteOffReason is the reason code that some accounting systems demand.
	WriteOffReason string `json:"write_off_reason"`
	// WaitingDays is how long a line waits for its document.
	WaitingDays int `json:"waiting_days"`
	// PaymentMoment decides the date of invoice payments.
	PaymentMoment PaymentMoment `json:"payment_moment"`
	// BeforeInvoice is what happens to a payment dated before its invoice.
	BeforeInvoice DatePolicy `json:"before_invoice"`
}

// Accounts are the accounts by purpose. An empty one means that nobody has
// chosen; what would need it stays on the clearing account as an exception.
type Accounts struct {
	// Clearing holds what the provider owes, Bank where it pays; one per currency.
	Clearing map[money.Currency]ledger.Account `json:"clearing"`
	Bank     map[money.Currency]ledger.Account `json:"bank"`
	// Receivable is the customer ledger, which the accounting system itself posts to.
	Receivable ledger.Account `json:"receivable"`
	Fee        ledger.Account `json:"fee"`
	FeeVAT     ledger.Account `json:"fee_vat"`
	Reserve    ledger.Account `json:"reserve"`
	Dispute    ledger.Account `json:"dispute"`
	// DisputeLoss takes the cost of lost disputes.
	DisputeLoss ledger.Account `json:"dispute_loss"`
	Suspense    ledger.Account `json:"suspense"`
	Rounding    ledger.Account `json:"rounding"`
	Commission  ledger.Account `json:"commission"`
	Loan        ledger.Account `json:"loan"`
	Tax         ledger.Account `json:"tax"`
}

// SalesAccounts are where sales at one VAT rate and their VAT are booked.
type SalesAccounts struct {
	Rate    tax.Rate       `json:"rate"`
	Revenue ledger.Account `json:"revenue"`
	// VAT is empty only at rate 0.
	VAT ledger.Account `json:"vat"`
}

// FeeRule says how fees of some raw types are booked.
type FeeRule struct {
	// Match is compared with the whole raw type; "*" stands for any text.
	Match string `json:"match"`
	// Account takes the cost; empty means Accounts.Fee.
	Account ledger.Account `json:"account"`
	VAT     VATMode        `json:"vat"`
	// Meaning names the row. Fees of one account and meaning share a row, others
	// are kept apart.
	Meaning string `json:"meaning"`
}

// ReverseCharge is how the buyer accounts for VAT on services from abroad.
type ReverseCharge struct {
	Style  ReverseStyle  `json:"style"`
	Moment ReverseMoment `json:"moment"`
	// Rate is the buyer's own rate.
	Rate tax.Rate `json:"rate"`
	// BaseEU and BaseNonEU take the taxable base, Contra undoes it in style pair.
	BaseEU    ledger.Account `json:"base_eu"`
	BaseNonEU ledger.Account `json:"base_non_eu"`
	Contra    ledger.Account `json:"contra"`
	OutputVAT ledger.Account `json:"output_vat"`
	InputVAT  ledger.Account `json:"input_vat"`
}
