package onboarding

import (
	"context"
	"encoding/json"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// shop is what a flow of events books by: settings by payment method, and the
// methods that the merchant has.
type shop struct {
	settings booking.ByMethod
	methods  []payment.Method
}

// openShop reads what a flow of events books by.
func openShop(ctx context.Context, tx ports.Tx, merchantID string, settings json.RawMessage) (*shop, error) {
	var s shop
	for page := (ports.Page{Limit: 1000}); ; {
		found, err := tx.Methods().List(ctx, merchantID, page)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			s.methods, page.After = append(s.methods, m.Method), m.ID
		}
		if len(found) < page.Limit {
			break
		}
	}
	return &s, s.read(settings)
}

func (s *shop) read(settings json.RawMessage) error {
	var err error
	if s.settings, err = booking.ParseByMethod(settings); err != nil {
		return settingsFault(err)
	}
	return nil
}

// kinds are those of the merchant's payment methods.
func (s *shop) kinds() []payment.MethodKind {
	var kinds []payment.MethodKind
	for _, m := range s.methods {
		kinds = append(kinds, m.Kind)
	}
	return kinds
}

// ownClearing refuses a clearing account that a flow of payouts from another
// provider uses. A method that is linked to the connection of that flow shares its
// account: the two book opposite sides of the same money.
func (s *shop) ownClearing(payouts []neighbour) error {
	for _, m := range s.methods {
		for _, other := range payouts {
			if m.Kind != payment.ByProvider || m.Connection == other.source {
				continue
			}
			settings := s.settings.Of(m.ID)
			currency, account, shared := settings.SharedClearing(other.settings)
			if !shared {
				continue
			}
			return fault.New(CodeClearingShared, fault.Conflict,
				"account "+string(account)+" is the clearing account of "+other.connector+", whose balance could not be explained if payments by "+m.Name+" went there too").
				WithField("settings.methods." + m.ID + ".accounts.clearing." + string(currency)).
				WithRemedy("choose another account for the method, such as one of 1580 to 1589, or link the method to the connection that pays it out")
		}
	}
	return nil
}

// eventAccountsExist refuses accounts that the settings of any method name and that do
// not exist or are inactive, and a provider's method that lacks one altogether.
func (b books) eventAccountsExist(known map[string]bool) error {
	for _, m := range b.shop.methods {
		if m.Kind != payment.ByProvider {
			continue
		}
		if f := fault.Of(b.shop.settings.Of(m.ID).Ready(b.merchant.Currency)); f != nil {
			return fault.Invalid(CodeAccountMissing, "settings."+f.Field, f.Reason).WithRemedy(f.Remedy)
		}
	}
	return b.shop.settings.Each(func(field string, s booking.Settings) error {
		for _, chosen := range s.EventAccounts(b.shop.kinds()...) {
			if err := usable(known, chosen.Account, "settings."+field+chosen.Setting); err != nil {
				return err
			}
		}
		return nil
	})
}

// expectOfShop adds what an enabled flow of events needs of its accounting system.
func expectOfShop(ctx context.Context, tx ports.Tx, f merchant.Flow, expect map[string][]string) error {
	shop, err := openShop(ctx, tx, f.MerchantID, f.Settings)
	if err != nil {
		return err
	}
	return shop.settings.Each(func(_ string, s booking.Settings) error {
		for _, chosen := range s.EventAccounts(shop.kinds()...) {
			expect[expectAccount] = append(expect[expectAccount], string(chosen.Account))
		}
		expect[expectSeries] = append(expect[expectSeries], s.VoucherSeries)
		return nil
	})
}

// eventsOnly reports whether flows book what a shop registers and nothing else.
func eventsOnly(flows []merchant.Flow) bool {
	for _, f := range flows {
		if f.Kind != merchant.Events {
			return false
		}
	}
	return len(flows) > 0
}

// shopOnce refuses to book a shop in books in which another flow books it, for
// whatever merchant: each order would stand there twice.
func (s *Service) shopOnce(ctx context.Context, c candidate) error {
	return s.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		return walk.Flows(ctx, tx, "", func(f merchant.Flow) error {
			if f.ID == c.flow.ID || !f.Enabled || !f.FromShop() {
				return nil
			}
			for _, end := range []struct {
				connection string
				own        ports.ConnectionRecord
			}{{f.Source, c.source}, {f.Target, c.target}} {
				other, err := tx.Connections().Get(ctx, end.connection)
				if err != nil || !sameAccount(other, end.own) {
					return err
				}
			}
			// Whose flow it is, is not this merchant's to know.
			return fault.New(CodeShopFedTwice, fault.Conflict, "another flow books the same shop in the same books").WithField("source").
				WithRemedy("have the other flow disabled first, or book another shop or into other books here")
		})
	})
}

// sameAccount reports whether two connections reach one account of one system.
func sameAccount(a, b ports.ConnectionRecord) bool {
	return a.ID == b.ID || a.Connector == b.Connector && a.AccountID != "" && a.AccountID == b.AccountID
}

// onlyShop refuses a second flow of events: a merchant's events have no name of the
// flow they belong to.
func onlyShop(ctx context.Context, tx ports.Tx, flow merchant.Flow) error {
	if flow.Kind != merchant.Events {
		return nil
	}
	return walk.Flows(ctx, tx, flow.MerchantID, func(f merchant.Flow) error {
		if f.Kind != merchant.Events || f.ID == flow.ID {
			return nil
		}
		return fault.New(CodeFlowDuplicate, fault.Duplicate, "the merchant has a flow of events already").
			WithRemedy("change the settings of flow " + f.ID)
	})
}
