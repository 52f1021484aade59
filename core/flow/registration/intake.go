package registration

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/ports"
)

// CodeGaveUp: the shop could not be read for too long.
const CodeGaveUp fault.Code = "flow.gave_up"

// intake reads what a shop tells, page by page, and registers it order by order.
type intake struct {
	poster
	progress progress
	source   *remote.Account
}

// progress is how far a flow has come with its shop.
type progress struct {
	// Run is the run that reads, and Read whether it is through.
	Run  string `json:"run,omitempty"`
	Read bool   `json:"read,omitempty"`
	// Since and Cursor are where it reads on; Watermark is where the next run begins.
	Since     time.Time `json:"since,omitzero"`
	Cursor    string    `json:"cursor,omitempty"`
	Watermark time.Time `json:"watermark,omitzero"`
	// Failures counts failures since the last success.
	Failures int `json:"failures,omitempty"`
	// Tried is the version of the settings with which the run tried parked orders.
	Tried int `json:"tried,omitempty"`
}

// takeIn brings what a shop tells into the events of a flow. A run reads the shop
// once; what it told is registered in any slice. It is done when the rest of the
// work may go on, unread if the run waits until it may read.
func (s *Service) takeIn(ctx context.Context, flow merchant.Flow) (done, unread bool, err error) {
	in := intake{poster: s.poster(flow)}
	if err := in.load(ctx); err != nil {
		return false, false, err
	}
	end := s.machine().Add(s.options.Slice)
	for in.run.Open() && !in.progress.Read && !unread {
		if !s.machine().Before(end) {
			return false, false, nil
		}
		err := in.readOn(ctx)
		if f := fault.Of(err); remote.Awaited(f) {
			unread, err = true, in.run.Await(ctx, f)
		} else if err != nil {
			err = in.trip(ctx, err)
		}
		if err != nil {
			return false, false, err
		}
	}
	if err := in.tryParked(ctx); err != nil {
		return false, false, err
	}
	for s.machine().Before(end) {
		more, err := in.registerNext(ctx)
		if err != nil || !more {
			return err == nil, unread, err
		}
	}
	return false, false, nil
}

func (in *intake) stream() string { return "progress/" + in.flow.ID }

func (in *intake) load(ctx context.Context) error {
	var saved string
	err := in.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if in.run.Run, err = tx.Runs().Current(ctx, in.flow.ID); err != nil && fault.CodeOf(err) != ports.CodeNotFound {
			return err
		}
		saved, err = tx.Cursors().Get(ctx, in.flow.Source, in.stream())
		return err
	})
	if err != nil {
		return err
	}
	if saved != "" {
		if err := json.Unmarshal([]byte(saved), &in.progress); err != nil {
			return err
		}
	}
	if in.run.Open() && in.progress.Run != in.run.ID {
		in.progress = progress{Run: in.run.ID, Since: in.flow.Since, Watermark: in.progress.Watermark}
		if in.progress.Watermark.After(in.progress.Since) {
			in.progress.Since = in.progress.Watermark
		}
	}
	return nil
}

// readOn reads a piece of what the source tells.
func (in *intake) readOn(ctx context.Context) error {
	if in.source == nil {
		var err error
		if in.source, err = in.desk.Open(ctx, in.flow.Source); err != nil {
			return err
		}
	}
	if in.source.Description().Has(ports.CapabilityPurchases) {
		_, err := in.readPurchases(ctx)
		return err
	}
	return in.readPage(ctx)
}

// readPage reads a page and keeps it together with the cursor after it.
func (in *intake) readPage(ctx context.Context) error {
	page, err := in.fetch(ctx)
	if err != nil {
		return err
	}
	after := in.progress
	after.Cursor, after.Failures = page.Next, 0
	if page.Next == "" {
		after.Read, after.Watermark = true, page.Watermark
	}
	return in.update(ctx, after, ports.RunReport{OrdersSeen: int64(len(page.Orders))}, func(ctx context.Context, tx ports.Tx) error {
		for _, raw := range page.Raw {
			if err := tx.RawPages().Put(ctx, in.flow.Source, raw, in.clock.Now().UTC()); err != nil {
				return err
			}
		}
		return tx.ShopOrders().Tell(ctx, in.flow.Source, page.Orders, in.clock.Now().UTC())
	})
}

