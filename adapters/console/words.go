package console

import (
	"html"
	"html/template"
	"strings"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// effect writes a signed amount as people read it: "−1 234.50", with a true minus
// and thin spaces.
func effect(a money.Amount) string {
	if a.Sign() < 0 {
		return "−" + grouped(a.Abs().String())
	}
	return grouped(a.String())
}

// plain writes an amount, and nothing for 0, as in the columns of a voucher.
func plain(a money.Amount) string {
	if a.IsZero() {
		return ""
	}
	return effect(a)
}

// grouped puts thin spaces between thousands.
func grouped(number string) string {
	whole, fraction, dotted := strings.Cut(number, ".")
	var out strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			out.WriteRune('\u202f')
		}
		out.WriteRune(digit)
	}
	if dotted {
		out.WriteString("." + fraction)
	}
	return out.String()
}

// words turns a name of the API into words: "invoice_payment" → "Invoice payment".
func words(name any) string {
	text := strings.ReplaceAll(toText(name), "_", " ")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func toText(name any) string {
	switch n := name.(type) {
	case string:
		return n
	case payout.Kind:
		return string(n)
	case payout.State:
		return string(n)
	case ports.LineState:
		return string(n)
	}
	return ""
}

// breakable lets a provider's long names break where a reader would break them.
func breakable(text string) template.HTML {
	marked := strings.NewReplacer("/", "/<wbr>", "_", "_<wbr>").Replace(html.EscapeString(text))
	return template.HTML(marked) //nolint:gosec // escaped before it is marked
}
