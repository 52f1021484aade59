package settlement

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Faults of the suspense account.
const (
	// CodeSuspenseUnknown: nothing on the suspense account has this id, or no longer.
	CodeSuspenseUnknown fault.Code = "suspense.not_open"
	// CodeSuspenseAccount: the amount cannot go to this account.
	CodeSuspenseAccount fault.Code = "suspense.invalid_account"
)

// Suspense explains a suspense account item by item, for payouts in the merchant's
// own currency. Amounts are debit positive.
type Suspense struct {
	Account  ledger.Account
	Currency money.Currency
	// Balance is what kvitt's vouchers have put on the account, Open the sum of the
	// items, Unexplained is Balance − Open.
	Balance     money.Amount
	Open        money.Amount
	Unexplained money.Amount
	Items       []SuspenseItem
}

// SuspenseItem is what lines of one kind and raw type of a payout have put on the
// suspense account. It is listed until it is cleared.
type SuspenseItem struct {
	ID       string
	PayoutID string
	// Payout is the provider's reference of the payout.
	Payout  string
	Kind    payout.Kind
	RawType string
	Lines   int64
	Amount  money.Amount
	// Since is the payout's date, Days how long ago that is.
	Since civil.Date
	Days  int
	// Setting would have placed it; Reason and Remedy say more.
	Setting string
	Reason  string
	Remedy  string
	// Clearing: the voucher that clears it is planned and not yet booked.
	Clearing bool
}

// Suspense explains the suspense accounts of a flow.
func (s *Service) Suspense(ctx context.Context, flowID string) ([]Suspense, error) {
	var list suspenses
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		flow, err := tx.Flows().Get(ctx, flowID)
		if err != nil {
			return err
		}
		owner, err := tx.Merchants().Get(ctx, flow.MerchantID)
		if err != nil {
			return err
		}
		zone, err := time.LoadLocation(owner.Zone)
		if err != nil {
			return err
		}
		list = suspenses{Service: s, zone: zone}
		for after := ""; ; {
			records, err := tx.Payouts().List(ctx, flow.MerchantID, ports.Page{After: after, Limit: 1000})
			if err != nil || len(records) == 0 {
				return err
			}
			for _, p := range records {
				after = p.ID
				if p.FlowID == flowID && p.Net.Currency() == owner.Currency && p.SettingsVersion != 0 {
					if err := list.take(ctx, tx, p); err != nil {
						return err
					}
				}
			}
		}
	})
	return list.accounts, err
}

// suspenses gathers the suspense accounts of a flow.
type suspenses struct {
	*Service
	zone     *time.Location
	accounts []Suspense
}

// take adds what a payout has put on its suspense account.
func (l *suspenses) take(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) error {
	raw, err := tx.Flows().Settings(ctx, p.FlowID, p.SettingsVersion)
	if err != nil {
		return err
	}
	settings, err := booking.Parse(raw)
	if err != nil || settings.Accounts.Suspense == "" {
		return err
	}
	steps, err := stepsOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	balance, booked, states, err := onSuspense(p, steps, settings)
	if err != nil || (balance.IsZero() && !booked) {
		return err
	}
	items, err := l.items(ctx, tx, p, settings, states)
	if err != nil || (balance.IsZero() && len(items) == 0) {
		return err
	}
	if !booked {
		items = nil
	}
	return l.account(settings.Accounts.Suspense, p.Net.Currency()).add(balance, items)
}

// onSuspense gives what the documents of a payout that are made have put on the
// account, whether its voucher is, and the states of all by their keys.
func onSuspense(p ports.PayoutRecord, steps []ports.Step, settings booking.Settings) (balance money.Amount, booked bool, states map[string]ports.StepState, err error) {
	states, balance = map[string]ports.StepState{}, money.Zero(p.Net.Currency())
	for _, s := range steps {
		states[s.Key] = s.State
		if s.State != ports.StepDone || (s.Kind != ports.StepVoucher && s.Kind != ports.StepCorrection) {
			continue
		}
		_, voucher, err := posting.ReadVoucher(s)
		if err != nil {
			return balance, false, nil, err
		}
		amount, err := booking.OnSuspense(voucher.Rows(), settings)
		if err != nil {
			return balance, false, nil, err
		}
		if balance, err = balance.Add(amount); err != nil {
			return balance, false, nil, err
		}
	}
	booked = states[stepKey(p, "V1")] == ports.StepDone && p.State != payout.Undoing && p.State != payout.Undone
	return balance, booked, states, nil
}

