package booking

import (
	"fmt"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// CodeRowLimit: no voucher can be split into parts of fewer than two rows.
const CodeRowLimit fault.Code = "voucher.row_limit"

// Split divides a voucher into parts of at most limit rows, each of which
// balances through the clearing account. Together the parts post the same as the
// whole: what one part borrows from the clearing account another gives back. A
// voucher within the limit stays as it is.
func Split(v ledger.Voucher, limit int, clearing ledger.Account) ([]ledger.Voucher, error) {
	if limit < 2 {
		return nil, fault.Invalid(CodeRowLimit, "limit", "a balanced voucher has at least two rows")
	}
	rows := v.Rows()
	if len(rows) <= limit {
		return []ledger.Voucher{v}, nil
	}
	rows = slices.DeleteFunc(rows, func(r ledger.Row) bool { return r.Account == clearing })
	chunks := slices.Collect(slices.Chunk(rows, limit-1))
	parts := make([]ledger.Voucher, 0, len(chunks))
	for i, chunk := range chunks {
		part, err := balanced(v, chunk, clearing, fmt.Sprintf("%s (%d/%d)", v.Text(), i+1, len(chunks)))
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

func balanced(v ledger.Voucher, rows []ledger.Row, clearing ledger.Account, text string) (ledger.Voucher, error) {
	var sum money.Amount
	for _, r := range rows {
		var err error
		if sum, err = sum.Add(r.Amount); err != nil {
			return ledger.Voucher{}, err
		}
	}
	return ledger.New(v.Date(), text, append(slices.Clone(rows), row(clearing, sum.Neg(), meaningClearing)))
}
