package demo

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/kvitt/kvitt/adapters/rest/api"
)

// report prints the result for people.
func (r Result) report(out io.Writer) error {
	p := printer{out: out}
	for _, m := range r.Merchants {
		p.line("")
		p.line("%s", m.Name)
		p.payouts(m)
		p.erp(m)
		p.exceptions(m)
		p.clearing(m)
		p.secondRun(m)
	}
	return p.err
}

// printer remembers the first error, so that the report reads as text.
type printer struct {
	out io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, format+"\n", args...)
	}
}

// table prints rows with right-aligned columns, and behind each row a remark if
// there are any.
func (p *printer) table(rows [][]string, remarks ...string) {
	if p.err != nil {
		return
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for i, row := range rows {
		text := strings.Join(row, "\t") + "\t"
		if i < len(remarks) {
			text += "  " + remarks[i]
		}
		if _, p.err = fmt.Fprintln(w, text); p.err != nil {
			return
		}
	}
	p.err = w.Flush()
}

func (p *printer) payouts(m Merchant) {
	p.line("\nPayouts: what makes up the money on the bank account")
	rows := [][]string{{"payout", "date", "currency", "sales", "refunds", "fees", "fee VAT", "reserves", "other", "net", "difference", "state"}}
	for _, x := range m.Payouts {
		rows = append(rows, []string{x.ID, x.Date, x.Currency, x.Gross, x.Refunds, x.Fees, x.FeeVAT, x.Reserves, x.Other, x.Net, x.Difference, x.State})
	}
	p.table(rows)
	p.line("\nLines of each payout")
	rows = [][]string{{"payout", "lines", "=", "matched", "+ need no document", "+ waiting", "+ exceptions"}}
	for _, x := range m.Payouts {
		rows = append(rows, []string{
			x.ID, fmt.Sprint(x.Lines), "=", fmt.Sprint(x.Matched), fmt.Sprint(x.NoDocument), fmt.Sprint(x.Waiting), fmt.Sprint(x.Exceptions),
		})
	}
	p.table(rows)
}

func (p *printer) erp(m Merchant) {
	if e := m.ERP; e.Orders+e.Invoices+e.CreditInvoices > 0 {
		p.line("\nMade in Fortnox: %s (%d of them cancelled since), %s, %s", count(e.Orders, "order"), e.cancelled,
			count(e.Invoices, "invoice"), count(e.CreditInvoices, "credit invoice"))
	}
	p.line("\nWritten to Fortnox: %s, %s, %s, with %s (%d of them refused for exceeding the rate limit)",
		count(m.ERP.InvoicePayments, "invoice payment"), count(m.ERP.Vouchers, "voucher"), count(m.ERP.attachments, "attached proof"),
		count(m.ERP.APICalls, "API call"), m.ERP.RateLimited)
}

func (p *printer) exceptions(m Merchant) {
	p.line("\nFor a person to decide: %s", count(int64(len(m.Exceptions)), "exception"))
	for _, e := range m.Exceptions {
		where := "order " + e.Reference
		if e.Payout != "" {
			where += " in payout " + e.Payout
		}
		p.line("  %-20s %s: %s", e.Code, where, e.Reason)
		p.line("  %-20s %s", "", e.Remedy)
	}
	p.line("\nOpen disputes: %s", count(int64(len(m.disputes)), "chargeback"))
	for _, d := range m.disputes {
		p.line("  order %s  %s  %s", d.References["merchant_reference1"], d.RawType, d.Gross)
	}
}

func (p *printer) clearing(m Merchant) {
	for _, c := range m.clearing {
		p.line("\nClearing account %s: %s in Fortnox's books, %s as kvitt expects", c.Account, m.balance(c.Account), c.Balance)
		var rows [][]string
		var reasons []string
		for _, item := range c.Items {
			rows = append(rows, []string{item.Payout, "order " + item.Reference, item.Amount})
			reasons = append(reasons, because(item))
		}
		rows = append(rows, []string{"", "sum", c.Open})
		reasons = append(reasons, "unexplained: "+c.Unexplained)
		p.table(rows, reasons...)
	}
}

func because(item api.ClearingItem) string {
	if item.Code != "" {
		return item.Code
	}
	return item.Reason
}

func (p *printer) secondRun(m Merchant) {
	if m.SecondRun.DocumentsWritten == 0 {
		p.line("\nA second run found nothing to book: 0 documents written.")
		return
	}
	p.line("\nA second run wrote %s, which must not be.", count(m.SecondRun.DocumentsWritten, "document"))
}

// invite says where the running hub can be looked at. In JSON mode the result has
// been printed already, and nothing may follow it.
func (s *stage) invite(ctx context.Context, out io.Writer, r Result, o Options) error {
	p := printer{out: out}
	if o.JSON {
		if o.Progress == nil {
			return nil
		}
		p.out = o.Progress
	}
	p.line("\nThe hub is running at %s (API: /docs). Its operator key is in %s/data/operator.key.", s.hub.URL, s.folder)
	p.line("Proof pages, open for an hour:")
	for _, m := range r.Merchants {
		for i, id := range m.ids {
			var link api.ProofLink
			if err := s.client.Post(ctx, "/v1/payouts/"+url.PathEscape(id)+"/proof-link", nil, &link); err != nil {
				return fmt.Errorf("asking for a link to the proof of %s: %w", m.Payouts[i].ID, err)
			}
			p.line("  %s  %s", m.Payouts[i].ID, link.URL)
		}
	}
	p.line("Press Ctrl-C to end it.")
	return p.err
}
