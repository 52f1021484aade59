package statement

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// WorkState is how a piece of unfinished work stands.
type WorkState string

// The states of work.
const (
	UnderWay    WorkState = "under_way"
	Waiting     WorkState = "waiting"   // for something that comes by itself, or that somebody brings about elsewhere
	Held        WorkState = "held"      // nothing of the payout is booked before a person decides
	Parked      WorkState = "parked"    // a setting is missing, or a person has set it aside
	InException WorkState = "exception" // a person must decide
)

// WorkKind is what a piece of work is about.
type WorkKind string

// The kinds of work.
const (
	WorkRun       WorkKind = "run"
	WorkPayout    WorkKind = "payout"
	WorkLine      WorkKind = "line"
	WorkStep      WorkKind = "step"
	WorkEvent     WorkKind = "event"
	WorkOrder     WorkKind = "order"
	WorkException WorkKind = "exception"
)

// WorkItem is unfinished work of one kind for one reason.
type WorkItem struct {
	Kind  WorkKind
	State WorkState
	// ID is that of a run or payout, or of the payout that lines and steps belong to.
	ID     string
	FlowID string
	// Events is the state of events.
	Events ports.EventState
	// Count is how many things it is.
	Count int64
	// Since is when the first of them came to stand so.
	Since time.Time
	// Code, Reason and Remedy are the fault for which it does not go on, of the first.
	Code   fault.Code
	Reason string
	Remedy string
	// Next is what moves it on.
	Next string
}

// Work lists what is unfinished of a merchant at a moment, in a state unless that is
// empty: by kind, state and age. What is alike is counted as one item.
func (r *Reader) Work(ctx context.Context, merchantID string, state WorkState, at time.Time) ([]WorkItem, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) ([]WorkItem, error) {
		d := docket{tx: tx, state: state, at: at, alike: map[WorkItem]*WorkItem{}}
		for _, gather := range []func(context.Context, string) error{d.runs, d.flows, d.events, d.exceptions} {
			if err := gather(ctx, merchantID); err != nil {
				return nil, err
			}
		}
		return d.list(), nil
	})
}

// docket gathers work.
type docket struct {
	tx    ports.Tx
	state WorkState
	at    time.Time
	// alike are the items by what makes them one.
	alike map[WorkItem]*WorkItem
}

func (d *docket) add(item WorkItem) {
	if item.Count == 0 || (d.state != "" && d.state != item.State) {
		return
	}
	key := WorkItem{Kind: item.Kind, State: item.State, ID: item.ID, FlowID: item.FlowID, Events: item.Events, Code: item.Code}
	known, ok := d.alike[key]
	if !ok {
		d.alike[key] = &item
		return
	}
	known.Count += item.Count
	if known.Since.IsZero() || (!item.Since.IsZero() && item.Since.Before(known.Since)) {
		known.Since, known.Reason, known.Remedy = item.Since, item.Reason, item.Remedy
	}
}

func (d *docket) list() []WorkItem {
	items := make([]WorkItem, 0, len(d.alike))
	for _, item := range d.alike {
		items = append(items, *item)
	}
	slices.SortFunc(items, func(a, b WorkItem) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.State, b.State), a.Since.Compare(b.Since), cmp.Compare(a.FlowID, b.FlowID), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Events, b.Events), cmp.Compare(a.Code, b.Code))
	})
	return items
}

// because puts a fault into an item.
func (i WorkItem) because(f *ports.FaultRecord) WorkItem {
	if f != nil {
		i.Code, i.Reason, i.Remedy = f.Code, f.Reason, f.Remedy
	}
	return i
}

// runs: a flow has one at a time, so a merchant has few.
func (d *docket) runs(ctx context.Context, merchantID string) error {
	running, err := d.tx.Runs().List(ctx, merchantID, ports.RunFilter{State: ports.RunRunning}, ports.Page{Limit: 1000})
	for _, run := range running {
		item := WorkItem{Kind: WorkRun, State: UnderWay, ID: run.ID, FlowID: run.FlowID, Count: 1, Since: run.StartedAt, Next: "it goes on by itself"}
		if run.Fault != nil {
			item = item.because(run.Fault)
			item.State, item.Since, item.Next = Waiting, run.Fault.At, "the remedy; the run then goes on by itself"
		}
		d.add(item)
	}
	return err
}

