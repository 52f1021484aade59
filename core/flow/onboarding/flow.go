package onboarding

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/schedule"
	"github.com/kvitt/kvitt/ports"
)

// Faults of flows: why one cannot be made or switched on.
const (
	// CodeFlowInvalid: a detail of a flow makes no sense.
	CodeFlowInvalid fault.Code = "flow.invalid"
	// CodeFlowDuplicate: the merchant has this flow already.
	CodeFlowDuplicate fault.Code = "flow.duplicate"
	// CodeConnectionUnverified: one of its connections was not verified, or failed.
	CodeConnectionUnverified fault.Code = "flow.connection_unverified"
	// CodeFlowCapability: a connection cannot do what the flow needs.
	CodeFlowCapability fault.Code = "flow.capability_missing"
	// CodeFlowSettings: the booking settings make no sense.
	CodeFlowSettings fault.Code = "flow.settings_invalid"
	// CodeClearingShared: another provider or currency uses the clearing account.
	CodeClearingShared fault.Code = "flow.clearing_shared"
	// CodeAccountMissing: an account is not chosen, does not exist or is inactive.
	CodeAccountMissing fault.Code = "flow.account_missing"
	// CodeShopFedTwice: another flow books the same shop in the same books.
	CodeShopFedTwice fault.Code = "flow.shop_fed_twice"
	// CodeSeriesMissing: the voucher series does not exist or cannot be used.
	CodeSeriesMissing fault.Code = "flow.series_missing"
)

// NewFlow is what must be known of a flow.
type NewFlow struct {
	// ID is empty for a new one. A flow that has this id already is returned as it
	// is, so that a request may be repeated.
	ID         string
	MerchantID string
	Kind       merchant.FlowKind
	// Source is the shop's connection in a flow of events, and left out where these
	// come from callers.
	Source string
	Target string
	// Mode is merchant.Live if left out.
	Mode merchant.Mode
	// Settings are the booking settings; what they leave out gets its default.
	Settings json.RawMessage
	// Since is the first moment from which payouts, and what a shop tells, are taken;
	// zero means now.
	Since time.Time
}

// fit refuses unknown kinds and modes, and gives a flow of events from callers the target as
// its source.
func (in *NewFlow) fit() error {
	if in.Mode = cmp.Or(in.Mode, merchant.Live); !in.Mode.Known() {
		return fault.Invalid(CodeFlowInvalid, "mode", "the mode of a flow is shadow, approve or live")
	}
	switch in.Kind {
	case merchant.Payouts, merchant.Orders, merchant.Invoices, merchant.Refunds:
		return nil
	case merchant.Events:
		in.Source = cmp.Or(in.Source, in.Target)
		return nil
	}
	return fault.Invalid(CodeFlowInvalid, "kind", "a flow is of kind payouts, events, orders, invoices or refunds")
}

// CreateFlow keeps a flow, which is not enabled. Its settings and its schedule are
// kept complete, so that a later default does not change what was decided.
func (s *Service) CreateFlow(ctx context.Context, in NewFlow, by string) (merchant.Flow, error) {
	if err := in.fit(); err != nil {
		return merchant.Flow{}, err
	}
	settings, err := completed(in.Kind, in.Settings)
	if err != nil {
		return merchant.Flow{}, err
	}
	id, err := s.identity(in.ID, "flow-")
	if err != nil {
		return merchant.Flow{}, err
	}
	if in.Since.IsZero() {
		in.Since = s.parts.Clock.Now()
	}
	flow := merchant.Flow{
		ID: id, MerchantID: in.MerchantID, Kind: in.Kind, Source: in.Source, Target: in.Target, Mode: in.Mode,
		Settings: settings, SettingsVersion: 1, Since: in.Since.UTC(), CreatedAt: s.now(),
	}
	created := act{merchant: in.MerchantID, by: by, name: "flow.created", subject: id, detail: string(in.Kind)}
	err = s.update(ctx, created, func(ctx context.Context, tx ports.Tx) error {
		owner, err := tx.Merchants().Get(ctx, in.MerchantID)
		if err != nil {
			return err
		}
		flow.Schedule = schedule.Default(flow, owner.Zone)
		if err := s.joins(ctx, tx, flow); err != nil {
			return err
		}
		if err := onlyShop(ctx, tx, flow); err != nil {
			return err
		}
		return tx.Flows().Create(ctx, flow, by)
	})
	if fault.CodeOf(err) == ports.CodeExists {
		return s.existing(ctx, id, err)
	}
	return flow, err
}

func (s *Service) existing(ctx context.Context, id string, exists error) (merchant.Flow, error) {
	flow, err := s.Flow(ctx, id)
	if fault.CodeOf(err) == ports.CodeNotFound {
		return merchant.Flow{}, fault.New(CodeFlowDuplicate, fault.Duplicate, "the merchant has a flow of this kind between these connections").
			WithRemedy("change the settings of the flow that is there").Wrap(exists)
	}
	return flow, err
}

// joins checks that the flow joins two connections of the merchant that can do
// their part.
func (s *Service) joins(ctx context.Context, tx ports.Tx, flow merchant.Flow) error {
	for _, end := range flowEnds(flow) {
		record, err := tx.Connections().Get(ctx, end.connection)
		if fault.CodeOf(err) == ports.CodeNotFound || (err == nil && record.MerchantID != flow.MerchantID) {
			return fault.Invalid(CodeFlowInvalid, end.field, "the merchant has no such connection")
		}
		if err != nil {
			return err
		}
		if err := s.capable(record, end); err != nil {
			return err
		}
	}
	return nil
}

