package suite

import (
	"context"

	"github.com/kvitt/kvitt/ports"
)

func attachments() capability {
	return capability{
		name:   ports.CapabilityAttachments,
		writes: []string{"EnsureAttachment"},
		writings: func(s *Session, _ *facts) []writing {
			if s.setup.Plan.Writing.CounterAccount == "" || !s.description.Has(ports.CapabilityVouchers) {
				return nil
			}
			return []writing{s.attaching()}
		},
	}
}

// attaching books a voucher and joins a file to it.
func (s *Session) attaching() writing {
	return writing{method: "EnsureAttachment", begin: func(ctx context.Context, st *stage) (try, error) {
		booked, err := st.once(ctx, s.booking())
		if err != nil {
			return nil, err
		}
		voucher, ok := ports.ParseVoucherNumber(booked.number)
		if !ok {
			return nil, wrong("EnsureVoucher", "the number "+booked.number, "series, number and year")
		}
		return func(ctx context.Context, c ports.Connector, w ports.Write) (made, error) {
			writer, err := as[ports.Attachments](c)
			if err != nil {
				return made{}, err
			}
			result, err := writer.EnsureAttachment(ctx, ports.AttachmentRequest{
				Write: w, Voucher: voucher, FileName: "conformance-0a1b2c.pdf", MediaType: "application/pdf",
				Content: []byte("%PDF-1.7 conformance"),
			})
			return made{result.ID, result.Outcome, result.Usage}, err
		}, nil
	}}
}
