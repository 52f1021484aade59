package demo

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/adapters/sie"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/server/client"
)

// Result is what the demo shows, and its JSON form. Amounts are decimal strings in
// major units; those of payouts are signed effects on the merchant's money.
type Result struct {
	Merchants []Merchant `json:"merchants"`
}

// Merchant is one merchant's part of the result.
type Merchant struct {
	Name       string      `json:"name"`
	Payouts    []Payout    `json:"payouts"`
	Exceptions []Exception `json:"exceptions"`
	ERP        ERP         `json:"erp"`
	// Accounts are debit positive, read from the accounting system's own SIE file.
	Accounts  []Account `json:"accounts"`
	SecondRun SecondRun `json:"second_run"`

	clearing []api.ClearingAccount
	disputes []api.Line
	ids      []string
}

// Payout is one payout; ID is the provider's reference.
type Payout struct {
	ID         string `json:"id"`
	Provider   string `json:"provider"`
	Date       string `json:"date"`
	Currency   string `json:"currency"`
	State      string `json:"state"`
	Gross      string `json:"gross"`
	Refunds    string `json:"refunds"`
	Fees       string `json:"fees"`
	FeeVAT     string `json:"fee_vat"`
	Reserves   string `json:"reserves"`
	Other      string `json:"other"`
	Net        string `json:"net"`
	Difference string `json:"difference"`
	Lines      int64  `json:"lines"`
	Matched    int64  `json:"matched"`
	NoDocument int64  `json:"no_document"`
	Waiting    int64  `json:"waiting"`
	Exceptions int64  `json:"exceptions"`
}

// Exception is something a person must decide.
type Exception struct {
	Code      string `json:"code"`
	Payout    string `json:"payout"`
	Reference string `json:"reference"`
	Reason    string `json:"reason"`
	Remedy    string `json:"remedy"`
}

// ERP counts what was done in the accounting system before everything was run again.
type ERP struct {
	Orders          int64 `json:"orders"`
	Invoices        int64 `json:"invoices"`
	CreditInvoices  int64 `json:"credit_invoices"`
	InvoicePayments int64 `json:"invoice_payments"`
	Vouchers        int64 `json:"vouchers"`
	APICalls        int64 `json:"api_calls"`
	RateLimited     int64 `json:"rate_limited"`

	attachments, cancelled int64
}

// erp adds up what runs did in the accounting system.
func erp(first, second []api.Run) ERP {
	var e ERP
	for _, r := range first {
		e.Orders += r.Created["order"]
		e.Invoices += r.Created["invoice"]
		e.CreditInvoices += r.Created["credit_invoice"]
		e.InvoicePayments += r.Created["invoice_payment"]
		e.Vouchers += r.Created["voucher"]
		e.APICalls += r.Calls["fortnox"]
		e.RateLimited += r.RateLimited["fortnox"]
		e.attachments += r.Created["attachment"]
		e.cancelled += r.Created["order_cancellation"] + r.Created["invoice_cancellation"]
	}
	for _, r := range second {
		e.RateLimited += r.RateLimited["fortnox"]
	}
	return e
}

// Account is the balance of one account.
type Account struct {
	Number  string `json:"number"`
	Name    string `json:"name"`
	Balance string `json:"balance"`
}

// SecondRun says what running everything again did.
type SecondRun struct {
	DocumentsWritten int64 `json:"documents_written"`
}

// gather reads the result from the hub; first are the runs that did the work, second
// those after which everything must be as it was.
func gather(ctx context.Context, hub *client.Client, c cast, first, second []api.Run) (Merchant, error) {
	m := Merchant{Name: c.name, ERP: erp(first, second)}
	for _, r := range second {
		m.SecondRun.DocumentsWritten += r.DocumentsWritten
	}
	references, err := m.takePayouts(ctx, hub, c)
	if err != nil {
		return m, err
	}
	if err := m.takeExceptions(ctx, hub, c, references); err != nil {
		return m, err
	}
	var clearing api.Clearing
	if err := hub.Get(ctx, "/v1/flows/"+url.PathEscape(c.flow)+"/clearing", &clearing); err != nil {
		return m, fmt.Errorf("reading the clearing account: %w", err)
	}
	m.clearing = clearing.Items
	return m, m.takeAccounts(ctx, hub, c)
}

func (m *Merchant) takePayouts(ctx context.Context, hub *client.Client, c cast) (map[string]string, error) {
	payouts, err := client.List[api.Payout](ctx, hub, "/v1/merchants/"+url.PathEscape(c.merchant)+"/payouts")
	if err != nil {
		return nil, fmt.Errorf("reading the payouts: %w", err)
	}
	references := map[string]string{}
	for _, p := range payouts {
		references[p.ID] = p.Reference
		m.ids = append(m.ids, p.ID)
		e, n := p.Effects, p.Counts
		m.Payouts = append(m.Payouts, Payout{
			ID: p.Reference, Provider: p.Provider, Date: p.Date, Currency: e.Currency, State: string(p.State),
			Gross: e.Gross, Refunds: e.Refunds, Fees: e.Fees, FeeVAT: e.FeeVat, Reserves: e.Reserves, Other: e.Other,
			Net: e.Net, Difference: e.Difference,
			Lines: n.Lines, Matched: n.Matched, NoDocument: n.NoDocument, Waiting: n.Waiting, Exceptions: n.Exceptions,
		})
		var explained api.Explanation
		if err := hub.Get(ctx, "/v1/payouts/"+url.PathEscape(p.ID)+"/explanation", &explained); err != nil {
			return nil, fmt.Errorf("reading how payout %s is booked: %w", p.Reference, err)
		}
		m.disputes = append(m.disputes, explained.Disputes...)
	}
	return references, nil
}

func (m *Merchant) takeExceptions(ctx context.Context, hub *client.Client, c cast, references map[string]string) error {
	open, err := client.List[api.Exception](ctx, hub, "/v1/merchants/"+url.PathEscape(c.merchant)+"/exceptions?state=open")
	if err != nil {
		return fmt.Errorf("reading the exceptions: %w", err)
	}
	for _, e := range open {
		m.Exceptions = append(m.Exceptions, Exception{
			Code: e.Code, Payout: references[e.PayoutID], Reference: e.Reference, Reason: e.Reason, Remedy: e.Remedy,
		})
	}
	return nil
}

// takeAccounts reads the balances from the accounting system's own books, which
// kvitt does not keep.
func (m *Merchant) takeAccounts(ctx context.Context, hub *client.Client, c cast) error {
	raw, err := hub.Bytes(ctx, "/v1/connections/"+url.PathEscape(c.fortnox)+"/books?on="+businessDay.Format("2006-01-02"))
	if err != nil {
		return fmt.Errorf("reading the books: %w", err)
	}
	books, err := sie.Read(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("reading the SIE file: %w", err)
	}
	for _, b := range books.Balances(0) {
		m.Accounts = append(m.Accounts, Account{Number: string(b.Account), Name: b.Name, Balance: b.Amount.String()})
	}
	return nil
}

// balance finds an account, "0.00" if the books do not name it.
func (m *Merchant) balance(number string) string {
	for _, a := range m.Accounts {
		if a.Number == number {
			return a.Balance
		}
	}
	return money.Zero("SEK").String()
}

func count(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + one + "s"
}
