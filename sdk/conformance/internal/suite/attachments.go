package suite

import (
	"bytes"
	"context"
	"fmt"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire"
)

func attachments() capability {
	return capability{
		name:   ports.CapabilityAttachments,
		writes: []string{"EnsureAttachment"},
		writings: func(s *Session, _ *facts) []writing {
			if !s.canAttach() {
				return nil
			}
			return []writing{s.attaching("conformance-0a1b2c.pdf", []byte("%PDF-1.7 conformance"))}
		},
		cases: []Case{{
			ID: "attachments.large", Level: 3, After: []string{"write.found"}, unfit: lacks(ports.CapabilityAttachments), run: checkLargeFile,
			Title: "A file that just fits into a message of the protocol, of 8 MiB, is attached, and found again by the next attempt.",
			Why:   "Documents are scanned in colour; one that does not go through leaves its voucher without evidence.",
		}},
	}
}

// canAttach tells whether there can be a voucher to attach a file to.
func (s *Session) canAttach() bool {
	return s.setup.Plan.Writing != nil && s.setup.Plan.Writing.CounterAccount != "" && s.description.Has(ports.CapabilityVouchers)
}

// attaching books a voucher and joins a file to it.
func (s *Session) attaching(name string, content []byte) writing {
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
				Write: w, Voucher: voucher, FileName: name, MediaType: "application/pdf", Content: content,
			})
			return made{result.ID, result.Outcome, result.Usage}, err
		}, nil
	}}
}

func checkLargeFile(ctx context.Context, st *stage) error {
	const besides = 64 << 10 // for the connection and all else in the request
	content := append([]byte("%PDF-1.7 conformance "), bytes.Repeat([]byte("0123456789abcde\n"), (wire.MaxMessage-besides)/16)...)
	w := st.attaching("conformance-3d4e5f.pdf", content)
	other, do, err := st.ready(ctx, w)
	if err != nil {
		return err
	}
	call := fmt.Sprintf("%s with a file of %d bytes", w, len(content))
	first, err := other.attempt(ctx, w, do, 1)
	if err != nil {
		return wrong(call, err, "a file at the voucher")
	}
	if op, _ := st.description.Operation(w.method); op.Recovery == ports.RecoveryUnsafe {
		return nil
	}
	again, err := other.attempt(ctx, w, do, 2)
	switch {
	case err != nil:
		return wrong(call+", attempt 2", err, "found "+first.number)
	case again.outcome != ports.Found || again.number != first.number:
		return wrong(call+", attempt 2", fmt.Sprintf("%s %q", again.outcome, again.number), "found "+first.number)
	}
	return nil
}
