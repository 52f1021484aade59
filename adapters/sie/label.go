package sie

import (
	"fmt"
	"strings"

	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// record puts what a record says in its place.
func (p *reader) record(r record) error {
	switch r.label {
	case "#KSUMMA":
		return p.checksum(r)
	case "#FLAGGA", "#PROGRAM", "#FORMAT", "#GEN", "#SIETYP", "#FNAMN", "#ORGNR", "#RAR", "#VALUTA",
		"#KONTO", "#KTYP", "#IB", "#UB", "#RES", "#VER", "{", "}", "#TRANS", "#RTRANS", "#BTRANS":
		p.sum.add(r)
		if r.broken != "" {
			return r.fault(CodeRecord, "", r.broken)
		}
		return p.known(r)
	}
	if !strings.HasPrefix(r.label, "#") {
		return record{line: r.line}.fault(CodeRecord, "", "a record begins with # and its label")
	}
	p.sum.add(r)
	p.skipped(r)
	return nil
}

func (p *reader) known(r record) error {
	switch r.label {
	case "#VER", "{", "}", "#TRANS", "#RTRANS", "#BTRANS":
		return p.inVoucher(r)
	}
	if p.voucher != nil {
		return r.fault(CodeRecord, "", "the voucher before is not closed by }")
	}
	switch r.label {
	case "#RAR":
		return p.year(r)
	case "#KONTO":
		return p.account(r)
	case "#KTYP":
		return p.accountType(r)
	case "#IB":
		return p.balance(r, p.file.Opening)
	case "#UB":
		return p.balance(r, p.file.Closing)
	case "#RES":
		return p.balance(r, p.file.Result)
	}
	return p.identity(r)
}

// identity reads the records about the file and the company.
func (p *reader) identity(r record) (err error) {
	switch r.label {
	case "#FLAGGA":
		p.file.Imported = r.text(0) == "1"
	case "#PROGRAM":
		p.file.Program = strings.TrimSpace(r.text(0) + " " + r.text(1))
	case "#FORMAT":
		if !strings.EqualFold(r.text(0), "PC8") {
			p.warnings.add(r.line, "#FORMAT is not PC8")
		}
	case "#GEN":
		p.file.Generated, err = r.date(0, "date")
	case "#SIETYP":
		if r.text(0) != "4" {
			return r.fault(CodeWrongType, "type", "the file is not of type 4").WithRemedy(remedyType)
		}
	case "#FNAMN":
		p.file.CompanyName = r.text(0)
	case "#ORGNR":
		p.file.OrgNumber = r.text(0)
	case "#VALUTA":
		return p.currency(r)
	}
	return err
}

const remedyType = "export the file as SIE type 4, which holds vouchers"

func (p *reader) currency(r record) error {
	code := r.text(0)
	if code == "" {
		p.warnings.add(r.line, "#VALUTA is empty, the amounts are taken to be in SEK")
		return nil
	}
	currency, err := money.ParseCurrency(code)
	if err != nil {
		return r.fault(CodeCurrency, "code", "the currency is not a current one of ISO 4217")
	}
	if p.counted && currency != p.file.Currency {
		return r.fault(CodeCurrency, "code", "amounts come before their currency")
	}
	p.file.Currency = currency
	return nil
}

func (p *reader) year(r record) error {
	index, err := r.year()
	if err != nil {
		return err
	}
	year := Year{Index: index}
	if year.From, err = r.date(1, "start"); err != nil {
		return err
	}
	if year.To, err = r.date(2, "end"); err != nil {
		return err
	}
	if year.From.IsZero() || year.To.IsZero() {
		p.warnings.add(r.line, "#RAR has no dates")
	} else if year.To.Before(year.From) {
		return r.fault(CodeDate, "end", "the year ends before it starts")
	}
	for _, known := range p.file.Years {
		if known.Index == index {
			return r.fault(CodeRecord, "year", "the year is told twice")
		}
	}
	p.file.Years = append(p.file.Years, year)
	return nil
}

func (p *reader) account(r record) error {
	number, err := r.account(0)
	if err != nil {
		return err
	}
	if _, known := p.accounts[number]; known {
		p.warnings.add(r.line, "#KONTO declares an account again, its first name is kept")
		return nil
	}
	p.accounts[number] = len(p.file.Accounts)
	p.file.Accounts = append(p.file.Accounts, Account{Number: number, Name: r.text(1)})
	return nil
}

func (p *reader) accountType(r record) error {
	number, err := r.account(0)
	if err != nil {
		return err
	}
	at, known := p.accounts[number]
	if !known {
		p.warnings.add(r.line, "#KTYP comes before its #KONTO")
		return nil
	}
	switch t := AccountType(strings.ToUpper(r.text(1))); t {
	case Asset, Debt, Cost, Income:
		p.file.Accounts[at].Type = t
	default:
		p.warnings.add(r.line, "#KTYP is none of T, S, K and I")
	}
	return nil
}

func (p *reader) balance(r record, into Balances) error {
	year, err := r.year()
	if err != nil {
		return err
	}
	account, err := r.account(1)
	if err != nil {
		return err
	}
	if _, told := into[year][account]; told {
		return r.fault(CodeRecord, "account", "the balance is told twice")
	}
	amount, err := p.amount(r, 2)
	if err != nil {
		return err
	}
	if into[year] == nil {
		into[year] = map[ledger.Account]money.Amount{}
	}
	into[year][account] = amount
	return nil
}

// checksum reads either #KSUMMA: the bare one after #FLAGGA, or the sum that ends
// the file.
func (p *reader) checksum(r record) error {
	number := r.text(0)
	switch {
	case number == "" && p.sum.state == noChecksum && p.last.label == "#FLAGGA":
		p.sum.start()
		return nil
	case p.sum.state != summing:
		return r.fault(CodeChecksum, "", "the checksum was not announced after #FLAGGA")
	case !p.sum.matches(number):
		return r.fault(CodeChecksum, "number", "the checksum is not that of the file")
	}
	return nil
}

// skipped remarks records that are none of ours. The standard asks readers to
// pass over what they do not know.
func (p *reader) skipped(r record) {
	switch r.label {
	case "#PROSA", "#FTYP", "#FNR", "#BKOD", "#ADRESS", //nolint:misspell // the label is Swedish
		"#TAXAR", "#OMFATTN", "#KPTYP", "#ENHET", "#SRU", "#DIM", "#UNDERDIM", "#OBJEKT",
		"#OIB", "#OUB", "#PSALDO", "#PBUDGET":
		if r.broken != "" {
			p.warnings.add(r.line, r.label+" is skipped, "+r.broken)
		}
	default:
		p.warnings.add(r.line, fmt.Sprintf("an unknown record is skipped: %.20q", r.label))
	}
}
