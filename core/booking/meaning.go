package booking

import (
	"strings"

	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// Meanings of voucher rows: rows of one account and meaning are one row, rows of
// different meaning are kept apart although the account may be the same. Rows of
// a kind of line that has an account of its own mean that kind.
const (
	meaningBank     = "bank"
	meaningClearing = "clearing"
	meaningFee      = "fee"
	meaningFeeVAT   = "fee_vat"
	meaningSuspense = "suspense"
	meaningRounding = "rounding"
	meaningSale     = "sale"
	meaningSaleVAT  = "sale_vat"
	meaningDispute  = "dispute"
	meaningLoss     = "dispute_loss"
	meaningInvoice  = "receivable"
	meaningMoved    = "moved"
	meaningAdvance  = "advance"
	meaningDebt     = "refund_debt"
	// meaningGiftCard is a card that is sold, meaningRedeemed one that is used.
	meaningGiftCard = "gift_card"
	meaningRedeemed = "gift_card_redeemed"

	// returnedSuffix tells what is taken back from what is sold or paid.
	returnedSuffix = "_returned"
)

func row(account ledger.Account, amount money.Amount, meaning string) ledger.Row {
	return ledger.Row{Account: account, Amount: amount, Meaning: meaning, Text: text(meaning)}
}

// text turns a meaning into words for the reader of the voucher: "Fee VAT".
func text(meaning string) string {
	words := strings.ReplaceAll(meaning, "_", " ")
	words = strings.ReplaceAll(words, "vat", "VAT")
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}
