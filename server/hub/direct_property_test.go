package hub_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// trade is a random payout with the documents that are there when it is planned
// and those that come later.
type trade struct {
	lines       []payout.Line
	now, later  []invoice.Document
	net         int64
	fees, vat   int64 // of fees that have an account
	open        int64 // effect of lines that have none
	unmatched   int64 // gross of lines whose document comes later
	differences int64 // written off as rounding
}

func (x *trade) add(t *rapid.T, l payout.Line) {
	net, err := l.Net()
	require.NoError(t, err)
	x.net += net.Minor()
	if l.Kind == payout.Fee && l.RawType == "FEE" {
		x.fees, x.vat = x.fees+l.FeeExVAT.Minor(), x.vat+l.FeeVAT.Minor()
	}
	if l.RawType == "ODD" {
		x.open += net.Minor()
	}
	l.Key += "/" + strconv.Itoa(len(x.lines))
	x.lines = append(x.lines, l)
}

// order adds a sale or refund with its document and the fees of its group.
func (x *trade) order(t *rapid.T, i int) {
	order := strconv.Itoa(1000 + i)
	gross := rapid.Int64Range(100, 50000).Draw(t, "gross")
	l := sale(order, gross)
	if rapid.IntRange(0, 3).Draw(t, "refund") == 0 {
		l, gross = refund(order, gross), -gross
	}
	l.Group = rapid.SampledFrom([]string{"", "g" + order, "g" + order, "shared"}).Draw(t, "group")
	x.add(t, l)
	rounding := rapid.SampledFrom([]int64{0, 0, 40, -40}).Draw(t, "rounding")
	document := invoiced(order, order, gross+rounding)
	x.differences += rounding
	if rapid.IntRange(0, 2).Draw(t, "late") == 0 {
		x.later, x.unmatched = append(x.later, document), x.unmatched+gross
	} else {
		x.now = append(x.now, document)
	}
	for range rapid.IntRange(0, 3).Draw(t, "fees") {
		amount := rapid.SampledFrom([]int64{0, 4, 250, -100, 60000}).Draw(t, "fee")
		f := fee(order, amount, amount/4*rapid.Int64Range(0, 1).Draw(t, "taxed"))
		f.Group = l.Group
		f.RawType = rapid.SampledFrom([]string{"FEE", "FEE", "FEE", "ODD"}).Draw(t, "type")
		x.add(t, f)
	}
}

func drawTrade(t *rapid.T) *trade {
	x := &trade{}
	for i := range rapid.IntRange(1, 7).Draw(t, "orders") {
		x.order(t, i)
	}
	for _, kind := range []payout.Kind{payout.Reserve, payout.Carry} {
		if gross := rapid.Int64Range(-500, 500).Draw(t, string(kind)); gross != 0 {
			l := fee(string(kind), 0, 0)
			l.Kind, l.RawType, l.Gross = kind, string(kind), sek(gross)
			x.add(t, l)
		}
	}
	x.add(t, fee("lump", 77, 19))
	x.lines = rapid.Permutation(x.lines).Draw(t, "lines")
	return x
}

// Payments and voucher together bring the payout's net to the bank account, and on
// clearing stands what has no document, what has no account and debt carried on.
func TestInTheDirectShapeBankIsTheNetAndClearingWhatIsNotMatched(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		x := drawTrade(r)
		w := newWorld(t, provider(rapid.IntRange(1, 9).Draw(r, "page"), paid("P1", x.net), x.lines...), newFakeBooks(x.now...))
		w.set(`{"shape":"direct","fee_rules":[{"match":"FEE","vat":"domestic","meaning":"fee"}]}`)
		require.Equal(r, ports.RunDone, w.run().State)
		balances := func(open int64) {
			l := w.books.ledger
			require.Equal(r, x.net, l["1930"], "bank")
			require.Equal(r, -open, l["1686"], "clearing")
			require.Equal(r, []int64{x.fees, x.vat}, []int64{l["6040"], l["2641"]})
			explained := w.clearing()
			require.Equal(r, l["1686"], explained.Balance.Minor())
			require.Zero(r, explained.Unexplained.Minor())
		}
		carried := int64(0)
		for _, l := range x.lines {
			if l.Kind == payout.Carry {
				carried = l.Gross.Minor()
			}
		}
		balances(x.unmatched + x.open + carried)
		w.onlyBankPaymentsAreDirect(r)

		w.books.documents = append(w.books.documents, x.later...)
		require.Equal(r, ports.RunDone, w.run().State)
		balances(x.open + carried)
		require.Equal(r, x.differences, w.books.ledger["3740"], "rounding")
		for _, d := range w.books.documents {
			require.True(r, d.Balance.IsZero(), d.Number)
		}
	})
}

// onlyBankPaymentsAreDirect compares the marks of lines with what was planned.
func (w *world) onlyBankPaymentsAreDirect(r *rapid.T) {
	w.view(func(ctx context.Context, tx ports.Tx) error {
		for _, l := range w.lines("P1") {
			if l.State != ports.LineMatched {
				require.False(r, l.Direct && l.Kind.NeedsDocument())
				continue
			}
			payments := w.books.payments[l.Document]
			require.Len(r, payments, 1)
			require.Equal(r, l.Direct, payments[0].Account == ledger.Account("1930"))
		}
		return nil
	})
}
