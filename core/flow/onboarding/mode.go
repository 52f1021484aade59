package onboarding

import (
	"context"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Faults of modes.
const (
	// CodeModeReason: a change of what a flow may write must say why.
	CodeModeReason fault.Code = "flow.mode_reason_missing"
	// CodeModeSince: a flow that leaves shadow must be told from when on it books.
	CodeModeSince fault.Code = "flow.mode_since_invalid"
)

// NewMode is what a flow may write from now on.
type NewMode struct {
	Mode   merchant.Mode
	Reason string
	// Since is asked for where a flow leaves Shadow, and only there: the first moment
	// from which it books. What lies before was booked by others, and kvitt cannot tell
	// their vouchers from those that are missing.
	Since time.Time
}

// SetMode changes what a flow may write. The same mode again changes nothing. What a
// flow of payouts planned before it went to Shadow, and had not begun to write, is
// given up by its next run, and planned anew once it leaves Shadow. Of what a flow of
// events plans, that dated before the first moment is given up for good.
func (s *Service) SetMode(ctx context.Context, flowID string, in NewMode, by string) (merchant.Flow, error) {
	if in.Reason = strings.TrimSpace(in.Reason); in.Reason == "" {
		return merchant.Flow{}, fault.Invalid(CodeModeReason, "reason", "a change of mode must say why it is made")
	}
	if !in.Mode.Known() {
		return merchant.Flow{}, fault.Invalid(CodeFlowInvalid, "mode", "the mode of a flow is shadow, approve or live")
	}
	var flow merchant.Flow
	err := s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if flow, err = tx.Flows().Get(ctx, flowID); err != nil || flow.Mode == in.Mode {
			return err
		}
		before := flow.Mode
		if flow.Since, err = in.since(flow); err != nil {
			return err
		}
		flow.Mode, flow.LeftShadow = in.Mode, flow.LeftShadow || before == merchant.Shadow
		if err := tx.Flows().SetMode(ctx, flow.ID, flow.Mode, flow.Since); err != nil {
			return err
		}
		changed := act{merchant: flow.MerchantID, by: by, name: "flow.mode_set", subject: flow.ID, detail: string(before) + " to " + string(flow.Mode) + ": " + in.Reason}
		if err := s.audit(ctx, tx, changed); err != nil {
			return err
		}
		return wake(ctx, tx, flow)
	})
	return flow, err
}

// since gives the first moment of the flow in its new mode.
func (in NewMode) since(flow merchant.Flow) (time.Time, error) {
	switch leaves := flow.Mode == merchant.Shadow; {
	case !leaves && in.Since.IsZero():
		return flow.Since, nil
	case !leaves:
		return flow.Since, fault.Invalid(CodeModeSince, "since", "only a flow that leaves shadow is told from when on it books")
	case in.Since.IsZero():
		return flow.Since, fault.Invalid(CodeModeSince, "since", "it is not said from when on the flow books").
			WithRemedy("name the first moment that nobody else has booked or will book")
	case in.Since.Before(flow.Since):
		return flow.Since, fault.Invalid(CodeModeSince, "since", "the flow takes nothing from before "+flow.Since.Format(time.RFC3339))
	}
	return in.Since.UTC(), nil
}
