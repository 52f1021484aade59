package suite

import (
	"context"
	"fmt"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func invoiceCases() []Case {
	without := lacks(ports.CapabilityInvoices)
	return []Case{
		{
			ID: "invoices.draft", Level: 3, After: []string{"write.created"}, unfit: without, run: checkDraft,
			Title: "An invoice is made as a draft, neither booked nor cancelled, with the date, the currency, the rows by account and VAT rate, the total and the first reference that were asked for; what reduces it is negative.",
			Why:   "The hub compares the draft with what it asked for; what a connector passes on in silence is booked for good.",
		},
		{
			ID: "invoices.read", Level: 3, After: []string{"invoices.draft"}, unfit: without, run: checkReading,
			Title: "ReadInvoice tells of an invoice what the call told that has made it.",
			Why:   "A person who corrects a draft has it read again, and the hub believes what it reads.",
		},
		{
			ID: "invoices.unknown", Level: 3, After: []string{"invoices.draft"}, unfit: without, run: checkUnknown,
			Title: "A number that no document has is a fault of class not_found, whether the document is to be read, booked or cancelled.",
			Why:   "An empty document would be taken for one that somebody has emptied.",
		},
		{
			ID: "invoices.book", Level: 3, After: []string{"write.found", "invoices.draft"}, unfit: without, run: checkBooking,
			Title: "A booked invoice says so, is found when it is to be booked again, by a first attempt too, and is refused with class conflict when it is to be cancelled.",
			Why:   "What is booked stays in the books; only a credit invoice takes it back.",
		},
		{
			ID: "invoices.cancel", Level: 3, After: []string{"write.found", "invoices.draft"}, unfit: without, run: checkCancelling,
			Title: "A cancelled draft says so, and is found when it is to be cancelled again, by a first attempt too.",
			Why:   "A draft that seems alive would be booked.",
		},
		{
			ID: "invoices.credit", Level: 3, After: []string{"write.found", "invoices.draft"}, unfit: without, run: checkCredit,
			Title: "A credit invoice, linked or not, is a draft with the rows that were asked for, not those of the invoice: goods negative, a fee that is kept positive. A linked one and its invoice name each other; one that stands alone names none.",
			Why:   "A refund of a part that credits the whole takes the rest of the sale out of the books.",
		},
		{
			ID: "invoices.linked-before", Level: 3, After: []string{"invoices.credit"}, unfit: without, run: checkLinkedBefore,
			Title: "A second credit invoice that is to be linked is one of its own, or is refused with credit.linked_before and class conflict; never is the first one given for it.",
			Why:   "The second refund of an invoice would be lost without a word.",
		},
	}
}

// invoice makes an invoice under the key of the cases.
func (st *stage) invoice(ctx context.Context, req ports.InvoiceRequest) (ports.InvoiceResult, error) {
	writer, err := as[ports.Invoices](st.c.Connector)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	return ask(ctx, st, "EnsureInvoice", 1, func(ctx context.Context, w ports.Write) (ports.InvoiceResult, error) {
		req.Write = w
		return writer.EnsureInvoice(ctx, req)
	})
}

// sold makes the invoice of a sale.
func (st *stage) sold(ctx context.Context) (invoice.Written, error) {
	draft, err := st.sale()
	if err != nil {
		return invoice.Written{}, err
	}
	made, err := st.invoice(ctx, ports.InvoiceRequest{Draft: draft})
	if err != nil {
		return invoice.Written{}, wrong("EnsureInvoice", err, "an invoice")
	}
	return made.Invoice, nil
}

func (st *stage) end(ctx context.Context, method string, end ends, number string) (ports.InvoiceResult, error) {
	writer, err := as[ports.Invoices](st.c.Connector)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	return ask(ctx, st, method, 1, func(ctx context.Context, w ports.Write) (ports.InvoiceResult, error) {
		return end(writer, ctx, ports.DocumentRequest{Write: w, Number: number, Kind: invoice.Invoice, Date: st.setup.Plan.Writing.Date})
	})
}

func (st *stage) readDraft(ctx context.Context, number string, kind invoice.Kind) (invoice.Written, error) {
	inner, cancel := st.within(ctx)
	defer cancel()
	reading, err := readInvoice(inner, st.c.Connector, ports.ReadInvoiceRequest{Call: st.granted("ReadInvoice", 1), Number: number, Kind: kind})
	st.listen("ReadInvoice", err)
	return reading.Invoice, err
}

// sums adds up rows by account and rate, which is all that an accounting system must
// know of their kinds.
func sums(currency money.Currency, rows []invoice.Row) (map[string]money.Amount, error) {
	by := map[string]money.Amount{}
	for _, r := range rows {
		name := string(r.Account) + " at " + r.Rate.String() + " %"
		sum, err := money.Sum(currency, by[name], r.Gross)
		if err != nil || r.Gross.IsZero() {
			if err != nil {
				return nil, err
			}
			continue // a row that only says something
		}
		by[name] = sum
	}
	return by, nil
}

// mustSay holds a document against the draft that was asked for.
func mustSay(call string, asked invoice.Draft, got invoice.Written) error {
	total, err := asked.Total()
	if err != nil {
		return err
	}
	kind := invoice.Invoice
	if total.Sign() < 0 {
		kind = invoice.Credit
	}
	plain := got.Total
	if got.RoundOff.Currency() != "" {
		if plain, err = got.Total.Sub(got.RoundOff); err != nil {
			return wrong(call, err, "a rounding in the currency of the total")
		}
	}
	switch {
	case got.Number == "":
		return wrong(call, "no number", "the number of the document")
	case got.Booked || got.Cancelled:
		return wrong(call, fmt.Sprintf("booked %t, cancelled %t", got.Booked, got.Cancelled), "a draft")
	case got.Kind != kind:
		return wrong(call, "the kind "+string(got.Kind), string(kind))
	case plain != total:
		return wrong(call, "the total "+plain.String()+" "+string(plain.Currency()), total.String()+" "+string(total.Currency()))
	case got.Date != asked.Date:
		return wrong(call, "the date "+got.Date.String(), asked.Date.String())
	case got.References[invoice.ExternalReference1] != asked.References[invoice.ExternalReference1]:
		return wrong(call, "the first reference \""+got.References[invoice.ExternalReference1]+"\"", asked.References[invoice.ExternalReference1])
	}
	return mustHaveRows(call, asked, got)
}

func mustHaveRows(call string, asked invoice.Draft, got invoice.Written) error {
	want, err := sums(asked.Currency, asked.Rows)
	if err != nil {
		return err
	}
	have, err := sums(asked.Currency, got.Rows)
	if err != nil {
		return wrong(call, err, "rows in the currency of the document")
	}
	for name, sum := range want {
		if have[name] != sum {
			return wrong(call, "rows of "+have[name].String()+" on account "+name, sum.String())
		}
	}
	if len(have) != len(want) {
		return wrong(call, fmt.Sprintf("rows on %d accounts and rates", len(have)), fmt.Sprintf("rows on %d", len(want)))
	}
	// Within an account what reduces must not be lost in what is sold.
	for _, r := range asked.Rows {
		found := false
		for _, shown := range got.Rows {
			found = found || shown.Gross == r.Gross
		}
		if !found {
			return wrong(call, "no row of "+r.Gross.String(), "every row that was asked for")
		}
	}
	return nil
}

func checkDraft(ctx context.Context, st *stage) error {
	draft, err := st.sale()
	if err != nil {
		return err
	}
	made, err := st.sold(ctx)
	if err != nil {
		return err
	}
	return mustSay("EnsureInvoice", draft, made)
}

func checkReading(ctx context.Context, st *stage) error {
	made, err := st.sold(ctx)
	if err != nil {
		return err
	}
	read, err := st.readDraft(ctx, made.Number, invoice.Invoice)
	if err != nil {
		return wrong("ReadInvoice", err, "the invoice")
	}
	wrote, told := answer{}, answer{}
	wrote.entry("", payout.Raw{}, made)
	told.entry("", payout.Raw{}, read)
	if wrote.text() != told.text() {
		return wrong("ReadInvoice", told.items[0].content, "what EnsureInvoice told, "+wrote.items[0].content)
	}
	return nil
}

func checkUnknown(ctx context.Context, st *stage) error {
	calls := []struct {
		name string
		do   func() error
	}{
		{"ReadInvoice", func() error { _, err := st.readDraft(ctx, noDocument, invoice.Invoice); return err }},
		{"EnsureBooked", func() error {
			_, err := st.end(ctx, "EnsureBooked", ports.Invoices.EnsureBooked, noDocument)
			return err
		}},
		{"EnsureCancelled", func() error {
			_, err := st.end(ctx, "EnsureCancelled", ports.Invoices.EnsureCancelled, noDocument)
			return err
		}},
	}
	for _, c := range calls {
		if err := st.mustFail(c.do, c.name+" of an unknown document", fault.NotFound); err != nil {
			return err
		}
	}
	return nil
}

func checkBooking(ctx context.Context, st *stage) error {
	made, err := st.sold(ctx)
	if err != nil {
		return err
	}
	if err := st.mustEnd(ctx, "EnsureBooked", ports.Invoices.EnsureBooked, made.Number, func(w invoice.Written) bool { return w.Booked }); err != nil {
		return err
	}
	return st.mustFail(func() error {
		_, err := st.end(ctx, "EnsureCancelled", ports.Invoices.EnsureCancelled, made.Number)
		return err
	}, "EnsureCancelled of a booked document", fault.Conflict)
}

func checkCancelling(ctx context.Context, st *stage) error {
	made, err := st.sold(ctx)
	if err != nil {
		return err
	}
	return st.mustEnd(ctx, "EnsureCancelled", ports.Invoices.EnsureCancelled, made.Number, func(w invoice.Written) bool { return w.Cancelled })
}

// mustEnd books or cancels a document twice.
func (st *stage) mustEnd(ctx context.Context, method string, end ends, number string, done func(invoice.Written) bool) error {
	for _, outcome := range []ports.Outcome{ports.Created, ports.Found} {
		result, err := st.end(ctx, method, end, number)
		switch {
		case err != nil:
			return wrong(method, err, string(outcome)+" "+number)
		case result.Outcome != outcome || result.Invoice.Number != number:
			return wrong(method, fmt.Sprintf("%s %q", result.Outcome, result.Invoice.Number), string(outcome)+" "+number)
		case !done(result.Invoice):
			return wrong(method, fmt.Sprintf("booked %t, cancelled %t", result.Invoice.Booked, result.Invoice.Cancelled), "what was asked for")
		}
		read, err := st.readDraft(ctx, number, invoice.Invoice)
		if err != nil {
			return wrong("ReadInvoice", err, "the document")
		}
		if !done(read) {
			return wrong("ReadInvoice after "+method, fmt.Sprintf("booked %t, cancelled %t", read.Booked, read.Cancelled), "what was done")
		}
	}
	return nil
}

func (st *stage) credit(ctx context.Context, key, original string, linked bool) (ports.InvoiceResult, invoice.Draft, error) {
	draft, err := st.refund()
	if err != nil {
		return ports.InvoiceResult{}, draft, err
	}
	writer, err := as[ports.Invoices](st.c.Connector)
	if err != nil {
		return ports.InvoiceResult{}, draft, err
	}
	made, err := askAs(ctx, st, "EnsureCredit", "kv:conformance:"+key+";", 1, func(ctx context.Context, w ports.Write) (ports.InvoiceResult, error) {
		return writer.EnsureCredit(ctx, ports.CreditRequest{Write: w, Draft: draft, Original: original, Linked: linked})
	})
	return made, draft, err
}

// bookedSale makes an invoice and books it.
func (st *stage) bookedSale(ctx context.Context) (string, error) {
	made, err := st.sold(ctx)
	if err != nil {
		return "", err
	}
	if _, err := st.end(ctx, "EnsureBooked", ports.Invoices.EnsureBooked, made.Number); err != nil {
		return "", wrong("EnsureBooked", err, "the invoice, booked")
	}
	return made.Number, nil
}

func checkCredit(ctx context.Context, st *stage) error {
	original, err := st.bookedSale(ctx)
	if err != nil {
		return err
	}
	for _, linked := range []bool{true, false} {
		call, names, key := "EnsureCredit, linked", original, "linked"
		if !linked {
			call, names, key = "EnsureCredit, standing alone", "", "alone"
		}
		made, draft, err := st.credit(ctx, key, original, linked)
		if err != nil {
			return wrong(call, err, "a credit invoice")
		}
		if err := mustSay(call, draft, made.Invoice); err != nil {
			return err
		}
		if made.Invoice.Credits != names {
			return wrong(call, "that it credits \""+made.Invoice.Credits+"\"", "\""+names+"\"")
		}
		if !linked {
			continue
		}
		read, err := st.readDraft(ctx, original, invoice.Invoice)
		if err != nil {
			return wrong("ReadInvoice of a credited invoice", err, "the invoice")
		}
		if read.CreditedBy != made.Invoice.Number {
			return wrong("ReadInvoice of a credited invoice", "that \""+read.CreditedBy+"\" credits it", made.Invoice.Number)
		}
	}
	return nil
}

func checkLinkedBefore(ctx context.Context, st *stage) error {
	original, err := st.bookedSale(ctx)
	if err != nil {
		return err
	}
	first, _, err := st.credit(ctx, "first", original, true)
	if err != nil {
		return wrong("EnsureCredit, linked", err, "a credit invoice")
	}
	second, _, err := st.credit(ctx, "second", original, true)
	const call = "EnsureCredit, linked, of an invoice that has been credited"
	switch {
	case err == nil && second.Invoice.Number == first.Invoice.Number:
		return wrong(call, "the first credit invoice", "another one, or credit.linked_before")
	case err != nil && (fault.CodeOf(err) != ports.CodeCredited || fault.ClassOf(err) != fault.Conflict):
		return wrong(call, err, "credit.linked_before of class conflict")
	}
	return nil
}
