package settlement

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// Faults of lost disputes.
const (
	// CodeDisputeNotOpen: the line is no chargeback that stands on the account of
	// disputes.
	CodeDisputeNotOpen fault.Code = "dispute.not_open"
	// CodeDisputeWon: the provider has given the money of the dispute back.
	CodeDisputeWon fault.Code = "dispute.won"
	// CodePartsUnused: the loss was divided by VAT rate, but the settings book it whole.
	CodePartsUnused fault.Code = "dispute.parts_unused"
)

// Lost is a dispute that somebody says is lost.
type Lost struct {
	// LineID is a line of kind chargeback.
	LineID int64
	// Date is when it was lost, not set for today.
	Date civil.Date
	// Treatment and Country are where the sale was taxed; empty means the merchant's
	// own country. Parts divide what is lost by VAT rate. Settings that undo the sale
	// need them (booking.ReverseSale), others refuse them.
	Treatment tax.Treatment
	Country   string
	Parts     []booking.Share
}

// Loss is what closing a dispute as lost means.
type Loss struct {
	LineID int64
	// Reference is the provider's name of the dispute.
	Reference string
	// Amount is what is lost, positive: the chargebacks of the dispute less what the
	// provider has given back.
	Amount money.Amount
	Date   civil.Date
	Text   string
	Rows   []ledger.Row
	// Key, State and Number are those of the voucher, empty in a proposal. Number is
	// empty until the accounting system has given one.
	Key    string
	State  ports.StepState
	Number string
	// Confirmed says that the voucher was planned and not merely proposed.
	Confirmed bool
}

// LoseDispute closes the dispute of a chargeback as lost by the setting
// lost_dispute: as a loss, or as a sale undone. Without confirm it only says what
// that means. A dispute is lost once: later calls give the voucher that there is,
// unless the provider has taken more money since.
//
// It is refused with CodeDisputeWon if the provider has given all of it back, also
// by a payout that is not booked yet, and with CodePartsUnused if parts are given that
// the settings have no use for.
func (s *Service) LoseDispute(ctx context.Context, lost Lost, confirm bool, by string) (Loss, error) {
	d, err := s.openDispute(ctx, lost, by)
	if err != nil {
		return Loss{}, err
	}
	if lost.Date.IsZero() {
		d.lost.Date = civil.In(s.clock.Now(), d.zone)
	}
	if d.day, d.moved, err = d.freeDay(ctx, d.lost.Date); err != nil {
		return Loss{}, err
	}
	unit := s.store.View
	if confirm {
		unit = s.store.Update
	}
	var loss Loss
	err = unit(ctx, func(ctx context.Context, tx ports.Tx) error {
		loss, err = d.lose(ctx, tx, confirm)
		return err
	})
	return loss, err
}

// freeDay gives the day on which what a person decides about an event is booked. It
// asks the accounting system, so it must not be called in a unit of work.
func (w *work) freeDay(ctx context.Context, event civil.Date) (day civil.Date, moved bool, err error) {
	if err := w.learn(ctx, event); err != nil {
		return civil.Date{}, false, err
	}
	return w.bookingDay(event)
}

// dispute is a chargeback with its payout.
type dispute struct {
	*undo
	lost Lost
	// day is when the loss is booked, moved if the day of the event is closed.
	day   civil.Date
	moved bool
}

func (s *Service) openDispute(ctx context.Context, lost Lost, by string) (*dispute, error) {
	var line ports.LineRecord
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		line, err = tx.Lines().Get(ctx, lost.LineID)
		return err
	})
	if err != nil {
		return nil, err
	}
	if line.Kind != payout.Chargeback {
		return nil, fault.New(CodeDisputeNotOpen, fault.Conflict, "the line is a "+string(line.Kind)+", no chargeback").
			WithRemedy("name a line that the list of open disputes names")
	}
	u, err := s.openUndo(ctx, line.PayoutID, by)
	if err != nil {
		return nil, err
	}
	if u.foreign(u.payout) {
		return nil, fault.New(CodeDisputeNotOpen, fault.Conflict, "the payout is in "+string(u.payout.Net.Currency())+", and only disputes in the currency of the books are closed").
			WithRemedy("book the loss by hand in the accounting system")
	}
	u.line = line
	return &dispute{undo: u, lost: lost}, nil
}

