package report

import (
	"strconv"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/amount"
)

// head knows where the columns stand.
type head struct {
	width int
	at    map[string]int
}

// Row is one row of a report.
type Row struct {
	record record
	head   head
	number int
}

// Line is the number of the line in the file at which the row begins, from 1.
func (r Row) Line() int { return r.record.line }

// Raw points to the row in its file.
func (r Row) Raw(page ports.RawPage) payout.Raw {
	return payout.Raw{Page: page.SHA256, Offset: r.record.offset, Length: r.record.length}
}

// Text gives a field without the space around it, "" for an optional column that is
// missing. A column that the layout does not name is a mistake in the connector's
// code, and "" as well.
func (r Row) Text(column string) string {
	at, found := r.head.at[column]
	if !found || at >= len(r.record.fields) {
		return ""
	}
	return strings.TrimSpace(r.record.fields[at])
}

// Amount reads a field as an amount.
func (r Row) Amount(column string, format amount.Format, currency money.Currency) (money.Amount, error) {
	a, err := format.Parse(r.Text(column), currency)
	if f := fault.Of(err); f != nil {
		return money.Amount{}, f.WithField(r.where(column)).From(fault.Upstream)
	}
	return a, nil
}

// Int reads a field as a whole number, such as minor units.
func (r Row) Int(column string) (int64, error) {
	n, err := strconv.ParseInt(r.Text(column), 10, 64)
	if err != nil {
		return 0, r.Invalid(column, "this is not a whole number")
	}
	return n, nil
}

// Time reads a field as a moment or a day by a layout of package time. Zone is
// where the provider keeps its time, if the layout has no zone.
func (r Row) Time(column, layout string, zone *time.Location) (time.Time, error) {
	at, err := time.ParseInLocation(layout, r.Text(column), zone)
	if err != nil {
		return time.Time{}, r.Invalid(column, "this is not written like "+layout)
	}
	return at, nil
}

// Invalid is the fault of a field that makes no sense. It names row and column.
func (r Row) Invalid(column, reason string) *fault.Error {
	return fault.Invalid(CodeField, r.where(column), reason).From(fault.Upstream).
		WithRemedy("compare line " + strconv.Itoa(r.record.line) + " of the report with the provider's portal")
}

func (r Row) where(column string) string {
	return "rows[" + strconv.Itoa(r.number) + "]." + column
}

// fits refuses a row that has another number of fields than the headings: then
// nobody knows which field is which. Empty fields behind the last are no matter.
func (r Row) fits() *fault.Error {
	fields := r.record.fields
	for len(fields) > r.head.width && strings.TrimSpace(fields[len(fields)-1]) == "" {
		fields = fields[:len(fields)-1]
	}
	if len(fields) == r.head.width {
		return nil
	}
	return fault.Invalid(CodeField, "rows["+strconv.Itoa(r.number)+"]", "line "+strconv.Itoa(r.record.line)+" has "+
		strconv.Itoa(len(fields))+" fields under "+strconv.Itoa(r.head.width)+" headings").From(fault.Upstream).
		WithRemedy("fetch the report again; do not open and save it with another program")
}
