package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

// soldTo is an invoice with VAT in its price: 250.00 at 25 % and 50 % off, and 112.00 at
// 12 % of which two were sold.
func soldTo(customer string) string {
	return `{"Invoice":{"CustomerNumber":"` + customer + `","InvoiceDate":"2026-04-16","VATIncluded":true,
		"ExternalInvoiceReference1":"10100","ExternalInvoiceReference2":"kv:1;","YourOrderNumber":"W-1","Comments":"kv:1;","InvoiceRows":[
		{"Description":"Tröja","DeliveredQuantity":"1","Price":250,"Discount":50,"VAT":25,"AccountNumber":3001},
		{"Description":"Bok","DeliveredQuantity":"2","Price":112,"Discount":0,"VAT":12,"AccountNumber":3002}]}}`
}

func orderedBy(customer string) string {
	ordered := strings.NewReplacer(`"Invoice":`, `"Order":`, "InvoiceDate", "OrderDate", "InvoiceRows", "OrderRows").Replace(soldTo(customer))
	return strings.ReplaceAll(ordered, `"DeliveredQuantity":"2"`, `"OrderedQuantity":"2","DeliveredQuantity":"2"`)
}

// selling is the example company with a customer.
func selling(t *testing.T, changes ...func(*world.Fortnox)) *sim {
	t.Helper()
	return start(t, append(changes, func(w *world.Fortnox) {
		w.Customers = append(w.Customers, world.Customer{Number: "7", Name: "Kund"})
	})...)
}

func TestAnInvoiceIsADraftUntilItIsBooked(t *testing.T) {
	t.Parallel()
	s := selling(t)
	draft := s.do("POST", "/3/invoices", soldTo("7"), "Invoice")
	require.Equal(t, "1009", draft["DocumentNumber"])
	require.Equal(t, "100966", draft["OCR"], "the number, 6 digits in all, and by Luhn 6·2→3, 9, 0·2, 0, 1·2 = 14: 6")
	require.Equal(t, false, draft["Booked"])
	require.EqualValues(t, 349, draft["Total"], "125 + 224")
	require.EqualValues(t, 49, draft["TotalVAT"], "25 + 24")
	require.Equal(t, "2026-05-16", draft["DueDate"], "30 days")
	before := s.balance(1510)

	booked := s.do("PUT", "/3/invoices/1009/bookkeep", "{}", "Invoice")
	require.Equal(t, true, booked["Booked"])
	require.Equal(t, "B", booked["VoucherSeries"])
	require.NotEqual(t, before, s.balance(1510))
	s.refused("PUT", "/3/invoices/1009", `{"Invoice":{"YourOrderNumber":"x"}}`, 400, 2999011)
	s.refused("PUT", "/3/invoices/1009/cancel", "{}", 400, 2999011)
	s.refused("PUT", "/3/invoices/1009/bookkeep", "{}", 400, 2999011)
	s.refused("GET", "/3/invoices/77", "", http.StatusNotFound, 2000434)
}

func TestPricesAndQuantitiesHaveTwoDecimals(t *testing.T) {
	t.Parallel()
	s := selling(t)
	made := s.do("POST", "/3/invoices", `{"Invoice":{"CustomerNumber":"7","VATIncluded":true,"InvoiceRows":[
		{"Description":"Kilo","DeliveredQuantity":"1.125","Price":20.005,"VAT":25,"AccountNumber":3001}]}}`, "Invoice")
	row := made["InvoiceRows"].([]any)[0].(object)
	require.Equal(t, "1.13", row["DeliveredQuantity"])
	require.EqualValues(t, 20.01, row["Price"])
	require.EqualValues(t, 22.61, made["Total"], "1.13 × 20.01 = 22.6113")
}

func TestPricesWithoutVATGetItOnTop(t *testing.T) {
	t.Parallel()
	s := selling(t)
	made := s.do("POST", "/3/invoices", `{"Invoice":{"CustomerNumber":"7","InvoiceRows":[
		{"Description":"Tröja","DeliveredQuantity":"1","Price":100,"VAT":25,"AccountNumber":3001}]}}`, "Invoice")
	require.Equal(t, false, made["VATIncluded"])
	require.EqualValues(t, 125, made["Total"])
}

