package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
	"github.com/kvitt/kvitt/ports"
)

func TestAnOrderBecomesTheInvoiceThatWasAskedFor(t *testing.T) {
	t.Parallel()
	for name, shown := range map[string]bool{"answered with the order": false, "answered with the invoice": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, c := start(t, func(w *world.Fortnox) { w.CreatedInvoiceShown = shown }), New()
			order, err := r.tryOrder(t.Context(), c, 1)
			require.NoError(t, err)
			require.Equal(t, ports.OrderResult{Number: "1", Outcome: ports.Created, Usage: order.Usage}, order)
			row := r.raw("orders", "1")["OrderRows"].([]any)[0].(map[string]any)
			require.Equal(t, "1", row["OrderedQuantity"])
			require.Equal(t, "1", row["DeliveredQuantity"])

			d := aSale()
			d.References[invoice.ExternalReference2] = "CAP-1"
			req := ports.InvoiceRequest{Write: r.write("EnsureInvoice", invoiceKey, 1), Draft: d, Order: "1"}
			made, err := c.EnsureInvoice(t.Context(), req)
			require.NoError(t, err)
			require.Equal(t, sek("758.00"), made.Invoice.Total)
			require.Equal(t, on("2026-04-16"), made.Invoice.Date, "Fortnox dates it today")
			require.Equal(t, "CAP-1", made.Invoice.References[invoice.ExternalReference2])

			found, err := r.tryOrder(t.Context(), c, 2)
			require.NoError(t, err)
			require.Equal(t, made.Invoice.Number, found.Invoice)
			_, err = c.EnsureOrderCancelled(t.Context(), ports.CancelOrderRequest{Write: r.write("EnsureOrderCancelled", "kv:x;", 1), Number: "1"})
			r.requireFault(err, CodeOrderInvoiced, fault.Conflict)

			_, err = c.EnsureCancelled(t.Context(), r.end("EnsureCancelled", made.Invoice.Number, 1))
			require.NoError(t, err)
			req.Attempt = 2
			_, err = c.EnsureInvoice(t.Context(), req)
			r.requireFault(err, CodeOrderInvoiceCancelled, fault.Conflict)
		})
	}
}

func TestACancelledOrderIsLeft(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		_, err := r.tryOrder(t.Context(), c, 1)
		require.NoError(t, err)
		req := ports.CancelOrderRequest{Write: r.write("EnsureOrderCancelled", "kv:x;", 1), Number: "1"}
		for _, outcome := range []ports.Outcome{ports.Created, ports.Found} {
			result, err := c.EnsureOrderCancelled(t.Context(), req)
			require.NoError(t, err)
			require.Equal(t, outcome, result.Outcome)
			require.True(t, result.Cancelled)
		}
		req.Number = "9"
		_, err = c.EnsureOrderCancelled(t.Context(), req)
		r.requireFault(err, client.CodeNotFound, fault.NotFound)
		anew, err := r.tryOrder(t.Context(), c, 2)
		require.NoError(t, err)
		require.Equal(t, ports.Created, anew.Outcome, "a cancelled order is not the one that was intended")
	})
}
