package onboarding

import (
	"context"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// CodeMappingInUse: payouts that are not closed rest on what was to be removed.
const CodeMappingInUse fault.Code = "flow.mapping_in_use"

// shownPayouts is how many payouts are named.
const shownPayouts = 10

// Outstanding are the payouts of flows that are neither closed nor undone.
type Outstanding struct {
	Count int
	// Payouts are the provider's references of the first ten.
	Payouts []string
}

func (o *Outstanding) add(p ports.PayoutRecord) {
	if o.Count++; len(o.Payouts) < shownPayouts {
		o.Payouts = append(o.Payouts, p.Reference)
	}
}

// String names them, as in "P1, P2 and 3 more".
func (o Outstanding) String() string {
	text := strings.Join(o.Payouts, ", ")
	if more := o.Count - len(o.Payouts); more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text
}

// eachOutstanding gives the payouts of a flow that are neither closed nor undone, those
// that are held last.
func eachOutstanding(ctx context.Context, tx ports.Tx, flowID string, fn func(ports.PayoutRecord) error) error {
	if err := walk.Unfinished(ctx, tx, flowID, fn); err != nil {
		return err
	}
	return walk.HeldPayouts(ctx, tx, flowID, fn)
}

// outstanding gives what would stay as it is if flows of payouts no longer ran.
func outstanding(ctx context.Context, tx ports.Tx, flows ...merchant.Flow) (Outstanding, error) {
	var found Outstanding
	for _, f := range flows {
		if f.Kind != merchant.Payouts {
			continue
		}
		err := eachOutstanding(ctx, tx, f.ID, func(p ports.PayoutRecord) error {
			found.add(p)
			return nil
		})
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

// Outstanding gives the payouts of a flow that are neither closed nor undone.
func (s *Service) Outstanding(ctx context.Context, flowID string) (Outstanding, error) {
	return walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) (Outstanding, error) {
		flow, err := tx.Flows().Get(ctx, flowID)
		if err != nil {
			return Outstanding{}, err
		}
		return outstanding(ctx, tx, flow)
	})
}

// staying says in the audit log what stays.
func staying(o Outstanding) string {
	if o.Count == 0 {
		return ""
	}
	return "payouts that stay as they are: " + o.String()
}

// stayingOf says what stays of the flows that use a connection.
func stayingOf(ctx context.Context, tx ports.Tx, record ports.ConnectionRecord) (string, error) {
	var users []merchant.Flow
	err := walk.Flows(ctx, tx, record.MerchantID, func(f merchant.Flow) error {
		if f.Source == record.ID || f.Target == record.ID {
			users = append(users, f)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	stays, err := outstanding(ctx, tx, users...)
	return staying(stays), err
}

// keepsMappings refuses settings that take away what payouts rest on which are not
// closed. A flow in shadow plans anew whenever it leaves it, so nothing rests on its
// settings.
func keepsMappings(ctx context.Context, tx ports.Tx, flow merchant.Flow, settings []byte) error {
	if flow.Kind != merchant.Payouts || flow.Mode == merchant.Shadow {
		return nil
	}
	before, err := booking.Parse(flow.Settings)
	if err != nil {
		return nil //nolint:nilerr // nothing can rest on settings that cannot be read
	}
	after, err := booking.Parse(settings)
	if err != nil {
		return settingsFault(err)
	}
	for _, gone := range booking.Removals(before, after) {
		var resting Outstanding
		err := eachOutstanding(ctx, tx, flow.ID, func(p ports.PayoutRecord) error {
			rests, err := restsOn(ctx, tx, p, gone, before)
			if rests {
				resting.add(p)
			}
			return err
		})
		if err != nil {
			return err
		}
		if resting.Count > 0 {
			return fault.New(CodeMappingInUse, fault.Conflict, "payouts that are not closed rest on it: "+resting.String()).
				WithField("settings." + gone.Setting).
				WithRemedy("keep it until they are closed; what is to be used beside it can be added at once")
		}
	}
	return nil
}

// restsOn reports whether a payout still needs what is to be removed.
func restsOn(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, gone booking.Removal, before booking.Settings) (bool, error) {
	switch {
	case gone.Currency != "" && gone.Currency != p.Net.Currency():
		return false, nil
	case gone.Replaced:
		return begun(p), nil
	case gone.Key != nil:
		return anyLine(ctx, tx, p, func(l ports.LineRecord) bool {
			return matching.NeedsDocument(l.Line) && matching.Normalise(l.References[gone.Key.Line]) != ""
		})
	case gone.Rule != nil && !begun(p):
		sums, err := tx.Lines().Sums(ctx, p.ID)
		for _, s := range sums {
			fees := s.Kind == payout.Fee || !s.FeeExVAT.IsZero() || !s.FeeVAT.IsZero()
			if fees && before.Uses(*gone.Rule, s.RawType) {
				return true, err
			}
		}
		return false, err
	case gone.Rule != nil:
		return anyLine(ctx, tx, p, func(l ports.LineRecord) bool { return l.Kind == payout.Fee && before.Uses(*gone.Rule, l.RawType) })
	}
	return true, nil
}

// begun reports whether anything of a payout is planned.
func begun(p ports.PayoutRecord) bool {
	switch p.State {
	case payout.Fetching, payout.Held:
		return false
	case payout.Fetched:
		return p.PlannedTo > 0
	case payout.Planned, payout.Booking, payout.Booked, payout.Closed, payout.Undoing, payout.Undone:
	}
	return true
}

// anyLine reports whether a line of a payout that nothing has settled is such a one.
func anyLine(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, such func(ports.LineRecord) bool) (bool, error) {
	found := false
	for _, state := range []ports.LineState{ports.LinePending, ports.LineWaiting, ports.LineException} {
		err := walk.Lines(ctx, tx, p.ID, ports.LineFilter{State: state}, 0, func(l ports.LineRecord) error {
			if found = such(l); found {
				return walk.ErrEnough
			}
			return nil
		})
		if err != nil || found {
			return found, err
		}
	}
	return false, nil
}
