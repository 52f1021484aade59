package suite_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

const (
	codeBooked   fault.Code = "acorn.booked"
	codeInvoiced fault.Code = "acorn.invoiced"
)

// invoiceMutants are the faults of connectors that make orders and invoices, each with
// the case that is there to notice. Those whose fault is another one need not make any,
// as every document takes its time.
func invoiceMutants() []struct{ broken, caughtBy string } {
	return []struct{ broken, caughtBy string }{
		{"calls a draft booked", "invoices.draft"},
		{"leaves a reduction out of an invoice", "invoices.draft"},
		{"dates an invoice as it likes", "invoices.draft"},
		{"forgets the reference of an invoice", "invoices.draft"},
		{"reads an invoice without its rows", "invoices.read"},
		{"takes an unknown number for an empty invoice", "invoices.unknown"},
		{"cancels what is booked", "invoices.book"},
		{"books an invoice again", "invoices.book"},
		{"cancels an invoice again", "invoices.cancel"},
		{"credits the whole invoice", "invoices.credit"},
		{"gives a credit invoice the signs of a sale", "invoices.credit"},
		{"links a credit invoice that shall stand alone", "invoices.credit"},
		{"does not say what an invoice is credited by", "invoices.credit"},
		{"gives the first credit invoice for the second", "invoices.linked-before"},
		{"cancels an order again", "orderbook.cancel"},
		{"cancels an order that was invoiced", "orderbook.invoiced"},
		{"does not say what was made of an order", "orderbook.invoiced"},
	}
}

// sells tells whether the connector makes orders and invoices.
func (a *acorn) sells() bool {
	_, upgraded := upgradeMutants()[a.broken]
	return a.broken == "" || upgraded || slices.ContainsFunc(invoiceMutants(), func(m struct{ broken, caughtBy string }) bool { return m.broken == a.broken })
}

func rowsOf(rows []invoice.Row) []oakDocumentRow {
	var out []oakDocumentRow
	for _, r := range rows {
		out = append(out, oakDocumentRow{Account: string(r.Account), Rate: r.Rate.String(), Text: r.Name, Gross: r.Gross.Minor()})
	}
	return out
}

func draftOf(w ports.Write, d invoice.Draft) oakDocument {
	return oakDocument{
		Key: w.Key, Reference: d.References[invoice.ExternalReference1], Date: d.Date.String(), Currency: string(d.Currency), Rows: rowsOf(d.Rows),
	}
}

// EnsureInvoice makes a draft with one request; a later attempt looks for its key.
func (a *acorn) EnsureInvoice(ctx context.Context, req ports.InvoiceRequest) (ports.InvoiceResult, error) {
	s, err := a.open(ctx, req.Call, false)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	draft := draftOf(req.Write, req.Draft)
	draft.Sale = req.Order
	switch a.broken {
	case "leaves a reduction out of an invoice":
		draft.Rows = draft.Rows[:1]
	case "dates an invoice as it likes":
		draft.Date = "2026-04-20"
	case "forgets the reference of an invoice":
		draft.Reference = ""
	}
	result, err := s.ensureDocument(ctx, req.Write, draft)
	result.Invoice.Booked = result.Invoice.Booked || err == nil && a.is("calls a draft booked")
	return result, err
}

func (s *session) ensureDocument(ctx context.Context, w ports.Write, draft oakDocument) (ports.InvoiceResult, error) {
	if w.Attempt > 1 {
		var list struct{ Documents []oakDocument }
		if _, err := s.get(ctx, "/documents?key="+url.QueryEscape(w.Key), &list); err != nil {
			return ports.InvoiceResult{}, err
		}
		if list.Documents == nil {
			return ports.InvoiceResult{}, s.missing()
		}
		if len(list.Documents) > 0 {
			return s.shown(list.Documents[0], ports.Found), nil
		}
	}
	var made oakDocument
	if _, err := s.do(ctx, http.MethodPost, "/documents", draft, &made); err != nil {
		return ports.InvoiceResult{}, err
	}
	return s.shown(made, ports.Created), nil
}

func (s *session) shown(d oakDocument, outcome ports.Outcome) ports.InvoiceResult {
	return ports.InvoiceResult{Invoice: s.written(d), Outcome: outcome, Usage: s.client.Usage()}
}

