package booking

import (
	"slices"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// CodeAdjustment: the provider does not say why it moved an amount.
const CodeAdjustment fault.Code = "adjustment.needs_decision"

// Entry is what a payout comes to in the books.
type Entry struct {
	// Voucher is zero when there is nothing to post, as when a payout only carries
	// debt forward.
	Voucher ledger.Voucher
	// Open lists what stays on the clearing account until a person decides.
	Open []Open
}

// Open is a sum of lines that has no place in the books yet.
type Open struct {
	Kind    payout.Kind
	RawType string
	Lines   int64
	// Amount is the effect on the merchant's money, so a fee is negative.
	Amount money.Amount
	// Fault says what is missing; its field names the setting.
	Fault *fault.Error
}

// PayoutVoucher gives the one voucher of a payout. Its rows:
//
//   - bank, or the interim account if the bank has to confirm: the payout's net,
//     one row, none at 0 (in the direct shape less what payments bring to the bank
//     by themselves);
//   - clearing: the gross of sales, refunds and carried debt, so that carrying
//     debt posts nothing unless Accounts.Carry is set, and whatever is Open;
//   - fees and their VAT by rule, returned fees apart; reverse-charge VAT if it is
//     booked with payouts; disputes; reserves; the rest by kind.
//
// It fails if the sums do not add up to the payout's net, if a line is of unknown
// kind, or if the clearing, bank or interim account of the currency is not set.
func PayoutVoucher(p payout.Payout, date civil.Date, sums []Sum, s Settings) (Entry, error) {
	if err := prove(p, sums); err != nil {
		return Entry{}, err
	}
	journal, err := newJournal(s, p.Net.Currency())
	if err != nil {
		return Entry{}, err
	}
	for _, sum := range slices.SortedStableFunc(slices.Values(sums), Sum.compare) {
		if err := journal.take(sum); err != nil {
			return Entry{}, err
		}
	}
	reverse, err := journal.bases.rows(s.ReverseCharge)
	if err != nil {
		return Entry{}, err
	}
	voucher, err := ledger.New(date, "Payout "+p.Reference, append(journal.rows, reverse...))
	if fault.CodeOf(err) == ledger.CodeNoRows {
		return Entry{Open: journal.open}, nil
	}
	return Entry{Voucher: voucher, Open: journal.open}, err
}

// prove repeats the proof of the payout on the very sums that are booked.
func prove(p payout.Payout, sums []Sum) error {
	kinds := make([]payout.KindSum, 0, len(sums))
	for _, sum := range sums {
		if sum.Kind == payout.Fee && !sum.Gross.IsZero() {
			return fault.Invalid(payout.CodeLineInvalid, "gross", "a fee has no gross amount, only fee and fee VAT")
		}
		kinds = append(kinds, payout.KindSum{
			Kind: sum.Kind, Lines: sum.Lines, Gross: sum.Gross, FeeExVAT: sum.FeeExVAT, FeeVAT: sum.FeeVAT,
		})
	}
	proof, err := payout.Prove(p, kinds)
	if err != nil {
		return err
	}
	return proof.Check(kinds)
}
