// Package discovery finds out, before anything is booked, which fields of an
// accounting system's documents carry a provider's references. It samples lines and
// documents, books nothing and stores nothing of what it reads but how much the keys
// of the flow cover.
package discovery

import (
	"context"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// How much is looked at.
const (
	newestPayouts = 3
	mostLines     = 200
	mostPages     = 5
	mostSearches  = 60
	// triedLines are searched for by every pair, to learn which pairs find anything.
	triedLines = 3
	// recentDays is how far back the provider is asked if no payout is known.
	recentDays = 30
)

// Desk opens the remote account of a connection, see remote.Desk.
type Desk interface {
	Open(ctx context.Context, connectionID string) (*remote.Account, error)
}

// Service discovers. It is safe for concurrent use.
type Service struct {
	store ports.Store
	desk  Desk
	clock ports.BusinessClock
}

// New makes the service.
func New(store ports.Store, desk Desk, clock ports.BusinessClock) *Service {
	return &Service{store: store, desk: desk, clock: clock}
}

// Found is what the references of a sample say.
type Found struct {
	matching.Discovery
	// Payouts are the references of the payouts whose lines were looked at.
	Payouts []string
	// Stored says that kvitt had the lines already; else the provider was asked.
	Stored bool
	// Mirrored says that the documents are those of the mirror; else the accounting
	// system was asked for what is unpaid.
	Mirrored bool
	// Searches is how many references the accounting system was asked for.
	Searches int
	// Keys are the pairs that the flow matches by now, KeysCover the lines that they
	// find.
	Keys      []matching.KeyPair
	KeysCover int
}

// sample is what is compared.
type sample struct {
	flow      merchant.Flow
	settings  booking.Settings
	found     Found
	lines     []payout.Line
	documents []invoice.Document
}

// Discover samples the newest lines of a flow of payouts and the documents of its
// accounting system: what kvitt has stored, or else bounded readings of both. What
// the documents at hand do not carry is searched for, within bounds, because lists
// of accounting systems show neither what is paid nor every field.
func (s *Service) Discover(ctx context.Context, flowID string) (Found, error) {
	m, err := s.open(ctx, flowID)
	if err != nil {
		return Found{}, err
	}
	if !m.found.Stored {
		if err := s.readLines(ctx, m); err != nil {
			return Found{}, err
		}
	}
	if err := s.gather(ctx, m); err != nil {
		return Found{}, err
	}
	if err := s.search(ctx, m); err != nil {
		return Found{}, err
	}
	m.found.Discovery = matching.Discover(m.lines, m.documents)
	m.found.Keys = m.settings.MatchKeys
	m.found.KeysCover = matching.Covered(m.lines, m.documents, m.settings.MatchKeys)
	return m.found, s.remember(ctx, m.flow, m.found)
}

// open loads the flow and what kvitt has of its newest payouts.
func (s *Service) open(ctx context.Context, flowID string) (*sample, error) {
	return walk.View(ctx, s.store, func(ctx context.Context, tx ports.Tx) (*sample, error) {
		m := &sample{}
		var err error
		if m.flow, err = tx.Flows().Get(ctx, flowID); err != nil {
			return nil, err
		}
		if m.flow.Kind != merchant.Payouts {
			return nil, fault.New(settlement.CodeNotOfPayouts, fault.Conflict, "the flow is not one of payouts, so it has no lines").
				WithRemedy("ask for the flow of payouts of the same provider")
		}
		if m.settings, err = booking.Parse(m.flow.Settings); err != nil {
			return nil, err
		}
		read, err := tx.Cursors().Get(ctx, m.flow.Target, "documents")
		if err != nil {
			return nil, err
		}
		m.found.Mirrored = read != ""
		return m, m.storedLines(ctx, tx)
	})
}

// storedLines takes the lines of the newest payouts that have any.
func (m *sample) storedLines(ctx context.Context, tx ports.Tx) error {
	newest, err := tx.Payouts().Newest(ctx, m.flow.ID, ports.Page{Limit: newestPayouts})
	for _, p := range newest {
		if err != nil || len(m.lines) == mostLines {
			break
		}
		before := len(m.lines)
		err = walk.Lines(ctx, tx, p.ID, ports.LineFilter{}, 0, func(l ports.LineRecord) error {
			if !m.take(l.Line) {
				return walk.ErrEnough
			}
			return nil
		})
		if len(m.lines) > before {
			m.found.Payouts = append(m.found.Payouts, p.Reference)
		}
	}
	m.found.Stored = len(m.lines) > 0
	return err
}

// take adds a line to the sample if it needs a document, and reports whether more are
// wanted.
func (m *sample) take(l payout.Line) bool {
	if matching.NeedsDocument(l) && !l.Synthesised {
		m.lines = append(m.lines, l)
	}
	return len(m.lines) < mostLines
}
