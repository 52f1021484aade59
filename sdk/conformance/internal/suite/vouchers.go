package suite

import (
	"context"

	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

func vouchers() capability {
	return capability{
		name:   ports.CapabilityVouchers,
		writes: []string{"EnsureVoucher"},
		writings: func(s *Session, _ *facts) []writing {
			if s.setup.Plan.Writing.CounterAccount == "" {
				return nil
			}
			return []writing{s.booking()}
		},
	}
}

// booking books a voucher over 100 of the plan's currency.
func (s *Session) booking() writing {
	return writing{method: "EnsureVoucher", begin: func(context.Context, *stage) (try, error) {
		p := s.setup.Plan.Writing
		amount, err := money.Parse("100", money.Currency(p.Currency))
		if err != nil {
			return nil, err
		}
		v, err := ledger.New(p.Date, "conformance", []ledger.Row{
			{Account: ledger.Account(p.CounterAccount), Amount: amount, Text: "conformance"},
			{Account: ledger.Account(p.Account), Amount: amount.Neg(), Text: "conformance"},
		})
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, c ports.Connector, w ports.Write) (made, error) {
			writer, err := as[ports.Vouchers](c)
			if err != nil {
				return made{}, err
			}
			result, err := writer.EnsureVoucher(ctx, ports.VoucherRequest{Write: w, Series: p.Series, Voucher: v})
			if err != nil {
				return made{usage: result.Usage}, err
			}
			return made{result.Number.String(), result.Outcome, result.Usage}, nil
		}, nil
	}}
}
