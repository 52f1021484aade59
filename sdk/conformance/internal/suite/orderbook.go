package suite

import (
	"context"
	"fmt"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

func orderBook() capability {
	return capability{
		name:   ports.CapabilityOrderBook,
		writes: []string{"EnsureOrder", "EnsureOrderCancelled"},
		writings: func(s *Session, _ *facts) []writing {
			if s.setup.Plan.Writing.SalesAccount == "" {
				return nil
			}
			return []writing{s.ordering(), s.cancellingOrder()}
		},
		cases: orderBookCases(),
	}
}

func ensureOrder(ctx context.Context, c ports.Connector, req ports.OrderRequest) (ports.OrderResult, error) {
	book, err := as[ports.OrderBook](c)
	if err != nil {
		return ports.OrderResult{}, err
	}
	return book.EnsureOrder(ctx, req)
}

func cancelOrder(ctx context.Context, c ports.Connector, req ports.CancelOrderRequest) (ports.OrderResult, error) {
	book, err := as[ports.OrderBook](c)
	if err != nil {
		return ports.OrderResult{}, err
	}
	return book.EnsureOrderCancelled(ctx, req)
}

// ordering makes an order of what is sold.
func (s *Session) ordering() writing {
	return writing{method: "EnsureOrder", begin: func(context.Context, *stage) (try, error) {
		draft, err := s.sale()
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, c ports.Connector, w ports.Write) (made, error) {
			result, err := ensureOrder(ctx, c, ports.OrderRequest{Write: w, Draft: draft})
			return made{result.Number, result.Outcome, result.Usage}, err
		}, nil
	}}
}

// cancellingOrder makes an order and cancels it.
func (s *Session) cancellingOrder() writing {
	return writing{method: "EnsureOrderCancelled", begin: func(ctx context.Context, st *stage) (try, error) {
		order, err := st.once(ctx, s.ordering())
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, c ports.Connector, w ports.Write) (made, error) {
			result, err := cancelOrder(ctx, c, ports.CancelOrderRequest{Write: w, Number: order.number})
			return made{result.Number, result.Outcome, result.Usage}, err
		}, nil
	}}
}

func orderBookCases() []Case {
	without := lacks(ports.CapabilityOrderBook)
	return []Case{
		{
			ID: "orderbook.cancel", Level: 3, After: []string{"write.found"}, unfit: without, run: checkOrderCancelled,
			Title: "An order that is cancelled says so, and is found when it is to be cancelled again, by a first attempt too; an order that does not exist is a fault of class not_found.",
			Why:   "An order that seems open would be delivered.",
		},
		{
			ID: "orderbook.invoiced", Level: 3, After: []string{"write.found", "invoices.draft"}, run: checkOrderInvoiced,
			unfit: func(s *Session) string {
				if reason := without(s); reason != "" {
					return reason
				}
				return lacks(ports.CapabilityInvoices)(s)
			},
			Title: "An invoice of an order has the order's rows and the date that was asked for. The order names it when it is found again, and is refused with class conflict when it is to be cancelled.",
			Why:   "An order that was invoiced and is cancelled all the same leaves an invoice for nothing.",
		},
	}
}

func (st *stage) makeOrder(ctx context.Context, attempt int) (ports.OrderResult, error) {
	draft, err := st.sale()
	if err != nil {
		return ports.OrderResult{}, err
	}
	return ask(ctx, st, "EnsureOrder", attempt, func(ctx context.Context, w ports.Write) (ports.OrderResult, error) {
		return ensureOrder(ctx, st.c.Connector, ports.OrderRequest{Write: w, Draft: draft})
	})
}

func (st *stage) dropOrder(ctx context.Context, number string) (ports.OrderResult, error) {
	return ask(ctx, st, "EnsureOrderCancelled", 1, func(ctx context.Context, w ports.Write) (ports.OrderResult, error) {
		return cancelOrder(ctx, st.c.Connector, ports.CancelOrderRequest{Write: w, Number: number})
	})
}

func checkOrderCancelled(ctx context.Context, st *stage) error {
	order, err := st.makeOrder(ctx, 1)
	if err != nil {
		return wrong("EnsureOrder", err, "an order")
	}
	for _, outcome := range []ports.Outcome{ports.Created, ports.Found} {
		result, err := st.dropOrder(ctx, order.Number)
		switch {
		case err != nil:
			return wrong("EnsureOrderCancelled", err, string(outcome)+" "+order.Number)
		case result.Outcome != outcome || result.Number != order.Number || !result.Cancelled:
			return wrong("EnsureOrderCancelled", fmt.Sprintf("%s %q, cancelled %t", result.Outcome, result.Number, result.Cancelled),
				fmt.Sprintf("%s %q, cancelled", outcome, order.Number))
		}
	}
	return st.mustFail(func() error { _, err := st.dropOrder(ctx, noDocument); return err }, "EnsureOrderCancelled of an unknown order", fault.NotFound)
}

func checkOrderInvoiced(ctx context.Context, st *stage) error {
	order, err := st.makeOrder(ctx, 1)
	if err != nil {
		return wrong("EnsureOrder", err, "an order")
	}
	draft, err := st.sale()
	if err != nil {
		return err
	}
	made, err := st.invoice(ctx, ports.InvoiceRequest{Draft: draft, Order: order.Number})
	if err != nil {
		return wrong("EnsureInvoice of an order", err, "an invoice")
	}
	if err := mustSay("EnsureInvoice of an order", draft, made.Invoice); err != nil {
		return err
	}
	found, err := st.makeOrder(ctx, 2)
	switch {
	case err != nil:
		return wrong("EnsureOrder, second attempt", err, "the order")
	case found.Invoice != made.Invoice.Number:
		return wrong("EnsureOrder, second attempt", "the invoice \""+found.Invoice+"\"", "the invoice "+made.Invoice.Number+" that was made of it")
	}
	return st.mustFail(func() error { _, err := st.dropOrder(ctx, order.Number); return err }, "EnsureOrderCancelled of an order with an invoice", fault.Conflict)
}