// lose makes the voucher, and plans it if confirmed.
func (d *dispute) lose(ctx context.Context, tx ports.Tx, confirm bool) (Loss, error) {
	found, err := d.gather(ctx, tx, d.flow.ID, disputes)
	if err != nil {
		return Loss{}, err
	}
	steps, err := stepsOf(ctx, tx, d.payout.ID)
	if err != nil {
		return Loss{}, err
	}
	of := claim{found.home(d.payout, steps, payout.Chargeback), found.reference(d.line)}
	c := found.claims[of]
	if c == nil || c.LineID == 0 || d.line.State == ports.LineException || !bookedNow(d.payout, steps) {
		return Loss{}, fault.New(CodeDisputeNotOpen, fault.Conflict, "the chargeback does not stand on the account of disputes").
			WithRemedy("wait until its payout is booked, or set accounts.dispute and retry the exception of the line")
	}
	rest, err := c.Amount.Add(c.returning)
	if err != nil {
		return Loss{}, err
	}
	switch own := lossOf(d.payout, d.line, steps); {
	case own != nil:
		return d.known(*own, of)
	case c.loss != nil && (c.Closing || rest.Sign() <= 0):
		return d.known(*c.loss, of)
	case rest.Sign() <= 0:
		return Loss{}, fault.New(CodeDisputeWon, fault.Conflict, "the provider has given the money of dispute "+of.reference+" back")
	}
	loss, voucher, err := d.propose(of, rest)
	if err != nil || !confirm {
		return loss, err
	}
	loss.Confirmed, loss.Key, loss.State = true, lossKey(d.payout, d.line), ports.StepPlanned
	return loss, d.plan(ctx, tx, voucher, loss)
}

// bookedNow reports whether the voucher of a payout stands in the books.
func bookedNow(p ports.PayoutRecord, steps []ports.Step) bool {
	for _, s := range steps {
		if s.Key == stepKey(p, "V1") {
			return s.State == ports.StepDone && p.State != payout.Undoing && p.State != payout.Undone
		}
	}
	return false
}

// propose gives the voucher that closes a dispute.
func (d *dispute) propose(of claim, amount money.Amount) (Loss, ledger.Voucher, error) {
	settings := d.settings
	settings.Accounts.Dispute = of.account
	market := tax.Market{Treatment: d.lost.Treatment, Country: d.lost.Country}
	if market.Treatment == "" {
		market.Treatment = tax.Domestic
	}
	if market.Country == "" {
		market.Country = settings.VAT.Home
	}
	if err := checkParts(d.lost.Parts, amount, settings); err != nil {
		return Loss{}, ledger.Voucher{}, err
	}
	voucher, err := booking.LostDisputeVoucher(
		booking.LostDispute{Reference: of.reference, Amount: amount, Market: market, Shares: d.lost.Parts}, d.day, settings)
	if err != nil {
		return Loss{}, ledger.Voucher{}, err
	}
	loss := Loss{LineID: d.line.ID, Reference: of.reference, Amount: amount, Date: d.day, Text: voucher.Text(), Rows: voucher.Rows()}
	if d.moved {
		loss.Text = booking.EventText(loss.Text, d.lost.Date)
	}
	return loss, voucher, nil
}

// checkParts refuses a loss that is divided by VAT rate unless the settings ask for it.
// Parts that are not booked would leave VAT undeclared that the caller means to correct.
func checkParts(parts []booking.Share, amount money.Amount, settings booking.Settings) error {
	switch reverse := settings.LostDispute == booking.ReverseSale; {
	case reverse && len(parts) == 0:
		return fault.Invalid(booking.CodeSharesDiffer, "parts", "the settings undo the sale, so the loss of "+amount.String()+" must be divided by VAT rate")
	case !reverse && len(parts) > 0:
		return fault.Invalid(CodePartsUnused, "parts", "the settings book a lost dispute as a loss, which is not divided by VAT rate").
			WithRemedy("leave parts out, or set lost_dispute to reverse_sale")
	}
	return nil
}

// plan stores the voucher and lets the flow take the payout up again.
func (d *dispute) plan(ctx context.Context, tx ports.Tx, voucher ledger.Voucher, loss Loss) error {
	sum, err := voucher.Sum()
	if err != nil {
		return err
	}
	content, err := posting.VoucherContent(d.settings.VoucherSeries, loss.Text, voucher)
	if err != nil {
		return err
	}
	err = tx.Steps().Plan(ctx, []ports.Step{{
		PayoutID: d.payout.ID, LineID: d.line.ID, Kind: ports.StepCorrection, Key: loss.Key, State: ports.StepPlanned,
		Content: content, Amount: sum, SettingsVersion: d.flow.SettingsVersion,
	}})
	if err != nil {
		return err
	}
	if err := d.reopen(ctx, tx); err != nil {
		return err
	}
	return d.note(ctx, tx, "dispute.lost", loss.Reference+" of payout "+d.payout.Reference+": "+loss.Amount.String())
}

// known gives the loss for which there is a voucher already.
func (d *dispute) known(s ports.Step, of claim) (Loss, error) {
	var content posting.Voucher
	if err := json.Unmarshal(s.Content, &content); err != nil {
		return Loss{}, err
	}
	loss := Loss{
		LineID: s.LineID, Reference: of.reference, Amount: money.Zero(s.Amount.Currency()), Date: content.Date, Text: content.Text, Rows: content.Rows,
		Key: s.Key, State: s.State, Number: s.Number, Confirmed: true,
	}
	for _, r := range content.Rows {
		if r.Account == of.account {
			var err error
			if loss.Amount, err = loss.Amount.Sub(r.Amount); err != nil {
				return Loss{}, err
			}
		}
	}
	return loss, nil
}

// lossKey names the voucher that closes the dispute of a line as lost.
func lossKey(p ports.PayoutRecord, l ports.LineRecord) string {
	return strings.TrimSuffix(paymentKey(p, l), ";") + "D;"
}
