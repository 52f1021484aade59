// Package reconciliation holds kvitt against the world: the postings it expects
// against the accounting system's own books, and what stands on a clearing account
// at the end of a month against the items that explain it. It changes nothing.
package reconciliation

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// batch is how many items are read at a time.
const batch = 1000

// Exporter asks accounting systems for their books.
type Exporter interface {
	// ExportBooks gives the ledger of the financial year of a date, as the system
	// itself writes it.
	ExportBooks(ctx context.Context, connectionID string, on civil.Date) (io.Reader, error)
	// Today is the business date of the merchant whom the connection belongs to.
	Today(ctx context.Context, connectionID string) (civil.Date, error)
}

// Ledgers reads what an Exporter gives.
type Ledgers interface {
	ReadYear(r io.Reader) (books.Year, error)
}

// Journals writes vouchers for other programs to check.
type Journals interface {
	WriteVouchers(w io.Writer, j Journal) error
}

// Parts are what reconciliation is made of. All are required.
type Parts struct {
	Store    ports.Store
	Exporter Exporter
	Ledgers  Ledgers
	Journals Journals
	Plans    Plans
	Payments Payments
	// Sources are where documents of flows come from: Payouts and Events.
	Sources []Source
}

// Service reconciles. It is safe for concurrent use.
type Service struct{ parts Parts }

// New makes a service.
func New(parts Parts) *Service { return &Service{parts: parts} }

// Flow is a flow with what its documents are read by.
type Flow struct {
	merchant.Flow
	Zone     *time.Location
	Currency money.Currency
	versions map[int][]booking.Settings
}

func readFlow(ctx context.Context, tx ports.Tx, flowID string) (*Flow, error) {
	flow, err := tx.Flows().Get(ctx, flowID)
	if err != nil {
		return nil, err
	}
	return describe(ctx, tx, flow)
}

// describe completes a flow.
func describe(ctx context.Context, tx ports.Tx, flow merchant.Flow) (*Flow, error) {
	owner, err := tx.Merchants().Get(ctx, flow.MerchantID)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(owner.Zone)
	if err != nil {
		return nil, err
	}
	return &Flow{Flow: flow, Zone: zone, Currency: owner.Currency, versions: map[int][]booking.Settings{}}, nil
}

// settingsOf gives the sets of settings of a version, the flow's own for version 0:
// the common one and, in a flow of events, those of payment methods after it.
func (f *Flow) settingsOf(ctx context.Context, tx ports.Tx, version int) ([]booking.Settings, error) {
	if version == 0 {
		version = f.SettingsVersion
	}
	if known, ok := f.versions[version]; ok {
		return known, nil
	}
	raw := f.Settings
	if version != f.SettingsVersion {
		var err error
		if raw, err = tx.Flows().Settings(ctx, f.ID, version); err != nil {
			return nil, err
		}
	}
	sets, err := f.parse(raw)
	if err != nil {
		return nil, err
	}
	f.versions[version] = sets
	return sets, nil
}

func (f *Flow) parse(raw json.RawMessage) ([]booking.Settings, error) {
	if f.Kind == merchant.Events {
		methods, err := booking.ParseByMethod(raw)
		if err != nil {
			return nil, err
		}
		return methods.All(), nil
	}
	settings, err := booking.Parse(raw)
	if err != nil {
		return nil, err
	}
	return []booking.Settings{settings}, nil
}

// since is the first day on which kvitt looks after the flow's accounts.
func (f *Flow) since() civil.Date { return civil.In(f.Since, f.Zone) }

// own gives the clearing accounts of every version of the settings that was used.
func (f *Flow) own() []ledger.Account {
	var own []ledger.Account
	for _, version := range f.versions {
		for _, settings := range version {
			own = slices.AppendSeq(own, maps.Values(settings.Accounts.Clearing))
		}
	}
	return own
}

// view runs fn on one consistent state of the store, with the flow.
func (s *Service) view(ctx context.Context, flowID string, fn func(ctx context.Context, tx ports.Tx, f *Flow) error) error {
	return s.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		flow, err := readFlow(ctx, tx, flowID)
		if err != nil {
			return err
		}
		return fn(ctx, tx, flow)
	})
}

// planned reports whether anything of a payout may be in the books.
func planned(s payout.State) bool {
	return s == payout.Planned || s == payout.Booking || s == payout.Booked || s == payout.Closed ||
		s == payout.Undoing || s == payout.Undone
}
