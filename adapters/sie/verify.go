package sie

import (
	"maps"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// finish checks what only the end of the file can tell.
func (p *reader) finish() (File, error) {
	switch {
	case len(p.labels) == 0:
		return File{}, fault.New(CodeNotSIE, fault.Validation, "the file is empty")
	case p.voucher != nil:
		return File{}, p.voucher.head.fault(CodeTruncated, "", "the file ends within the voucher")
	case p.sum.state == summing:
		return File{}, p.last.fault(CodeTruncated, "", "the file ends before its checksum")
	case !p.labels["#SIETYP"]:
		return File{}, fault.Invalid(CodeWrongType, "#SIETYP", "a file without #SIETYP is of type 1").WithRemedy(remedyType)
	}
	for _, label := range []string{"#PROGRAM", "#FORMAT", "#GEN", "#FNAMN"} {
		p.mandatory(label)
	}
	if p.file.Type = p.kind(); p.file.Type == Export {
		p.mandatory("#RAR")
		p.mandatory("#KONTO")
		if err := p.verify(); err != nil {
			return File{}, err
		}
	}
	p.file.Warnings = p.warnings.list()
	return p.file, nil
}

func (p *reader) mandatory(label string) {
	if !p.labels[label] {
		p.warnings.add(0, label+" is missing")
	}
}

// kind tells an export from an import, which alike say type 4: an export states
// balances. Some programs write opening and closing balances into an import too,
// as they were before its vouchers.
func (p *reader) kind() Type {
	opening, closing := p.file.Opening, p.file.Closing
	if len(opening)+len(closing)+len(p.file.Result) == 0 {
		return Import
	}
	if len(p.file.Result) == 0 && maps.Equal(opening[0], closing[0]) && p.anyMoved() {
		p.warnings.add(0, "the file is of type 4I and yet states balances, which leave its vouchers out")
		return Import
	}
	return Export
}

func (p *reader) anyMoved() bool {
	for _, amount := range p.moved {
		if !amount.IsZero() {
			return true
		}
	}
	return false
}

// verify proves year 0 account by account.
func (p *reader) verify() error {
	accounts := map[ledger.Account]bool{}
	for _, amounts := range []map[ledger.Account]money.Amount{
		p.file.Opening[0], p.file.Closing[0], p.file.Result[0], p.moved,
	} {
		for account := range amounts {
			accounts[account] = true
		}
	}
	opening := money.Zero(p.file.Currency)
	for _, account := range slices.Sorted(maps.Keys(accounts)) {
		if err := p.verifyAccount(account); err != nil {
			return err
		}
		var err error
		if opening, err = opening.Add(p.file.Opening.amount(0, account, p.file.Currency)); err != nil {
			return differs(account, "the opening balances add up to too much").Wrap(err)
		}
	}
	if !opening.IsZero() {
		p.warnings.add(0, "the opening balances do not add up to 0")
	}
	return nil
}

// verifyAccount checks that opening balance and vouchers make the closing balance
// of a balance sheet account, and that the vouchers make the result of a result
// account. Which of both an account is, its own balances tell best: charts differ.
func (p *reader) verifyAccount(account ledger.Account) error {
	opening := p.file.Opening.amount(0, account, p.file.Currency)
	closing := p.file.Closing.amount(0, account, p.file.Currency)
	result := p.file.Result.amount(0, account, p.file.Currency)
	moved := p.moved[account]
	onBalanceSheet := !opening.IsZero() || !closing.IsZero()
	if onBalanceSheet && !result.IsZero() {
		return differs(account, "the account has both a balance and a result")
	}
	if !onBalanceSheet {
		if moved.Minor() != result.Minor() {
			return differs(account, "the vouchers add up to "+p.show(moved)+", the file states "+result.String())
		}
		return nil
	}
	sum, err := opening.Add(moved)
	if err != nil {
		return differs(account, "the balance is too large").Wrap(err)
	}
	if sum != closing {
		return differs(account, "opening balance "+opening.String()+" and vouchers "+p.show(moved)+
			" do not make the closing balance "+closing.String())
	}
	return nil
}

// show writes an amount that may not be set.
func (p *reader) show(a money.Amount) string { return money.New(a.Minor(), p.file.Currency).String() }

func differs(account ledger.Account, reason string) *fault.Error {
	return fault.Invalid(CodeBalance, "account "+string(account), reason).
		WithRemedy("export the whole financial year again")
}