func TestWhatAnInvoiceNamesMustExist(t *testing.T) {
	t.Parallel()
	s := selling(t)
	row := func(change string) string {
		return `{"Invoice":{"CustomerNumber":"7","InvoiceDate":"2026-04-16","InvoiceRows":[{"Description":"x","DeliveredQuantity":"1","Price":1,` + change + `}]}}`
	}
	head := func(change string) string { return `{"Invoice":{"CustomerNumber":"7",` + change + `}}` }
	for name, c := range map[string]struct {
		body string
		code int
	}{
		"customer":         {`{"Invoice":{"CustomerNumber":"8"}}`, 2000204},
		"no customer":      {`{"Invoice":{}}`, 2001795},
		"account":          {row(`"VAT":25,"AccountNumber":3999`), 2001304},
		"inactive account": {row(`"VAT":25,"AccountNumber":1585`), 2000550},
		"VAT rate":         {row(`"VAT":19,"AccountNumber":3001`), 2999021},
		"article":          {row(`"ArticleNumber":"A1"`), 2001302},
		"currency":         {head(`"Currency":"NOK"`), 2000427},
		"terms":            {head(`"TermsOfPayment":"17"`), 2000429},
		"year":             {strings.Replace(row(`"VAT":25,"AccountNumber":3001`), "2026-04-16", "2031-01-01", 1), 2999002},
		"characters":       {head(`"Comments":"a|b"`), 2000359},
		"long text":        {head(`"ExternalInvoiceReference1":"` + strings.Repeat("x", 81) + `"`), 2999007},
		"unknown field":    {head(`"Booked":true`), 2001399},
		"row without text": {`{"Invoice":{"CustomerNumber":"7","InvoiceRows":[{"DeliveredQuantity":"1","Price":1,"AccountNumber":3001}]}}`, 2003977},
	} {
		t.Run(name, func(t *testing.T) { s.refused("POST", "/3/invoices", c.body, 400, c.code) })
	}
	require.EqualValues(t, 8, s.counts()["invoices"], "nothing is half made")
}

func TestALockedPeriodStopsBookingAndTheCashMethodToo(t *testing.T) {
	t.Parallel()
	s := selling(t)
	_ = s.do("POST", "/3/invoices", soldTo("7"), "Invoice")
	_, _ = s.call("PUT", "/_sim/fortnox/lock", `{"until":"2026-04-16"}`)
	s.refused("PUT", "/3/invoices/1009/bookkeep", "{}", 400, 2000401)

	cash := selling(t, func(w *world.Fortnox) { w.FinancialYears[1].AccountingMethod = "CASH" })
	made := cash.do("POST", "/3/invoices", soldTo("7"), "Invoice")
	require.Equal(t, "CASH", made["AccountingMethod"])
	cash.refused("PUT", "/3/invoices/1009/bookkeep", "{}", 400, 2999020)
}

func TestRowsAreUpdatedByPlaceOrByID(t *testing.T) {
	t.Parallel()
	s := selling(t)
	_ = s.do("POST", "/3/invoices", soldTo("7"), "Invoice")
	rows := func(invoice object) (texts, ids []any) {
		for _, row := range invoice["InvoiceRows"].([]any) {
			texts, ids = append(texts, row.(object)["Description"]), append(ids, row.(object)["RowId"])
		}
		return texts, ids
	}
	first := s.do("PUT", "/3/invoices/1009", `{"Invoice":{"InvoiceRows":[{"Description":"Jacka"}]}}`, "Invoice")
	texts, ids := rows(first)
	require.Equal(t, []any{"Jacka"}, texts, "the row that is not resent is gone")
	require.EqualValues(t, 125, first["Total"], "what is not said stays")

	body := asJSON(t, object{"Invoice": object{"InvoiceRows": []object{
		{"Description": "Ny", "DeliveredQuantity": "1", "Price": 10, "VAT": 25, "AccountNumber": 3001}, {"RowId": ids[0]},
	}}})
	second := s.do("PUT", "/3/invoices/1009", body, "Invoice")
	texts, renewed := rows(second)
	require.Equal(t, []any{"Ny", "Jacka"}, texts)
	require.NotContains(t, renewed, ids[0], "ids are renewed")
	s.refused("PUT", "/3/invoices/1009", body, 400, 2999023)
}