// flowEnd is one of the two connections that a flow joins, and what it must do.
type flowEnd struct {
	field      string
	connection string
	needs      []ports.Capability
	// or is a capability that does as well as those needed, or empty.
	or ports.Capability
}

func flowEnds(f merchant.Flow) []flowEnd {
	books := flowEnd{field: "target", connection: f.Target, needs: []ports.Capability{ports.CapabilityVouchers}}
	switch {
	case f.Kind.MakesDocuments():
		return documentEnds(f)
	case f.FromShop():
		return []flowEnd{{field: "source", connection: f.Source, needs: []ports.Capability{ports.CapabilityOrders}, or: ports.CapabilityPurchases}, books}
	case f.Kind == merchant.Events:
		return []flowEnd{books}
	}
	return []flowEnd{
		{field: "source", connection: f.Source, needs: []ports.Capability{ports.CapabilityPayouts}},
		{field: "target", connection: f.Target, needs: []ports.Capability{ports.CapabilityDocuments, ports.CapabilityPayments, ports.CapabilityVouchers}},
	}
}

func (s *Service) capable(record ports.ConnectionRecord, end flowEnd) error {
	description, err := s.describe(record.Connection)
	if err != nil {
		return err
	}
	for _, need := range end.of(description) {
		if !description.Has(need) {
			return fault.Invalid(CodeFlowCapability, end.field, description.Name+" does not offer "+string(need)).
				WithRemedy("choose a connection whose connector offers it")
		}
	}
	return nil
}

// SaveFlowSettings keeps the next version of a flow's settings. Documents that
// are planned from then on carry its number. A flow that is switched on takes only
// settings with which it could be switched on, and one of payouts none that take away
// what payouts rest on which are not closed.
func (s *Service) SaveFlowSettings(ctx context.Context, id string, settings json.RawMessage, by string) (merchant.Flow, error) {
	flow, err := s.Flow(ctx, id)
	if err != nil {
		return merchant.Flow{}, err
	}
	complete, err := completed(flow.Kind, settings)
	if err != nil {
		return merchant.Flow{}, err
	}
	if flow.Enabled {
		if err := s.permits(ctx, id, complete); err != nil {
			return merchant.Flow{}, err
		}
	}
	saved := act{merchant: flow.MerchantID, by: by, name: "flow.settings_saved", subject: id}
	err = s.update(ctx, saved, func(ctx context.Context, tx ports.Tx) error {
		now, err := tx.Flows().Get(ctx, id)
		if err != nil {
			return err
		}
		if err := keepsMappings(ctx, tx, now, complete); err != nil {
			return err
		}
		flow.SettingsVersion, err = tx.Flows().SaveSettings(ctx, id, complete, s.now(), by)
		flow.Settings = complete
		if err != nil {
			return err
		}
		return wake(ctx, tx, flow)
	})
	return flow, err
}

// Flow gives one flow.
func (s *Service) Flow(ctx context.Context, id string) (merchant.Flow, error) {
	return walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) (merchant.Flow, error) {
		return tx.Flows().Get(ctx, id)
	})
}

// Flows lists a merchant's flows by id.
func (s *Service) Flows(ctx context.Context, merchantID string, page ports.Page) ([]merchant.Flow, error) {
	return walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) ([]merchant.Flow, error) {
		return tx.Flows().List(ctx, merchantID, page)
	})
}

// completed checks settings and writes them out with every default.
func completed(kind merchant.FlowKind, raw json.RawMessage) (json.RawMessage, error) {
	if kind == merchant.Events {
		complete, err := booking.CompleteByMethod(raw)
		if err != nil {
			return nil, settingsFault(err)
		}
		return complete, nil
	}
	settings, err := booking.Parse(raw)
	if err != nil {
		return nil, settingsFault(err)
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, fmt.Errorf("writing settings: %w", err)
	}
	return text, nil
}

func settingsFault(err error) error {
	f := fault.Of(err)
	if f == nil {
		return err
	}
	field := "settings"
	if f.Field != "" {
		field += "." + f.Field
	}
	return fault.Invalid(CodeFlowSettings, field, f.Reason).WithRemedy(f.Remedy)
}

// accountsInUse lists, sorted and each once, the accounts to which a flow may
// post in any of its currencies.
func accountsInUse(settings booking.Settings) []ledger.Account {
	var used []ledger.Account
	for currency := range settings.Accounts.Clearing {
		used = append(used, settings.AccountsInUse(currency)...)
	}
	slices.Sort(used)
	return slices.Compact(used)
}

// clearingOf lists the currencies that have a clearing account, in a fixed order.
func clearingOf(settings booking.Settings) []money.Currency {
	var currencies []money.Currency
	for currency, account := range settings.Accounts.Clearing {
		if account != "" {
			currencies = append(currencies, currency)
		}
	}
	slices.Sort(currencies)
	return currencies
}

// zone gives the zone in which a merchant's dates are cut.
func (s *Service) zone(m merchant.Merchant) (*time.Location, error) {
	zone, err := time.LoadLocation(m.Zone)
	if err != nil {
		return nil, fault.Invalid(CodeMerchantInvalid, "zone", "this is not an IANA time zone").Wrap(err)
	}
	return zone, nil
}
