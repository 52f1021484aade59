package main

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/invoicing"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
	"github.com/kvitt/kvitt/ports"
)

func TestAnInvoiceIsADraftThatSaysWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		made, err := r.tryInvoice(t.Context(), c, aSale(), 1)
		require.NoError(t, err)
		require.Equal(t, ports.Created, made.Outcome)
		require.Equal(t, sek("758.00"), made.Invoice.Total)
		require.False(t, made.Invoice.Booked)
		require.Nil(t, invoicing.Compare(aSale(), invoice.Invoice, made.Invoice))

		shown := r.raw("invoices", made.Invoice.Number)
		require.Equal(t, "2026-04-16", shown["InvoiceDate"])
		require.Equal(t, "10100", shown["ExternalInvoiceReference1"])
		require.Equal(t, invoiceKey, shown["ExternalInvoiceReference2"], "the key can be searched by")
		require.Equal(t, "W-10100", shown["YourOrderNumber"])
		require.Equal(t, "Klarna order 42 "+invoiceKey, shown["Comments"], "what Fortnox does not take is a space")
		require.Equal(t, "KV-SE-SEVAT-SEK", shown["CustomerNumber"])
		require.Equal(t, "Hedda Hassel", shown["CustomerName"])
		require.Equal(t, "Storgatan 1", shown["Address1"])
		require.Equal(t, "Åsön", shown["City"])
		require.Equal(t, true, shown["VATIncluded"])
		require.Equal(t, false, shown["NotCompleted"])
		rows := shown["InvoiceRows"].([]any)
		first, freight, gift := rows[0].(map[string]any), rows[2].(map[string]any), rows[4].(map[string]any)
		require.Equal(t, "3 st Tröja blå", first["Description"])
		require.Equal(t, "1", first["DeliveredQuantity"])
		require.EqualValues(t, 747, first["Price"])
		require.Equal(t, "Frakt", freight["Description"])
		require.Equal(t, "-1", gift["DeliveredQuantity"], "the price is positive, the number of pieces is not")
		require.EqualValues(t, 100, gift["Price"])
		require.EqualValues(t, 2421, gift["AccountNumber"])
	})
}

func TestWhatIsBookedIsWhatTheRowsSay(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		before := map[int]string{}
		for _, account := range []int{1510, 2421, 2611, 2621, 3001, 3002, 3520} {
			before[account] = r.balance(account)
		}
		made, err := r.tryInvoice(t.Context(), c, aSale(), 1)
		require.NoError(t, err)
		req := r.end("EnsureBooked", made.Invoice.Number, 1)
		booked, err := c.EnsureBooked(t.Context(), req)
		require.NoError(t, err)
		require.True(t, booked.Invoice.Booked)
		again, err := c.EnsureBooked(t.Context(), req)
		require.NoError(t, err)
		require.Equal(t, ports.Found, again.Outcome)

		moved := map[int]string{}
		for account, was := range before {
			diff, err := sek(r.balance(account)).Sub(sek(was))
			require.NoError(t, err)
			moved[account] = diff.String()
		}
		// 747.00 - 50.00 at 25 %: 557.60 and 139.40; 112.00 at 12 %: 100.00 and 12.00; 49.00 at 25 %: 39.20 and 9.80.
		require.Equal(t, map[int]string{
			1510: "758.00", 2421: "100.00", 3001: "-557.60", 3002: "-100.00", 3520: "-39.20", 2611: "-149.20", 2621: "-12.00",
		}, moved)

		_, err = c.EnsureCancelled(t.Context(), r.end("EnsureCancelled", made.Invoice.Number, 1))
		r.requireFault(err, CodeDocumentBooked, fault.Conflict)
	})
}

func TestACancelledInvoiceIsLeftAndCannotBeBooked(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		result, err := c.EnsureCancelled(t.Context(), r.end("EnsureCancelled", "1007", 1))
		require.NoError(t, err)
		require.Equal(t, ports.Found, result.Outcome)
		_, err = c.EnsureBooked(t.Context(), r.end("EnsureBooked", "1007", 1))
		r.requireFault(err, matching.CodeCancelled, fault.Conflict)
		_, err = c.EnsureBooked(t.Context(), r.end("EnsureBooked", "77", 1))
		r.requireFault(err, client.CodeNotFound, fault.NotFound)
		_, err = c.ReadInvoice(t.Context(), ports.ReadInvoiceRequest{Call: r.granted("ReadInvoice", 1), Number: "77", Kind: invoice.Invoice})
		r.requireFault(err, client.CodeNotFound, fault.NotFound)
		_, err = c.ReadInvoice(t.Context(), ports.ReadInvoiceRequest{Call: r.granted("ReadInvoice", 1), Number: "x", Kind: invoice.Invoice})
		r.requireFault(err, CodeNumber, fault.Validation)
	})
}

