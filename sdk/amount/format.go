package amount

import (
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// Format is how a provider writes decimal numbers in major units. The zero Format
// is a plain number with a point.
type Format struct {
	// Comma says that decimals follow a comma rather than a point.
	Comma bool
	// Groups are characters that may stand between groups of three digits, such as
	// " " or ".". Wherever else they stand the number is refused. A space stands for
	// the no-break ones too.
	Groups string
	// Empty says that an empty text means 0.
	Empty bool
}

// Formats that are common in Europe.
var (
	// Swedish writes 1 234,50.
	Swedish = Format{Comma: true, Groups: " "}
	// German writes 1.234,50.
	German = Format{Comma: true, Groups: "."}
	// English writes 1,234.50.
	English = Format{Groups: ","}
)

// Parse reads an amount. A sign may be + or - (or the minus sign U+2212) in front
// or a - behind. What is no number, or has more decimals than the currency other
// than zeros, is a fault of money.Parse.
func (f Format) Parse(text string, currency money.Currency) (money.Amount, error) {
	if f.Empty && strings.TrimSpace(text) == "" {
		if _, err := money.ParseCurrency(string(currency)); err != nil {
			return money.Amount{}, err
		}
		return money.Zero(currency), nil
	}
	plain, ok := f.plain(text)
	if !ok {
		return money.Amount{}, fault.Invalid(money.CodeAmount, "amount", "\""+text+"\" is not a number as the provider writes them")
	}
	return money.Parse(plain, currency)
}

// plain gives the number as money.Parse takes it.
func (f Format) plain(text string) (string, bool) {
	text = strings.Map(func(r rune) rune {
		switch r {
		case '\u00a0', '\u202f', '\u2009':
			return ' '
		case '\u2212':
			return '-'
		}
		return r
	}, strings.TrimSpace(text))
	sign := ""
	switch {
	case strings.HasPrefix(text, "-"), strings.HasPrefix(text, "+"):
		sign, text = strings.TrimPrefix(text[:1], "+"), text[1:]
	case strings.HasSuffix(text, "-"):
		sign, text = "-", text[:len(text)-1]
	}
	point := "."
	if f.Comma {
		point = ","
	}
	units, decimals, cut := strings.Cut(text, point)
	units, grouped := f.ungroup(units)
	if !grouped || !digits(units) || cut && !digits(decimals) {
		return "", false
	}
	if cut {
		units += "." + decimals
	}
	return sign + units, true
}

// ungroup takes the separators out, if each has three digits behind it and all are
// the same.
func (f Format) ungroup(units string) (string, bool) {
	at := strings.IndexAny(units, f.Groups)
	if f.Groups == "" || at < 0 {
		return units, true
	}
	const group = 3
	parts := strings.Split(units, units[at:at+1])
	if len(parts[0]) > group {
		return "", false
	}
	for _, part := range parts[1:] {
		if len(part) != group {
			return "", false
		}
	}
	return strings.Join(parts, ""), true
}

func digits(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}
