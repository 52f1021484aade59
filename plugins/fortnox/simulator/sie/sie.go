// Package sie writes a company's books as a SIE file of type 4E, the format in
// which Swedish accounting programs hand over a whole year: accounts, balances
// and every voucher (SIE file format, edition 4B).
package sie

import (
	"bytes"
	"fmt"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// Header is what a file says beside the books.
type Header struct {
	Program, Version   string
	Company            string
	OrganizationNumber string
	Generated          civil.Date
}

// file collects records; each ends with CR LF.
type file struct{ bytes.Buffer }

func (f *file) record(format string, values ...any) {
	f.Write(encode(fmt.Sprintf(format, values...) + "\r\n"))
}

// Export writes one financial year with the balances of the year before it.
// The text is in code page 437.
func Export(h Header, books *ledger.Ledger, yearID int) []byte {
	var year, before *ledger.Year
	for _, y := range books.Years() {
		if y.ID == yearID {
			year = y
			break
		}
		before = y
	}
	if year == nil {
		return nil
	}
	f := &file{}
	f.identification(h, year, before)
	f.chart(books.Balances(yearID))
	f.balances(0, books.Balances(yearID))
	if before != nil {
		f.balances(-1, books.Balances(before.ID))
	}
	for _, v := range year.Vouchers("") {
		f.voucher(v)
	}
	return f.Bytes()
}

func (f *file) identification(h Header, year, before *ledger.Year) {
	f.record("#FLAGGA 0")
	f.record("#PROGRAM %s %s", quote(h.Program), quote(h.Version))
	f.record("#FORMAT PC8")
	f.record("#GEN %s", h.Generated.Compact())
	f.record("#SIETYP 4")
	if h.OrganizationNumber != "" {
		f.record("#ORGNR %s", h.OrganizationNumber)
	}
	f.record("#FNAMN %s", quote(h.Company))
	f.record("#RAR 0 %s %s", year.From.Compact(), year.To.Compact())
	if before != nil {
		f.record("#RAR -1 %s %s", before.From.Compact(), before.To.Compact())
	}
	f.record("#KPTYP BAS2026")
	f.record("#VALUTA SEK")
}

func (f *file) chart(balances []ledger.Balance) {
	for _, b := range balances {
		f.record("#KONTO %d %s", b.Account.Number, quote(b.Account.Name))
		f.record("#KTYP %d %s", b.Account.Number, accountType(b.Account.Number))
		if b.Account.SRU != 0 {
			f.record("#SRU %d %d", b.Account.Number, b.Account.SRU)
		}
	}
}

// accountType is T for assets, S for debts, I for income, K for costs.
func accountType(account int) string {
	switch account / 1000 {
	case 1:
		return "T"
	case 2:
		return "S"
	case 3:
		return "I"
	default:
		return "K"
	}
}

func (f *file) balances(year int, balances []ledger.Balance) {
	write := func(label string, pick func(ledger.Balance) (ore.Amount, bool)) {
		for _, b := range balances {
			if amount, shown := pick(b); shown && amount != 0 {
				f.record("#%s %d %d %s", label, year, b.Account.Number, amount)
			}
		}
	}
	write("IB", func(b ledger.Balance) (ore.Amount, bool) {
		return b.Opening, ledger.OnBalanceSheet(b.Account.Number)
	})
	write("UB", func(b ledger.Balance) (ore.Amount, bool) {
		return b.Closing(), ledger.OnBalanceSheet(b.Account.Number)
	})
	write("RES", func(b ledger.Balance) (ore.Amount, bool) {
		return b.Moved, !ledger.OnBalanceSheet(b.Account.Number)
	})
}

func (f *file) voucher(v *ledger.Voucher) {
	registered := civil.Date(v.Registered[:len("2006-01-02")])
	f.record("#VER %s %d %s %s %s", quote(v.Series), v.Number, v.Date.Compact(), quote(v.Description), registered.Compact())
	f.record("{")
	for _, row := range v.Rows {
		if row.Information == "" {
			f.record("#TRANS %d {} %s", row.Account, row.Amount())
			continue
		}
		f.record("#TRANS %d {} %s \"\" %s", row.Account, row.Amount(), quote(row.Information))
	}
	f.record("}")
}
