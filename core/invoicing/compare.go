package invoicing

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
)

// Compare holds a draft in the accounting system against what was asked for, by account
// and VAT rate, which tell the kinds of rows apart, and by the total. What the
// accounting system rounds the total by, to whole kronor, is no difference, if it says
// so. A draft that differs must not be booked: it is corrected by a person, or
// cancelled.
func Compare(asked invoice.Draft, kind invoice.Kind, made invoice.Written) *fault.Error {
	total, err := asked.Total()
	if err != nil {
		return differs(kind, err.Error())
	}
	shown, err := made.Total.Sub(roundOff(made))
	if err != nil {
		return differs(kind, "it is in "+string(made.Total.Currency())+", not in "+string(asked.Currency))
	}
	if tooMuch(roundOff(made)) {
		return differs(kind, "it is rounded by "+made.RoundOff.String())
	}
	want, have := grouped(asked.Rows), grouped(made.Rows)
	missing, wrong := unlike(want, have)
	switch {
	case len(missing) > 0 && kind == invoice.Credit:
		return fault.New(CodeCreditRowsMissing, fault.Conflict, "the credit invoice in the accounting system lacks "+strings.Join(missing, ", ")).
			WithRemedy(remedy)
	case shown != total:
		return differs(kind, "its total is "+shown.String()+", not "+total.String())
	case len(missing)+len(wrong) > 0 && kind == invoice.Credit:
		return fault.New(CodeCreditKindWrong, fault.Conflict, "the credit invoice in the accounting system has "+strings.Join(wrong, ", ")).
			WithRemedy(remedy)
	case len(missing)+len(wrong) > 0:
		return differs(kind, "its rows differ: "+strings.Join(append(missing, wrong...), ", "))
	}
	return nil
}

const remedy = "correct or cancel the draft in the accounting system, then retry the exception; it is not booked before"

func roundOff(w invoice.Written) money.Amount {
	if w.RoundOff.Currency() == "" {
		return money.Zero(w.Total.Currency())
	}
	return w.RoundOff
}

// tooMuch reports whether more was rounded than rounding to whole units explains
// (fortnox.md 7: up to 0.50 kronor).
func tooMuch(rounded money.Amount) bool {
	return rounded.Abs().Decimal().GreaterThan(decimal.New(5, -1))
}

func differs(kind invoice.Kind, how string) *fault.Error {
	if kind == invoice.Credit {
		return fault.New(CodeCreditTotalDiffers, fault.Conflict, "the credit invoice in the accounting system is not what was asked for: "+how).WithRemedy(remedy)
	}
	return fault.New(CodeInvoiceDiffers, fault.Conflict, "the invoice in the accounting system is not what was asked for: "+how).WithRemedy(remedy)
}

// group is what tells kinds of rows apart in an accounting system.
type group struct {
	account ledger.Account
	rate    tax.Rate
}

func (g group) String() string {
	return "account " + string(g.account) + " at " + g.rate.String() + " %"
}

// grouped adds up rows by group. Rows of nothing only say something.
func grouped(rows []invoice.Row) map[group]money.Amount {
	sums := map[group]money.Amount{}
	for _, r := range rows {
		if r.Gross.IsZero() {
			continue
		}
		g := group{r.Account, r.Rate}
		sum, err := money.Sum(r.Gross.Currency(), sums[g], r.Gross)
		if err != nil {
			continue // the totals tell
		}
		sums[g] = sum
	}
	return sums
}

// unlike says which groups are missing and which have another sum, or should not be
// there, each in words.
func unlike(want, have map[group]money.Amount) (missing, wrong []string) {
	for g, sum := range want {
		switch shown, there := have[g]; {
		case !there && !sum.IsZero():
			missing = append(missing, sum.String()+" on "+g.String())
		case there && shown != sum:
			wrong = append(wrong, shown.String()+" on "+g.String()+", not "+sum.String())
		}
	}
	for g, shown := range have {
		if _, asked := want[g]; !asked {
			wrong = append(wrong, shown.String()+" on "+g.String()+", which nobody asked for")
		}
	}
	slices.SortFunc(missing, cmp.Compare[string])
	slices.SortFunc(wrong, cmp.Compare[string])
	return missing, wrong
}
