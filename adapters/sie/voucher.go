package sie

import (
	"strconv"

	"github.com/kvitt/kvitt/core/money"
)

// frame is a voucher that is being read.
type frame struct {
	head    record
	voucher Voucher
	// inside tells that the opening brace has been read.
	inside bool
	sum    money.Amount
	// added is an #RTRANS whose twin must come next.
	added *Row
}

// inVoucher reads #VER, the braces after it and the rows between them.
func (p *reader) inVoucher(r record) error {
	v := p.voucher
	switch {
	case r.label == "#VER" && v != nil:
		return r.fault(CodeRecord, "", "the voucher before is not closed by }")
	case r.label == "#VER":
		return p.open(r)
	case v == nil:
		return r.fault(CodeRecord, "", "no #VER comes before")
	case r.isBrace() && len(r.fields) > 0:
		return r.fault(CodeRecord, "", "a brace around rows stands alone on its line")
	case r.label == "{" && !v.inside:
		v.inside = true
		return nil
	case r.label == "{" || !v.inside:
		return r.fault(CodeRecord, "", "the rows of a voucher stand between one { and one }")
	case v.added != nil && r.label != "#TRANS":
		return r.fault(CodeUnpairedRow, "", "an #RTRANS is followed by the same row as #TRANS")
	case r.label == "}":
		return p.close(r)
	case r.label == "#BTRANS":
		return nil // a row that was taken away, kept by its program for the record
	}
	return p.row(r)
}

func (p *reader) open(r record) error {
	v := Voucher{Series: r.text(0), Number: r.text(1), Text: r.text(3)}
	var err error
	if v.Date, err = r.date(2, "date"); err != nil {
		return err
	}
	if v.Date.IsZero() {
		return r.fault(CodeDate, "date", "a voucher has a date")
	}
	if v.RegisteredAt, err = r.date(4, "registration date"); err != nil {
		return err
	}
	p.voucher = &frame{head: r, voucher: v, sum: money.Zero(p.file.Currency)}
	return nil
}

// row reads a #TRANS or #RTRANS. An added row is written as both, one after the
// other, for readers that know only #TRANS; it counts once.
func (p *reader) row(r record) error {
	v := p.voucher
	row, err := p.parseRow(r)
	if err != nil {
		return err
	}
	if r.label == "#RTRANS" {
		v.added = &row
		return nil
	}
	if v.added != nil && !v.added.same(row) {
		return r.fault(CodeUnpairedRow, "", "an #RTRANS is followed by the same row as #TRANS")
	}
	v.added = nil
	if v.sum, err = v.sum.Add(row.Amount); err != nil {
		return r.fault(CodeAmount, "amount", "the rows of the voucher add up to too much").Wrap(err)
	}
	if p.moved[row.Account], err = p.moved[row.Account].Add(row.Amount); err != nil {
		return r.fault(CodeAmount, "amount", "the rows of the account add up to too much").Wrap(err)
	}
	if _, declared := p.accounts[row.Account]; !declared && len(p.accounts) > 0 {
		p.warnings.add(r.line, r.label+" account is not declared by #KONTO")
	}
	v.voucher.Rows = append(v.voucher.Rows, row)
	return nil
}

func (p *reader) parseRow(r record) (row Row, err error) {
	if row.Account, err = r.account(0); err != nil {
		return Row{}, err
	}
	if len(r.fields) < 2 || !r.fields[1].isList {
		return Row{}, r.fault(CodeRecord, "objects", "a row has a list of objects in braces, be it empty")
	}
	if row.Amount, err = p.amount(r, 2); err != nil {
		return Row{}, err
	}
	if row.Date, err = r.date(3, "date"); err != nil {
		return Row{}, err
	}
	if row.Date.IsZero() {
		row.Date = p.voucher.voucher.Date
	}
	row.Text = r.text(4)
	row.Quantity, err = p.quantity(r, 5)
	return row, err
}

func (r Row) same(o Row) bool {
	return r.Account == o.Account && r.Amount == o.Amount && r.Date == o.Date && r.Text == o.Text && r.Quantity.Equal(o.Quantity)
}

func (p *reader) close(r record) error {
	v := p.voucher
	p.voucher = nil
	if !v.sum.IsZero() {
		return v.head.fault(CodeUnbalanced, "", "the rows of the voucher add up to "+v.sum.String()+", not 0").
			WithRemedy("correct the voucher in the accounting program and export the file again")
	}
	p.numbering(v.head, v.voucher)
	p.file.Vouchers = append(p.file.Vouchers, v.voucher)
	return nil
}

// numbering remarks vouchers whose numbers do not rise within their series.
func (p *reader) numbering(r record, v Voucher) {
	number, err := strconv.Atoi(v.Number)
	if err != nil {
		return
	}
	if last, known := p.numbers[v.Series]; known && number <= last {
		p.warnings.add(r.line, "#VER number does not rise within its series")
	}
	p.numbers[v.Series] = number
}
