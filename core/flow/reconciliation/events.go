package reconciliation

import (
	"context"

	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/ports"
)

// Events is the source of vouchers that belong to no payout, such as those of what
// a shop registers.
type Events struct{}

var _ Source = Events{}

// Each implements Source, in the order in which the vouchers were planned.
func (Events) Each(ctx context.Context, tx ports.Tx, flow *Flow, take func(Document) error) error {
	for after := int64(0); ; {
		steps, err := tx.Steps().ListOfFlow(ctx, flow.ID, after, batch)
		if err != nil {
			return err
		}
		for _, s := range steps {
			after = s.ID
			d, ok, err := flow.ofEvents(ctx, tx, s)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			if err := take(d); err != nil {
				return err
			}
		}
		if len(steps) < batch {
			return nil
		}
	}
}

// ofEvents gives the document of a step. The payment method of its events, whose
// clearing account it uses, is not kept with it: the account tells.
func (f *Flow) ofEvents(ctx context.Context, tx ports.Tx, s ports.Step) (Document, bool, error) {
	sets, err := f.settingsOf(ctx, tx, s.SettingsVersion)
	if err != nil {
		return Document{}, false, err
	}
	d := Document{Step: s, Settings: sets[0]}
	var ok bool
	if d.Expected, ok, err = Expect(s, d.Settings); err != nil || !ok {
		return Document{}, false, err
	}
	d.Day, d.Currency = d.Date, d.Rows[0].Amount.Currency()
	d.Clearing = d.Settings.Accounts.Clearing[d.Currency]
	for _, settings := range sets {
		if account := settings.Accounts.Clearing[d.Currency]; touches(d.Rows, account) {
			d.Settings, d.Clearing = settings, account
			break
		}
	}
	return d, true, nil
}

func touches(rows []ledger.Row, account ledger.Account) bool {
	for _, r := range rows {
		if r.Account == account {
			return true
		}
	}
	return false
}
