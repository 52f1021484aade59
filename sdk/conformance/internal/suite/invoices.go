package suite

import (
	"context"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

func invoices() capability {
	return capability{
		name:   ports.CapabilityInvoices,
		reads:  []string{"ReadInvoice"},
		writes: []string{"EnsureInvoice", "EnsureCredit", "EnsureBooked", "EnsureCancelled"},
		questions: func(_ *Session, f *facts) []question {
			if f.open == nil {
				return nil
			}
			return []question{readingInvoice(f.open.Number)}
		},
		writings: invoiceWritings,
		cases:    invoiceCases(),
	}
}

func invoiceWritings(s *Session, _ *facts) []writing {
	if s.setup.Plan.Writing.SalesAccount == "" {
		return nil
	}
	all := []writing{
		s.invoicing(), s.crediting(true), s.crediting(false),
		s.ending("EnsureBooked", ports.Invoices.EnsureBooked), s.ending("EnsureCancelled", ports.Invoices.EnsureCancelled),
	}
	if s.description.Has(ports.CapabilityOrderBook) {
		all = append(all, s.invoicingOrder())
	}
	return all
}

// sale is what is ordered and invoiced: goods over 150 and a reduction of 50, so 100 of
// the plan's currency.
func (s *Session) sale() (invoice.Draft, error) {
	return s.draft("conformance", map[order.RowKind]string{order.GoodsRow: "150", order.DiscountRow: "-50"})
}

// refund takes goods over 80 back and keeps a fee of 20.
func (s *Session) refund() (invoice.Draft, error) {
	return s.draft("conformance refund", map[order.RowKind]string{order.GoodsRow: "-80", order.ReturnFeeRow: "20"})
}

func (s *Session) draft(reference string, amounts map[order.RowKind]string) (invoice.Draft, error) {
	p := s.setup.Plan.Writing
	rate, err := tax.ParseRate(p.VATRate)
	if err != nil {
		return invoice.Draft{}, err
	}
	home := order.Address{Name: "Conny Former", Street: "Storgatan 1", Postcode: "111 22", City: "Stockholm", Country: p.Country}
	d := invoice.Draft{
		Date: p.Date, Currency: money.Currency(p.Currency), Note: "conformance",
		Customer: invoice.Customer{
			Buyer:  order.Buyer{Name: home.Name, Email: "conny@example.com", Billing: home, Delivery: home},
			Market: tax.Market{Treatment: tax.Domestic, Country: p.Country},
		},
		References: map[invoice.Reference]string{invoice.ExternalReference1: strings.ReplaceAll(reference, " ", "-")},
	}
	for _, kind := range order.RowKinds() {
		text, ok := amounts[kind]
		if !ok {
			continue
		}
		gross, err := money.Parse(text, d.Currency)
		if err != nil {
			return invoice.Draft{}, err
		}
		d.Rows = append(d.Rows, invoice.Row{Account: ledger.Account(p.SalesAccount), Row: order.Row{
			Kind: kind, Name: "conformance " + string(kind), Quantity: decimal.NewFromInt(1), Gross: gross, Rate: rate,
		}})
	}
	return d, nil
}

func readInvoice(ctx context.Context, c ports.Connector, req ports.ReadInvoiceRequest) (ports.InvoiceReading, error) {
	reader, err := as[ports.Invoices](c)
	if err != nil {
		return ports.InvoiceReading{}, err
	}
	return reader.ReadInvoice(ctx, req)
}

func readingInvoice(number string) question {
	return question{method: "ReadInvoice", about: "of document " + number, ask: asking(
		func(ctx context.Context, c ports.Connector, call ports.Call, _ string) (ports.InvoiceReading, error) {
			return readInvoice(ctx, c, ports.ReadInvoiceRequest{Call: call, Number: number, Kind: invoice.Invoice})
		}, func(r ports.InvoiceReading) answer {
			a := answer{usage: r.Usage}
			a.amount("the total of document "+number, r.Invoice.Total)
			a.entry(r.Invoice.Number, payout.Raw{}, r.Invoice)
			return a
		})}
}

func madeInvoice(r ports.InvoiceResult, err error) (made, error) {
	return made{r.Invoice.Number, r.Outcome, r.Usage}, err
}

// invoicing makes an invoice that is not booked.
func (s *Session) invoicing() writing {
	return writing{method: "EnsureInvoice", begin: func(context.Context, *stage) (try, error) {
		draft, err := s.sale()
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, c ports.Connector, w ports.Write) (made, error) {
			writer, err := as[ports.Invoices](c)
			if err != nil {
				return made{}, err
			}
			return madeInvoice(writer.EnsureInvoice(ctx, ports.InvoiceRequest{Write: w, Draft: draft}))
		}, nil
	}}
}

