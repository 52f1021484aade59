package reconciliation

import (
	"context"

	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// Faults of statements.
const (
	// CodePeriod: the period of a statement ends before it begins.
	CodePeriod fault.Code = "reconciliation.invalid_period"
	// CodeNoPayouts: the flow is one of events whose accounts flows of payouts prove.
	CodeNoPayouts fault.Code = "reconciliation.no_payouts"
)

// Period is the days from From to To, both included.
type Period struct{ From, To civil.Date }

// Statement is the month-end proof of one clearing account: what the provider owed
// when the period began, what changed it, and what it owes when the period ends.
// Every amount is a signed effect on the account, debit positive, by the date of
// the document in the books:
//
//	Opening + Captures + Refunds + Fees + FeeVAT + Chargebacks + Reserves + Other + Payouts = Closing
//
// Captures and refunds count when an invoice or a credit invoice is paid on the
// account, or when the event is booked that the shop registered; fees, chargebacks,
// reserves and payouts when a payout's voucher, or that of a deposit, is booked. What
// takes a document back counts with the same total as that, on the day it is booked.
// What stood there when kvitt began is a part of Opening, or of Other where the period
// begins before that.
// Closing must be explained item by item; the reference of what stands there by
// events is their transaction.
type Statement struct {
	Account  ledger.Account
	Currency money.Currency
	Period
	Opening, Captures, Refunds, Fees, FeeVAT, Chargebacks, Reserves, Other, Payouts, Closing money.Amount
	// Items are what Closing consists of, oldest first; Open is their sum and
	// Difference is Closing − Open.
	Items            []Item
	Open, Difference money.Amount
	// Ages are the sums of the items by age, youngest first.
	Ages []Age

	opening ports.OpeningBalance
	// taken is what payouts have taken of it by the end of the period.
	taken money.Amount
}

// Item is one reason why money stands on the account when the period ends.
type Item struct {
	// Payout is the provider's reference, PayoutID kvitt's own id.
	Payout, PayoutID string
	LineID           int64
	Reference        string
	Amount           money.Amount
	// Since is the day on which the amount came to stand there, Days the age.
	Since                civil.Date
	Days                 int
	Code, Reason, Remedy string
}

// Age is the items that are From to To days old; To is 0 in the last, which has no
// end.
type Age struct {
	From, To int
	Items    int64
	Sum      money.Amount
}

// ages are the bounds of the listed ages. Business events must be in the books 50
// days after the end of their month (BFNAR 2013:2 3.6), so what is older than 40
// days is an alarm.
func ages(currency money.Currency) []Age {
	zero := money.Zero(currency)
	return []Age{{From: 0, To: 7, Sum: zero}, {From: 8, To: 30, Sum: zero}, {From: 31, To: 40, Sum: zero}, {From: 41, Sum: zero}}
}

// Statements proves the clearing accounts of a flow over a period, one per account
// and currency in the order in which its documents use them. A flow of events proves
// those that no enabled flow of payouts proves.
func (s *Service) Statements(ctx context.Context, flowID string, period Period) ([]Statement, error) {
	if period.To.Before(period.From) {
		return nil, fault.Invalid(CodePeriod, "to", "the period ends before it begins")
	}
	var made []Statement
	err := s.view(ctx, flowID, func(ctx context.Context, tx ports.Tx, flow *Flow) error {
		p := proof{flow: flow, period: period, sales: map[*Statement]*sales{}}
		var err error
		if p.shop, err = statement.ReadShop(ctx, tx, flow.MerchantID, flow.Target); err != nil {
			return err
		}
		if err := s.prove(ctx, tx, &p); err != nil {
			return err
		}
		made, err = p.finish()
		return err
	})
	return made, err
}

// prove counts and explains what stands on the accounts.
func (s *Service) prove(ctx context.Context, tx ports.Tx, p *proof) error {
	if p.flow.Kind == merchant.Events {
		if err := s.proveEvents(ctx, tx, p); err != nil {
			return err
		}
		return p.listSales()
	}
	if err := p.begin(ctx, tx); err != nil {
		return err
	}
	if err := s.each(ctx, tx, p.flow, p.take); err != nil {
		return err
	}
	if err := p.explain(ctx, tx); err != nil {
		return err
	}
	if err := s.addEvents(ctx, tx, p); err != nil {
		return err
	}
	return p.listSales()
}

// proof gathers the statements of a flow.
type proof struct {
	flow     *Flow
	period   Period
	accounts []*Statement
	// portions are what payouts contribute, in the order of their dates.
	portions []*portion
	// carries are the portions' debts that no later payout has collected.
	carries []carried
	// shop is nil if the merchant registers no events; sales are what its events and
	// the lines that they settle leave on the accounts.
	shop  *statement.Shop
	sales map[*Statement]*sales
}

func (p *proof) account(account ledger.Account, currency money.Currency) *Statement {
	for _, s := range p.accounts {
		if s.Account == account && s.Currency == currency {
			return s
		}
	}
	zero := money.Zero(currency)
	s := &Statement{
		Account: account, Currency: currency, Period: p.period, Opening: zero, Captures: zero, Refunds: zero, Fees: zero, FeeVAT: zero,
		Chargebacks: zero, Reserves: zero, Other: zero, Payouts: zero, Closing: zero, taken: zero, Open: zero, Difference: zero, Ages: ages(currency),
	}
	p.accounts = append(p.accounts, s)
	return s
}

// take counts a document, and keeps it for the explanation of its payout.
func (p *proof) take(d Document) error {
	if d.moot() || d.Payout == nil {
		return nil
	}
	s := p.account(d.Clearing, d.Currency)
	part := p.portion(d, s)
	held, err := statement.InOpening(s.opening, d.Line)
	if err != nil {
		return err
	}
	if held {
		part.held, err = part.held.Add(d.Step.Amount)
		return err
	}
	part.documents = append(part.documents, d)
	if !p.settled(d) {
		return nil
	}
	if d.Day.Before(p.period.From) {
		amount, err := d.onClearing()
		if err != nil {
			return err
		}
		s.Opening, err = s.Opening.Add(amount)
		return err
	}
	if d.wholePayout() {
		return s.takeVoucher(d)
	}
	return s.takePayment(d)
}

// wholePayout reports whether the document is a voucher about its payout as a whole,
// whose rows say what for: the payout's own, one that books what that left on the
// account, or one that takes such a voucher back, whose rows are those with sides
// swapped. Others move the payment of a line.
func (d Document) wholePayout() bool {
	return d.Kind == books.Ordered && (d.Step.Kind == ports.StepVoucher || d.Step.LineID == 0)
}

// settled reports whether a document stood in the books when the period ended.
func (p *proof) settled(d Document) bool { return d.made() && !p.period.To.Before(d.Day) }

// takePayment counts a payment, or the voucher that moved one.
func (s *Statement) takePayment(d Document) error {
	amount, err := d.onClearing()
	if err != nil {
		return err
	}
	total := s.sold(d, amount)
	*total, err = total.Add(amount)
	return err
}

// sold finds the total of what a document of a sale or a refund puts on the account:
// what takes one back counts where that was counted.
func (s *Statement) sold(d Document, amount money.Amount) *money.Amount {
	if d.Step.Reverses != "" {
		amount = amount.Neg()
	}
	if amount.Sign() < 0 {
		return &s.Refunds
	}
	return &s.Captures
}

// takeVoucher counts what a voucher took off the account by the rows on the other
// side, which say what for. A voucher that only moves money between other accounts,
// such as one from the suspense account, counts for nothing.
func (s *Statement) takeVoucher(d Document) error {
	if !touches(d.Rows, d.Clearing) {
		return nil
	}
	for _, r := range d.Rows {
		if r.Account == d.Clearing {
			continue
		}
		total := s.place(d, r)
		var err error
		if *total, err = total.Sub(r.Amount); err != nil {
			return err
		}
	}
	return nil
}

func (p *proof) finish() ([]Statement, error) {
	made := make([]Statement, 0, len(p.accounts))
	for _, s := range p.accounts {
		var err error
		s.Closing, err = money.Sum(s.Currency, s.Opening, s.Captures, s.Refunds, s.Fees, s.FeeVAT, s.Chargebacks, s.Reserves, s.Other, s.Payouts)
		if err != nil {
			return nil, err
		}
		if err := s.listOpening(); err != nil {
			return nil, err
		}
		if err := s.age(); err != nil {
			return nil, err
		}
		if s.Difference, err = s.Closing.Sub(s.Open); err != nil {
			return nil, err
		}
		made = append(made, *s)
	}
	return made, nil
}
