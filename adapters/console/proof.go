package console

import (
	"context"
	"slices"

	"github.com/kvitt/kvitt/core/flow/posting"

	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// proofPage is everything that the proof of a payout shows.
type proofPage struct {
	Merchant merchant.Merchant
	Payout   statement.Payout
	Effects  []effectRow
	Holds    bool
	Sums     []statement.ExplainedSum
	// Direct is what payments bring to the bank account by themselves.
	Direct   money.Amount
	Vouchers []voucher
	Written  []written
	Lines    []line
	// From and To are the ordinals of the lines on this page, Next where the next
	// page begins, 0 after the last one.
	From, To, Next int64
	Exceptions     []ports.Exception
	Clearing       []clearing
	Disputes       []line
	Pages          []string
	Token          string
}

type effectRow struct {
	Name, Meaning string
	Amount        money.Amount
	Lines         int64
}

type voucher struct {
	Number, State string
	posting.Voucher
	Sum money.Amount
}

type written struct {
	Kind, Span string
	Done, Open int64
}

type line struct {
	ports.LineRecord
	Name  string
	Fee   money.Amount
	Value money.Amount
}

type clearing struct {
	statement.Clearing
	// Here are the items of this payout, HereSum is their sum.
	Here    []statement.ClearingItem
	HereSum money.Amount
}

func (p *Pages) proof(ctx context.Context, payoutID string, after int64) (proofPage, error) {
	explained, err := p.statements.Explanation(ctx, payoutID)
	if err != nil {
		return proofPage{}, err
	}
	stated := explained.Payout
	page := proofPage{Payout: stated, Effects: effects(stated, explained.Sums), Holds: stated.Proof.Difference.IsZero(), Sums: explained.Sums, Direct: explained.Direct}
	if page.Merchant, err = p.merchants.Merchant(ctx, stated.MerchantID); err != nil {
		return proofPage{}, err
	}
	if err := p.addBooks(ctx, &page); err != nil {
		return proofPage{}, err
	}
	if err := p.addLines(ctx, &page, after); err != nil {
		return proofPage{}, err
	}
	for _, l := range explained.Disputes {
		page.Disputes = append(page.Disputes, lineOf(l))
	}
	open := ports.ExceptionFilter{PayoutID: payoutID, State: ports.ExceptionOpen}
	if page.Exceptions, err = p.cases.Exceptions(ctx, stated.MerchantID, open, ports.Page{Limit: shownLines}); err != nil {
		return proofPage{}, err
	}
	return page, p.addClearing(ctx, &page)
}

// effects lists how the net comes about.
func effects(p statement.Payout, sums []statement.ExplainedSum) []effectRow {
	var sales, refunds, fees, reserves, other int64
	for _, s := range sums {
		switch s.Kind {
		case payout.Sale:
			sales += s.Lines
		case payout.Refund:
			refunds += s.Lines
		case payout.Fee:
			fees += s.Lines
		case payout.Reserve, payout.Release:
			reserves += s.Lines
		case payout.Chargeback, payout.ChargebackReversal, payout.Carry, payout.Commission, payout.Loan, payout.Tax, payout.Adjustment, payout.Unknown:
			other += s.Lines
		}
	}
	return []effectRow{
		{"Sales", "captured from customers, gross", p.Proof.Gross, sales},
		{"Refunds", "paid back to customers", p.Proof.Refunds, refunds},
		{"Fees", "kept by the provider, without VAT", p.Proof.Fees, fees},
		{"VAT on fees", "input VAT", p.Proof.FeeVAT, 0},
		{"Reserves", "held back and released", p.Proof.Reserves, reserves},
		{"Other", "chargebacks, carried debt, commission, adjustments", p.Proof.Other, other},
	}
}

func (p *Pages) addBooks(ctx context.Context, page *proofPage) error {
	books, err := p.statements.Books(ctx, page.Payout.ID)
	if err != nil {
		return err
	}
	for _, d := range books.Vouchers {
		var sum money.Amount // in the currency of the books
		for _, row := range d.Voucher.Rows {
			if sum, err = sum.Add(row.Debit()); err != nil {
				return err
			}
		}
		page.Vouchers = append(page.Vouchers, voucher{Number: d.Number, State: string(d.State), Voucher: *d.Voucher, Sum: sum})
	}
	for _, w := range books.Written {
		entry := written{Kind: words(string(w.Kind)), Span: w.Lowest, Done: w.Done, Open: w.Open}
		if w.Highest != w.Lowest {
			entry.Span += " … " + w.Highest
		}
		page.Written = append(page.Written, entry)
	}
	return nil
}

func (p *Pages) addLines(ctx context.Context, page *proofPage, after int64) error {
	found, err := p.statements.Lines(ctx, page.Payout.ID, ports.LineFilter{}, after, shownLines+1)
	if err != nil {
		return err
	}
	if len(found) > shownLines {
		found = found[:shownLines]
		page.Next = found[shownLines-1].Ordinal
	}
	if raw := page.Payout.Raw.Page; raw != "" {
		page.Pages = append(page.Pages, raw)
	}
	for _, l := range found {
		page.Lines = append(page.Lines, lineOf(l))
		if l.Raw.Page != "" && !slices.Contains(page.Pages, l.Raw.Page) {
			page.Pages = append(page.Pages, l.Raw.Page)
		}
	}
	if len(found) > 0 {
		page.From, page.To = found[0].Ordinal, found[len(found)-1].Ordinal
	}
	return nil
}

func lineOf(l ports.LineRecord) line {
	shown := line{LineRecord: l, Name: statement.Caption(l)}
	var err error
	if shown.Fee, err = l.FeeExVAT.Add(l.FeeVAT); err == nil {
		shown.Value, err = l.Net()
	}
	if err != nil {
		shown.Value = l.Gross // lines of two currencies are refused when they are read
	}
	return shown
}

func (p *Pages) addClearing(ctx context.Context, page *proofPage) error {
	accounts, err := p.cases.Clearing(ctx, page.Payout.FlowID)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		if account.PaidIn != page.Payout.Net.Currency() {
			continue
		}
		shown := clearing{Clearing: account, HereSum: money.Zero(account.Currency)}
		for _, item := range account.Items {
			if item.PayoutID != page.Payout.ID {
				continue
			}
			shown.Here = append(shown.Here, item)
			if shown.HereSum, err = shown.HereSum.Add(item.Amount); err != nil {
				return err
			}
		}
		page.Clearing = append(page.Clearing, shown)
	}
	return nil
}
