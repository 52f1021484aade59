package main

import (
	"context"
	"net/http"
	"net/url"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// EnsurePayment registers a payment. SampleBooks knows it by its idempotency key, so
// a later attempt sends the same again and is told what the first one made.
func (c *Connector) EnsurePayment(ctx context.Context, req ports.PaymentRequest) (ports.PaymentResult, error) {
	return upstream.Serve(c.open(req.Call), func(remote *upstream.Client) (ports.PaymentResult, error) {
		if req.Payment.Amount.Currency() != booksCurrency || req.Payment.Exchange != nil {
			return ports.PaymentResult{}, unsupported("payment.amount")
		}
		made, outcome, err := write(ctx, remote, req.Write, paymentOf(req.Payment), "v1", "invoices", req.Payment.DocumentNumber, "payments")
		return ports.PaymentResult{Number: made.ID, Outcome: outcome}, err
	})
}

// CodePayments: a document has more payments than ports.PaymentList holds.
const CodePayments fault.Code = "samplebooks.payments_too_many"

// ListPayments gives the payments of a document, oldest first.
func (c *Connector) ListPayments(ctx context.Context, req ports.ListPaymentsRequest) (ports.PaymentList, error) {
	return upstream.Serve(c.open(req.Call), func(remote *upstream.Client) (ports.PaymentList, error) {
		list, err := read[remotePayment](ctx, remote, "payments.1", "", mostLimit, url.Values{}, "v1", "invoices", req.DocumentNumber, "payments")
		if err != nil {
			return ports.PaymentList{}, err
		}
		if list.next != "" {
			return ports.PaymentList{}, fault.New(CodePayments, fault.Validation, "the document has more payments than can be read").From(fault.Upstream)
		}
		var out ports.PaymentList
		for _, item := range list.items {
			p, err := item.registered()
			if err != nil {
				return ports.PaymentList{}, err
			}
			out.Payments = append(out.Payments, p)
		}
		return out, nil
	})
}

// write posts a body under the key of the write and says whether an earlier attempt
// had done so. What was made has an id; an answer without one tells nothing.
func write[T interface{ id() string }](ctx context.Context, remote *upstream.Client, w ports.Write, body T, path ...string) (made T, outcome ports.Outcome, err error) {
	req := upstream.Request{
		Method: http.MethodPost, URL: upstream.Address(host, nil, path...), Header: http.Header{"Idempotency-Key": {w.Key}},
	}
	answer, err := remote.JSON(ctx, req, body, &made)
	switch {
	case err != nil:
		return made, "", err
	case made.id() == "":
		return made, "", upstream.Unreadable(req, "the answer does not name what was made")
	case answer.Header.Get("Idempotent-Replayed") == "true":
		return made, ports.Found, nil
	}
	return made, ports.Created, nil
}
