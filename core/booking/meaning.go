package booking

// Meanings of voucher rows: rows of one account and meaning are one row, rows of
// different meaning are kept apart although the account may be the same.
const (
	meaningBank     = "bank"
	meaningClearing = "clearing"
	meaningFee      = "fee"
	meaningFeeVAT   = "fee_vat"
	meaningSuspense = "suspense"
)
