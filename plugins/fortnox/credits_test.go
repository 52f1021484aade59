package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/invoicing"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
	"github.com/kvitt/kvitt/ports"
)

func TestALinkedCreditHasTheRowsThatWereAskedFor(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		made, err := r.tryCredit(t.Context(), c, "1002", true, 1)
		require.NoError(t, err)
		require.Equal(t, ports.Created, made.Outcome)
		require.Equal(t, invoice.Credit, made.Invoice.Kind)
		require.Equal(t, "1002", made.Invoice.Credits)
		require.Equal(t, sek("-220.00"), made.Invoice.Total)
		require.False(t, made.Invoice.Booked)
		require.Equal(t, on("2026-04-18"), made.Invoice.Date)
		require.Equal(t, "R-7", made.Invoice.References[invoice.ExternalReference2])
		require.Nil(t, invoicing.Compare(aReturn(), invoice.Credit, made.Invoice))
		shown := r.raw("invoices", made.Invoice.Number)
		require.Equal(t, "Refund 7 "+creditKey, shown["Comments"])
		require.Equal(t, "Bo Björk", shown["CustomerName"], "who bought stays")
		require.Empty(t, shown["Address1"])
		rows := shown["InvoiceRows"].([]any)
		jumper, fee := rows[0].(map[string]any), rows[1].(map[string]any)
		require.Equal(t, "-1", jumper["DeliveredQuantity"])
		require.EqualValues(t, 249, jumper["Price"])
		require.Equal(t, "1", fee["DeliveredQuantity"], "what is kept is a positive row")
		require.EqualValues(t, 29, fee["Price"])
		require.Equal(t, made.Invoice.Number, r.raw("invoices", "1002")["CreditInvoiceReference"])

		before := r.balance(1510)
		r.book(c, made.Invoice.Number)
		after, err := sek(r.balance(1510)).Sub(sek(before))
		require.NoError(t, err)
		require.Equal(t, "-220.00", after.String())
	})
}

func TestALinkThatIsThereIsNeverPassedOver(t *testing.T) {
	t.Parallel()
	for name, silent := range map[string]bool{"refused": false, "taken in silence": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, c := start(t, func(w *world.Fortnox) { w.SecondCreditSilent = silent }), New()
			for attempt := 1; attempt <= 2; attempt++ {
				_, err := r.tryCredit(t.Context(), c, "1003", true, attempt)
				r.requireFault(err, ports.CodeCredited, fault.Conflict)
			}
			made, err := r.tryCredit(t.Context(), c, "1001", true, 1)
			require.NoError(t, err)
			again, err := r.tryCredit(t.Context(), c, "1001", true, 1)
			require.NoError(t, err)
			require.Equal(t, ports.Found, again.Outcome, "a link of the same key is ours")
			other := ports.CreditRequest{Write: r.write("EnsureCredit", "kv:other;", 1), Draft: aReturn(), Original: "1001", Linked: true}
			for other.Attempt = 1; other.Attempt <= 2; other.Attempt++ {
				_, err = c.EnsureCredit(t.Context(), other)
				r.requireFault(err, ports.CodeCredited, fault.Conflict)
			}
			require.Equal(t, sek("-220.00"), made.Invoice.Total)
			require.Equal(t, 9, r.counts()["invoices"])
		})
	}
}

func TestACreditInvoiceThatStandsAloneNamesTheInvoice(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		made, err := r.tryCredit(t.Context(), c, "1003", false, 1)
		require.NoError(t, err)
		require.Equal(t, invoice.Credit, made.Invoice.Kind)
		require.Empty(t, made.Invoice.Credits)
		require.Equal(t, sek("-220.00"), made.Invoice.Total)
		require.Nil(t, invoicing.Compare(aReturn(), invoice.Credit, made.Invoice))
		require.Equal(t, "Kredit av faktura 1003", made.Invoice.Rows[0].Name)
		require.True(t, made.Invoice.Rows[0].Gross.IsZero())
		require.Empty(t, made.Invoice.Rows[0].Account)
		found, err := r.tryCredit(t.Context(), c, "1003", false, 2)
		require.NoError(t, err)
		require.Equal(t, ports.Found, found.Outcome)
		require.Equal(t, made.Invoice.Number, found.Invoice.Number)
	})
}

func TestWhatCannotBeCreditedHasACode(t *testing.T) {
	t.Parallel()
	r, c := start(t), New()
	_, err := r.tryCredit(t.Context(), c, "1006", true, 1)
	r.requireFault(err, CodeOriginalOpen, fault.Conflict)
	_, err = r.tryCredit(t.Context(), c, "77", true, 1)
	r.requireFault(err, client.CodeNotFound, fault.NotFound)
	_, err = r.tryCredit(t.Context(), c, "77", true, 2)
	require.Equal(t, fault.Unknown, fault.ClassOf(err), "what became of the first attempt is not known")
	_, err = r.tryCredit(t.Context(), c, "1008", true, 1)
	r.requireFault(err, CodeOriginalCurrency, fault.Validation)
	_, err = r.tryCredit(t.Context(), c, "R-1", true, 1)
	r.requireFault(err, CodeNumber, fault.Validation)
	require.Equal(t, 8, r.counts()["invoices"])
}
