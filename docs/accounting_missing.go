package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
)

// rule is an exported function of core/booking with what its absence means. Where a
// person must ask for it, by is the method that the API calls.
type rule struct{ name, by, missing, so string }

// rules may lack a way to them: each has its tests, and the hub may not use it yet.
var rules = []rule{
	{"MonthlyReverseCharge", "DeclareReverseCharge", "the monthly voucher of reverse charge", "under `reverse_charge.moment: monthly`, the default, book E6 by hand"},
	{"LostDisputeVoucher", "LoseDispute", "saying that a dispute is lost", "book D11 or D12 by hand; `lost_dispute` has no effect"},
	{"BankConfirmed", "ConfirmBank", "saying that the bank statement shows a payout", "book I15 by hand or by bank import"},
	{"DeliveryVoucher", "", "registering deliveries", "under `recognition: delivery` book I17 by hand"},
	{"PayoutVoucherIn", "", "payouts in another currency than the books", "they are held; `currencies` has no effect"},
	{"BookingDate", "", "moving documents out of a closed period", "the refusal is an exception; `period.locked` has no effect"},
	{"Overdue", "Overdue", "a list of what has waited too long", "look at the ages in the month-end proof"},
}

// missingTable lists the rules that nothing in the hub uses, or that nobody can ask for.
func missingTable(root fs.FS) (string, error) {
	used, called := map[string]bool{}, map[string]bool{}
	for _, folder := range []string{"core/flow", "adapters", "server"} {
		err := eachSelector(root, folder, func(of, name string) {
			if of == "booking" {
				used[name] = true
			}
			called[name] = called[name] || folder == "adapters"
		})
		if err != nil {
			return "", err
		}
	}
	var rows [][]string
	for _, r := range rules {
		if !used[r.name] || (r.by != "" && !called[r.by]) {
			rows = append(rows, []string{r.missing, r.so, code("booking." + r.name)})
		}
	}
	if len(rows) == 0 {
		return "None.\n", nil
	}
	return table([]string{"missing", "so", "rule"}, "lll", rows), nil
}

// eachSelector gives every x.Name in the sources of a folder, with what it is
// selected from if that has a name; tests do not count.
func eachSelector(root fs.FS, folder string, fn func(of, name string)) error {
	return fs.WalkDir(root, folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				of := ""
				if from, ok := s.X.(*ast.Ident); ok {
					of = from.Name
				}
				fn(of, s.Sel.Name)
			}
			return true
		})
		return nil
	})
}
