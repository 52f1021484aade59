package server_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

// invoicesFound are the numbers of the invoices that a query finds.
func (s *sim) invoicesFound(query string) []any {
	s.t.Helper()
	items, _ := s.list("/3/invoices?"+query, "Invoices")
	return numbers(items, "DocumentNumber")
}

func TestInvoiceListHasExactlyItsFields(t *testing.T) {
	t.Parallel()
	s := start(t)
	items, meta := s.list("/3/invoices?documentnumber=1002", "Invoices")
	require.Equal(t, object{"@TotalResources": 1.0, "@TotalPages": 1.0, "@CurrentPage": 1.0}, meta)
	require.Len(t, items, 1)
	require.Equal(t, object{
		"@url":    "https://api.fortnox.se/3/invoices/1002",
		"Balance": 290.0, "Booked": true, "Cancelled": false, "CostCenter": "", "Currency": "SEK", "CurrencyRate": "1",
		"CurrencyUnit": 1.0, "CustomerName": "Bo Björk", "CustomerNumber": "1", "DocumentNumber": "1002",
		"DueDate": "2026-04-09", "ExternalInvoiceReference1": "", "ExternalInvoiceReference2": "", "FinalPayDate": nil,
		"InvoiceDate": "2026-03-30", "InvoiceType": "INVOICE", "NoxFinans": false, "OCR": "100263", "Project": "",
		"Sent": false, "TermsOfPayment": "30", "Total": 290.0, "VoucherNumber": 2.0, "VoucherSeries": "B",
		"VoucherYear": 3.0, "WayOfDelivery": "",
	}, items[0])
}

func TestInvoiceAlone(t *testing.T) {
	t.Parallel()
	s := start(t)
	invoice := s.do("GET", "/3/invoices/1002", "", "Invoice")
	require.Equal(t, "W-10002", invoice["YourOrderNumber"], "the list does not have it")
	require.EqualValues(t, 1, invoice["CurrencyRate"], "a number here, a text in the list")
	require.Equal(t, "false", invoice["Credit"])
	require.Equal(t, "0", invoice["CreditInvoiceReference"])
	require.Equal(t, true, invoice["VATIncluded"])
	// 241.00 at 12 % and 49.00 at 25 %: VAT 25.82 and 9.80
	require.EqualValues(t, 35.62, invoice["TotalVAT"])
	require.EqualValues(t, 254.38, invoice["Net"])
	rows := invoice["InvoiceRows"].([]any)
	require.Len(t, rows, 2)
	row := rows[0].(object)
	require.Equal(t, "2", row["DeliveredQuantity"], "a text")
	require.EqualValues(t, 120.5, row["Price"])
	require.EqualValues(t, 241, row["Total"])
	require.EqualValues(t, 12, row["VAT"])
}

func TestCreditInvoiceAndItsOriginalNameEachOther(t *testing.T) {
	t.Parallel()
	s := start(t)
	credit := s.do("GET", "/3/invoices/1004", "", "Invoice")
	require.Equal(t, "true", credit["Credit"])
	require.Equal(t, "1003", credit["InvoiceReference"])
	require.EqualValues(t, -95, credit["Total"])
	require.EqualValues(t, -95, credit["Balance"])
	rows := credit["InvoiceRows"].([]any)
	require.Equal(t, "-1", rows[0].(object)["DeliveredQuantity"])
	require.EqualValues(t, 100, rows[0].(object)["Price"])
	require.EqualValues(t, -100, rows[0].(object)["Total"])
	require.EqualValues(t, 5, rows[1].(object)["Total"], "the fee of a return")
	require.Equal(t, "1004", s.do("GET", "/3/invoices/1003", "", "Invoice")["CreditInvoiceReference"])
}

func TestInvoiceFilters(t *testing.T) {
	t.Parallel()
	s := start(t)
	for filter, want := range map[string][]any{
		"unpaid":        {"1001", "1002", "1003", "1004", "1008"},
		"unpaidoverdue": {"1002"},
		"fullypaid":     {"1005"},
		"unbooked":      {"1006"},
		"cancelled":     {"1007"},
	} {
		require.Equal(t, want, s.invoicesFound("filter="+filter), filter)
	}
	_, _ = s.call("PUT", "/_sim/fortnox/switches", `{"unpaid_includes_unbooked":true}`)
	require.Contains(t, s.invoicesFound("filter=unpaid"), "1006")
}

