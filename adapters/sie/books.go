package sie

import (
	"fmt"
	"io"

	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
)

// CodeNotYear: the file is not the export of a financial year.
const CodeNotYear fault.Code = "sie.not_a_year"

// Books reads the ledger of a year. It is safe for concurrent use.
type Books struct{}

// ReadYear gives the vouchers of a file of type 4E. It refuses what Read refuses,
// and files that are no export of one whole year.
func (Books) ReadYear(r io.Reader) (books.Year, error) {
	file, err := Read(r)
	if err != nil {
		return books.Year{}, fmt.Errorf("reading the books: %w", err)
	}
	year := books.Year{Vouchers: make([]books.Voucher, 0, len(file.Vouchers))}
	for _, y := range file.Years {
		if y.Index == 0 {
			year.From, year.To = y.From, y.To
		}
	}
	// A year in which nothing was ever booked has no balances and looks like 4I.
	if file.Type != Export && len(file.Vouchers) > 0 || year.From.IsZero() {
		return books.Year{}, fault.Invalid(CodeNotYear, "", "the file is not the export of a financial year").
			WithRemedy("export the whole financial year as SIE type 4")
	}
	for _, v := range file.Vouchers {
		year.Vouchers = append(year.Vouchers, v.book())
	}
	return year, nil
}

// book gives the voucher without what only SIE knows.
func (v Voucher) book() books.Voucher {
	b := books.Voucher{Series: v.Series, Number: v.Number, Date: v.Date, Text: v.Text, Rows: make([]ledger.Row, 0, len(v.Rows))}
	for _, r := range v.Rows {
		b.Rows = append(b.Rows, ledger.Row{Account: r.Account, Amount: r.Amount, Text: r.Text})
	}
	return b
}