func (in *intake) fetch(ctx context.Context) (ports.OrderPage, error) {
	var page ports.OrderPage
	orders, err := remote.Capability[ports.OrderSource](in.source, ports.CapabilityOrders)
	if err != nil {
		return page, err
	}
	err = in.source.Do(remote.WithTally(ctx, in.run.Tally), "ListOrders", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		page, err = orders.ListOrders(ctx, ports.ListOrdersRequest{Call: call, Since: in.progress.Since, Cursor: in.progress.Cursor})
		return page.Usage, err
	})
	if err != nil {
		return page, err
	}
	for i, o := range page.Orders {
		if o.Number == "" {
			return page, fault.Invalid(order.CodeOrderInvalid, "orders["+strconv.Itoa(i)+"].number", "the connector tells of an order without a number").From(fault.Connector)
		}
	}
	if page.Next == "" && page.Watermark.IsZero() {
		return page, fault.New("connector.no_watermark", fault.Validation, "the last page of orders has no watermark").From(fault.Connector)
	}
	return page, nil
}

// update keeps a piece of work with the progress after it and what it cost.
func (in *intake) update(ctx context.Context, after progress, report ports.RunReport, fn func(ctx context.Context, tx ports.Tx) error) error {
	report.Calls, report.RateLimited = in.run.Tally.Drain()
	text, err := json.Marshal(after)
	if err != nil {
		return err
	}
	err = in.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		if in.run.Open() {
			if err := tx.Runs().Add(ctx, in.run.ID, report); err != nil {
				return err
			}
		}
		return tx.Cursors().Set(ctx, in.flow.Source, in.stream(), string(text))
	})
	if err != nil {
		in.run.Tally.Return(report.Calls, report.RateLimited)
		return err
	}
	in.progress = after
	return nil
}

// trip decides what a failure to read means: what a person must mend, and what has
// failed too often, ends the run, and the rest of the work goes on. Anything else
// it gives back for the job queue to try again.
func (in *intake) trip(ctx context.Context, err error) error {
	f := fault.Of(err)
	if f == nil || ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return err
	}
	switch f.Class {
	case fault.Auth, fault.Validation, fault.NotFound, fault.Conflict, fault.Duplicate:
		return in.giveUp(ctx, f)
	case fault.RateLimited, fault.Temporary, fault.NotSent, fault.Unknown:
	}
	after := in.progress
	after.Failures++
	if keep := in.update(ctx, after, ports.RunReport{}, func(context.Context, ports.Tx) error { return nil }); keep != nil {
		return keep
	}
	if after.Failures < in.options.Attempts {
		in.log.Warn("the shop could not be read and is tried again after a pause", "flow", in.flow.ID, "run", in.run.ID, "failures", after.Failures, "error", f)
		return err
	}
	return in.giveUp(ctx, fault.New(CodeGaveUp, fault.Temporary, f.Error()).From(f.Source).
		WithRemedy("look at the shop and the connector, then start a run"))
}

// giveUp ends the run that cannot read on.
func (in *intake) giveUp(ctx context.Context, why *fault.Error) error {
	err := in.run.Finish(ctx, ports.RunFailed, why, nil)
	in.run.Run = ports.Run{}
	return err
}

// tryParked gives parked orders another try, once in each run and for each version
// of the settings.
func (in *intake) tryParked(ctx context.Context) error {
	if in.progress.Tried == in.flow.SettingsVersion {
		return nil
	}
	after := in.progress
	after.Tried = in.flow.SettingsVersion
	return in.update(ctx, after, ports.RunReport{}, func(ctx context.Context, tx ports.Tx) error {
		return tx.ShopOrders().Retell(ctx, in.flow.Source)
	})
}
