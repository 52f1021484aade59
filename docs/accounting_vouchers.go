package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/tax"
)

// section is one table of the golden vouchers.
type section struct {
	title    string
	vouchers []voucher
}

// voucher is one golden voucher with what its case says of it.
type voucher struct {
	id, event, debit, credit string
	// from is what makes the voucher, settings what differs from the defaults.
	from     string
	settings json.RawMessage
}

var sheetRow = regexp.MustCompile(`^\| ([A-Z]\d+(?:b-\d)?(?:-source)?) \| (.*) \| (.*) \| (.*) \| [0-9.]+ \|$`)

// readSheet reads the golden vouchers and their cases.
func readSheet(root fs.FS) ([]section, error) {
	text, err := fs.ReadFile(root, goldenFile)
	if err != nil {
		return nil, err
	}
	var sheet []section
	for line := range strings.SplitSeq(string(text), "\n") {
		if title, found := strings.CutPrefix(line, "## "); found {
			sheet = append(sheet, section{title: title})
			continue
		}
		cells := sheetRow.FindStringSubmatch(line)
		if cells == nil {
			if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| id |") {
				return nil, fmt.Errorf("%s: %q cannot be read", goldenFile, line)
			}
			continue
		}
		v := voucher{id: cells[1], event: cells[2], debit: cells[3], credit: cells[4]}
		if err := v.readCase(root); err != nil {
			return nil, fmt.Errorf("reading the case of %s: %w", v.id, err)
		}
		last := &sheet[len(sheet)-1]
		last.vouchers = append(last.vouchers, v)
	}
	return sheet, nil
}

// origins say in words what the parts of a case stand for.
var origins = map[string]string{
	"payout": "payout", "event": "event", "summary": "events", "delivery": "delivery", "document": "invoice",
	"settlement": "payment", "dispute": "decision", "fee_invoice": "fee invoice",
	// Of a treasury, in another currency or with a bank statement.
	"sale": "event", "payment": "payment", "confirmed": "bank",
}

func (v *voucher) readCase(root fs.FS) error {
	raw, err := fs.ReadFile(root, path.Join(casesFolder, v.id+".json"))
	if err != nil {
		return err
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	v.settings = parts["settings"]
	_, correction := parts["reverse"]
	if treasury, found := parts["treasury"]; found {
		if err := json.Unmarshal(treasury, &parts); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(origins)) {
		if _, found := parts[name]; found {
			v.from = origins[name]
		}
	}
	if correction {
		v.from = "correction"
	}
	if v.from == "" {
		return fmt.Errorf("nothing says what makes the voucher")
	}
	return nil
}

func (s section) table() string {
	rows := make([][]string, len(s.vouchers))
	for i, v := range s.vouchers {
		rows[i] = []string{
			"**" + v.id + "**", v.event, strings.ReplaceAll(v.debit, "; ", "<br>"), strings.ReplaceAll(v.credit, "; ", "<br>"),
			v.from, strings.Join(differing(v.settings), "<br>"),
		}
	}
	return table([]string{"id", "what happened", "debit", "credit", "made from", "settings"}, "llllll", rows)
}

// differing gives the settings of a case one by one: "`refunds`: owed".
func differing(raw json.RawMessage) []string {
	if len(raw) == 0 {
		return nil
	}
	var settings map[string]any
	if err := json.Unmarshal(raw, &settings); err != nil {
		return []string{code(string(raw))}
	}
	return flatten("", settings)
}

func flatten(prefix string, settings map[string]any) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		at := prefix + name
		switch value := settings[name].(type) {
		case map[string]any:
			all = append(all, flatten(at+".", value)...)
		case []any:
			if name == "sales" {
				all = append(all, salesInWords(value)...)
				continue
			}
			all = append(all, code(at)+": "+code(compact(value)))
		default:
			all = append(all, code(at)+": "+fmt.Sprint(value))
		}
	}
	return all
}

// salesInWords gives the entries beyond sales at home, which are those of interest.
func salesInWords(entries []any) []string {
	var all []string
	for _, e := range entries {
		entry, ok := e.(map[string]any)
		if !ok || entry["treatment"] == nil {
			continue
		}
		all = append(all, fmt.Sprintf("`sales`: %v %v %v %% on %v, VAT %v",
			entry["treatment"], entry["country"], entry["rate"], entry["revenue"], entry["vat"]))
	}
	return all
}

// compact writes a value as JSON on one line.
func compact(value any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	return spaced(strings.TrimSpace(b.String()))
}

// accountsTable says of each account in the vouchers which settings choose it: by
// default, or else in the examples.
func accountsTable(sheet []section) (string, error) {
	standard, err := choices(nil)
	if err != nil {
		return "", err
	}
	examples := map[string][]string{}
	for _, s := range sheet {
		for _, v := range s.vouchers {
			chosen, err := choices(v.settings)
			if err != nil {
				return "", fmt.Errorf("%s: %w", v.id, err)
			}
			for posting := range strings.SplitSeq(v.debit+"; "+v.credit, "; ") {
				account, _, _ := strings.Cut(posting, " ")
				examples[account] = union(examples[account], chosen[account])
			}
		}
	}
	var rows [][]string
	for _, account := range slices.Sorted(maps.Keys(examples)) {
		var others []string
		for _, choice := range examples[account] {
			if !slices.Contains(standard[account], choice) {
				others = append(others, choice)
			}
		}
		rows = append(rows, []string{account, strings.Join(standard[account], "<br>"), strings.Join(others, "<br>")})
	}
	return table([]string{"account", "chosen by default by", "in some examples by"}, "lll", rows), nil
}

func union(all, more []string) []string {
	for _, m := range more {
		if !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

// choices gives the settings by the account that they name.
func choices(raw json.RawMessage) (map[string][]string, error) {
	settings, err := booking.Parse(raw)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	chosen := map[string][]string{}
	choose := func(account ledger.Account, by string) {
		if account != "" {
			chosen[string(account)] = union(chosen[string(account)], []string{by})
		}
	}
	for _, s := range settings.Sales {
		market := strings.TrimSpace(string(s.Treatment) + " " + s.Country)
		choose(s.Revenue, "`sales`: "+market+", "+string(s.Supply)+revenueRate(s))
		choose(s.VAT, "`sales`: VAT, "+market+", "+s.Rate.String()+" %")
	}
	for _, part := range []string{"accounts", "reverse_charge"} {
		if group, ok := all[part].(map[string]any); ok {
			collectAccounts(part+".", group, chosen)
		}
	}
	for _, rule := range settings.FeeRules {
		choose(rule.Account, "`fee_rules[].account`")
	}
	return chosen, nil
}

// revenueRate names the rate of goods; other supplies have one account for all.
func revenueRate(s booking.SalesAccounts) string {
	if s.Supply != tax.Goods {
		return ""
	}
	return " at " + s.Rate.String() + " %"
}

func collectAccounts(prefix string, group map[string]any, chosen map[string][]string) {
	for _, name := range slices.Sorted(maps.Keys(group)) {
		switch value := group[name].(type) {
		case map[string]any:
			collectAccounts(prefix+name+".", value, chosen)
		case string:
			if value != "" {
				chosen[value] = append(chosen[value], code(prefix+name))
			}
		}
	}
}
