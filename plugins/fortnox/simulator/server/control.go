package server

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

// controls are what a test or a demonstration does as the people in the company
// would, past the API.
func (s *Server) controls() {
	s.person("POST /_sim/fortnox/invoices", func(c *company.Company, r *http.Request) (any, error) {
		var w world.Invoice
		if err := decode(r, &w); err != nil {
			return nil, err
		}
		invoice, err := c.AddInvoice(w)
		if err != nil {
			return nil, err
		}
		return invoiceState(invoice), nil
	})
	s.person("PATCH /_sim/fortnox/invoices/{number}", func(c *company.Company, r *http.Request) (any, error) {
		var edit company.Edit
		if err := decode(r, &edit); err != nil {
			return nil, err
		}
		invoice, err := c.EditInvoice(r.PathValue("number"), edit)
		if err != nil {
			return nil, err
		}
		return invoiceState(invoice), nil
	})
	s.person("POST /_sim/fortnox/payments", func(c *company.Company, r *http.Request) (any, error) {
		var w world.Payment
		if err := decode(r, &w); err != nil {
			return nil, err
		}
		payment, err := c.AddPayment(w)
		if err != nil {
			return nil, err
		}
		return map[string]any{"number": payment.Number, "booked": payment.Booked}, nil
	})
	s.person("PUT /_sim/fortnox/lock", lock)
	s.person("PUT /_sim/fortnox/switches", func(c *company.Company, r *http.Request) (any, error) {
		return &c.Switches, decode(r, &c.Switches)
	})
	s.person("POST /_sim/fortnox/consent", s.decideByHand)
	s.person("DELETE /_sim/fortnox/consent", s.withdraw)
	s.person("GET /_sim/fortnox/counts", counts)
	s.person("GET /_sim/fortnox/ledger", books)
}

// person registers one control; what it says is refused is a conflict.
func (s *Server) person(pattern string, do func(*company.Company, *http.Request) (any, error)) {
	s.people.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		result, err := do(s.company, r)
		if err != nil {
			writeJSON(w, http.StatusConflict, map[string]string{"error": err.Error()})
			return
		}
		writeJSON(w, http.StatusOK, result)
	})
}

func decode(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func invoiceState(i *company.Invoice) map[string]any {
	return map[string]any{
		"number": i.Number, "total": i.Totals.Total.String(), "balance": i.Balance().String(), "booked": i.Booked,
		"cancelled": i.Cancelled, "last_modified": i.LastModified,
	}
}

func lock(c *company.Company, r *http.Request) (any, error) {
	var body struct {
		Until string `json:"until"`
	}
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	until := civil.Date("")
	if body.Until != "" {
		var err error
		if until, err = civil.Parse(body.Until); err != nil {
			return nil, err
		}
	}
	c.LockedUntil = until
	return map[string]any{"until": until}, nil
}

// counts says how many documents of each kind exist.
func counts(c *company.Company, _ *http.Request) (any, error) {
	booked, vouchers, bookedInvoices, cancelled := 0, 0, 0, 0
	for _, invoice := range c.Invoices() {
		if invoice.Booked {
			bookedInvoices++
		}
		if invoice.Cancelled {
			cancelled++
		}
	}
	for _, order := range c.Orders() {
		if order.Cancelled {
			cancelled++
		}
	}
	for _, payment := range c.Payments() {
		if payment.Booked {
			booked++
		}
	}
	for _, year := range c.Books.Years() {
		for _, voucher := range year.Vouchers("") {
			if voucher.Origin == ledger.Manual {
				vouchers++
			}
		}
	}
	return map[string]int{
		"invoices": len(c.Invoices()), "booked_invoices": bookedInvoices, "orders": len(c.Orders()), "cancelled": cancelled,
		"customers": len(c.Customers()), "invoice_payments": len(c.Payments()), "booked_invoice_payments": booked,
		"vouchers": vouchers, "files": len(c.Files()), "file_connections": len(c.Connections()),
	}, nil
}

// books shows every account that was ever used in a year, debit positive.
func books(c *company.Company, r *http.Request) (any, error) {
	year, refusal := c.Preselected()
	if id := r.URL.Query().Get("financialyear"); id != "" {
		n, err := strconv.Atoi(id)
		if err != nil {
			return nil, err
		}
		year, refusal = c.YearByID(n)
	}
	if refusal != nil {
		return nil, refusal
	}
	accounts := []any{}
	for _, b := range c.Books.Balances(year.ID) {
		if b.Opening == 0 && b.Moved == 0 && !year.Used(b.Account.Number) {
			continue
		}
		accounts = append(accounts, map[string]any{
			"number": b.Account.Number, "name": b.Account.Name, "balance": b.Closing().String(),
		})
	}
	return map[string]any{"financial_year": year.ID, "accounts": accounts}, nil
}
