package onboarding

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// Faults of where a flow begins.
const (
	// CodeCutOffTaken: the flow has taken something already.
	CodeCutOffTaken fault.Code = "flow.cut_off_taken"
	// CodeOpeningInvalid: a detail of an opening balance makes no sense.
	CodeOpeningInvalid fault.Code = "flow.opening_invalid"
)

// mostNote is how long the note of an opening balance may be, in characters.
const mostNote = 200

// SetCutOff changes the first moment from which a flow takes anything, as long as it
// has taken nothing and no run is under way. Afterwards the moment is what its proofs
// and the accounts rest on.
func (s *Service) SetCutOff(ctx context.Context, flowID string, since time.Time, by string) (merchant.Flow, error) {
	var flow merchant.Flow
	err := s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if flow, err = tx.Flows().Get(ctx, flowID); err != nil || flow.Since.Equal(since) {
			return err
		}
		if err := nothingTaken(ctx, tx, flow); err != nil {
			return err
		}
		moved := act{
			merchant: flow.MerchantID, by: by, name: "flow.cut_off_set", subject: flowID,
			detail: flow.Since.Format(time.RFC3339) + " to " + since.UTC().Format(time.RFC3339),
		}
		flow.Since = since.UTC()
		if err := tx.Flows().SetMode(ctx, flowID, flow.Mode, flow.Since); err != nil {
			return err
		}
		return s.audit(ctx, tx, moved)
	})
	return flow, err
}

// nothingTaken refuses a flow that has payouts, or that has run if it has none.
func nothingTaken(ctx context.Context, tx ports.Tx, flow merchant.Flow) error {
	taken := fault.New(CodeCutOffTaken, fault.Conflict, "").WithField("since").
		WithRemedy("leave the cut-off as it is; to begin anew, try in mode shadow, which is left with a new first moment")
	if flow.Kind == merchant.Payouts {
		payouts, err := tx.Payouts().Newest(ctx, flow.ID, ports.Page{Limit: 1})
		if err != nil {
			return err
		}
		if len(payouts) > 0 {
			taken.Reason = "the flow has taken payouts since " + flow.Since.Format(time.RFC3339) + ", " + payouts[0].Reference + " is the newest"
			return taken
		}
		if _, err = tx.Runs().Current(ctx, flow.ID); fault.CodeOf(err) == ports.CodeNotFound {
			return nil
		}
		taken.Reason = "a run of the flow is under way"
		return orFault(err, taken)
	}
	runs, err := tx.Runs().List(ctx, flow.MerchantID, ports.RunFilter{FlowID: flow.ID}, ports.Page{Limit: 1})
	if err != nil || len(runs) == 0 {
		return err
	}
	taken.Reason = "the flow has run, the last time on " + runs[0].StartedAt.Format(time.RFC3339)
	return taken
}

// orFault gives an error of the store, or else the refusal.
func orFault(err error, refusal *fault.Error) error {
	if err != nil {
		return err
	}
	return refusal
}

// NewOpening is what a person says of a clearing account.
type NewOpening struct {
	// PaidIn is the currency of the payouts that use the account.
	PaidIn money.Currency
	// Amount is in the currency of the books, debit positive; 0 says that nothing
	// stood there.
	Amount money.Amount
	// Date is the first day that kvitt looks after, that of the cut-off if zero.
	Date civil.Date
	Note string
}

// SetOpening keeps what stood on a clearing account of a flow of payouts when kvitt
// began, in the place of what was said of it before. It books nothing: the amount
// stands in the accounting system already.
func (s *Service) SetOpening(ctx context.Context, flowID string, in NewOpening, by string) (ports.OpeningBalance, error) {
	var opening ports.OpeningBalance
	err := s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		flow, err := tx.Flows().Get(ctx, flowID)
		if err != nil {
			return err
		}
		owner, err := tx.Merchants().Get(ctx, flow.MerchantID)
		if err != nil {
			return err
		}
		zone, err := s.zone(owner)
		if err != nil {
			return err
		}
		if opening, err = in.of(flow, owner, zone); err != nil {
			return err
		}
		opening.By, opening.At = by, s.now()
		if err := tx.Flows().SetOpening(ctx, flowID, opening); err != nil {
			return err
		}
		return s.audit(ctx, tx, act{
			merchant: flow.MerchantID, by: by, name: "flow.opening_set", subject: flowID,
			detail: string(opening.Account) + " " + opening.Amount.String() + " " + string(opening.Amount.Currency()) + " on " + opening.Date.String() + ": " + opening.Note,
		})
	})
	return opening, err
}

// of judges what was said.
func (in NewOpening) of(flow merchant.Flow, owner merchant.Merchant, zone *time.Location) (ports.OpeningBalance, error) {
	opening := ports.OpeningBalance{PaidIn: in.PaidIn, Amount: in.Amount, Date: in.Date, Note: strings.TrimSpace(in.Note)}
	if flow.Kind != merchant.Payouts {
		return opening, fault.New(CodeOpeningInvalid, fault.Conflict, "only flows of payouts have opening balances").
			WithRemedy("name the flow of payouts that uses the account")
	}
	settings, err := booking.Parse(flow.Settings)
	if err != nil {
		return opening, settingsFault(err)
	}
	begun := civil.In(flow.Since, zone)
	if opening.Date.IsZero() {
		opening.Date = begun
	}
	opening.Account = settings.Accounts.Clearing[in.PaidIn]
	switch length := utf8.RuneCountInString(opening.Note); {
	case opening.Account == "":
		return opening, fault.Invalid(CodeOpeningInvalid, "currency", "no clearing account is set for payouts in "+string(in.PaidIn)).
			WithRemedy("choose accounts.clearing." + string(in.PaidIn) + " in the settings first")
	case in.Amount.Currency() != owner.Currency:
		return opening, fault.Invalid(CodeOpeningInvalid, "amount", "the books are kept in "+string(owner.Currency))
	case begun.Before(opening.Date):
		return opening, fault.Invalid(CodeOpeningInvalid, "date", "the flow takes payouts since "+begun.String()+", which the balance of a later day holds already").
			WithRemedy("give the balance at the beginning of the day of the cut-off")
	case length == 0 || length > mostNote:
		return opening, fault.Invalid(CodeOpeningInvalid, "note", "a note has 1 to 200 characters and says where the amount is from")
	}
	return opening, nil
}

// Openings gives the opening balances of a flow by account.
func (s *Service) Openings(ctx context.Context, flowID string) ([]ports.OpeningBalance, error) {
	return walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) ([]ports.OpeningBalance, error) {
		if _, err := tx.Flows().Get(ctx, flowID); err != nil {
			return nil, err
		}
		return tx.Flows().Openings(ctx, flowID)
	})
}
