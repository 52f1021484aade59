// Package docs makes those parts of the documents that follow from the code and
// its data, so that they cannot differ from what kvitt does.
package docs

import (
	"fmt"
	"io/fs"
)

//go:generate go run ./generate

const (
	accountingFile = "docs/accounting.md"
	goldenFile     = "core/booking/testdata/golden/vouchers.md"
	casesFolder    = "core/booking/testdata/golden/cases"
	ratesFile      = "core/tax/rates.json"
)

// Accounting gives docs/accounting.md with its generated parts written anew; root
// is the folder of the repository. It fails as fill does.
func Accounting(root fs.FS) ([]byte, error) {
	parts, err := accountingParts(root)
	if err != nil {
		return nil, err
	}
	return fill(root, accountingFile, parts)
}

// accountingParts gives every generated part of docs/accounting.md by name.
func accountingParts(root fs.FS) (map[string]string, error) {
	parts := map[string]string{}
	sheet, err := readSheet(root)
	if err != nil {
		return nil, err
	}
	for _, section := range sheet {
		parts["vouchers, "+section.title] = section.table()
	}
	for name, write := range map[string]func() (string, error){
		"accounts": func() (string, error) { return accountsTable(sheet) },
		"settings": settingsTable,
		"sales":    salesTable,
		"events":   eventsTable,
		"markets":  marketsTable,
		"rates":    func() (string, error) { return ratesTables(root) },
		"missing":  func() (string, error) { return missingTable(root) },
	} {
		if parts[name], err = write(); err != nil {
			return nil, fmt.Errorf("generating %s: %w", name, err)
		}
	}
	return parts, nil
}
