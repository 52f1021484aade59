package server

import (
	"net/http"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
)

// call is one request that has passed the gateway; the company is locked for it.
type call struct {
	*http.Request
	company *company.Company
	query   query
}

// answer is what a resource says when it does not refuse.
type answer struct {
	status int
	// body is written as JSON, unless file is set.
	body any
	file []byte
}

// resource answers a call or refuses it.
type resource func(*call) (answer, *company.Refusal)

func ok(wrapper string, body any) (answer, *company.Refusal) {
	return answer{status: http.StatusOK, body: map[string]any{wrapper: body}}, nil
}

func created(wrapper string, body any) (answer, *company.Refusal) {
	return answer{status: http.StatusCreated, body: map[string]any{wrapper: body}}, nil
}

func deleted() (answer, *company.Refusal) { return answer{status: http.StatusNoContent}, nil }

// handle registers a resource. Searches are the query parameters that belong to
// it alone; every other one must be a global parameter.
func (s *Server) handle(pattern string, do resource, searches ...string) {
	s.api.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		q, refusal := parseQuery(r.URL.RawQuery, searches)
		if refusal != nil {
			writeRefusal(w, refusal)
			return
		}
		result, refusal := do(&call{Request: r, company: s.company, query: q})
		switch {
		case refusal != nil:
			writeRefusal(w, refusal)
		case result.file != nil:
			w.Header().Set("Content-Type", "application/octet-stream")
			w.WriteHeader(result.status)
			_, _ = w.Write(result.file)
		case result.body == nil:
			w.WriteHeader(result.status)
		default:
			writeJSON(w, result.status, result.body)
		}
	})
}

// routes are the resources that exist. There is no way to change a voucher.
func (s *Server) routes() {
	s.handle("GET /3/companyinformation", companyInformation)
	s.handle("GET /3/settings/company", companySettings)
	s.handle("GET /3/settings/lockedperiod", lockedPeriod)
	s.handle("GET /3/financialyears", listYears, "date")
	s.handle("GET /3/financialyears/{id}", showYear)
	s.handle("GET /3/accounts", listAccounts, "sru")
	s.handle("GET /3/accounts/{number}", showAccount)
	s.handle("GET /3/voucherseries", listSeries)
	s.handle("GET /3/voucherseries/{code}", showSeries)
	s.handle("GET /3/modesofpayments", listModes)
	s.handle("GET /3/modesofpayments/{code}", showMode)
	s.handle("GET /3/termsofpayments/{code}", showTerms)
	s.handle("GET /3/predefinedaccounts", listPredefined)
	s.handle("GET /3/predefinedaccounts/{name}", showPredefined)
	s.handle("GET /3/currencies", listCurrencies)
	s.handle("GET /3/currencies/{code}", showCurrency)

	s.handle("GET /3/invoices", listInvoices, invoiceSearches()...)
	s.handle("GET /3/invoices/{number}", showInvoice)
	s.handle("POST /3/invoices", createInvoice)
	s.handle("PUT /3/invoices/{number}", updateInvoice)
	s.handle("PUT /3/invoices/{number}/bookkeep", bookInvoice)
	s.handle("PUT /3/invoices/{number}/cancel", cancelInvoice)
	s.handle("PUT /3/invoices/{number}/credit", creditInvoice)
	s.handle("PUT /3/invoices/{number}/externalprint", markInvoiceSent)
	s.handle("PUT /3/invoices/{number}/warehouseready", warehouseReady)

	s.handle("GET /3/orders", listOrders, orderSearches()...)
	s.handle("POST /3/orders", createOrder)
	s.handle("GET /3/orders/{number}", showOrder)
	s.handle("PUT /3/orders/{number}", updateOrder)
	s.handle("PUT /3/orders/{number}/cancel", cancelOrder)
	s.handle("PUT /3/orders/{number}/createinvoice", invoiceOrder)
	s.handle("GET /3/customers", listCustomers, customerSearches()...)
	s.handle("POST /3/customers", createCustomer)
	s.handle("GET /3/customers/{number}", showCustomer)

	s.handle("GET /3/invoicepayments", listPayments, "invoicenumber")
	s.handle("POST /3/invoicepayments", createPayment)
	s.handle("GET /3/invoicepayments/{number}", showPayment)
	s.handle("PUT /3/invoicepayments/{number}/bookkeep", bookPayment)
	s.handle("DELETE /3/invoicepayments/{number}", deletePayment)

	s.handle("GET /3/vouchers", listVouchers)
	s.handle("POST /3/vouchers", createVoucher)
	s.handle("GET /3/vouchers/{series}/{number}", showVoucher)
	s.handle("GET /3/vouchers/sublist", listVouchers)
	s.handle("GET /3/vouchers/sublist/{series}", listVouchers)

	s.handle("GET /3/inbox", showInbox, "path", "folderid", "folderId")
	s.handle("POST /3/inbox", upload, "path", "folderid", "folderId")
	s.handle("GET /3/inbox/{id}", showInbox, "path", "folderid", "folderId")
	s.handle("GET /3/voucherfileconnections", listConnections, "vouchernumber", "voucherseries")
	s.handle("POST /3/voucherfileconnections", connect)
	s.handle("GET /3/voucherfileconnections/{file}", showConnection)
	s.handle("DELETE /3/voucherfileconnections/{file}", disconnect)

	s.handle("GET /3/sie/{type}", exportSIE, "financialYear")
}

// year is the financial year that a request selects: by id, by date, or the
// preselected one when it selects none.
func (c *call) year() (*ledger.Year, *company.Refusal) {
	if id, given, refusal := c.query.number("financialyear"); refusal != nil || given {
		if refusal != nil {
			return nil, refusal
		}
		return c.company.YearByID(id)
	}
	if date, given, refusal := c.query.date("financialyeardate"); refusal != nil || given {
		if refusal != nil {
			return nil, refusal
		}
		return c.company.YearOf(date)
	}
	return c.company.Preselected()
}
