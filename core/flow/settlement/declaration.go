package settlement

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Faults of reverse-charge VAT that is booked with the provider's invoice.
const (
	// CodeDeclaredTwice: the invoice or a day of the period is accounted for already.
	CodeDeclaredTwice fault.Code = "reverse_charge.declared_twice"
	// CodeDeclarationPeriod: the invoice has no reference, or its period no days.
	CodeDeclarationPeriod fault.Code = "reverse_charge.invalid_invoice"
	// CodeNothingToDeclare: no fee of the period is subject to reverse charge.
	CodeNothingToDeclare fault.Code = "reverse_charge.no_fees"
	// CodeUnplanned: a payout of the period is not booked, so its fees are not known.
	CodeUnplanned fault.Code = "reverse_charge.payout_not_booked"
	// CodeSettingsDiffer: fees of the period were planned by settings that tax them
	// in different ways.
	CodeSettingsDiffer fault.Code = "reverse_charge.settings_differ"
)

// FeeInvoice is a provider's invoice for the fees that its payouts have deducted.
type FeeInvoice struct {
	// Reference is the provider's number of the invoice.
	Reference string
	// From and To are the first and the last date of the payouts that it is for.
	From, To civil.Date
	// Date is that of the invoice, on which the VAT is booked.
	Date civil.Date
}

// Declaration is the voucher that accounts for the reverse-charge VAT of an invoice.
type Declaration struct {
	Reference string
	From, To  civil.Date
	// Payouts counts the payouts whose fees were added up.
	Payouts int
	Date    civil.Date
	Text    string
	Rows    []ledger.Row
	// Key, State and Number are those of the voucher, empty in a proposal. Number is
	// empty until the accounting system has given one.
	Key    string
	State  ports.StepState
	Number string
	// Confirmed says that the voucher was planned and not merely proposed.
	Confirmed bool
}

// declared is what a planned voucher of this kind accounts for.
type declared struct {
	Reference string     `json:"reference"`
	From      civil.Date `json:"from"`
	To        civil.Date `json:"to"`
	Payouts   int        `json:"payouts"`
}

// declaring is such a voucher as it is stored.
type declaring struct {
	posting.Voucher
	Declares *declared `json:"declares,omitempty"`
}

// DeclareReverseCharge accounts for the VAT on the fees of the flow's payouts in a
// period, once, where the setting reverse_charge.moment is monthly. Fees count by
// the settings by which their payouts were planned; payouts that were undone do not
// count. Without confirm it only says what would be booked; with it the flow's next
// run books it. The same invoice with the same period gives the voucher that there
// is already.
func (s *Service) DeclareReverseCharge(ctx context.Context, flowID string, invoice FeeInvoice, confirm bool, by string) (Declaration, error) {
	invoice.Reference = strings.TrimSpace(invoice.Reference)
	if invoice.Reference == "" || invoice.From.IsZero() || invoice.Date.IsZero() || invoice.To.Before(invoice.From) {
		return Declaration{}, fault.Invalid(CodeDeclarationPeriod, "reference", "the invoice needs a number, a date and a period that does not end before it begins")
	}
	d := &declaration{casefile: casefile{work: &work{Service: s, tally: &remote.Tally{}}, by: by}, invoice: invoice}
	if err := d.open(ctx, flowID); err != nil {
		return Declaration{}, err
	}
	day, moved, err := d.freeDay(ctx, invoice.Date)
	if err != nil {
		return Declaration{}, err
	}
	d.day, d.moved = day, moved
	unit := s.store.View
	if confirm {
		unit = s.store.Update
	}
	var made Declaration
	err = unit(ctx, func(ctx context.Context, tx ports.Tx) error {
		made, err = d.declare(ctx, tx, confirm)
		return err
	})
	return made, err
}

// declaration is the work on one invoice.
type declaration struct {
	casefile
	invoice FeeInvoice
	// day is when the VAT is booked, moved if the date of the invoice is closed.
	day   civil.Date
	moved bool
}

func (d *declaration) open(ctx context.Context, flowID string) error {
	err := d.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if d.flow, err = tx.Flows().Get(ctx, flowID); err != nil {
			return err
		}
		d.merchant, err = tx.Merchants().Get(ctx, d.flow.MerchantID)
		return err
	})
	if err != nil {
		return err
	}
	if d.flow.Kind != merchant.Payouts {
		return d.nothing()
	}
	return d.connect(ctx)
}

