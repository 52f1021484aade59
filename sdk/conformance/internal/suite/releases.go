package suite

import (
	"context"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

func releases() capability {
	return capability{
		name:   ports.CapabilityReleases,
		writes: []string{"EnsureReleased"},
		writings: func(s *Session, f *facts) []writing {
			if f.open == nil || !s.description.Has(ports.CapabilityPayments) {
				return nil
			}
			return []writing{s.releasing(*f.open)}
		},
	}
}

// releasing pays a document and takes the payment back.
func (s *Session) releasing(d invoice.Document) writing {
	return writing{method: "EnsureReleased", about: "of a payment", begin: func(ctx context.Context, st *stage) (try, error) {
		paid, err := st.once(ctx, s.paying(d))
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, c ports.Connector, w ports.Write) (made, error) {
			writer, err := as[ports.PaymentReleases](c)
			if err != nil {
				return made{}, err
			}
			result, err := writer.EnsureReleased(ctx, ports.ReleaseRequest{
				Write: w, DocumentNumber: d.Number, DocumentKind: d.Kind, PaymentNumber: paid.number,
				Date: s.setup.Plan.Writing.Date, Known: []string{paid.number}, BalanceBefore: money.Zero(d.Balance.Currency()),
			})
			return made{result.Number, result.Outcome, result.Usage}, err
		}, nil
	}}
}