func TestALockedPeriodIsSaidWhenTheInvoiceIsBooked(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		made, err := r.tryInvoice(t.Context(), c, aSale(), 1)
		require.NoError(t, err)
		r.sim("PUT", "fortnox/lock", map[string]string{"until": "2026-04-16"}, nil)
		_, err = c.EnsureBooked(t.Context(), r.end("EnsureBooked", made.Invoice.Number, 1))
		r.requireFault(err, client.CodePeriodLocked, fault.Conflict)
	})
}

func TestReadingShowsLinksRowsAndRounding(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		read := func(number string) invoice.Written {
			reading, err := c.ReadInvoice(t.Context(), ports.ReadInvoiceRequest{Call: r.granted("ReadInvoice", 1), Number: number, Kind: invoice.Invoice})
			require.NoError(t, err)
			return reading.Invoice
		}
		original, credit := read("1003"), read("1004")
		require.Equal(t, "1004", original.CreditedBy)
		require.Equal(t, "1003", credit.Credits)
		require.Equal(t, invoice.Credit, credit.Kind)
		require.Equal(t, sek("-95.00"), credit.Total)
		require.Equal(t, []money.Amount{sek("-100.00"), sek("5.00")}, []money.Amount{credit.Rows[0].Gross, credit.Rows[1].Gross})
		require.Equal(t, order.SummaryRow, credit.Rows[0].Kind)
		require.True(t, credit.Rows[0].Quantity.Equal(decimal.NewFromInt(1)))
		require.Equal(t, tax.Percent(25), credit.Rows[0].Rate)

		net := `{"Invoice":{"CustomerNumber":"KV-SE-SEVAT-SEK","InvoiceRows":[{"Description":"x","DeliveredQuantity":"1","Price":100,"VAT":25,"AccountNumber":3001}]}}`
		r.card()
		r.ask("POST", "invoices", net, nil)
		require.Equal(t, sek("125.00"), read("1009").Rows[0].Gross, "prices without VAT are shown with it")
	})
}

func TestWholeKronorAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	r := start(t, func(w *world.Fortnox) { w.RoundToKronor = true })
	d := aSale()
	d.Rows = []invoice.Row{line(order.GoodsRow, "Tröja", "1", "99.45", 25, "3001")}
	made, err := r.tryInvoice(t.Context(), New(), d, 1)
	require.NoError(t, err)
	require.Equal(t, sek("99.00"), made.Invoice.Total)
	require.Equal(t, sek("-0.45"), made.Invoice.RoundOff)
	require.Nil(t, invoicing.Compare(d, invoice.Invoice, made.Invoice))
}

func TestTheCashMethodIsRefusedBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	r := start(t, func(w *world.Fortnox) { w.FinancialYears[1].AccountingMethod = "CASH" })
	_, err := r.tryInvoice(t.Context(), New(), aSale(), 1)
	r.requireFault(err, CodeCashMethod, fault.Validation)
	_, err = r.tryCredit(t.Context(), New(), "1001", true, 1)
	r.requireFault(err, CodeCashMethod, fault.Validation)
	_, err = New().EnsureBooked(t.Context(), r.end("EnsureBooked", "1006", 1))
	r.requireFault(err, CodeCashMethod, fault.Validation)
	require.Equal(t, 8, r.counts()["invoices"])
}