func (d *declaration) nothing() error {
	return fault.New(CodeNothingToDeclare, fault.Conflict,
		"no fee of payouts from "+d.invoice.From.String()+" to "+d.invoice.To.String()+" is subject to reverse charge").
		WithRemedy("look at the period, and at fee_rules, which say how each type of fee is taxed")
}

// declare gives the voucher that there is, or makes it and plans it if confirmed.
func (d *declaration) declare(ctx context.Context, tx ports.Tx, confirm bool) (Declaration, error) {
	known, err := d.before(ctx, tx)
	if err != nil {
		return Declaration{}, err
	}
	if known != nil {
		return *known, nil
	}
	fees, err := d.addUp(ctx, tx)
	if err != nil {
		return Declaration{}, err
	}
	voucher, err := fees.voucher(d.invoice.Reference, d.day)
	if fault.CodeOf(err) == ledger.CodeNoRows {
		return Declaration{}, d.nothing()
	}
	if err != nil {
		return Declaration{}, err
	}
	made := Declaration{
		Reference: d.invoice.Reference, From: d.invoice.From, To: d.invoice.To, Payouts: fees.payouts,
		Date: d.day, Text: voucher.Text(), Rows: voucher.Rows(),
	}
	if d.moved {
		made.Text = booking.EventText(made.Text, d.invoice.Date)
	}
	if !confirm {
		return made, nil
	}
	made.Confirmed, made.Key, made.State = true, "kv:"+identify("", d.flow.ID, "reverse charge", made.Reference)+":RC;", ports.StepPlanned
	return made, d.plan(ctx, tx, voucher, made)
}

// before gives the voucher of the same invoice and period. It fails if another one
// accounts for a part of this.
func (d *declaration) before(ctx context.Context, tx ports.Tx) (*Declaration, error) {
	for after := int64(0); ; {
		steps, err := tx.Steps().ListOfFlow(ctx, d.flow.ID, after, 1000)
		if err != nil || len(steps) == 0 {
			return nil, err
		}
		for _, s := range steps {
			after = s.ID
			var stored declaring
			if err := json.Unmarshal(s.Content, &stored); err != nil {
				return nil, err
			}
			other := stored.Declares
			if other == nil || s.State == ports.StepDropped {
				continue
			}
			same := other.From == d.invoice.From && other.To == d.invoice.To
			if other.Reference == d.invoice.Reference && same {
				return &Declaration{
					Reference: other.Reference, From: other.From, To: other.To, Payouts: other.Payouts, Date: stored.Date, Text: stored.Text, Rows: stored.Rows,
					Key: s.Key, State: s.State, Number: s.Number, Confirmed: true,
				}, nil
			}
			if other.Reference == d.invoice.Reference || (!other.To.Before(d.invoice.From) && !d.invoice.To.Before(other.From)) {
				return nil, fault.New(CodeDeclaredTwice, fault.Conflict,
					"invoice "+other.Reference+" accounts for the fees of payouts from "+other.From.String()+" to "+other.To.String()+" already").
					WithRemedy("give each invoice the days that no other one has")
			}
		}
	}
}

func (d *declaration) plan(ctx context.Context, tx ports.Tx, voucher ledger.Voucher, made Declaration) error {
	sum, err := voucher.Sum()
	if err != nil {
		return err
	}
	content, err := json.Marshal(declaring{
		Voucher:  posting.Voucher{Series: d.settings.VoucherSeries, Date: made.Date, Text: made.Text, Rows: made.Rows},
		Declares: &declared{made.Reference, made.From, made.To, made.Payouts},
	})
	if err != nil {
		return err
	}
	err = tx.Steps().Plan(ctx, []ports.Step{{
		FlowID: d.flow.ID, Kind: ports.StepVoucher, Key: made.Key, State: ports.StepPlanned,
		Content: content, Amount: sum, SettingsVersion: d.flow.SettingsVersion,
	}})
	if err != nil {
		return err
	}
	err = tx.Audit().Append(ctx, ports.AuditEntry{
		MerchantID: d.flow.MerchantID, At: d.clock.Now().UTC(), By: d.by, Act: "reverse_charge.declared", Subject: d.flow.ID,
		Detail: "invoice " + made.Reference + ", payouts from " + made.From.String() + " to " + made.To.String(),
	})
	if err != nil {
		return err
	}
	return d.trigger(ctx, tx, "reverse charge declared")
}

