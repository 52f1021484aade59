package discovery

import (
	"context"

	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// readLines reads the newest payout at the provider.
func (s *Service) readLines(ctx context.Context, m *sample) error {
	account, err := s.desk.Open(ctx, m.flow.Source)
	if err != nil {
		return err
	}
	source, err := remote.Capability[ports.PayoutSource](account, ports.CapabilityPayouts)
	if err != nil {
		return err
	}
	newest, err := s.newest(ctx, account, source)
	if err != nil || newest.Reference == "" {
		return err
	}
	m.found.Payouts = []string{newest.Reference}
	for page, cursor := 0, ""; page < mostPages; page++ {
		var read ports.LinePage
		err := account.Do(ctx, "ListPayoutLines", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
			var err error
			read, err = source.ListPayoutLines(ctx, ports.ListPayoutLinesRequest{Call: call, Reference: newest.Reference, Cursor: cursor})
			return read.Usage, err
		})
		if err != nil {
			return err
		}
		for _, l := range read.Lines {
			if !m.take(l) {
				return nil
			}
		}
		if cursor = read.Next; cursor == "" {
			break
		}
	}
	return nil
}

// newest gives the newest of the provider's recent payouts, or none.
func (s *Service) newest(ctx context.Context, account *remote.Account, source ports.PayoutSource) (payout.Payout, error) {
	var newest payout.Payout
	since := s.clock.Now().UTC().AddDate(0, 0, -recentDays)
	for page, cursor := 0, ""; page < mostPages; page++ {
		var read ports.PayoutPage
		err := account.Do(ctx, "ListPayouts", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
			var err error
			read, err = source.ListPayouts(ctx, ports.ListPayoutsRequest{Call: call, Since: since, Cursor: cursor})
			return read.Usage, err
		})
		if err != nil {
			return payout.Payout{}, err
		}
		for _, p := range read.Payouts {
			if !p.Date.Before(newest.Date) {
				newest = p
			}
		}
		if cursor = read.Next; cursor == "" {
			break
		}
	}
	return newest, nil
}

// gather takes the documents at hand: those of the mirror that carry any reference of
// the lines anywhere, or else what the accounting system lists as unpaid.
func (s *Service) gather(ctx context.Context, m *sample) error {
	if len(m.lines) == 0 {
		return nil
	}
	if !m.found.Mirrored {
		return s.readDocuments(ctx, m)
	}
	return s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		wanted := everywhere(m.lines)
		for at := 0; at < len(wanted); at += ports.MaxBatch {
			records, err := tx.Documents().ByKeys(ctx, m.flow.Target, wanted[at:min(at+ports.MaxBatch, len(wanted))])
			if err != nil {
				return err
			}
			for _, d := range records {
				m.documents = append(m.documents, d.Document)
			}
		}
		return nil
	})
}

func (s *Service) readDocuments(ctx context.Context, m *sample) error {
	account, source, err := s.documents(ctx, m)
	if err != nil {
		return err
	}
	for page, cursor := 0, ""; page < mostPages; page++ {
		var read ports.DocumentPage
		err := account.Do(ctx, "ListDocuments", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
			var err error
			read, err = source.ListDocuments(ctx, ports.ListDocumentsRequest{Call: call, Cursor: cursor})
			return read.Usage, err
		})
		if err != nil {
			return err
		}
		m.documents = append(m.documents, read.Documents...)
		if cursor = read.Next; cursor == "" {
			break
		}
	}
	return nil
}

func (s *Service) documents(ctx context.Context, m *sample) (*remote.Account, ports.DocumentSource, error) {
	account, err := s.desk.Open(ctx, m.flow.Target)
	if err != nil {
		return nil, nil, err
	}
	source, err := remote.Capability[ports.DocumentSource](account, ports.CapabilityDocuments)
	return account, source, err
}

// everywhere gives the keys of every reference of lines in every field of documents.
func everywhere(lines []payout.Line) []ports.DocumentKey {
	var keys []ports.DocumentKey
	seen := map[string]bool{}
	for _, l := range lines {
		for _, of := range payout.References() {
			value := matching.Normalise(l.References[of])
			if value == "" || seen[value] {
				continue
			}
			seen[value] = true
			for _, on := range invoice.References() {
				keys = append(keys, ports.DocumentKey{Reference: on, Value: value})
			}
		}
	}
	return keys
}
