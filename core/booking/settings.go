// Package booking holds the pure rules by which settlements become postings:
// which accounts, which sides, which amounts. It knows no clock, no store and no
// accounting system; given the same input it gives the same vouchers.
package booking

import (
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
)

// Settings are one merchant's choices for its flows. Default gives a Swedish
// company with the BAS 2026 chart; Schema describes each property.
type Settings struct {
	// Preset is what everything starts from that is not said.
	Preset Preset `json:"preset"`
	// Shape is how a payout reaches the books.
	Shape Shape `json:"shape"`
	// VoucherSeries is the accounting system's series for vouchers of this flow.
	VoucherSeries string   `json:"voucher_series"`
	Accounts      Accounts `json:"accounts"`
	// Sales lists the accounts of sales by market, supply and VAT rate.
	Sales []SalesAccounts `json:"sales"`
	// SalesShape is how sales and refunds reach the books.
	SalesShape SalesShape `json:"sales_shape"`
	// Recognition is when a sale becomes revenue. Its VAT is due at the capture in
	// any case (ML 7 kap. 7 and 14 §§).
	Recognition Recognition `json:"recognition"`
	// Refunds is how the provider gets its money back for refunds.
	Refunds RefundSettlement `json:"refunds"`
	// FeeMoment is when a fee is booked that the provider names at the capture.
	FeeMoment FeeMoment `json:"fee_moment"`
	GiftCard  GiftCards `json:"gift_card"`
	// PayoutTo is where the net of a payout goes.
	PayoutTo PayoutTarget `json:"payout_to"`
	VAT      VAT          `json:"vat"`
	// Currencies are the pairs in which invoices and payouts may differ.
	Currencies []CurrencyPair `json:"currencies"`
	Period     Period         `json:"period"`
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
	// SettleSeveral lets a line settle several documents of its order that add up
	// to it exactly.
	SettleSeveral bool `json:"settle_several"`
	// SuggestKeys are weaker pairs, and DateWindowDays the days after a capture in
	// which a document of its amount may be dated: what they find is suggested to a
	// person and never booked by itself. 0 days suggest nothing by amount.
	SuggestKeys    []matching.KeyPair `json:"suggest_keys"`
	DateWindowDays int                `json:"date_window_days"`
	// Tolerance is the difference written off as rounding, in major units by
	// currency; a currency that is not named has none.
	Tolerance map[money.Currency]string `json:"tolerance"`
	// WriteOffLimit is the largest difference that a person may write off by resolving
	// an exception, in major units by currency; a currency that is not named has none.
	WriteOffLimit map[money.Currency]string `json:"write_off_limit"`
	// RoundsToKronor says that the accounting system rounds invoices to whole
	// kronor, so that a tolerance of 1.00 SEK is needed.
	RoundsToKronor bool `json:"erp_rounds_to_kronor"`
	// WriteOffReason is the reason code that some accounting systems demand.
	WriteOffReason string `json:"write_off_reason"`
	// Documents is how orders, invoices and credit invoices are made.
	Documents Documents `json:"documents"`
	// CoverageDrop is by how many percentage points the share of a payout's lines that
	// find a document may lie below that of the payouts before; 0 never warns.
	CoverageDrop int `json:"coverage_drop"`
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
	// GiftCard holds what is owed to holders of gift cards.
	GiftCard ledger.Account `json:"gift_card"`
	// Advance holds what customers paid for goods that are not delivered.
	Advance ledger.Account `json:"advance"`
	// RefundDebt holds what a provider that does not net refunds is owed for them.
	RefundDebt   ledger.Account `json:"refund_debt"`
	CurrencyGain ledger.Account `json:"currency_gain"`
	CurrencyLoss ledger.Account `json:"currency_loss"`
	// Carry takes debt that the provider carries between payouts; empty leaves it
	// on the clearing account.
	Carry ledger.Account `json:"carry"`
	// Interim takes the net of payouts that the bank has not confirmed, by currency.
	Interim map[money.Currency]ledger.Account `json:"interim"`
}

// SalesAccounts are where sales of one supply in one market at one VAT rate, and
// their VAT, are booked.
type SalesAccounts struct {
	Treatment tax.Treatment `json:"treatment"`
	// Country is the market's, for OSS and Registered only, which need one account
	// or more per country.
	Country string         `json:"country"`
	Supply  tax.Supply     `json:"supply"`
	Rate    tax.Rate       `json:"rate"`
	Revenue ledger.Account `json:"revenue"`
	// VAT is empty only at rate 0.
	VAT ledger.Account `json:"vat"`
}

// Documents is how orders of a provider become documents of the accounting system.
type Documents struct {
	// OrderNumber is the template of the number under which the customer knows the
	// order; a name in braces is a reference of the order at its provider.
	OrderNumber string `json:"order_number"`
	// Reference is the reference of the order that its documents carry as first external
	// reference.
	Reference payout.Reference `json:"reference"`
	// ThroughOrder makes the capture of a whole order an invoice of the order, where the
	// orders flow is on; other captures are invoices of their own.
	ThroughOrder bool `json:"through_order"`
	// UnknownRows is what happens to a capture or refund whose rows nobody names.
	UnknownRows UnknownRowsPolicy `json:"unknown_rows"`
	// ReturnFee is the supply whose accounts take a fee kept of a refund.
	ReturnFee tax.Supply `json:"return_fee"`
	// WatchDays is how long after its last capture an order is read for refunds.
	WatchDays int `json:"watch_days"`
}

// GiftCards says what kind of voucher the merchant's gift cards are.
type GiftCards struct {
	Kind GiftCardKind `json:"kind"`
	// Rate is the VAT rate of all that a single-purpose card buys.
	Rate       tax.Rate   `json:"rate"`
	Redemption Redemption `json:"redemption"`
}

// VAT is the merchant's position as a seller; see tax.Seller.
type VAT struct {
	Home             string              `json:"home"`
	EUConsumers      tax.EUConsumers     `json:"eu_consumers"`
	Registrations    []string            `json:"registrations"`
	OutsidePostcodes map[string][]string `json:"outside_postcodes"`
	// DestinationSince is the year in which the merchant opted in to VAT at the
	// destination or crossed the threshold; 0 if it never did.
	DestinationSince int `json:"destination_since"`
}

// Seller gives the position in the words of the VAT rules.
func (s Settings) Seller() tax.Seller {
	return tax.Seller{
		Country:          s.VAT.Home,
		EUConsumers:      s.VAT.EUConsumers,
		Registrations:    s.VAT.Registrations,
		OutsidePostcodes: s.VAT.OutsidePostcodes,
	}
}

// CurrencyPair allows invoices in one currency to be settled by payouts in
// another.
type CurrencyPair struct {
	Invoice money.Currency `json:"invoice"`
	Payout  money.Currency `json:"payout"`
	// Rates are the sources of the settlement rate in order of preference.
	Rates []RateSource `json:"rates"`
}

// Period is what happens to a voucher whose date lies in a locked period.
type Period struct {
	Locked LockedPeriodPolicy `json:"locked"`
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
