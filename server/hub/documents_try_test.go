package hub_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/purchase"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/ports"
)

// TestWhatIsTriedIsWhatIsMade: the plan that is shown is the one that is then written.
func TestWhatIsTriedIsWhatIsMade(t *testing.T) {
	t.Parallel()
	chair, book := row(order.GoodsRow, "chair", 125_00, 25), row(order.GoodsRow, "book", 106_00, 6)
	parts := capturing(capturing(bought("1001", chair, book), "c1", 125_00, chair), "c2", 106_00, book)
	parts = refunding(refunding(parts, "r1", 106_00, book), "r2", 25_00)
	whole := refunding(capturing(bought("1002", chair), "c3", 125_00), "r3", 125_00)
	s := sell(t, `{}`, all(), parts, whole)
	said := func(steps []ports.Step) map[string]string {
		out := map[string]string{}
		for _, step := range steps {
			if step.Kind != ports.StepBooking {
				out[step.Key] = string(step.Kind) + " " + step.Amount.String() + " " + strings.ReplaceAll(string(step.Content), "to be numbered", "N")
			}
		}
		return out
	}
	for _, id := range []string{"o-1001", "o-1002"} {
		tried, err := s.docs.Try(t.Context(), "c-source", id)
		require.NoError(t, err)
		require.Empty(t, s.books.made, "nothing is written")
		require.Empty(t, s.books.orders)
		_, err = s.docs.Purchase(t.Context(), "c-source", id)
		require.Equal(t, ports.CodeNotFound, fault.CodeOf(err), "and nothing kept")
		require.Empty(t, s.codes())

		s.learn(id)
		made, err := s.docs.Purchase(t.Context(), "c-source", id)
		require.NoError(t, err)
		want := said(made.Steps)
		for key, text := range want { // a credit names the invoice that it credits by its number
			for _, number := range []string{"5001", "5002", "5003", "5004", "5005", "5006"} {
				text = strings.ReplaceAll(text, number, "N")
			}
			want[key] = text
		}
		require.Equal(t, want, said(tried.Steps))
		require.Equal(t, len(s.exceptions()), len(tried.Exceptions))
		for _, e := range s.exceptions() {
			require.NoError(t, s.docs.Resolve(t.Context(), e.ID, "", "anna"))
		}
		s.books.made, s.books.orders, s.books.documents = map[string]*invoice.Written{}, map[string]*ports.OrderResult{}, nil
	}
	again, err := s.docs.Try(t.Context(), "c-source", "o-1001")
	require.NoError(t, err)
	for _, step := range again.Steps {
		require.Equal(t, ports.StepDone, step.State, "what is made is shown as it is")
	}
	_, err = s.docs.Try(t.Context(), "c-source", "nobody")
	require.Equal(t, purchase.CodeUnknown, fault.CodeOf(err))
}