func TestInvoiceSearches(t *testing.T) {
	t.Parallel()
	s := start(t)
	for sentence, c := range map[string]struct {
		query string
		want  []any
	}{
		"a part of a reference is enough":           {"externalinvoicereference1=10001", []any{"1001", "1005"}},
		"case does not matter":                      {"externalinvoicereference1=r-100", []any{"1004"}},
		"the order number can be searched":          {"yourordernumber=W-10002", []any{"1002"}},
		"so can the OCR number":                     {"ocr=778899", []any{"1003"}},
		"nothing finds everything":                  {"ocr=&limit=2", []any{"1001", "1002"}},
		"what is not there is an empty list":        {"ocr=4711", []any{}},
		"only the first search parameter counts":    {"ocr=778899&yourordernumber=W-10002", []any{"1003"}},
		"whatever its name":                         {"yourordernumber=W-10002&ocr=778899", []any{"1002"}},
		"a filter goes with a search":               {"externalinvoicereference1=1000&filter=fullypaid", []any{"1005"}},
		"names are searched too":                    {"customername=" + url.QueryEscape("BJÖRK"), []any{"1002"}},
		"dates bound the invoice date":              {"fromdate=2026-04-01&todate=2026-04-02", []any{"1004", "1005"}},
		"credit invoices can be asked for":          {"credit=true", []any{"1004"}},
		"the day of the last payment bounds":        {"fromfinalpaydate=2026-04-03&tofinalpaydate=2026-04-03", []any{"1005"}},
		"and finds nothing on another day":          {"fromfinalpaydate=2026-04-04", []any{}},
		"sorting by total goes from low to high":    {"sortby=total&limit=2", []any{"1004", "1008"}},
		"or from high to low":                       {"sortby=total&sortorder=descending&limit=2", []any{"1003", "1001"}},
		"documents come in order of their numbers":  {"limit=3", []any{"1001", "1002", "1003"}},
		"or backwards":                              {"sortby=documentnumber&sortorder=descending&limit=2", []any{"1008", "1007"}},
		"an offset replaces the page":               {"limit=2&offset=3", []any{"1004", "1005"}},
		"a page after the last is empty":            {"limit=5&page=3", []any{}},
		"the last page holds the rest":              {"limit=5&page=2", []any{"1006", "1007", "1008"}},
		"descriptions of rows can be searched":      {"articledescription=Frakt", []any{"1002"}},
		"currency can be searched":                  {"currency=EUR", []any{"1008"}},
		"what changed at that second is included":   {"lastmodified=" + url.QueryEscape("2026-04-03 12:00:00"), []any{"1005", "1006", "1007", "1008"}},
		"a payment counts as a change":              {"lastmodified=" + url.QueryEscape("2026-04-02 12:00") + "&filter=fullypaid", []any{"1005"}},
		"being credited counts as a change":         {"lastmodified=2026-04-02&documentnumber=1003", []any{"1003"}},
		"what changed before the date is not found": {"lastmodified=2026-04-04", []any{}},
	} {
		require.Equal(t, c.want, s.invoicesFound(c.query), sentence)
	}
	_, meta := s.list("/3/invoices?ocr=4711", "Invoices")
	require.Equal(t, object{"@TotalResources": 0.0, "@TotalPages": 0.0, "@CurrentPage": 1.0}, meta)
	_, _ = s.call("PUT", "/_sim/fortnox/switches", `{"lastmodified_exclusive":true}`)
	require.Empty(t, s.invoicesFound("lastmodified="+url.QueryEscape("2026-04-03 12:00:00")))
}

func TestPagesHoldAtMost500(t *testing.T) {
	t.Parallel()
	s := start(t, func(w *world.Fortnox) {
		for range 600 {
			w.Invoices = append(w.Invoices, world.Invoice{Date: "2026-04-05", Rows: w.Invoices[0].Rows, Booked: true})
		}
	})
	for limit, pages := range map[string]struct{ first, total int }{
		"":           {100, 7},
		"limit=500":  {500, 2},
		"limit=5000": {500, 2},
	} {
		items, meta := s.list("/3/invoices?"+limit, "Invoices")
		require.Len(t, items, pages.first, limit)
		require.EqualValues(t, pages.total, meta["@TotalPages"], limit)
		require.EqualValues(t, 608, meta["@TotalResources"], limit)
	}
}

