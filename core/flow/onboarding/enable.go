package onboarding

import (
	"context"
	"encoding/json"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Enable switches a flow on, or refuses with the first reason against it.
func (s *Service) Enable(ctx context.Context, flowID, by string) (merchant.Flow, error) {
	c, err := s.candidate(ctx, flowID)
	if err != nil {
		return merchant.Flow{}, err
	}
	if err := s.ready(ctx, c); err != nil {
		return merchant.Flow{}, err
	}
	return s.toggle(ctx, c.flow, true, by)
}

// Ready refuses with the first reason why a flow could not be switched on.
func (s *Service) Ready(ctx context.Context, flowID string) error {
	c, err := s.candidate(ctx, flowID)
	if err != nil {
		return err
	}
	return s.ready(ctx, c)
}

// ready gives the first reason why a flow may not be switched on, or nil.
func (s *Service) ready(ctx context.Context, c candidate) error {
	for _, condition := range s.conditions(c) {
		if err := condition.check(ctx); err != nil {
			return err
		}
	}
	return nil
}

// permits gives the first reason why a flow could not be switched on with other
// settings, or nil.
func (s *Service) permits(ctx context.Context, flowID string, settings json.RawMessage) error {
	c, err := s.candidate(ctx, flowID)
	if err != nil {
		return err
	}
	c.unfit = nil
	if c.flow.Kind == merchant.Events {
		err = c.shop.read(settings)
	} else if c.settings, err = booking.Parse(settings); err != nil {
		err = settingsFault(err)
	}
	if err != nil {
		return err
	}
	return s.ready(ctx, c)
}

// Disable switches a flow off. A run under way ends with the payout it works on; the
// audit log says which payouts stay as they are until the flow is switched on again.
func (s *Service) Disable(ctx context.Context, flowID, by string) (merchant.Flow, error) {
	flow, err := s.Flow(ctx, flowID)
	if err != nil {
		return merchant.Flow{}, err
	}
	return s.toggle(ctx, flow, false, by)
}

// toggle switches a flow. One that was on already keeps its next run, which may be due.
func (s *Service) toggle(ctx context.Context, flow merchant.Flow, enabled bool, by string) (merchant.Flow, error) {
	toggled := act{merchant: flow.MerchantID, by: by, name: "flow.disabled", subject: flow.ID}
	if enabled {
		toggled.name = "flow.enabled"
	}
	err := s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if flow, err = tx.Flows().Get(ctx, flow.ID); err != nil {
			return err
		}
		if !enabled {
			stays, err := outstanding(ctx, tx, flow)
			if err != nil {
				return err
			}
			toggled.detail = staying(stays)
		}
		if flow.Enabled != enabled {
			flow.Enabled = enabled
			if flow.NextRunAt, err = s.nextRun(flow); err != nil {
				return err
			}
			if err := tx.Flows().Schedule(ctx, flow.ID, flow.Schedule, flow.NextRunAt); err != nil {
				return err
			}
		}
		if err := tx.Flows().SetEnabled(ctx, flow.ID, enabled); err != nil {
			return err
		}
		if err := s.audit(ctx, tx, toggled); err != nil {
			return err
		}
		if err := resubscribe(ctx, tx, flow.Source); err != nil || !enabled {
			return err
		}
		return wake(ctx, tx, flow)
	})
	return flow, err
}

// resubscribe has the subscription to a connection looked at, if there is one: what the
// provider sends depends on which flows read from there.
func resubscribe(ctx context.Context, tx ports.Tx, connectionID string) error {
	_, err := tx.Subscriptions().Get(ctx, connectionID)
	switch {
	case fault.CodeOf(err) == ports.CodeNotFound:
		return nil
	case err != nil:
		return err
	}
	return tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.KeepSubscription, Subject: connectionID})
}

// wake lets a flow of events go on with what waited for it: vouchers that were
// planned while it was off, and events that lacked a setting.
func wake(ctx context.Context, tx ports.Tx, flow merchant.Flow) error {
	if flow.Kind != merchant.Events {
		return nil
	}
	return tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: flow.ID})
}

// ChecklistItem is one thing that must be done before go-live.
type ChecklistItem struct {
	// Item is stable and short ("target_verified").
	Item string
	// Flow is the flow it concerns, empty for the merchant as a whole.
	Flow string
	Done bool
	// Advised says that a flow may be switched on without it.
	Advised bool
	// Code, Field, Reason and Remedy say what is missing.
	Code   fault.Code
	Field  string
	Reason string
	Remedy string
}

// Checklist says what is left before a merchant's flows can go live. It asks the
// accounting system which accounts exist, so it may take a moment.
func (s *Service) Checklist(ctx context.Context, merchantID string) ([]ChecklistItem, error) {
	if _, err := s.Merchant(ctx, merchantID); err != nil {
		return nil, err
	}
	flows, err := s.Flows(ctx, merchantID, ports.Page{Limit: 1000})
	if err != nil {
		return nil, err
	}
	connections, err := s.Connections(ctx, merchantID, ports.Page{Limit: 1000})
	if err != nil {
		return nil, err
	}
	items := s.beginnings(connections, flows)
	for _, flow := range flows {
		of, err := s.flowItems(ctx, flow)
		if err != nil {
			return nil, err
		}
		items = append(items, of...)
	}
	return items, nil
}

// beginnings are the items of a merchant who has no flow yet.
func (s *Service) beginnings(connections []ports.ConnectionRecord, flows []merchant.Flow) []ChecklistItem {
	source := ChecklistItem{
		Item: "source_connected", Reason: "no payment provider is connected",
		Remedy: "make a connection whose connector offers " + string(ports.CapabilityPayouts),
	}
	target := ChecklistItem{
		Item: "target_connected", Reason: "no accounting system is connected",
		Remedy: "make a connection whose connector offers " + string(ports.CapabilityVouchers),
	}
	for _, record := range connections {
		description, err := s.describe(record.Connection)
		if err != nil {
			continue // its connector is gone; the flow's own items tell
		}
		source.Done = source.Done || description.Has(ports.CapabilityPayouts)
		target.Done = target.Done || description.Has(ports.CapabilityVouchers)
	}
	flow := ChecklistItem{
		Item: "flow_created", Done: len(flows) > 0, Reason: "no flow joins the two",
		Remedy: "make a flow of payouts from the provider to the accounting system",
	}
	items := []ChecklistItem{source, target, flow}
	if eventsOnly(flows) {
		items = items[1:] // no provider is needed where the shop tells
	}
	for i, item := range items {
		if item.Done {
			items[i].Reason, items[i].Remedy = "", ""
		}
	}
	return items
}

func (s *Service) flowItems(ctx context.Context, flow merchant.Flow) ([]ChecklistItem, error) {
	c, err := s.candidate(ctx, flow.ID)
	if err != nil {
		return nil, err
	}
	var items []ChecklistItem
	for _, condition := range s.conditions(c) {
		item := ChecklistItem{Item: condition.item, Flow: flow.ID, Done: true}
		if err := condition.check(ctx); err != nil {
			f := fault.Of(err)
			if f == nil {
				return nil, err
			}
			item.Done, item.Code, item.Field, item.Reason, item.Remedy = false, f.Code, f.Field, f.Reason, f.Remedy
		}
		items = append(items, item)
	}
	enabled := ChecklistItem{Item: "enabled", Flow: flow.ID, Done: flow.Enabled}
	if !flow.Enabled {
		enabled.Reason, enabled.Remedy = "the flow is switched off", "enable the flow"
	}
	advised, err := s.advice(ctx, c)
	return append(append(items, advised...), enabled), err
}