func TestRefusalsOfInvoicesHaveCodes(t *testing.T) {
	t.Parallel()
	one := func(change func(*invoice.Row)) func(*invoice.Draft) {
		return func(d *invoice.Draft) {
			row := line(order.GoodsRow, "Tröja", "1", "10.00", 25, "3001")
			change(&row)
			d.Rows = []invoice.Row{row}
		}
	}
	tests := map[string]struct {
		change func(*invoice.Draft)
		code   fault.Code
		field  string
		sent   bool
	}{
		"no year":             {change: func(d *invoice.Draft) { d.Date = on("2031-01-01") }, code: client.CodeYearMissing, sent: true},
		"no such account":     {change: one(func(row *invoice.Row) { row.Account = "3999" }), code: client.CodeAccountMissing, sent: true},
		"an inactive account": {change: one(func(row *invoice.Row) { row.Account = "1585" }), code: client.CodeAccountInactive, sent: true},
		"no such rate":        {change: one(func(row *invoice.Row) { row.Rate = tax.Percent(19) }), code: client.CodeVATRateMissing, sent: true},
		"no account":          {change: one(func(row *invoice.Row) { row.Account = "" }), code: client.CodeAccountInvalid, field: "draft.rows[0].account"},
		"a row in euro":       {change: one(func(row *invoice.Row) { row.Gross = money.New(1, "EUR") }), code: CodeInvoiceRows, field: "draft.rows[0].gross"},
		"no rows":             {change: func(d *invoice.Draft) { d.Rows = nil }, code: CodeInvoiceRows, field: "draft.rows"},
		"three decimals":      {change: func(d *invoice.Draft) { d.Currency = "KWD" }, code: CodeCurrency, field: "draft.currency"},
		"no date":             {change: func(d *invoice.Draft) { d.Date = civil.Date{} }, code: "date.invalid", field: "draft.date"},
		"nowhere to be taxed": {change: func(d *invoice.Draft) {
			d.Customer.Market.Country = ""
			d.Customer.Delivery.Country = ""
			d.Customer.Billing.Country = ""
		}, code: CodeMarket, field: "draft.customer.market.country"},
		"a currency not added": {change: func(d *invoice.Draft) { d.Currency = "NOK"; d.Rows[0].Gross = money.New(1, "NOK"); d.Rows = d.Rows[:1] }, code: client.CodeCurrencyMissing, sent: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				r.card()
				r.forget()
				d := aSale()
				test.change(&d)
				_, err := r.tryInvoice(t.Context(), c, d, 1)
				f := r.requireFault(err, test.code, fault.Validation)
				require.NotEmpty(t, f.Reason)
				if test.field != "" {
					require.Equal(t, test.field, f.Field)
				}
				if !test.sent {
					for _, asked := range r.requests() {
						require.Equal(t, "GET", asked.Method)
					}
				}
				require.Equal(t, 8, r.counts()["invoices"])
			})
		})
	}
	r := start(t)
	untaxed := aSale()
	untaxed.Customer.Market.Treatment = ""
	_, err := r.tryInvoice(t.Context(), New(), untaxed, 1)
	r.requireFault(err, CodeMarket, fault.Validation)
	_, err = New().EnsureInvoice(t.Context(), ports.InvoiceRequest{
		Write: r.write("EnsureInvoice", strings.Repeat("k", 81), 1), Draft: aSale(),
	})
	r.requireFault(err, CodeKey, fault.Validation)
}

// With a second reference of its own the invoice is searched by that, and known by the
// key in its note; what only resembles it is left alone.
func TestAnInvoiceWithItsOwnSecondReferenceIsKnownByItsNote(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		d := aSale()
		d.References[invoice.ExternalReference2] = "CAP-1"
		r.add(sale("10.00", map[string]any{"external_reference_2": "CAP-1", "booked": false}))
		r.add(sale("10.00", map[string]any{"external_reference_2": "CAP-11", "comments": invoiceKey, "booked": false}))
		r.add(sale("10.00", map[string]any{"external_reference_2": "CAP-1", "comments": invoiceKey, "booked": false, "cancelled": true}))
		first, err := r.tryInvoice(t.Context(), c, d, 2)
		require.NoError(t, err)
		require.Equal(t, ports.Created, first.Outcome)
		again, err := r.tryInvoice(t.Context(), c, d, 2)
		require.NoError(t, err)
		require.Equal(t, ports.Found, again.Outcome)
		require.Equal(t, first.Invoice.Number, again.Invoice.Number)

		r.add(sale("10.00", map[string]any{"external_reference_2": "CAP-1", "comments": "x " + invoiceKey, "booked": false}))
		_, err = r.tryInvoice(t.Context(), c, d, 2)
		r.requireFault(err, CodeAmbiguousInvoice, fault.Duplicate)
	})
}

func TestQuantitiesAreRealWhereThePriceAllows(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.choose(`{"row_quantity":"real","terms_of_payment":"10"}`)
	d := aSale()
	d.Rows = []invoice.Row{
		line(order.GoodsRow, "Tröja", "3", "747.00", 25, "3001"), line(order.GoodsRow, "Band", "3", "10.00", 25, "3001"),
		line(order.GoodsRow, "Te", "0.125", "10.00", 12, "3002"), line(order.GoodsRow, "Gåva", "1", "0.00", 25, "3001"),
		line(order.GoodsRow, "Tack!", "0", "0.00", 0, ""),
	}
	made, err := r.tryInvoice(t.Context(), New(), d, 1)
	require.NoError(t, err)
	require.Equal(t, sek("767.00"), made.Invoice.Total)
	shown := r.raw("invoices", made.Invoice.Number)
	require.Equal(t, "2026-04-26", shown["DueDate"], "10 days")
	var said []string
	for _, row := range shown["InvoiceRows"].([]any) {
		said = append(said, row.(map[string]any)["DeliveredQuantity"].(string)+" "+row.(map[string]any)["Description"].(string))
	}
	require.Equal(t, []string{"3 Tröja", "1 3 st Band", "1 0,125 st Te", "1 Gåva", "0 Tack!"}, said)
}
