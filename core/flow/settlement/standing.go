package settlement

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Standing explains an account on which the merchant's money stands while the
// provider has it: that of disputes or that of reserves. It covers payouts in the
// merchant's own currency. Amounts are debit positive.
type Standing struct {
	Account  ledger.Account
	Currency money.Currency
	// Balance is what kvitt's vouchers have put on the account, Open the sum of the
	// items, Unexplained is Balance − Open.
	Balance     money.Amount
	Open        money.Amount
	Unexplained money.Amount
	// Items are by age, the oldest first.
	Items []StandingItem
}

// StandingItem is what stands on the account under one reference of the provider.
type StandingItem struct {
	// Reference is empty for reserves that the provider does not tell apart.
	Reference string
	// LineID is the last line that put money there, or that took it away if kvitt has
	// not seen one; Payout is the provider's reference of its payout.
	LineID   int64
	PayoutID string
	Payout   string
	Amount   money.Amount
	// Since is the date of the first payout that has the reference, Days how long ago
	// that is.
	Since civil.Date
	Days  int
	// Closing: the voucher that closes it is planned and not yet booked.
	Closing bool
}

// Disputes lists the open disputes of a flow, which are chargebacks that were
// neither given back nor closed as lost, one entry per account.
func (s *Service) Disputes(ctx context.Context, flowID string) ([]Standing, error) {
	return s.standing(ctx, flowID, disputes)
}

// Reserves lists what the provider holds back of a flow's payouts, one entry per
// account: held less released by the provider's reference. Releases that carry the
// reference of nothing held make one item, without a reference.
func (s *Service) Reserves(ctx context.Context, flowID string) ([]Standing, error) {
	return s.standing(ctx, flowID, reserves)
}

// purpose is what an account is for.
type purpose struct {
	// puts and takes are the kinds of line that put money on the account and take it
	// away again.
	puts, takes payout.Kind
	account     func(booking.Accounts) ledger.Account
}

var (
	disputes = purpose{payout.Chargeback, payout.ChargebackReversal, func(a booking.Accounts) ledger.Account { return a.Dispute }}
	reserves = purpose{payout.Reserve, payout.Release, func(a booking.Accounts) ledger.Account { return a.Reserve }}
)

func (s *Service) standing(ctx context.Context, flowID string, what purpose) ([]Standing, error) {
	var accounts []Standing
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		found, err := s.gather(ctx, tx, flowID, what)
		if err != nil {
			return err
		}
		accounts, err = found.finish(civil.In(s.clock.Now(), found.zone))
		return err
	})
	return accounts, err
}

// claim names what stands on an account under one reference.
type claim struct {
	account   ledger.Account
	reference string
}

// claimed is what became of a claim.
type claimed struct {
	StandingItem
	// returned is what lines of booked payouts have taken away again, and is in
	// Amount; returning is what those of other payouts will. Both are 0 or negative.
	returned, returning money.Amount
	// loss is the voucher that closed it last, planned or made.
	loss *ports.Step
}

// standings gathers what stands on the accounts of one purpose.
type standings struct {
	purpose
	zone     *time.Location
	currency money.Currency
	versions map[int]booking.Settings
	balances map[ledger.Account]money.Amount
	claims   map[claim]*claimed
}

func (s *Service) gather(ctx context.Context, tx ports.Tx, flowID string, what purpose) (*standings, error) {
	flow, err := tx.Flows().Get(ctx, flowID)
	if err != nil {
		return nil, err
	}
	owner, err := tx.Merchants().Get(ctx, flow.MerchantID)
	if err != nil {
		return nil, err
	}
	g := &standings{
		purpose: what, currency: owner.Currency, versions: map[int]booking.Settings{},
		balances: map[ledger.Account]money.Amount{}, claims: map[claim]*claimed{},
	}
	if g.zone, err = time.LoadLocation(owner.Zone); err != nil || flow.Kind != merchant.Payouts {
		return g, err
	}
	if err := g.readVersions(ctx, tx, flow); err != nil {
		return nil, err
	}
	return g, eachPayout(ctx, tx, flow, func(p ports.PayoutRecord) error {
		if p.Net.Currency() != g.currency {
			return nil
		}
		return g.take(ctx, tx, p)
	})
}

// readVersions reads all settings that the flow ever had, since each may have named
// another account.
func (g *standings) readVersions(ctx context.Context, tx ports.Tx, flow merchant.Flow) error {
	for version := 1; version <= flow.SettingsVersion; version++ {
		raw, err := tx.Flows().Settings(ctx, flow.ID, version)
		if err != nil {
			return err
		}
		if g.versions[version], err = booking.Parse(raw); err != nil {
			return err
		}
		if account := g.account(g.versions[version].Accounts); account != "" {
			g.balances[account] = money.Zero(g.currency)
		}
	}
	return nil
}

func eachPayout(ctx context.Context, tx ports.Tx, flow merchant.Flow, fn func(ports.PayoutRecord) error) error {
	return walk.Payouts(ctx, tx, flow.MerchantID, func(p ports.PayoutRecord) error {
		if p.FlowID != flow.ID {
			return nil
		}
		return fn(p)
	})
}

// finish lists the claims that are open. More released than was held under a
// reference is counted with what has none.
func (g *standings) finish(today civil.Date) ([]Standing, error) {
	if g.puts == payout.Reserve {
		if err := g.mergeReleases(); err != nil {
			return nil, err
		}
	}
	var accounts []Standing
	for account, balance := range g.balances {
		one := Standing{Account: account, Currency: g.currency, Balance: balance, Open: money.Zero(g.currency)}
		for of, c := range g.claims {
			if of.account != account || c.Amount.IsZero() {
				continue
			}
			c.Days = today.Since(c.Since)
			one.Items = append(one.Items, c.StandingItem)
			var err error
			if one.Open, err = one.Open.Add(c.Amount); err != nil {
				return nil, err
			}
		}
		var err error
		if one.Unexplained, err = one.Balance.Sub(one.Open); err != nil {
			return nil, err
		}
		slices.SortFunc(one.Items, func(a, b StandingItem) int {
			return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Reference, b.Reference))
		})
		if !balance.IsZero() || len(one.Items) > 0 {
			accounts = append(accounts, one)
		}
	}
	slices.SortFunc(accounts, func(a, b Standing) int { return cmp.Compare(a.Account, b.Account) })
	return accounts, nil
}

func (g *standings) mergeReleases() error {
	for of, c := range g.claims {
		if of.reference == "" || c.Amount.Sign() >= 0 {
			continue
		}
		total := g.claim(claim{account: of.account})
		if total.Since.IsZero() || c.Since.Before(total.Since) {
			total.Since, total.LineID, total.PayoutID, total.Payout = c.Since, c.LineID, c.PayoutID, c.Payout
		}
		var err error
		if total.Amount, err = total.Amount.Add(c.Amount); err != nil {
			return err
		}
		delete(g.claims, of)
	}
	return nil
}