func (d *docket) flows(ctx context.Context, merchantID string) error {
	return walk.Flows(ctx, d.tx, merchantID, func(f merchant.Flow) error {
		if err := walk.Unfinished(ctx, d.tx, f.ID, func(p ports.PayoutRecord) error { return d.payout(ctx, p) }); err != nil {
			return err
		}
		if err := walk.HeldPayouts(ctx, d.tx, f.ID, func(p ports.PayoutRecord) error { d.held(p); return nil }); err != nil {
			return err
		}
		pending, err := d.tx.Steps().PendingOfFlow(ctx, f.ID, 0, 1000)
		if err != nil {
			return err
		}
		for _, s := range pending {
			d.add(WorkItem{Kind: WorkStep, State: UnderWay, FlowID: f.ID, Count: 1, Since: s.OpenedAt, Next: "the flow's run writes it"}.because(s.Fault))
		}
		if !f.FromShop() {
			return nil
		}
		return d.orders(ctx, f)
	})
}

func (d *docket) payout(ctx context.Context, p ports.PayoutRecord) error {
	steps, err := d.tx.Steps().Counts(ctx, p.ID)
	if err != nil {
		return err
	}
	about := WorkItem{ID: p.ID, FlowID: p.FlowID, Count: 1, Since: p.UpdatedAt}
	if p.State != payout.Booked { // of that only lines are left
		item := about
		item.Kind, item.State, item.Next = WorkPayout, UnderWay, "the flow's run goes on with it"
		item.Reason = fmt.Sprintf("it is %s; of its documents %d are written and %d are not", p.State, steps[ports.StepDone], steps[ports.StepPlanned]+steps[ports.StepOpen])
		d.add(item)
	}
	if open := steps[ports.StepOpen]; open > 0 {
		item := about
		item.Kind, item.State, item.Count, item.Next = WorkStep, UnderWay, open, "the next attempt looks first whether the document is there"
		item.Reason = "they were begun, and it is not known yet whether they took effect"
		d.add(item)
	}
	return d.lines(ctx, p, about)
}

func (d *docket) lines(ctx context.Context, p ports.PayoutRecord, about WorkItem) error {
	waiting, err := d.tx.Lines().List(ctx, p.ID, ports.LineFilter{State: ports.LineWaiting}, 0, 1)
	if err != nil || len(waiting) == 0 {
		return err
	}
	states, err := d.tx.Lines().States(ctx, p.ID)
	about.Kind, about.State, about.Count, about.Since = WorkLine, Waiting, states[ports.LineWaiting], waiting[0].WaitingSince
	about.Reason = "no document in the accounting system carries their references yet"
	about.Next = "the documents, when they are made; lines that have waited for as many days as the settings say become exceptions"
	d.add(about)
	return err
}

func (d *docket) held(p ports.PayoutRecord) {
	d.add(WorkItem{
		Kind: WorkPayout, State: Held, ID: p.ID, FlowID: p.FlowID, Count: 1, Since: p.UpdatedAt, Next: "a person, with POST /v1/payouts/{id}/retry",
	}.because(p.Hold))
}

// orders are those that a shop told and that are not registered.
func (d *docket) orders(ctx context.Context, f merchant.Flow) error {
	for state, as := range map[ports.ShopOrderState]WorkItem{
		ports.ShopOrderTold:   {Kind: WorkOrder, State: UnderWay, Next: "the flow's run registers it"},
		ports.ShopOrderParked: {Kind: WorkOrder, State: Parked, Next: "the remedy; every run tries it again"},
	} {
		err := walk.ShopOrders(ctx, d.tx, f.Source, state, func(r ports.ShopOrderRecord) error {
			item := as
			item.FlowID, item.Count, item.Since = f.ID, 1, r.ToldAt
			d.add(item.because(r.Fault))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *docket) events(ctx context.Context, merchantID string) error {
	for state, as := range map[ports.EventState]WorkItem{
		ports.EventPending: {State: Waiting, Next: "the event that it builds on"},
		ports.EventDue:     {State: Waiting, Next: "the voucher of its day or payout"},
		ports.EventParked:  {State: Parked, Next: "the setting that is missing"},
		ports.EventFlagged: {State: InException, Next: "a person, who corrects or withdraws it"},
	} {
		err := walk.Events(ctx, d.tx, merchantID, ports.EventFilter{State: state}, func(e ports.EventRecord) error {
			item := as
			item.Kind, item.Events, item.Count, item.Since = WorkEvent, state, 1, e.RegisteredAt
			d.add(item.because(e.Fault))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *docket) exceptions(ctx context.Context, merchantID string) error {
	return walk.Exceptions(ctx, d.tx, merchantID, ports.ExceptionFilter{State: ports.ExceptionOpen}, func(e ports.Exception) error {
		item := WorkItem{
			Kind: WorkException, State: InException, Count: 1, Since: e.RaisedAt, Code: e.Code, Reason: e.Reason, Remedy: e.Remedy, Next: "a person's decision, or the remedy",
		}
		if e.Parked(d.at) {
			item.State, item.Next = Parked, "the day until which it is set aside, or a person's decision"
		}
		d.add(item)
		return nil
	})
}
