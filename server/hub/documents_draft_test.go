package hub_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	rules "github.com/kvitt/kvitt/core/invoicing"
	"github.com/kvitt/kvitt/core/order"
)

func TestADraftThatDiffersIsNotBookedUntilItIsRight(t *testing.T) {
	t.Parallel()
	chair := row(order.GoodsRow, "chair", 125_00, 25)
	fee := row(order.ReturnFeeRow, "return fee", -25_00, 25)
	p := refunding(capturing(bought("1001", chair), "c1", 125_00), "r1", 100_00, chair, fee)
	for name, c := range map[string]struct {
		spoil func(*invoice.Written)
		code  fault.Code
	}{
		"the return fee is missing": {func(w *invoice.Written) {
			w.Rows, w.Total, w.Balance = w.Rows[:1], sek(-125_00), sek(-125_00)
		}, rules.CodeCreditRowsMissing},
		"the return fee is freight": {func(w *invoice.Written) {
			w.Rows = slices.Clone(w.Rows)
			w.Rows[0].Gross, w.Rows[1].Gross = sek(-130_00), sek(30_00)
		}, rules.CodeCreditKindWrong},
		"the total is another": {func(w *invoice.Written) { w.Total = sek(-99_00) }, rules.CodeCreditTotalDiffers},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sell(t, `{}`, all(), p)
			right := map[string]invoice.Written{}
			s.books.spoil = func(w *invoice.Written) {
				if w.Kind == invoice.Credit {
					right[w.Number] = *w
					c.spoil(w)
				}
			}
			s.learn("o-1001")
			require.Equal(t, []fault.Code{c.code}, s.codes())
			require.Contains(t, s.documents()["r1"], "draft")
			require.Equal(t, c.code, fault.CodeOf(s.docs.RetryException(t.Context(), s.exceptions()[0].ID, "anna")), "it still differs")
			for _, w := range s.books.made {
				if fixed, ok := right[w.Number]; ok {
					*w = fixed
				}
			}
			require.NoError(t, s.docs.RetryException(t.Context(), s.exceptions()[0].ID, "anna"))
			s.work()
			require.Equal(t, "credit_invoice -100.00 | 3001 -125.00 25% | 3540 25.00 25% booked linked", s.documents()["r1"])
			require.Empty(t, s.codes())
		})
	}
}

func TestADraftThatAPersonHasCancelledIsMadeAnew(t *testing.T) {
	t.Parallel()
	s := sell(t, `{}`, all(), capturing(bought("1001", row(order.GoodsRow, "chair", 125_00, 25)), "c1", 125_00))
	s.books.spoil = func(w *invoice.Written) { w.Total = sek(126_00) }
	s.learn("o-1001")
	require.Equal(t, []fault.Code{rules.CodeInvoiceDiffers}, s.codes())
	for _, w := range s.books.made {
		w.Cancelled = true
	}
	s.books.spoil = nil
	require.NoError(t, s.docs.RetryException(t.Context(), s.exceptions()[0].ID, "anna"))
	s.work()
	require.Equal(t, map[string]string{"c1": "invoice 125.00 | 3001 125.00 25% booked"}, s.documents())
	require.Equal(t, 2, s.books.numbered)
	require.Empty(t, s.codes())
}
