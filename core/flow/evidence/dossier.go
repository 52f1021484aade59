package evidence

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// dossier is a payout with the way from its lines to its vouchers.
type dossier struct {
	Evidence
	// stored are the settings that made the plan, as they were entered; settings
	// are the same with all that they leave to the preset.
	stored   json.RawMessage
	settings booking.Settings
	sums     []booking.Sum
	// parts are the vouchers of the payout as a whole, by their place in Vouchers.
	// A voucher that the accounting system's row limit split has several.
	parts []int
	rows  map[place]spot
	// mirrors are the rows that undo a row, by its number.
	mirrors map[int][]int
}

// place is what one row of a payout's voucher stands for.
type place struct {
	account ledger.Account
	meaning string
}

// spot is where a row is: the part of the voucher and the number.
type spot struct {
	part, n int
}

// open reads a payout and traces its vouchers.
func open(ctx context.Context, tx ports.Tx, payoutID string) (*dossier, error) {
	about, err := subject(ctx, tx, payoutID)
	if err != nil {
		return nil, err
	}
	d := &dossier{Evidence: Evidence{Subject: about}, rows: map[place]spot{}, mirrors: map[int][]int{}}
	if err := d.readVouchers(ctx, tx); err != nil {
		return nil, err
	}
	if d.Payout.SettingsVersion == 0 { // never planned, hence no vouchers
		return d, nil
	}
	if d.stored, err = tx.Flows().Settings(ctx, d.Payout.FlowID, d.Payout.SettingsVersion); err != nil {
		return nil, err
	}
	if d.settings, err = booking.Parse(d.stored); err != nil {
		return nil, err
	}
	if err := d.addUp(ctx, tx); err != nil {
		return nil, err
	}
	return d, d.trace(ctx, tx)
}

// addUp takes the sums by which the voucher was made. When it was planned no line
// was settled yet, so that what became of the lines since tells no sums apart.
func (d *dossier) addUp(ctx context.Context, tx ports.Tx) error {
	sums, err := tx.Lines().Sums(ctx, d.Payout.ID)
	if err != nil {
		return err
	}
	for _, s := range sums {
		d.sums = append(d.sums, booking.Sum{
			Kind: s.Kind, RawType: s.RawType, Direct: s.Direct, Lines: s.Lines, Gross: s.Gross, FeeExVAT: s.FeeExVAT, FeeVAT: s.FeeVAT,
		})
	}
	return nil
}

// trail starts to follow the payout's lines.
func (d *dossier) trail() (*booking.Trail, error) {
	return booking.NewTrail(d.Payout.Net.Currency(), d.sums, d.settings)
}

// sort tells the vouchers of the payout as a whole from those of a single line and
// from those that undo another.
func (d *dossier) sort(ctx context.Context, tx ports.Tx) error {
	for i := range d.Vouchers {
		switch v := &d.Vouchers[i]; {
		case v.LineID != 0:
			if err := v.ofOneLine(ctx, tx); err != nil {
				return err
			}
		case v.Reverses != "":
			d.mirror(v)
		case v.Kind == ports.StepCorrection: // it moves what is booked, and rests on a person's decision
			for i := range v.Rows {
				if err := v.Rows[i].add(Source{Amount: v.Rows[i].Amount}); err != nil {
					return err
				}
			}
		default:
			for _, row := range v.Rows {
				d.rows[place{row.Account, row.Meaning}] = spot{len(d.parts), row.N}
			}
			d.parts = append(d.parts, i)
		}
	}
	return nil
}

// mirror ties the rows of a reversal to those that it undoes.
func (d *dossier) mirror(reversal *Voucher) {
	for _, v := range d.Vouchers {
		if v.Key != reversal.Reverses {
			continue
		}
		for _, row := range v.Rows {
			for _, undo := range reversal.Rows {
				if undo.Account == row.Account && undo.Meaning == row.Meaning {
					d.mirrors[row.N] = append(d.mirrors[row.N], undo.N)
				}
			}
		}
	}
}

