package onboarding

import (
	"context"

	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// candidate is a flow with all that decides whether it may be switched on.
type candidate struct {
	merchant merchant.Merchant
	flow     merchant.Flow
	source   ports.ConnectionRecord
	target   ports.ConnectionRecord
	settings booking.Settings
	// shop is what a flow of events books by: this flow, or the one that is enabled
	// beside a flow of payouts; nil if there is none.
	shop *shop
	// unfit is why the settings cannot be read, or nil.
	unfit error
	// others are the merchant's other enabled flows into the same target.
	others []neighbour
}

type neighbour struct {
	source    string
	connector string
	settings  booking.Settings
}

// condition is one thing that must hold before a flow is switched on. The
// checklist shows all of them, Enable refuses with the first that does not hold.
type condition struct {
	item  string
	check func(ctx context.Context) error
}

func (s *Service) conditions(c candidate) []condition {
	// A right that the account lacks says more than that its verification failed.
	offline := []condition{{"capabilities", func(context.Context) error { return s.bothCapable(c) }}}
	if c.flow.Kind != merchant.Events || c.flow.FromShop() {
		offline = append(offline, condition{"source_verified", func(context.Context) error { return verified("source", c.source) }})
	}
	offline = append(offline, []condition{
		{"target_verified", func(context.Context) error { return verified("target", c.target) }},
		{"settings", func(context.Context) error { return c.unfit }},
	}...)
	if c.flow.Kind.MakesDocuments() {
		return append(offline, s.documentConditions(c)...)
	}
	offline = append(offline, condition{"clearing_account", func(context.Context) error { return c.ownClearing() }})
	if c.flow.Kind == merchant.Payouts {
		offline = append(offline, condition{"accounts_distinct", func(context.Context) error { return c.apart() }})
	}
	if c.flow.FromShop() {
		offline = append(offline, condition{"shop_once", func(ctx context.Context) error { return s.shopOnce(ctx, c) }},
			condition{"orders_once", func(ctx context.Context) error { return s.soldOnce(ctx, c) }})
	}
	books := s.books(c)
	return append(offline,
		condition{"accounts", books.accountsExist},
		condition{"voucher_series", books.seriesExists})
}

func verified(end string, record ports.ConnectionRecord) error {
	if f := fault.Of(remote.Paused(record.Connection)); f != nil {
		return f.WithField(end)
	}
	refusal := fault.New(CodeConnectionUnverified, fault.Conflict, "the connection to "+record.Connector+" has not been verified").
		WithField(end).WithRemedy("verify the connection")
	switch record.State {
	case merchant.Verified:
		return nil
	case merchant.Failing:
		refusal.Reason = "the last verification of the connection to " + record.Connector + " failed"
		refusal.Remedy = "see the checks of the connection, mend what failed and verify it again"
	case merchant.ConsentNeeded:
		refusal.Code, refusal.Reason = ports.CodeConsentNeeded, "the merchant's consent to reach "+record.Connector+" is missing or has ended"
		refusal.Remedy = "ask for consent with POST /v1/connections/{id}/consent and follow the link"
	case merchant.Disconnected:
		refusal.Code, refusal.Reason = remote.CodeDisconnected, "the connection to "+record.Connector+" was disconnected"
		refusal.Remedy = "enter credentials again, or ask for consent, and verify the connection"
	case merchant.Unverified:
	}
	return refusal
}

func (s *Service) bothCapable(c candidate) error {
	for _, end := range flowEnds(c.flow) {
		record := c.target
		if end.field == "source" {
			record = c.source
		}
		if err := s.capable(record, end); err != nil {
			return err
		}
		if err := s.allowed(record, end); err != nil {
			return err
		}
	}
	return nil
}

// ownClearing refuses a clearing account that another provider or currency of the
// merchant uses: its balance could no longer be explained.
func (c candidate) ownClearing() error {
	if c.unfit != nil {
		return c.unfit
	}
	if c.flow.Kind == merchant.Events {
		return c.shop.ownClearing(c.others)
	}
	if c.shop != nil {
		itself := neighbour{source: c.flow.Source, connector: c.source.Connector, settings: c.settings}
		if err := c.shop.ownClearing([]neighbour{itself}); err != nil {
			return err
		}
	}
	for _, currency := range clearingOf(c.settings) {
		account := c.settings.Accounts.Clearing[currency]
		for _, other := range c.others {
			for theirs, taken := range other.settings.Accounts.Clearing {
				if taken != account || (other.connector == c.source.Connector && theirs == currency) {
					continue
				}
				return fault.New(CodeClearingShared, fault.Conflict,
					"account "+string(account)+" is the clearing account of "+other.connector+" in "+string(theirs)).
					WithField("settings.accounts.clearing." + string(currency)).
					WithRemedy("choose another account, such as one of 1580 to 1589")
			}
		}
	}
	return nil
}

// candidate loads a flow and what surrounds it.
func (s *Service) candidate(ctx context.Context, flowID string) (candidate, error) {
	return walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) (candidate, error) {
		var c candidate
		var err error
		if c.flow, err = tx.Flows().Get(ctx, flowID); err != nil {
			return c, err
		}
		if c.merchant, err = tx.Merchants().Get(ctx, c.flow.MerchantID); err != nil {
			return c, err
		}
		if c.source, err = tx.Connections().Get(ctx, c.flow.Source); err != nil {
			return c, err
		}
		if c.target, err = tx.Connections().Get(ctx, c.flow.Target); err != nil {
			return c, err
		}
		if c.others, c.shop, err = neighbours(ctx, tx, c.flow); err != nil {
			return c, err
		}
		if c.flow.Kind == merchant.Events {
			c.shop, err = openShop(ctx, tx, c.flow.MerchantID, c.flow.Settings)
			if fault.CodeOf(err) == CodeFlowSettings {
				c.unfit, err = err, nil
			}
			return c, err
		}
		if c.settings, err = booking.Parse(c.flow.Settings); err != nil {
			c.unfit = settingsFault(err)
		}
		return c, nil
	})
}

// neighbours gives the merchant's other enabled flows into the same target: those of
// payouts, and that of events.
func neighbours(ctx context.Context, tx ports.Tx, flow merchant.Flow) ([]neighbour, *shop, error) {
	var others []neighbour
	var beside *shop
	err := walk.Flows(ctx, tx, flow.MerchantID, func(f merchant.Flow) error {
		if f.ID == flow.ID || !f.Enabled || f.Target != flow.Target || f.Kind.MakesDocuments() {
			return nil // what makes documents leaves clearing accounts alone
		}
		if f.Kind == merchant.Events {
			var err error
			beside, err = openShop(ctx, tx, f.MerchantID, f.Settings)
			return err
		}
		source, err := tx.Connections().Get(ctx, f.Source)
		if err != nil {
			return err
		}
		settings, err := booking.Parse(f.Settings)
		if err != nil {
			return settingsFault(err)
		}
		others = append(others, neighbour{source: f.Source, connector: source.Connector, settings: settings})
		return nil
	})
	return others, beside, err
}
