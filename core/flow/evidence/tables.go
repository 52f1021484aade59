package evidence

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// foreign makes a text that others wrote safe for a spreadsheet, which would take
// it for a formula if it begins like one.
func foreign(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}

// table writes rows of cells.
type table struct {
	w   *csv.Writer
	err error
}

func newTable(w io.Writer, header ...string) *table {
	t := &table{w: csv.NewWriter(w)}
	t.row(header...)
	return t
}

func (t *table) row(cells ...string) {
	if t.err == nil {
		t.err = t.w.Write(cells)
	}
}

func (t *table) end() error {
	t.w.Flush()
	if t.err != nil {
		return t.err
	}
	return t.w.Error()
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// decimal writes an amount, nothing if it is not set.
func decimal(a money.Amount) string {
	if a.Currency() == "" {
		return ""
	}
	return a.String()
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func (e *export) vouchers(w io.Writer) error {
	t := newTable(w, "row", "voucher_key", "kind", "number", "registration", "state", "series", "date", "text", "account",
		"currency", "debit", "credit", "meaning", "row_text", "amount", "from_lines", "difference")
	for _, v := range e.Vouchers {
		for _, r := range v.Rows {
			from, err := r.Amount.Sub(r.Difference)
			if err != nil {
				return err
			}
			t.row(strconv.Itoa(r.N), v.Key, string(v.Kind), foreign(v.Number), number(v.Registration), string(v.State), foreign(v.Content.Series),
				v.Content.Date.String(), foreign(v.Content.Text), foreign(string(r.Account)), string(r.Amount.Currency()),
				decimal(r.Debit()), decimal(r.Credit()), foreign(r.Meaning), foreign(r.Text), decimal(r.Amount), decimal(from), decimal(r.Difference))
		}
	}
	return t.end()
}

// lines writes every line of the payout, and the rows that it is part of.
func (e *export) lines(w io.Writer) error {
	header := []string{
		"ordinal", "line_id", "key", "kind", "raw_type", "currency", "gross", "fee_ex_vat", "fee_vat", "net",
		"occurred_at", "group", "synthesised",
	}
	for _, name := range payout.References() {
		header = append(header, string(name))
	}
	t := newTable(w, append(header, "state", "document", "rule", "rows", "raw_page", "raw_offset", "raw_length")...)
	err := e.each(func(l ports.LineRecord, shares []Share) error {
		e.show(l, shares)
		net, err := l.Net()
		if err != nil {
			return err
		}
		cells := []string{
			number(l.Ordinal), number(l.ID), foreign(l.Key), string(l.Kind), foreign(l.RawType), string(net.Currency()), decimal(l.Gross),
			decimal(l.FeeExVAT), decimal(l.FeeVAT), decimal(net), moment(l.OccurredAt), foreign(l.Group), strconv.FormatBool(l.Synthesised),
		}
		for _, name := range payout.References() {
			cells = append(cells, foreign(l.References[name]))
		}
		t.row(append(cells, string(l.State), foreign(l.Document), rule(l.Decision), rowsOf(shares),
			l.Raw.Page, number(l.Raw.Offset), number(l.Raw.Length))...)
		return nil
	})
	if err != nil {
		return err
	}
	return t.end()
}

// each gives every line with its shares in the rows of all vouchers, also of those
// that were made for it alone.
func (e *export) each(fn func(ports.LineRecord, []Share) error) error {
	own := map[int64][]Share{}
	for _, v := range e.Vouchers {
		for _, r := range v.Rows {
			if v.LineID != 0 {
				own[v.LineID] = append(own[v.LineID], Share{r.N, r.Amount})
			}
		}
	}
	take := func(l ports.LineRecord, shares []Share) error { return fn(l, append(shares, own[l.ID]...)) }
	if len(e.parts) == 0 {
		return walk.Lines(e.ctx, e.tx, e.Payout.ID, ports.LineFilter{}, 0, func(l ports.LineRecord) error { return take(l, nil) })
	}
	return e.follow(e.ctx, e.tx, ports.LineFilter{}, 0, take)
}

// show notes the page of a line, and takes the first line that has one as the
// example.
func (e *export) show(l ports.LineRecord, shares []Share) {
	e.seen[l.Raw.Page] = true
	if e.example.File == "" && l.Raw.Page != "" {
		e.example = example{File: l.Raw.Page, Offset: l.Raw.Offset, Length: l.Raw.Length, Ordinal: l.Ordinal}
		if len(shares) > 0 {
			e.example.Row = shares[0].Row
		}
	}
}

func rowsOf(shares []Share) string {
	rows := make([]string, len(shares))
	for i, s := range shares {
		rows[i] = strconv.Itoa(s.Row)
	}
	return strings.Join(rows, " ")
}

// rule names the pair of references that tied a line to its document, or who did.
func rule(decision json.RawMessage) string {
	var kept struct {
		Rule matching.KeyPair `json:"rule"`
		By   string           `json:"by"`
	}
	if len(decision) == 0 || json.Unmarshal(decision, &kept) != nil {
		return ""
	}
	if kept.Rule.Line != "" {
		return string(kept.Rule.Line) + "=" + string(kept.Rule.Document)
	}
	if kept.By != "" {
		return foreign("by " + kept.By)
	}
	return ""
}

// contributions writes what each line adds to each row: numbers only, so that any
// tool can add them up.
func (e *export) contributions(w io.Writer) error {
	t := newTable(w, "row", "ordinal", "amount")
	err := e.each(func(l ports.LineRecord, shares []Share) error {
		for _, s := range shares {
			t.row(strconv.Itoa(s.Row), number(l.Ordinal), decimal(s.Amount))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.end()
}

// documents writes every step: what was written to the accounting system or will be.
func (e *export) documents(w io.Writer) error {
	t := newTable(w, "step", "kind", "key", "number", "registration", "state", "outcome", "document", "line_id", "currency", "amount",
		"reverses", "connector_version", "settings_version", "run", "attempt", "opened_at", "closed_at", "fault")
	err := walk.Steps(e.ctx, e.tx, e.Payout.ID, func(s ports.Step) error {
		var why string
		if s.Fault != nil {
			why = string(s.Fault.Code)
		}
		t.row(number(s.ID), string(s.Kind), s.Key, foreign(s.Number), number(s.Registration), string(s.State), string(s.Outcome),
			foreign(s.Document), number(s.LineID), string(s.Amount.Currency()), decimal(s.Amount), s.Reverses,
			foreign(s.ConnectorVersion), strconv.Itoa(s.SettingsVersion), s.RunID, strconv.Itoa(s.Attempt), moment(s.OpenedAt), moment(s.ClosedAt), why)
		return nil
	})
	if err != nil {
		return err
	}
	return t.end()
}