func TestDraftsAreBookedOrCancelled(t *testing.T) {
	t.Parallel()
	s := start(t)
	require.Nil(t, s.do("GET", "/3/invoices/1006", "", "Invoice")["VoucherNumber"])
	booked := s.do("PUT", "/3/invoices/1006/bookkeep", "{}", "Invoice")
	require.Equal(t, true, booked["Booked"])
	require.Equal(t, "B", booked["VoucherSeries"])
	require.EqualValues(t, 7, booked["VoucherNumber"])
	require.EqualValues(t, 3, booked["VoucherYear"], "the id, not 2026")
	s.refused("PUT", "/3/invoices/1006/bookkeep", "{}", 400, 2999011)
	s.refused("PUT", "/3/invoices/1006/cancel", "{}", 400, 2999011)
	s.refused("PUT", "/3/invoices/1007/bookkeep", "{}", 400, 2999010)
	s.refused("PUT", "/3/invoices/999/bookkeep", "{}", http.StatusNotFound, 2000434)

	status, _ := s.call("POST", "/_sim/fortnox/invoices", asJSON(t, object{
		"number": "2000", "date": "2026-04-10", "not_completed": true,
		"rows": []object{{"account": 3001, "vat": 25, "price": "10", "quantity": "1"}},
	}))
	require.Equal(t, http.StatusOK, status)
	s.refused("PUT", "/3/invoices/2000/bookkeep", "{}", 400, 2003498)
	cancelled := s.do("PUT", "/3/invoices/2000/cancel", "{}", "Invoice")
	require.Equal(t, true, cancelled["Cancelled"])
	require.EqualValues(t, 0, cancelled["Balance"])
}

func TestInvoicesAreNotBookedInALockedPeriod(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, _ = s.call("PUT", "/_sim/fortnox/lock", `{"until":"2026-04-03"}`)
	s.refused("PUT", "/3/invoices/1006/bookkeep", "{}", 400, 2000401)
	require.Equal(t, false, s.do("GET", "/3/invoices/1006", "", "Invoice")["Booked"])
}

func TestWholeKronor(t *testing.T) {
	t.Parallel()
	s := start(t, func(w *world.Fortnox) {
		w.RoundToKronor = true
		w.Invoices, w.Payments = nil, nil
	})
	for price, want := range map[string]struct{ total, off float64 }{
		"499.49": {499, -0.49}, "499.50": {500, 0.5}, "499.00": {499, 0},
	} {
		_, added := s.call("POST", "/_sim/fortnox/invoices", asJSON(t, object{
			"date": "2026-04-10", "booked": true,
			"rows": []object{{"account": 3001, "vat": 25, "price": price, "quantity": 1}},
		}))
		invoice := s.do("GET", "/3/invoices/"+added["number"].(string), "", "Invoice")
		require.EqualValues(t, want.total, invoice["Total"], price)
		require.EqualValues(t, want.off, invoice["RoundOff"], price)
	}
	require.Equal(t, "-0.01", s.balance(3740), "0.49 lost, 0.50 gained")
}

func TestInvoicesPostReceivableSalesAndVAT(t *testing.T) {
	t.Parallel()
	s := start(t)
	// 1002: 241.00 at 12 % = 215.18 + 25.82, freight 49.00 at 25 % = 39.20 + 9.80
	booked := s.do("GET", "/3/vouchers/B/2", "", "Voucher")
	require.Equal(t, [][3]float64{
		{1510, 290, 0}, {3002, 0, 215.18}, {2621, 0, 25.82}, {3520, 0, 39.2}, {2611, 0, 9.8},
	}, postings(booked))
	require.Equal(t, "INVOICE", booked["ReferenceType"])
	require.Equal(t, "1002", booked["ReferenceNumber"])
	// 1004 credits 100.00 and keeps a fee of 5.00, both at 25 %
	credit := s.do("GET", "/3/vouchers/B/5", "", "Voucher")
	require.Equal(t, [][3]float64{{1510, 0, 95}, {3001, 76, 0}, {2611, 19, 0}}, postings(credit))
	// 1008: 33.33 EUR at 11.20 with its parts rounded one by one
	foreign := s.do("GET", "/3/vouchers/B/6", "", "Voucher")
	require.Equal(t, [][3]float64{{1510, 373.3, 0}, {3001, 0, 298.59}, {2611, 0, 74.7}, {3740, 0, 0.01}}, postings(foreign))
}
