package statement

import (
	"context"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// shownItems is how many open items are listed; their sum counts all of them.
const shownItems = 1000

// Clearing explains a clearing account item by item. Amounts are debit positive.
//
// Payments of invoices put money on the account, payout vouchers take it away, so
// that a payout of which every line is settled leaves nothing. What stands there
// is a list of lines, each with the reason why it is still open. The amounts of a
// payout in another currency are those of the books: each of its lines is converted
// at the rate of its voucher, and what rounding leaves between the lines and the
// voucher is an item of its own. In the direct
// shape only lines that were not settled when the payout was planned come by it.
type Clearing struct {
	Account ledger.Account
	// Currency is that of the books, PaidIn that of the payouts that use the account.
	Currency, PaidIn money.Currency
	// Opening is what stood there when kvitt began, as a person said it. Payments of
	// before that, which are adopted later, are a part of it.
	Opening money.Amount
	// Vouchers, Payments and Corrections are what was booked on the account by
	// payout vouchers, by payments of documents and by vouchers that moved payments
	// made by hand. Payments that somebody registered on the account and a person
	// adopted are among the payments. Events is what the vouchers of the shop's own
	// events put there: sales and refunds that payouts settle. Balance is their sum.
	Vouchers    money.Amount
	Payments    money.Amount
	Corrections money.Amount
	Events      money.Amount
	Balance     money.Amount
	// Open is the sum of all items, Unexplained is Balance − Open.
	Open        money.Amount
	Unexplained money.Amount
	// Items are the first 1000, Omitted is how many more there are.
	Items   []ClearingItem
	Omitted int64

	opening ports.OpeningBalance
	// taken is what payouts have taken of it.
	taken money.Amount
}

// ClearingItem is one reason why money stands on a clearing account.
type ClearingItem struct {
	PayoutID string
	// Payout is the provider's reference of the payout.
	Payout string
	// LineID is 0 and Kind empty if the item is no single line.
	LineID    int64
	Reference string
	Kind      payout.Kind
	Amount    money.Amount
	Code      string
	Reason    string
	Remedy    string
}

// Clearing explains the clearing accounts of a flow, one per currency, in the
// order in which its payouts use them.
func (r *Reader) Clearing(ctx context.Context, flowID string) ([]Clearing, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) ([]Clearing, error) {
		flow, err := tx.Flows().Get(ctx, flowID)
		if err != nil {
			return nil, err
		}
		owner, err := tx.Merchants().Get(ctx, flow.MerchantID)
		if err != nil {
			return nil, err
		}
		explained := explanation{flow: flow, books: owner.Currency, settings: map[int]booking.Settings{}, sales: map[*Clearing]*sales{}}
		if explained.shop, err = ReadShop(ctx, tx, flow.MerchantID, flow.Target); err != nil {
			return nil, err
		}
		if err := explained.begin(ctx, tx); err != nil {
			return nil, err
		}
		err = walk.Payouts(ctx, tx, flow.MerchantID, func(p ports.PayoutRecord) error {
			if p.FlowID != flowID || !planned(p.State) {
				return nil
			}
			return explained.take(ctx, tx, p)
		})
		if err != nil {
			return nil, err
		}
		if err := explained.events(ctx, tx); err != nil {
			return nil, err
		}
		return explained.finish()
	})
}

// planned reports whether anything of a payout may be in the books.
func planned(s payout.State) bool {
	return s == payout.Planned || s == payout.Booking || s == payout.Booked || s == payout.Closed ||
		s == payout.Undoing || s == payout.Undone
}

// explanation gathers what explains the clearing accounts of a flow.
type explanation struct {
	flow     merchant.Flow
	books    money.Currency
	settings map[int]booking.Settings
	accounts []*Clearing
	// shop is nil if the merchant registers no events.
	shop  *Shop
	sales map[*Clearing]*sales
}

func (e *explanation) take(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) error {
	c, err := e.account(ctx, tx, p)
	if err != nil {
		return err
	}
	part := portion{Clearing: c, payout: p, zero: money.Zero(c.Currency), kinds: map[string]ports.StepKind{}, written: map[int64]bool{}}
	if part.exceptions, err = exceptionsOf(ctx, tx, p); err != nil {
		return err
	}
	if err := walk.Steps(ctx, tx, p.ID, part.step); err != nil {
		return err
	}
	if p.State == payout.Undoing || p.State == payout.Undone {
		return nil // what kvitt has booked comes to nothing, whatever the lines say
	}
	if err := part.byOthers(ctx, tx); err != nil {
		return err
	}
	if err := part.held(ctx, tx); err != nil {
		return err
	}
	if err := part.lines(ctx, tx); err != nil {
		return err
	}
	return e.settle(ctx, tx, c, p)
}

// account finds the clearing account that the plan of a payout used.
func (e *explanation) account(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) (*Clearing, error) {
	settings, known := e.settings[p.SettingsVersion]
	if !known {
		var err error
		if settings, err = planSettings(ctx, tx, e.flow, p.SettingsVersion); err != nil {
			return nil, err
		}
		e.settings[p.SettingsVersion] = settings
	}
	account := settings.Accounts.Clearing[p.Net.Currency()]
	for _, c := range e.accounts {
		if c.Account == account {
			return c, nil
		}
	}
	return e.open(account, p.Net.Currency()), nil
}

// open adds an account.
func (e *explanation) open(account ledger.Account, paidIn money.Currency) *Clearing {
	zero := money.Zero(e.books)
	c := &Clearing{
		Account: account, Currency: e.books, PaidIn: paidIn, Opening: zero, taken: zero, Vouchers: zero, Payments: zero, Corrections: zero, Events: zero,
		Balance: zero, Open: zero, Unexplained: zero,
	}
	e.accounts = append(e.accounts, c)
	return c
}

// planSettings gives the settings of a version; a payout without a plan has the
// flow's own.
func planSettings(ctx context.Context, tx ports.Tx, flow merchant.Flow, version int) (booking.Settings, error) {
	raw := flow.Settings
	if version != 0 && version != flow.SettingsVersion {
		var err error
		if raw, err = tx.Flows().Settings(ctx, flow.ID, version); err != nil {
			return booking.Settings{}, err
		}
	}
	return booking.Parse(raw)
}

func (e *explanation) finish() ([]Clearing, error) {
	explained := make([]Clearing, 0, len(e.accounts))
	for _, c := range e.accounts {
		var err error
		if c.Balance, err = money.Sum(c.Currency, c.Opening, c.Vouchers, c.Payments, c.Corrections, c.Events); err != nil {
			return nil, err
		}
		if err := c.listOpening(); err != nil {
			return nil, err
		}
		if c.Unexplained, err = c.Balance.Sub(c.Open); err != nil {
			return nil, err
		}
		if c.Omitted = int64(len(c.Items) - shownItems); c.Omitted > 0 {
			c.Items = c.Items[:shownItems]
		}
		c.Omitted = max(c.Omitted, 0)
		explained = append(explained, *c)
	}
	return explained, nil
}

func exceptionsOf(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) (map[int64]ports.Exception, error) {
	byLine := map[int64]ports.Exception{}
	filter := ports.ExceptionFilter{PayoutID: p.ID, State: ports.ExceptionOpen}
	err := walk.Exceptions(ctx, tx, p.MerchantID, filter, func(e ports.Exception) error {
		byLine[e.LineID] = e
		return nil
	})
	return byLine, err
}