// items lists the kinds and raw types of a payout's lines that are on the account.
func (l *suspenses) items(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, settings booking.Settings, states map[string]ports.StepState) ([]SuspenseItem, error) {
	sums, err := tx.Lines().Sums(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	since := civil.In(p.Date, l.zone)
	days := int(l.clock.Now().Sub(p.Date).Hours()) / 24
	var items []SuspenseItem
	for _, sum := range BookingSums(sums) {
		effect, missing, err := booking.Suspended(sum, settings)
		if err != nil {
			return nil, err
		}
		state := states[stepKey(p, suspensePart(sum.Kind, sum.RawType))]
		if effect.IsZero() || state == ports.StepDone {
			continue
		}
		item := SuspenseItem{
			ID: suspenseID(p, sum.Kind, sum.RawType), PayoutID: p.ID, Payout: p.Reference, Kind: sum.Kind, RawType: sum.RawType,
			Lines: sum.Lines, Amount: effect.Neg(), Since: since, Days: days, Clearing: state != "",
		}
		if missing != nil {
			item.Setting, item.Reason, item.Remedy = missing.Field, missing.Reason, missing.Remedy
		}
		if items, err = joined(items, item); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// joined adds an item to those of the same kind and raw type, whose sums a store
// keeps apart by sign.
func joined(items []SuspenseItem, item SuspenseItem) ([]SuspenseItem, error) {
	for i := range items {
		if items[i].ID != item.ID {
			continue
		}
		var err error
		items[i].Lines += item.Lines
		items[i].Amount, err = items[i].Amount.Add(item.Amount)
		return items, err
	}
	return append(items, item), nil
}

func (l *suspenses) account(account ledger.Account, currency money.Currency) *Suspense {
	for i := range l.accounts {
		if l.accounts[i].Account == account && l.accounts[i].Currency == currency {
			return &l.accounts[i]
		}
	}
	zero := money.Zero(currency)
	l.accounts = append(l.accounts, Suspense{Account: account, Currency: currency, Balance: zero, Open: zero, Unexplained: zero})
	return &l.accounts[len(l.accounts)-1]
}

func (a *Suspense) add(balance money.Amount, items []SuspenseItem) error {
	var failed error
	a.Balance, failed = a.Balance.Add(balance)
	for _, item := range items {
		open, err := a.Open.Add(item.Amount)
		a.Open, failed = open, errors.Join(failed, err)
	}
	a.Items = append(a.Items, items...)
	unexplained, err := a.Balance.Sub(a.Open)
	a.Unexplained = unexplained
	return errors.Join(failed, err)
}

func suspensePart(kind payout.Kind, rawType string) string {
	return "S" + identify("", string(kind), rawType)
}

func suspenseID(p ports.PayoutRecord, kind payout.Kind, rawType string) string {
	return "su-" + p.ID + "-" + suspensePart(kind, rawType)
}

// SuspensePayout gives the id of the payout that an item of a suspense account is
// about; ok is false if the id is not one of an item.
func SuspensePayout(id string) (payoutID string, ok bool) {
	rest, ok := strings.CutPrefix(id, "su-")
	end := strings.LastIndexByte(rest, '-')
	if !ok || end < 0 {
		return "", false
	}
	return rest[:end], true
}

// ClearSuspense plans the voucher that moves an item from the suspense account to
// the account where it belongs. The item is listed until that is booked.
func (s *Service) ClearSuspense(ctx context.Context, id string, account ledger.Account, reason, by string) error {
	payoutID, ok := SuspensePayout(id)
	if !ok {
		return errNotSuspended()
	}
	u, err := s.openUndo(ctx, payoutID, by)
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		list := suspenses{Service: s, zone: u.zone}
		if err := list.take(ctx, tx, u.payout); err != nil {
			return err
		}
		for _, a := range list.accounts {
			for _, item := range a.Items {
				if item.ID == id && !item.Clearing {
					return u.clear(ctx, tx, a.Account, item, account, reason)
				}
			}
		}
		return errNotSuspended()
	})
}

func errNotSuspended() error {
	return fault.New(CodeSuspenseUnknown, fault.Conflict, "no such amount waits on the suspense account").
		WithRemedy("see what is listed there now")
}

func (c *casefile) clear(ctx context.Context, tx ports.Tx, from ledger.Account, item SuspenseItem, to ledger.Account, reason string) error {
	if to == "" || to == from || strings.Trim(string(to), "0123456789") != "" {
		return fault.Invalid(CodeSuspenseAccount, "account", "\""+string(to)+"\" is no account to which the amount can go").
			WithRemedy("name the account by its number in the accounting system")
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return fault.Invalid(CodeReasonMissing, "reason", "a correction must say why it is made")
	}
	settings := c.settings
	settings.Accounts.Suspense = from
	text := string(item.Kind) + " " + item.RawType + " of payout " + item.Payout + ": " + reason
	voucher, err := booking.MoveFromSuspense(item.Amount.Neg(), to, civil.In(c.clock.Now(), c.zone), text, settings)
	if err != nil {
		return err
	}
	if err := c.planMove(ctx, tx, suspensePart(item.Kind, item.RawType), voucher); err != nil {
		return err
	}
	return c.note(ctx, tx, "suspense.cleared", item.Payout+" "+item.Amount.String()+" to "+string(to)+": "+reason)
}
