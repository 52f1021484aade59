package main

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// CodeCurrency: SampleBooks keeps its books in another currency.
const CodeCurrency fault.Code = "samplebooks.currency_unsupported"

// EnsureVoucher books a voucher. SampleBooks knows it by its idempotency key.
func (c *Connector) EnsureVoucher(ctx context.Context, req ports.VoucherRequest) (ports.VoucherResult, error) {
	return upstream.Serve(c.open(req.Call), func(remote *upstream.Client) (ports.VoucherResult, error) {
		for _, row := range req.Voucher.Rows() {
			if row.Amount.Currency() != booksCurrency {
				return ports.VoucherResult{}, unsupported("voucher.rows")
			}
		}
		made, outcome, err := write(ctx, remote, req.Write, voucherOf(req.Series, req.Voucher), "v1", "vouchers")
		if err != nil {
			return ports.VoucherResult{}, err
		}
		return ports.VoucherResult{
			Number:  ports.VoucherNumber{Series: made.Series, Number: made.id(), Year: made.Year},
			Outcome: outcome,
		}, nil
	})
}

// unsupported is the fault of an amount in another currency than that of the books.
func unsupported(field string) error {
	return fault.Invalid(CodeCurrency, field, "SampleBooks keeps its books in "+string(booksCurrency)).From(fault.Connector)
}
