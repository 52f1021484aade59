package onboarding

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/discovery"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// advice gives the items of a flow that nothing refuses for: what a merchant should
// have thought of before it goes live.
func (s *Service) advice(ctx context.Context, c candidate) ([]ChecklistItem, error) {
	items := []ChecklistItem{scheduled(c.flow)}
	err := s.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		for _, item := range []func(context.Context, ports.Tx, candidate) (*ChecklistItem, error){s.callbacksKnown, keysKnown, openingDecided, tried} {
			found, err := item(ctx, tx, c)
			if err != nil {
				return err
			}
			if found != nil {
				items = append(items, *found)
			}
		}
		return nil
	})
	for i := range items {
		items[i].Flow, items[i].Advised = c.flow.ID, true
		if items[i].Done {
			items[i].Field, items[i].Reason, items[i].Remedy = "", "", ""
		}
	}
	return items, err
}

func scheduled(flow merchant.Flow) ChecklistItem {
	return ChecklistItem{
		Item: "schedule", Done: flow.Schedule != (merchant.Schedule{}), Field: "schedule", Reason: "the flow runs by hand only",
		Remedy: "set a schedule with PUT /v1/flows/{id}/schedule, unless somebody starts the runs",
	}
}

// callbacksKnown asks for the address of the provider's messages where the connector
// reads them.
func (s *Service) callbacksKnown(ctx context.Context, tx ports.Tx, c candidate) (*ChecklistItem, error) {
	description, err := s.description(c.source.Connector)
	if err != nil || !description.Has(ports.CapabilityCallbacks) {
		return nil, nil //nolint:nilerr // that the connector is gone is an item of its own
	}
	valid, err := tx.CallbackTokens().Valid(ctx, c.source.ID, s.parts.Now())
	return &ChecklistItem{
		Item: "callback_url", Done: len(valid) > 0, Field: "source", Reason: description.Name + " has no address for its messages",
		Remedy: "make one with POST /v1/connections/{id}/callback-url and enter it at the provider, or leave everything to the schedule",
	}, err
}

// keysKnown asks how many lines the pairs of references find.
func keysKnown(ctx context.Context, tx ports.Tx, c candidate) (*ChecklistItem, error) {
	if !c.ofPayouts() {
		return nil, nil
	}
	last, known, err := discovery.Recall(ctx, tx, c.flow, c.settings)
	item := &ChecklistItem{
		Item: "match_keys", Done: known && (last.Covered > 0 || last.Lines == 0), Field: "settings.match_keys",
		Reason: "nobody knows how many lines match_keys find",
		Remedy: "ask for GET /v1/flows/{id}/reference-discovery and take over what it proposes",
	}
	if known {
		item.Reason = fmt.Sprintf("match_keys find %d of %d lines", last.Covered, last.Lines)
	}
	return item, err
}

// openingDecided asks what stood on each clearing account.
func openingDecided(ctx context.Context, tx ports.Tx, c candidate) (*ChecklistItem, error) {
	if !c.ofPayouts() {
		return nil, nil
	}
	said, err := tx.Flows().Openings(ctx, c.flow.ID)
	known := map[string]bool{}
	for _, o := range said {
		known[string(o.Account)] = true
	}
	item := &ChecklistItem{Item: "opening_balance", Done: true, Remedy: "say it with PUT /v1/flows/{id}/opening-balance; 0 if it was empty"}
	for _, currency := range clearingOf(c.settings) {
		if account := string(c.settings.Accounts.Clearing[currency]); !known[account] {
			item.Done, item.Field = false, "settings.accounts.clearing."+string(currency)
			item.Reason = "nobody has said what stood on account " + account + " when kvitt began"
			break
		}
	}
	return item, err
}

// tried asks for a run, which before a flow is live is one in shadow or a trial.
func tried(ctx context.Context, tx ports.Tx, c candidate) (*ChecklistItem, error) {
	runs, err := tx.Runs().List(ctx, c.flow.MerchantID, ports.RunFilter{FlowID: c.flow.ID, State: ports.RunDone}, ports.Page{Limit: 1})
	return &ChecklistItem{
		Item: "tried", Done: len(runs) > 0, Field: "mode", Reason: "no run of the flow has come to its end",
		Remedy: "run it in mode shadow, or a trial of a few payouts, and look at what it plans",
	}, err
}

// ofPayouts reports whether the flow is one of payouts whose settings can be read.
func (c candidate) ofPayouts() bool { return c.flow.Kind == merchant.Payouts && c.unfit == nil }

// apart refuses a clearing account that is the bank or the interim account of another
// flow into the same books, or the other way round: money between the two would not
// show.
func (c candidate) apart() error {
	if c.unfit != nil || c.flow.Kind != merchant.Payouts {
		return c.unfit
	}
	itself := neighbour{source: c.flow.Source, connector: c.source.Connector, settings: c.settings}
	for _, other := range c.others {
		for _, pair := range [2][2]neighbour{{itself, other}, {other, itself}} {
			if account := pair[0].clearingAtBankOf(pair[1]); account != "" {
				return fault.New(CodeClearingShared, fault.Conflict,
					"account "+string(account)+" is a clearing account of "+pair[0].connector+" and the bank account of "+pair[1].connector).
					WithField("settings.accounts").WithRemedy("choose another clearing account, such as one of 1580 to 1589")
			}
		}
	}
	return nil
}

// clearingAtBankOf gives a clearing account that is a bank or an interim account of
// another flow, or none.
func (n neighbour) clearingAtBankOf(other neighbour) ledger.Account {
	banks := slices.Collect(maps.Values(other.settings.Accounts.Bank))
	banks = slices.AppendSeq(banks, maps.Values(other.settings.Accounts.Interim))
	for _, currency := range clearingOf(n.settings) {
		if account := n.settings.Accounts.Clearing[currency]; slices.Contains(banks, account) {
			return account
		}
	}
	return ""
}
