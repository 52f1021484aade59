// Package docs makes those parts of the documents that follow from the code and
// its data, so that they cannot differ from what kvitt does.
package docs

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

//go:generate go run ./generate

const (
	accountingFile = "docs/accounting.md"
	goldenFile     = "core/booking/testdata/golden/vouchers.md"
	casesFolder    = "core/booking/testdata/golden/cases"
	ratesFile      = "core/tax/rates.json"
)

// block is what stands between "<!-- generated: name -->" and "<!-- end -->".
var block = regexp.MustCompile(`(?s)<!-- generated: ([^>]+?) -->\n.*?<!-- end -->`)

// Accounting gives docs/accounting.md with its generated parts written anew; root
// is the folder of the repository. It fails if the document has a part that nobody
// generates, lacks one, or has one twice.
func Accounting(root fs.FS) ([]byte, error) {
	page, err := fs.ReadFile(root, accountingFile)
	if err != nil {
		return nil, err
	}
	parts, err := accountingParts(root)
	if err != nil {
		return nil, err
	}
	var unknown []string
	written := block.ReplaceAllStringFunc(string(page), func(old string) string {
		name := block.FindStringSubmatch(old)[1]
		content, known := parts[name]
		if !known {
			unknown = append(unknown, name)
			return old
		}
		delete(parts, name)
		return "<!-- generated: " + name + " -->\n\n" + content + "\n<!-- end -->"
	})
	if len(unknown) > 0 {
		return nil, fmt.Errorf("%s: nobody generates, or twice asked for: %s", accountingFile, strings.Join(unknown, ", "))
	}
	if len(parts) > 0 {
		return nil, fmt.Errorf("%s has no place for: %s", accountingFile, strings.Join(names(parts), ", "))
	}
	return []byte(written), nil
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

// table writes a Markdown table. An alignment is "l" or "r" for each column.
func table(heads []string, alignment string, rows [][]string) string {
	rule := make([]string, len(heads))
	for i := range heads {
		rule[i] = "---"
		if alignment[i] == 'r' {
			rule[i] = "---:"
		}
	}
	var b strings.Builder
	for _, cells := range slices.Concat([][]string{heads}, [][]string{rule}, rows) {
		b.WriteString("|")
		for _, cell := range cells {
			if cell != "" {
				b.WriteString(" " + strings.ReplaceAll(cell, "|", `\|`))
			}
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// spaced lets JSON on one line break between its parts.
func spaced(text string) string {
	return strings.NewReplacer(`,"`, `, "`, `},{`, `}, {`).Replace(text)
}

func names(parts map[string]string) []string {
	var all []string
	for name := range parts {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
