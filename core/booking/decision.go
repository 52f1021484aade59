package booking

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
)

// MoveFromClearing gives the voucher that takes an amount off the clearing account
// once a person has said where it belongs. Amount is the effect of the line on
// the merchant's money, as in Open.Amount or the gross of a sale or refund.
//
// It serves an invoice that somebody marked as paid on the bank account by hand:
// the payout's voucher left the sale on the clearing account, and moving it there
// takes it off the bank account, to which it was booked twice.
func MoveFromClearing(amount money.Amount, to ledger.Account, date civil.Date, text string, s Settings) (ledger.Voucher, error) {
	clearing, missing := s.clearing(amount.Currency())
	if missing != nil {
		return ledger.Voucher{}, missing
	}
	return ledger.New(date, text, []ledger.Row{
		row(clearing, amount, meaningClearing),
		row(to, amount.Neg(), meaningMoved),
	})
}

// LostDispute is a dispute that ended against the merchant.
type LostDispute struct {
	// Reference is the provider's name of the dispute.
	Reference string
	// Amount is what the provider took back, positive.
	Amount money.Amount
	// Market and Shares are those of the sale; LossGross does not need them.
	Market tax.Market
	Shares []Share
}

// LostDisputeVoucher closes a lost dispute as the merchant has chosen: as a loss,
// or as a sale undone. A dispute that is won closes by the payout line that gives
// the money back.
func LostDisputeVoucher(d LostDispute, date civil.Date, s Settings) (ledger.Voucher, error) {
	if s.Accounts.Dispute == "" {
		return ledger.Voucher{}, missingAccount("accounts.dispute", "no account is set for disputes")
	}
	text := "Dispute lost " + d.Reference
	closed := row(s.Accounts.Dispute, d.Amount.Neg(), meaningDispute)
	if s.LostDispute == ReverseSale {
		return s.sale(closed, sold{market: d.Market, shares: d.Shares}, date, text)
	}
	if s.Accounts.DisputeLoss == "" {
		return ledger.Voucher{}, missingAccount("accounts.dispute_loss", "no account is set for lost disputes")
	}
	return ledger.New(date, text, []ledger.Row{row(s.Accounts.DisputeLoss, d.Amount, meaningLoss), closed})
}