// fees are those of a period, by the version of the settings that planned them.
type fees struct {
	payouts  int
	versions []int
	sums     map[int][]booking.Sum
	settings map[int]booking.Settings
}

// addUp gathers the fees of the period.
func (d *declaration) addUp(ctx context.Context, tx ports.Tx) (*fees, error) {
	f := &fees{sums: map[int][]booking.Sum{}, settings: map[int]booking.Settings{}}
	err := eachPayout(ctx, tx, d.flow, func(p ports.PayoutRecord) error {
		day := d.date(p)
		if day.Before(d.invoice.From) || d.invoice.To.Before(day) || p.State == payout.Undoing || p.State == payout.Undone {
			return nil
		}
		if p.State == payout.Fetching || p.State == payout.Fetched || p.State == payout.Held {
			return fault.New(CodeUnplanned, fault.Conflict, "payout "+p.Reference+" of "+day.String()+" is "+string(p.State)+", so that its fees are not booked").
				WithRemedy("settle the payout first, or end the period before it")
		}
		return f.take(ctx, tx, d.work, p)
	})
	return f, err
}

// take adds the fees of a payout, in the currency of the books.
func (f *fees) take(ctx context.Context, tx ports.Tx, w *work, p ports.PayoutRecord) error {
	sums, err := tx.Lines().Sums(ctx, p.ID)
	if err != nil {
		return err
	}
	booked := BookingSums(sums)
	if w.foreign(p) {
		if err := convertFees(ctx, tx, p, booked); err != nil {
			return err
		}
	}
	if _, known := f.settings[p.SettingsVersion]; !known {
		raw, err := tx.Flows().Settings(ctx, p.FlowID, p.SettingsVersion)
		if err != nil {
			return err
		}
		if f.settings[p.SettingsVersion], err = booking.Parse(raw); err != nil {
			return err
		}
		f.versions = append(f.versions, p.SettingsVersion)
	}
	f.payouts++
	f.sums[p.SettingsVersion] = append(f.sums[p.SettingsVersion], booked...)
	return nil
}

// convertFees takes fees to the currency of the books at the rate of the payout's
// voucher.
func convertFees(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, sums []booking.Sum) error {
	voucher, err := tx.Steps().ByKey(ctx, stepKey(p, "V1"))
	if err != nil {
		return unless(err, ports.CodeNotFound) // a payout that comes to nothing has no fees either
	}
	rate, converted, err := posting.RateOf(voucher)
	if err != nil || !converted {
		return err
	}
	for i := range sums {
		if sums[i].FeeExVAT, err = rate.Convert(sums[i].FeeExVAT); err != nil {
			return err
		}
	}
	return nil
}

// voucher gives the voucher of all fees by the newest of their settings. It fails if
// older ones would have taxed their own fees otherwise.
func (f *fees) voucher(reference string, day civil.Date) (ledger.Voucher, error) {
	if len(f.versions) == 0 {
		return ledger.New(day, "", nil)
	}
	newest := slices.Max(f.versions)
	all := booking.FeeInvoice{Reference: reference}
	for _, version := range f.versions {
		own := booking.FeeInvoice{Reference: reference, Fees: f.sums[version]}
		then, err := rowsOf(booking.MonthlyReverseCharge(own, day, f.settings[version]))
		if err != nil {
			return ledger.Voucher{}, err
		}
		now, err := rowsOf(booking.MonthlyReverseCharge(own, day, f.settings[newest]))
		if err != nil {
			return ledger.Voucher{}, err
		}
		if !slices.Equal(then, now) {
			return ledger.Voucher{}, fault.New(CodeSettingsDiffer, fault.Conflict, "the payouts of the period were planned by settings that tax their fees in different ways").
				WithRemedy("declare the days before and after the change of the settings apart, each under a reference of its own")
		}
		all.Fees = append(all.Fees, own.Fees...)
	}
	return booking.MonthlyReverseCharge(all, day, f.settings[newest])
}

func rowsOf(v ledger.Voucher, err error) ([]ledger.Row, error) {
	if fault.CodeOf(err) == ledger.CodeNoRows {
		return nil, nil
	}
	return v.Rows(), err
}