func TestAnInvoiceHasOneLinkedCredit(t *testing.T) {
	t.Parallel()
	s := selling(t)
	_ = s.do("POST", "/3/invoices", soldTo("7"), "Invoice")
	s.refused("PUT", "/3/invoices/1009/credit", "{}", 400, 2999009)
	_ = s.do("PUT", "/3/invoices/1009/bookkeep", "{}", "Invoice")
	original := s.do("PUT", "/3/invoices/1009/credit", "{}", "Invoice")
	require.Equal(t, "1009", original["DocumentNumber"], "the answer is the original")
	require.Equal(t, "1010", original["CreditInvoiceReference"])
	credit := s.do("GET", "/3/invoices/1010", "", "Invoice")
	require.Equal(t, "true", credit["Credit"])
	require.Equal(t, "1009", credit["InvoiceReference"])
	require.Equal(t, "2026-04-20", credit["InvoiceDate"], "today")
	require.EqualValues(t, -349, credit["Total"])
	row := credit["InvoiceRows"].([]any)[1].(object)
	require.Equal(t, "-2", row["DeliveredQuantity"])
	require.EqualValues(t, 112, row["Price"])
	s.refused("PUT", "/3/invoices/1009/credit", "{}", 400, 2999019)

	silent := selling(t, func(w *world.Fortnox) { w.SecondCreditSilent = true })
	same := silent.do("PUT", "/3/invoices/1003/credit", "{}", "Invoice")
	require.Equal(t, "1004", same["CreditInvoiceReference"])
	require.EqualValues(t, 8, silent.counts()["invoices"])
}

func TestAWholeInvoiceAndItsCreditLeaveTheBooksAsTheyWere(t *testing.T) {
	t.Parallel()
	s := selling(t)
	accounts := []int{1510, 3001, 3002, 2611, 2621, 3740}
	before := map[int]string{}
	for _, a := range accounts {
		before[a] = s.balance(a)
	}
	_, _ = s.call("PUT", "/_sim/fortnox/switches", `{"round_to_kronor":true,"rate_limit":{"requests":-1}}`)
	body := strings.Replace(soldTo("7"), `"Price":250`, `"Price":250.9`, 1) // 125.45 + 224 = 349.45
	made := s.do("POST", "/3/invoices", body, "Invoice")
	require.EqualValues(t, 349, made["Total"])
	require.EqualValues(t, -0.45, made["RoundOff"])
	_ = s.do("PUT", "/3/invoices/1009/bookkeep", "{}", "Invoice")
	require.NotEqual(t, before[3740], s.balance(3740))
	_ = s.do("PUT", "/3/invoices/1009/credit", "{}", "Invoice")
	_ = s.do("PUT", "/3/invoices/1010/bookkeep", "{}", "Invoice")
	for _, a := range accounts {
		require.Equal(t, before[a], s.balance(a), a)
	}
}

func TestVATOfOtherCountriesGoesToTheAccountOfTheCode(t *testing.T) {
	t.Parallel()
	s := selling(t, func(w *world.Fortnox) {
		w.Customers = append(w.Customers,
			world.Customer{Number: "8", Name: "Export", VATType: "EXPORT"}, world.Customer{Number: "9", Name: "Rabatt", Discount: 1000})
	})
	sell := func(customer string) object {
		return s.do("POST", "/3/invoices", `{"Invoice":{"CustomerNumber":"`+customer+`","VATIncluded":true,"InvoiceRows":[
			{"Description":"Halsduk","DeliveredQuantity":"1","Price":125.5,"VAT":25.5,"AccountNumber":3170}]}}`, "Invoice")
	}
	made := sell("7")
	require.EqualValues(t, 25.5, made["TotalVAT"])
	_ = s.do("PUT", "/3/invoices/"+made["DocumentNumber"].(string)+"/bookkeep", "{}", "Invoice")
	require.Equal(t, "-25.50", s.balance(2670))
	require.Equal(t, "-100.00", s.balance(3170))
	require.EqualValues(t, 0, sell("8")["TotalVAT"], "export has none")
	require.EqualValues(t, 112.95, sell("9")["Total"], "the card's 10 % come in where no discount is sent")
}