func (s *session) written(d oakDocument) invoice.Written {
	currency := money.Currency(d.Currency)
	out := invoice.Written{Document: invoice.Document{
		Number: d.Number, Kind: invoice.Invoice, Total: money.Zero(currency), Booked: d.Booked, Cancelled: d.Cancelled,
		References: map[invoice.Reference]string{invoice.ExternalReference1: d.Reference},
	}, Credits: d.Credits, CreditedBy: d.CreditedBy, RoundOff: money.Zero(currency)}
	out.Date, _ = civil.Parse(d.Date)
	for _, r := range d.Rows {
		rate, _ := tax.ParseRate(r.Rate)
		gross := money.New(r.Gross, currency)
		out.Total, _ = out.Total.Add(gross)
		out.Rows = append(out.Rows, invoice.Row{Account: ledger.Account(r.Account), Row: order.Row{
			Kind: order.SummaryRow, Name: r.Text, Quantity: decimal.NewFromInt(1), Gross: gross, Rate: rate,
		}})
	}
	out.Balance = out.Total
	if out.Total.Sign() < 0 {
		out.Kind = invoice.Credit
	}
	if s.is("does not say what an invoice is credited by") {
		out.CreditedBy = ""
	}
	return out
}

// EnsureCredit makes a draft; oak links whatever it is told to, so the connector looks at
// the invoice before.
func (a *acorn) EnsureCredit(ctx context.Context, req ports.CreditRequest) (ports.InvoiceResult, error) {
	s, err := a.open(ctx, req.Call, false)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	original, err := s.oakDocument(ctx, req.Original)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	draft := draftOf(req.Write, req.Draft)
	switch a.broken {
	case "credits the whole invoice":
		draft.Rows = slices.Clone(original.Rows)
		for i := range draft.Rows {
			draft.Rows[i].Gross = -draft.Rows[i].Gross
		}
	case "gives a credit invoice the signs of a sale":
		for i := range draft.Rows {
			draft.Rows[i].Gross = -draft.Rows[i].Gross
		}
	}
	if req.Linked || a.is("links a credit invoice that shall stand alone") {
		draft.Credits = original.Number
	}
	if req.Linked && original.CreditedBy != "" {
		linked, err := s.oakDocument(ctx, original.CreditedBy)
		switch {
		case err != nil:
			return ports.InvoiceResult{}, err
		case linked.Key == req.Key || a.is("gives the first credit invoice for the second"):
			return s.shown(linked, ports.Found), nil
		}
		return ports.InvoiceResult{}, s.failed(fault.New(ports.CodeCredited, fault.Conflict, "another credit invoice is linked"))
	}
	return s.ensureDocument(ctx, req.Write, draft)
}

func (s *session) oakDocument(ctx context.Context, number string) (oakDocument, error) {
	var d oakDocument
	_, err := s.get(ctx, "/documents/"+url.PathEscape(number), &d)
	const longest = 4 // of the numbers that oak has given so far
	if f := fault.Of(err); f != nil && f.Class == fault.NotFound && len(number) > longest && s.is("takes an unknown number for an empty invoice") {
		return oakDocument{Number: number, Date: "2026-04-20", Currency: "SEK"}, nil
	}
	if err == nil && d.Number == "" {
		return d, s.missing()
	}
	return d, err
}

// EnsureBooked looks before it books.
func (a *acorn) EnsureBooked(ctx context.Context, req ports.DocumentRequest) (ports.InvoiceResult, error) {
	return a.endDocument(ctx, req, "book", func(d oakDocument) (done bool, err error) {
		return d.Booked && !a.is("books an invoice again"), nil
	})
}

// EnsureCancelled cancels no document that is booked.
func (a *acorn) EnsureCancelled(ctx context.Context, req ports.DocumentRequest) (ports.InvoiceResult, error) {
	return a.endDocument(ctx, req, "cancel", func(d oakDocument) (done bool, err error) {
		if d.Booked && !a.is("cancels what is booked") {
			return false, fault.New(codeBooked, fault.Conflict, "the document is booked")
		}
		return d.Cancelled && !a.is("cancels an invoice again"), nil
	})
}

