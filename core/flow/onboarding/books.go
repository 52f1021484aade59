package onboarding

import (
	"context"
	"strconv"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// books compares settings with what the accounting system has.
type books struct {
	service *Service
	candidate
}

func (s *Service) books(c candidate) books { return books{service: s, candidate: c} }

// accountsExist refuses accounts that the settings need and that are not chosen,
// do not exist or are inactive.
func (b books) accountsExist(ctx context.Context) error {
	if b.unfit != nil {
		return b.unfit
	}
	events := b.flow.Kind == merchant.Events
	if !events {
		if err := b.chosen(); err != nil {
			return err
		}
	}
	known, err := b.known(ctx, ports.ChooseAccount)
	if err != nil {
		return err
	}
	if events {
		return b.eventAccountsExist(known)
	}
	for _, account := range accountsInUse(b.settings) {
		if err := usable(known, account, b.fieldOf(account)); err != nil {
			return err
		}
	}
	return nil
}

// usable refuses an account that does not exist or is inactive.
func usable(known map[string]bool, account ledger.Account, field string) error {
	active, exists := known[string(account)]
	if exists && active {
		return nil
	}
	reason := "account " + string(account) + " does not exist in the accounting system"
	if exists {
		reason = "account " + string(account) + " is not active in the accounting system"
	}
	return fault.Invalid(CodeAccountMissing, field, reason).
		WithRemedy("open the account in the accounting system or choose another one")
}

// chosen refuses settings without which no payout in the merchant's currency can
// be booked at all.
func (b books) chosen() error {
	f := fault.Of(b.settings.Ready(b.merchant.Currency))
	if f == nil {
		return nil
	}
	return fault.Invalid(CodeAccountMissing, "settings."+f.Field, f.Reason).WithRemedy(f.Remedy)
}

func (b books) seriesExists(ctx context.Context) error {
	if b.unfit != nil {
		return b.unfit
	}
	known, err := b.known(ctx, ports.ChooseVoucherSeries)
	if err != nil {
		return err
	}
	exists := func(field string, s booking.Settings) error {
		if known[s.VoucherSeries] {
			return nil
		}
		return fault.Invalid(CodeSeriesMissing, "settings."+field+"voucher_series",
			"voucher series "+s.VoucherSeries+" does not exist in the accounting system or is not open for manual vouchers").
			WithRemedy("open the series in the accounting system or choose another one")
	}
	if b.flow.Kind == merchant.Events {
		return b.shop.settings.Each(exists)
	}
	return exists("", b.settings)
}

// known gives everything of a kind and whether it is active today.
func (b books) known(ctx context.Context, kind ports.ChoiceKind) (map[string]bool, error) {
	if err := verified("target", b.target); err != nil {
		return nil, err
	}
	today, err := b.service.today(b.merchant)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for cursor := ""; ; {
		page, err := b.service.Choices(ctx, b.target.ID, kind, today, cursor)
		if err != nil {
			return nil, err
		}
		for _, choice := range page.Choices {
			known[choice.Value] = choice.Active
		}
		if cursor = page.Next; cursor == "" {
			return known, nil
		}
	}
}

// fieldOf names the setting that chose an account.
func (b books) fieldOf(account ledger.Account) string {
	a := b.settings.Accounts
	for _, currency := range clearingOf(b.settings) {
		if a.Clearing[currency] == account {
			return "settings.accounts.clearing." + string(currency)
		}
		if a.Bank[currency] == account {
			return "settings.accounts.bank." + string(currency)
		}
	}
	for _, named := range []struct {
		field   string
		account ledger.Account
	}{
		{"fee", a.Fee},
		{"fee_vat", a.FeeVAT},
		{"reserve", a.Reserve},
		{"dispute", a.Dispute},
		{"dispute_loss", a.DisputeLoss},
		{"suspense", a.Suspense},
		{"rounding", a.Rounding},
		{"commission", a.Commission},
		{"loan", a.Loan},
		{"tax", a.Tax},
	} {
		if named.account == account {
			return "settings.accounts." + named.field
		}
	}
	for i, rule := range b.settings.FeeRules {
		if rule.Account == account {
			return "settings.fee_rules[" + strconv.Itoa(i) + "].account"
		}
	}
	return "settings.reverse_charge"
}

// Choices gives a page of what may be picked in the accounting system.
func (s *Service) Choices(ctx context.Context, connectionID string, kind ports.ChoiceKind, on civil.Date, cursor string) (ports.ChoicesPage, error) {
	account, err := s.parts.Remote.Open(ctx, connectionID)
	if err != nil {
		return ports.ChoicesPage{}, err
	}
	choices, err := remote.Capability[ports.Choices](account, ports.CapabilityChoices)
	if err != nil {
		return ports.ChoicesPage{}, err
	}
	var page ports.ChoicesPage
	err = account.Do(ctx, "ListChoices", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		page, err = choices.ListChoices(ctx, ports.ChoicesRequest{Call: call, Kind: kind, On: on, Cursor: cursor})
		return page.Usage, err
	})
	return page, err
}

// Today is the business date of the merchant whom a connection belongs to.
func (s *Service) Today(ctx context.Context, connectionID string) (civil.Date, error) {
	owner, err := walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) (merchant.Merchant, error) {
		record, err := tx.Connections().Get(ctx, connectionID)
		if err != nil {
			return merchant.Merchant{}, err
		}
		return tx.Merchants().Get(ctx, record.MerchantID)
	})
	if err != nil {
		return civil.Date{}, err
	}
	return s.today(owner)
}
