package booking

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
)

// Correction gives the voucher that takes back a wrong one, which is booked under
// a number and never changed. Its text names that number and the reason, so that
// the correction shows what it corrects (BFL 5 kap. 5 §, BFNAR 2013:2 2.17-2.18).
// For its date see CorrectionDate.
func Correction(v ledger.Voucher, number string, date civil.Date, reason string) ledger.Voucher {
	return v.Reversal(date, "Correction of voucher "+number+": "+reason)
}

// Replacement gives the right voucher that is booked after a correction. Its text
// names both numbers, that of the wrong voucher and that of its correction. It
// fails only if v was never made.
func Replacement(v ledger.Voucher, number, correction string) (ledger.Voucher, error) {
	return ledger.New(v.Date(), v.Text()+", replaces voucher "+number+" corrected by "+correction, v.Rows())
}