func (a *acorn) endDocument(ctx context.Context, req ports.DocumentRequest, verb string, judge func(oakDocument) (bool, error)) (ports.InvoiceResult, error) {
	s, err := a.open(ctx, req.Call, false)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	found, err := s.oakDocument(ctx, req.Number)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	done, err := judge(found)
	switch {
	case err != nil:
		return ports.InvoiceResult{}, s.failed(err)
	case done:
		return s.shown(found, ports.Found), nil
	case req.Attempt > 1 && (verb == "book" && found.Booked || verb == "cancel" && found.Cancelled):
		return s.shown(found, ports.Found), nil // what is broken shows in a first attempt alone
	}
	var ended oakDocument
	if _, err := s.do(ctx, http.MethodPut, "/documents/"+req.Number+"/"+verb, struct{}{}, &ended); err != nil {
		return ports.InvoiceResult{}, err
	}
	return s.shown(ended, ports.Created), nil
}

// ReadInvoice reads one document.
func (a *acorn) ReadInvoice(ctx context.Context, req ports.ReadInvoiceRequest) (ports.InvoiceReading, error) {
	s, err := a.open(ctx, req.Call, true)
	if err != nil {
		return ports.InvoiceReading{}, err
	}
	found, err := s.oakDocument(ctx, req.Number)
	if err != nil {
		return ports.InvoiceReading{}, err
	}
	out := s.written(found)
	if a.is("reads an invoice without its rows") {
		out.Rows = nil
	}
	return ports.InvoiceReading{Invoice: out, Usage: s.client.Usage()}, nil
}

// EnsureOrder makes an order; a later attempt looks for its key.
func (a *acorn) EnsureOrder(ctx context.Context, req ports.OrderRequest) (ports.OrderResult, error) {
	s, err := a.open(ctx, req.Call, false)
	if err != nil {
		return ports.OrderResult{}, err
	}
	if req.Attempt > 1 {
		var list struct{ Sales []oakSale }
		if _, err := s.get(ctx, "/sales?key="+url.QueryEscape(req.Key), &list); err != nil {
			return ports.OrderResult{}, err
		}
		if list.Sales == nil {
			return ports.OrderResult{}, s.missing()
		}
		if len(list.Sales) > 0 {
			return s.ordered(list.Sales[0], ports.Found), nil
		}
	}
	var made oakSale
	if _, err := s.do(ctx, http.MethodPost, "/sales", oakSale{Key: req.Key, Rows: rowsOf(req.Draft.Rows)}, &made); err != nil {
		return ports.OrderResult{}, err
	}
	return s.ordered(made, ports.Created), nil
}

func (s *session) ordered(o oakSale, outcome ports.Outcome) ports.OrderResult {
	result := ports.OrderResult{Number: o.Number, Invoice: o.Invoice, Cancelled: o.Cancelled, Outcome: outcome, Usage: s.client.Usage()}
	if s.is("does not say what was made of an order") {
		result.Invoice = ""
	}
	return result
}

// EnsureOrderCancelled cancels no order that was invoiced.
func (a *acorn) EnsureOrderCancelled(ctx context.Context, req ports.CancelOrderRequest) (ports.OrderResult, error) {
	s, err := a.open(ctx, req.Call, false)
	if err != nil {
		return ports.OrderResult{}, err
	}
	var found oakSale
	if _, err := s.get(ctx, "/sales/"+url.PathEscape(req.Number), &found); err != nil {
		return ports.OrderResult{}, err
	}
	switch {
	case found.Number == "":
		return ports.OrderResult{}, s.missing()
	case found.Cancelled && (req.Attempt > 1 || !a.is("cancels an order again")):
		return s.ordered(found, ports.Found), nil
	case found.Invoice != "" && !a.is("cancels an order that was invoiced"):
		return ports.OrderResult{}, s.failed(fault.New(codeInvoiced, fault.Conflict, "the order was invoiced"))
	}
	var cancelled oakSale
	if _, err := s.do(ctx, http.MethodPut, "/sales/"+req.Number+"/cancel", struct{}{}, &cancelled); err != nil {
		return ports.OrderResult{}, err
	}
	return s.ordered(cancelled, ports.Created), nil
}