// trace fills in the sources of every row.
func (d *dossier) trace(ctx context.Context, tx ports.Tx) error {
	if err := d.sort(ctx, tx); err != nil || len(d.parts) == 0 {
		return err
	}
	if err := d.sameCurrency(); err != nil {
		return err
	}
	trail, err := d.trail()
	if err != nil {
		return fmt.Errorf("following the lines of payout %s: %w", d.Payout.Reference, err)
	}
	whole, err := trail.Whole()
	if err != nil {
		return fmt.Errorf("following the lines of payout %s: %w", d.Payout.Reference, err)
	}
	for _, c := range whole {
		shares, err := d.shares(c.Rows)
		if err != nil {
			return err
		}
		for _, s := range shares {
			_, row, err := d.row(s.Row)
			if err != nil {
				return err
			}
			if err := row.add(Source{Kind: c.Kind, RawType: c.RawType, Lines: c.Lines, Amount: s.Amount}); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameCurrency refuses a payout in another currency than its vouchers: each of their
// rows is a sum that was converted and rounded once, which no line is a share of.
func (d *dossier) sameCurrency() error {
	currency := d.Payout.Net.Currency()
	for _, part := range d.parts {
		for _, row := range d.Vouchers[part].Rows {
			if row.Amount.Currency() != currency {
				return fault.New(CodeConverted, fault.Conflict,
					"the payout is in "+string(currency)+" and its voucher in "+string(row.Amount.Currency())+"; its rows are not divided over lines").
					WithRemedy("compare the payout's lines with the voucher, whose rows name the original amounts and the rate")
			}
		}
	}
	return nil
}

// ofOneLine gives a voucher that was made for one line that line as its source.
func (v *Voucher) ofOneLine(ctx context.Context, tx ports.Tx) error {
	l, err := tx.Lines().Get(ctx, v.LineID)
	if err != nil {
		return err
	}
	for i := range v.Rows {
		row := &v.Rows[i]
		if err := row.add(Source{Kind: l.Kind, RawType: l.RawType, Lines: 1, Amount: row.Amount, LineID: l.ID}); err != nil {
			return err
		}
	}
	return nil
}

func (r *Row) add(s Source) error {
	r.Sources = append(r.Sources, s)
	var err error
	r.Difference, err = r.Difference.Sub(s.Amount)
	return err
}

// kind is the one kind of line that makes the row, empty if there are several.
func (r *Row) kind() payout.Kind {
	var kind payout.Kind
	for i, s := range r.Sources {
		if i > 0 && s.Kind != kind {
			return ""
		}
		kind = s.Kind
	}
	return kind
}

// Share is what a line adds to a row, debit positive.
type Share struct {
	// Row is the number of the row.
	Row    int
	Amount money.Amount
}

// shares finds the rows onto which postings fall, by their numbers.
func (d *dossier) shares(posted []ledger.Row) ([]Share, error) {
	shares, err := d.booked(posted)
	for _, s := range shares {
		for _, undo := range d.mirrors[s.Row] {
			shares = append(shares, Share{undo, s.Amount.Neg()})
		}
	}
	slices.SortFunc(shares, func(a, b Share) int { return cmp.Compare(a.Row, b.Row) })
	return shares, err
}

// booked finds the rows of the payout's own voucher. In one that was split each
// part balances through a row on the clearing account, which hence is what the
// postings on its other rows come to.
func (d *dossier) booked(posted []ledger.Row) ([]Share, error) {
	var shares []Share
	if len(d.parts) == 1 {
		for _, p := range posted {
			if at, there := d.rows[place{p.Account, p.Meaning}]; there {
				shares = append(shares, Share{at.n, p.Amount})
			}
		}
		return shares, nil
	}
	clearing := d.settings.Accounts.Clearing[d.Payout.Net.Currency()]
	balances := make([]money.Amount, len(d.parts))
	for _, p := range posted {
		if p.Account == clearing {
			continue
		}
		at, there := d.rows[place{p.Account, p.Meaning}]
		if there {
			shares = append(shares, Share{at.n, p.Amount})
		}
		var err error
		if balances[at.part], err = balances[at.part].Sub(p.Amount); err != nil {
			return nil, err
		}
	}
	for part, balance := range balances {
		for _, row := range d.Vouchers[d.parts[part]].Rows {
			if row.Account == clearing && !balance.IsZero() {
				shares = append(shares, Share{row.N, balance})
			}
		}
	}
	return shares, nil
}
