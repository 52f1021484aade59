package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func (r *remote) tryRelease(t *testing.T, c everything, document, payment, balance string, attempt int, known ...string) (ports.ReleaseResult, error) {
	t.Helper()
	return c.EnsureReleased(t.Context(), ports.ReleaseRequest{
		Write: r.write("EnsureReleased", "kv:1R;", attempt), DocumentNumber: document, DocumentKind: invoice.Invoice,
		PaymentNumber: payment, Date: on("2026-04-20"), Known: known, BalanceBefore: sek(balance),
	})
}

func TestABookedPaymentIsTakenBackByOneOfTheOppositeAmount(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		p := payment("1001", invoice.Invoice, "498.70", ports.WriteOff{Account: "6040", Amount: sek("0.30"), Text: "öre"})
		made, err := r.tryPayment(t.Context(), c, p, "499.00", 1)
		require.NoError(t, err)
		before := r.counts()
		released, err := r.tryRelease(t, c, "1001", made.Number, "0.00", 1, made.Number)
		require.NoError(t, err)
		require.Equal(t, ports.Created, released.Outcome)
		require.NotEqual(t, made.Number, released.Number)
		require.Equal(t, "0.00", r.balance(1686))
		require.Equal(t, "0.00", r.balance(6040))
		require.Greater(t, r.counts()["invoice_payments"], before["invoice_payments"], "nothing is deleted")
		found, err := c.FindDocuments(t.Context(), ports.FindDocumentsRequest{
			Call: r.granted("FindDocuments", 1), Reference: invoice.Number, Value: "1001",
		})
		require.NoError(t, err)
		require.Equal(t, sek("499.00"), found.Documents[0].Balance, "the invoice is open again")

		again, err := r.tryPayment(t.Context(), c, p, "499.00", 1)
		require.NoError(t, err, "and can be paid again")
		require.NotEqual(t, made.Number, again.Number)
	})
}

func TestAPaymentOfACreditInvoiceIsTakenBackAsWell(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		made, err := r.tryPayment(t.Context(), c, payment("1004", invoice.Credit, "-95.00"), "-95.00", 1)
		require.NoError(t, err)
		_, err = r.tryRelease(t, c, "1004", made.Number, "0.00", 1, made.Number)
		require.NoError(t, err)
		require.Equal(t, "0.00", r.balance(1686))
	})
}

func TestAReleaseWhoseAnswerIsLostIsFoundAndMadeOnce(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		made, err := r.tryPayment(t.Context(), c, payment("1001", invoice.Invoice, "499.00"), "499.00", 1)
		require.NoError(t, err)
		first, err := r.tryRelease(t, c, "1001", made.Number, "0.00", 1, made.Number)
		require.NoError(t, err)
		before := r.counts()
		second, err := r.tryRelease(t, c, "1001", made.Number, "0.00", 2, made.Number)
		require.NoError(t, err)
		require.Equal(t, ports.Found, second.Outcome)
		require.Equal(t, first.Number, second.Number)
		require.Equal(t, before, r.counts())
	})
}

func TestAPaymentThatIsGoneIsReleased(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		before := r.counts()
		released, err := r.tryRelease(t, c, "1001", "999", "499.00", 1)
		require.NoError(t, err)
		require.Equal(t, ports.Found, released.Outcome)
		require.Equal(t, before, r.counts())
	})
}

func TestAPaymentThatWasNeverBookedIsRemoved(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		r.fault(simulator.Fault{Kind: simulator.KindStatus, Method: http.MethodPut, Path: "/3/invoicepayments/", Status: http.StatusServiceUnavailable, Times: 1})
		_, err := r.tryPayment(t.Context(), c, payment("1001", invoice.Invoice, "499.00"), "499.00", 1)
		require.Error(t, err)
		r.heal()
		list, err := c.ListPayments(t.Context(), ports.ListPaymentsRequest{Call: r.granted("ListPayments", 1), DocumentNumber: "1001"})
		require.NoError(t, err)
		require.Len(t, list.Payments, 1)
		require.False(t, list.Payments[0].Booked)
		_, err = r.tryRelease(t, c, "1001", list.Payments[0].Number, "499.00", 1)
		require.NoError(t, err)
		list, err = c.ListPayments(t.Context(), ports.ListPaymentsRequest{Call: r.granted("ListPayments", 1), DocumentNumber: "1001"})
		require.NoError(t, err)
		require.Empty(t, list.Payments)
	})
}

func TestAReleaseThatFortnoxRefusesSaysWhatAPersonCanDo(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		made, err := r.tryPayment(t.Context(), c, payment("1001", invoice.Invoice, "499.00"), "499.00", 1)
		require.NoError(t, err)
		_, err = r.tryRelease(t, c, "1001", made.Number, "0.00", 1, made.Number)
		require.NoError(t, err)
		_, err = r.tryRelease(t, c, "1001", made.Number, "499.00", 1, made.Number)
		r.requireFault(err, CodeReleaseRefused, fault.Conflict)
		require.Contains(t, fault.Of(err).Remedy, "by hand in Fortnox")
	})
}
