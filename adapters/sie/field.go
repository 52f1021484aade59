package sie

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// account reads an account number, which is digits alone.
func (r record) account(i int) (ledger.Account, error) {
	number := r.text(i)
	if !isDigits(number) {
		return "", r.fault(CodeAccount, "account", "an account number has digits alone")
	}
	return ledger.Account(number), nil
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// date reads YYYYMMDD; absent or empty it is none.
func (r record) date(i int, field string) (civil.Date, error) {
	text := r.text(i)
	if text == "" {
		return civil.Date{}, nil
	}
	if len(text) != len("20060102") || !isDigits(text) {
		return civil.Date{}, r.fault(CodeDate, field, "a date is written YYYYMMDD")
	}
	date, err := civil.Parse(text[:4] + "-" + text[4:6] + "-" + text[6:])
	if err != nil {
		return civil.Date{}, r.fault(CodeDate, field, "the calendar has no such day")
	}
	return date, nil
}

// year reads the index of a financial year: 0, −1 and so on.
func (r record) year() (int, error) {
	year, err := strconv.ParseInt(r.text(0), 10, 8)
	if err != nil {
		return 0, r.fault(CodeRecord, "year", "a year is counted from that of the file: 0, -1")
	}
	return int(year), nil
}

// number is a decimal number as programs write it. Only "-12.50" is standard.
var number = regexp.MustCompile(`^([+-]?)(\d+)(?:([.,])(\d+))?$`)

// plain gives the standard form of a number, and what was odd about it. A comma
// before three digits is refused, since it may as well part thousands.
func plain(text string, decimals int) (standard, odd string, ok bool) {
	m := number.FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	sign, whole, point, fraction := strings.TrimPrefix(m[1], "+"), m[2], m[3], m[4]
	if len(fraction) > decimals {
		if point == "," || strings.Trim(fraction[decimals:], "0") != "" {
			return "", "", false
		}
		fraction, odd = fraction[:decimals], "has more decimals than two"
	}
	if point == "," {
		odd = "has a decimal comma"
	}
	if m[1] == "+" {
		odd = "has a plus sign"
	}
	if fraction == "" {
		return sign + whole, odd, true
	}
	return sign + whole + "." + fraction, odd, true
}

// amount reads an amount of the file's currency, at most two decimals.
func (p *reader) amount(r record, i int) (money.Amount, error) {
	p.counted = true
	standard, odd, ok := plain(r.text(i), 2)
	if !ok {
		return money.Amount{}, r.fault(CodeAmount, "amount", "an amount is written like -1234.50")
	}
	if odd != "" {
		p.warnings.add(r.line, r.label+" amount "+odd)
	}
	amount, err := money.Parse(standard, p.file.Currency)
	if err != nil {
		return money.Amount{}, r.fault(CodeAmount, "amount", "the amount is not one of the currency").Wrap(err)
	}
	return amount, nil
}

// longestQuantity keeps quantities within what any program counts.
const longestQuantity = 40

// quantity reads a number of any unit; absent or empty it is 0.
func (p *reader) quantity(r record, i int) (decimal.Decimal, error) {
	text := r.text(i)
	if text == "" {
		return decimal.Zero, nil
	}
	standard, odd, ok := plain(text, longestQuantity)
	if !ok || len(text) > longestQuantity {
		return decimal.Zero, r.fault(CodeAmount, "quantity", "a quantity is written like -12.5")
	}
	if odd != "" {
		p.warnings.add(r.line, r.label+" quantity "+odd)
	}
	quantity, err := decimal.NewFromString(standard)
	if err != nil {
		return decimal.Zero, r.fault(CodeAmount, "quantity", "a quantity is written like -12.5")
	}
	return quantity, nil
}