func TestAnOrderBecomesOneInvoice(t *testing.T) {
	t.Parallel()
	s := selling(t)
	order := s.do("POST", "/3/orders", orderedBy("7"), "Order")
	require.Equal(t, "1", order["DocumentNumber"])
	require.Equal(t, "0", order["InvoiceReference"])
	invoiced := s.do("PUT", "/3/orders/1/createinvoice", "{}", "Order")
	require.Equal(t, "1009", invoiced["InvoiceReference"], "the answer is the order")
	invoice := s.do("GET", "/3/invoices/1009", "", "Invoice")
	require.Equal(t, "1", invoice["OrderReference"])
	require.Equal(t, "10100", invoice["ExternalInvoiceReference1"])
	require.Equal(t, "2026-04-20", invoice["InvoiceDate"], "today")
	require.EqualValues(t, 349, invoice["Total"])
	s.refused("PUT", "/3/orders/1/createinvoice", "{}", 400, 2999022)
	s.refused("PUT", "/3/orders/1/cancel", "{}", 400, 2999022)
	s.refused("GET", "/3/orders/2", "", http.StatusNotFound, 2000439)

	_ = s.do("POST", "/3/orders", orderedBy("7"), "Order")
	require.Equal(t, true, s.do("PUT", "/3/orders/2/cancel", "{}", "Order")["Cancelled"])
	s.refused("PUT", "/3/orders/2/createinvoice", "{}", 400, 2999022)
	items, _ := s.list("/3/orders?externalinvoicereference2=KV:1", "Orders")
	require.Equal(t, []any{"1", "2"}, numbers(items, "DocumentNumber"), "any part in any case")
	require.NotContains(t, items[0], "YourOrderNumber")
	items, _ = s.list("/3/orders?filter=invoicecreated", "Orders")
	require.Equal(t, []any{"1"}, numbers(items, "DocumentNumber"))

	other := selling(t, func(w *world.Fortnox) { w.CreatedInvoiceShown = true })
	_ = other.do("POST", "/3/orders", orderedBy("7"), "Order")
	require.Equal(t, "1009", other.do("PUT", "/3/orders/1/createinvoice", "{}", "Invoice")["DocumentNumber"])
}

func TestANumberOfACustomerIsUsedOnce(t *testing.T) {
	t.Parallel()
	s := selling(t)
	card := `{"Customer":{"CustomerNumber":"KV-SE-SEVAT-SEK","Name":"Privatkund","Type":"PRIVATE","Email":"a@example.com"}}`
	require.Equal(t, "SEVAT", s.do("POST", "/3/customers", card, "Customer")["VATType"])
	s.refused("POST", "/3/customers", card, 400, 2000637)
	s.refused("POST", "/3/customers", `{"Customer":{"Email":"b@example.com"}}`, 400, 2001795)
	s.refused("GET", "/3/customers/99", "", http.StatusNotFound, 2000433)
	items, _ := s.list("/3/customers?email=EXAMPLE.com", "Customers")
	require.Equal(t, []any{"KV-SE-SEVAT-SEK"}, numbers(items, "CustomerNumber"))

	without := selling(t, func(w *world.Fortnox) { w.MissingLicences = []string{"order"} })
	without.refused("GET", "/3/orders", "", 400, 2001101)
	without.refused("PUT", "/3/invoices/1006/warehouseready", "{}", 400, 2001101)
}
