package journal

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Write writes the journal with its transactions in order of date, those of one
// day in the order given. Nothing is written if the journal makes no sense. Texts
// lose the characters that have a meaning in a journal. The error is a
// *fault.Error, or else that of w.
func Write(w io.Writer, j Journal) error {
	if err := j.check(); err != nil {
		return err
	}
	var b strings.Builder
	// Two lines: ledger does not take the one-line form for a declaration.
	fmt.Fprintf(&b, "commodity %s\n    format 1000.00 %s\n", j.Commodity, j.Commodity)
	for _, account := range j.Accounts {
		// The name is no comment on the same line: ledger reads it as part of the account.
		fmt.Fprintf(&b, "\n; %s\naccount %s\n", plain(account.Name), account.Number)
	}
	width := j.widestAccount()
	for _, t := range j.ordered() {
		t.write(&b, width)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing a journal: %w", err)
	}
	return nil
}

// ordered gives the transactions by date, the opening first.
func (j Journal) ordered() []Transaction {
	var all []Transaction
	if len(j.Opening.Postings) > 0 {
		all = append(all, Transaction{Date: j.Opening.Date, Text: "Opening balances", Postings: j.Opening.Postings})
	}
	all = append(all, j.Transactions...)
	slices.SortStableFunc(all, func(a, b Transaction) int { return a.Date.Compare(b.Date) })
	return all
}

func (j Journal) widestAccount() int {
	if len(j.Accounts) == 0 {
		return 0
	}
	widest := slices.MaxFunc(j.Accounts, func(a, b Account) int { return cmp.Compare(len(a.Number), len(b.Number)) })
	return len(widest.Number)
}

func (t Transaction) write(b *strings.Builder, width int) {
	fmt.Fprintf(b, "\n%s *", t.Date)
	if code := plain(t.Code); code != "" {
		fmt.Fprintf(b, " (%s)", code)
	}
	if text := plain(t.Text); text != "" {
		b.WriteString(" " + text)
	}
	b.WriteByte('\n')
	for _, p := range t.Postings {
		b.WriteString(p.line(width))
	}
}

// amountWidth aligns amounts of up to a thousand million.
const amountWidth = 15

// line is the one form of a posting: at least two spaces part account and amount,
// and the amount is always there.
func (p Posting) line(width int) string {
	return fmt.Sprintf("    %-*s  %*s %s\n", width, string(p.Account), amountWidth, p.Amount, p.Amount.Currency())
}
