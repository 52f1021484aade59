package matching

import (
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/payout"
)

// creditAsInvoice reports whether a refund without a credit invoice was booked as
// an ordinary invoice, and says so in its decision.
func (m *matcher) creditAsInvoice(e entry) bool {
	if e.line.Kind != payout.Refund {
		return false
	}
	for _, pair := range m.refunds {
		own := isOwn(e.line, pair)
		found := filter(m.find(e.line, pair, invoice.Invoice), func(d *document) bool {
			total := d.Document.Total
			return !d.Document.Cancelled && (total == e.line.Gross || own && total == e.line.Gross.Neg())
		})
		if len(found) == 0 {
			continue
		}
		decision := exception(e.line, creditIsInvoice(found[0]))
		decision.Rule = pair
		if len(found) == 1 {
			decision.Document, decision.Kind = found[0].Document.Number, invoice.Invoice
		}
		for _, d := range found[:min(len(found), mostShown)] {
			decision.Compared = append(decision.Compared, compared(e.line, pair, d)...)
			decision.Compared = append(decision.Compared, Comparison{"kind", string(e.line.Kind), string(d.Document.Kind)})
		}
		m.decisions[e.at] = decision
		return true
	}
	return false
}

// isOwn reports whether a pair compares the refund's own reference. A shop that
// gives the refund the number of its order would find the invoice of the sale.
func isOwn(line *payout.Line, pair KeyPair) bool {
	if pair.Line != payout.RefundID && pair.Line != payout.RefundReference {
		return false
	}
	value := Normalise(line.References[pair.Line])
	for name, other := range line.References {
		if name != payout.RefundID && name != payout.RefundReference && Normalise(other) == value {
			return false
		}
	}
	return true
}

func creditIsInvoice(d *document) *fault.Error {
	return fault.New(CodeCreditIsInvoice, fault.Conflict, describe(d)+" carries the reference and the amount of the refund but is no credit invoice").
		WithRemedy("cancel or credit it in the accounting system and make a credit invoice instead")
}