// invoicingOrder makes an order, and an invoice of it.
func (s *Session) invoicingOrder() writing {
	return writing{method: "EnsureInvoice", about: "of an order", begin: func(ctx context.Context, st *stage) (try, error) {
		ordered, err := st.once(ctx, s.ordering())
		if err != nil {
			return nil, err
		}
		draft, err := s.sale()
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, c ports.Connector, w ports.Write) (made, error) {
			writer, err := as[ports.Invoices](c)
			if err != nil {
				return made{}, err
			}
			return madeInvoice(writer.EnsureInvoice(ctx, ports.InvoiceRequest{Write: w, Draft: draft, Order: ordered.number}))
		}, nil
	}}
}

// crediting books an invoice and makes a credit invoice of it.
func (s *Session) crediting(linked bool) writing {
	about := "that stands alone"
	if linked {
		about = "that is linked"
	}
	return writing{method: "EnsureCredit", about: about, begin: func(ctx context.Context, st *stage) (try, error) {
		original, err := st.once(ctx, s.ending("EnsureBooked", ports.Invoices.EnsureBooked))
		if err != nil {
			return nil, err
		}
		draft, err := s.refund()
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, c ports.Connector, w ports.Write) (made, error) {
			writer, err := as[ports.Invoices](c)
			if err != nil {
				return made{}, err
			}
			return madeInvoice(writer.EnsureCredit(ctx, ports.CreditRequest{Write: w, Draft: draft, Original: original.number, Linked: linked}))
		}, nil
	}}
}

// ends books or cancels a document.
type ends func(ports.Invoices, context.Context, ports.DocumentRequest) (ports.InvoiceResult, error)

// ending makes an invoice and books or cancels it.
func (s *Session) ending(method string, end ends) writing {
	return writing{method: method, begin: func(ctx context.Context, st *stage) (try, error) {
		draft, err := st.once(ctx, s.invoicing())
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, c ports.Connector, w ports.Write) (made, error) {
			writer, err := as[ports.Invoices](c)
			if err != nil {
				return made{}, err
			}
			return madeInvoice(end(writer, ctx, ports.DocumentRequest{
				Write: w, Number: draft.number, Kind: invoice.Invoice, Date: s.setup.Plan.Writing.Date,
			}))
		}, nil
	}}
}

// ask makes an attempt at a write of a case of its own.
func ask[T any](ctx context.Context, st *stage, method string, attempt int, do func(context.Context, ports.Write) (T, error)) (T, error) {
	return askAs(ctx, st, method, "kv:conformance:"+method+";", attempt, do)
}

func askAs[T any](ctx context.Context, st *stage, method, key string, attempt int, do func(context.Context, ports.Write) (T, error)) (T, error) {
	inner, cancel := st.within(ctx)
	defer cancel()
	result, err := do(inner, ports.Write{Call: st.granted(method, attempt), Key: key, Attempt: attempt})
	st.listen(method, err)
	return result, err
}

// noDocument is a number that no document has.
const noDocument = "99999999"

// mustFail says that a call fails with a class.
func (st *stage) mustFail(do func() error, call string, class fault.Class) error {
	err := do()
	if err == nil {
		return wrong(call, "an answer", "class "+string(class))
	}
	if fault.ClassOf(err) != class {
		return wrong(call, err, "class "+string(class))
	}
	return nil
}
