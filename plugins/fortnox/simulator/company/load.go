package company

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

// New makes the company of a world. Its booked documents are posted in order of
// their dates, so that the books stand as if they had been kept all along.
func New(w world.Fortnox, now func() time.Time) (*Company, error) {
	zone, err := civil.Sweden()
	if err != nil {
		return nil, err
	}
	c := &Company{
		Profile: w.Company, TenantID: w.TenantID, Switches: w.Switches,
		Modes: w.ModesOfPayment, Predefined: maps.Clone(w.PredefinedAccounts),
		zone: zone, now: now, vatAccounts: w.VATAccounts, preselected: w.PreselectedYear,
		invoices: map[string]*Invoice{}, payments: map[int]*Payment{},
		customers: map[string]*Customer{}, orders: map[string]*Order{},
		vatCodes: map[string]world.VATCode{}, terms: w.TermsOfPayment, articles: map[string]world.Article{},
	}
	if err := c.setRates(w); err != nil {
		return nil, err
	}
	if err := c.setRegisters(w); err != nil {
		return nil, err
	}
	if w.LockedUntil != "" {
		if c.LockedUntil, err = civil.Parse(w.LockedUntil); err != nil {
			return nil, fmt.Errorf("locked_until: %w", err)
		}
	}
	if err := c.openBooks(w); err != nil {
		return nil, err
	}
	c.loading = true
	err = c.history(w)
	c.loading = false
	return c, err
}

func (c *Company) setRates(w world.Fortnox) error {
	c.Currencies = w.Currencies
	if !slices.Contains(c.Currencies, SEK) {
		c.Currencies = append([]string{SEK}, c.Currencies...)
	}
	c.units = w.CurrencyUnits
	c.rates = map[string]decimal.Decimal{}
	for _, currency := range c.Currencies {
		rate, err := ore.Decimal(cmp.Or(w.CurrencyRates[currency], "1"))
		if err != nil || !rate.IsPositive() {
			return fmt.Errorf("rate of %s: %w", currency, cmp.Or(err, ore.ErrNotAnAmount))
		}
		c.rates[currency] = rate
	}
	return nil
}

// setRegisters fills what documents name: terms, VAT codes, articles and customers.
func (c *Company) setRegisters(w world.Fortnox) error {
	if len(c.terms) == 0 {
		c.terms = []string{"0", "10", "15", "20", usualTerms}
	}
	for _, code := range w.VATCodes {
		c.vatCodes[code.Code] = code
	}
	for _, article := range w.Articles {
		c.articles[article.Number] = article
	}
	for _, card := range w.Customers {
		if _, refusal := c.CreateCustomer(cardOf(card)); refusal != nil {
			return fmt.Errorf("customer %q: %w", card.Number, refusal)
		}
	}
	return nil
}

func (c *Company) openBooks(w world.Fortnox) error {
	var years []ledger.Year
	var opening map[int]ore.Amount
	oldest := civil.Date("9999-12-31")
	for _, y := range w.FinancialYears {
		year, err := yearOf(y, w)
		if err != nil {
			return fmt.Errorf("financial year %d: %w", y.ID, err)
		}
		years = append(years, year)
		if year.From < oldest {
			oldest, opening = year.From, y.OpeningBalances
		}
		if w.PreselectedYear == 0 {
			c.preselected = max(c.preselected, y.ID)
		}
	}
	books, err := ledger.New(years, opening)
	if err != nil {
		return err
	}
	c.Books = books
	return nil
}

func yearOf(y world.FinancialYear, w world.Fortnox) (ledger.Year, error) {
	from, err := civil.Parse(y.From)
	if err != nil {
		return ledger.Year{}, err
	}
	to, err := civil.Parse(y.To)
	if err != nil {
		return ledger.Year{}, err
	}
	year := ledger.Year{
		ID: y.ID, From: from, To: to, Method: cmp.Or(y.AccountingMethod, "ACCRUAL"),
		Accounts: map[int]ledger.Account{}, Series: map[string]ledger.Series{
			InvoiceSeries: {Code: InvoiceSeries, Description: "Kundfakturor"},
			PaymentSeries: {Code: PaymentSeries, Description: "Kundinbetalningar"},
		},
	}
	for _, a := range w.Accounts {
		if len(a.Years) == 0 || slices.Contains(a.Years, y.ID) {
			year.Accounts[a.Number] = ledger.Account{
				Number: a.Number, Name: a.Name, Active: a.Active == nil || *a.Active, VATCode: a.VATCode, SRU: a.SRU,
				CostCenter: cmp.Or(a.CostCenterSettings, "ALLOWED"), Project: cmp.Or(a.ProjectSettings, "ALLOWED"),
			}
		}
	}
	for _, s := range w.VoucherSeries {
		if len(s.Years) == 0 || slices.Contains(s.Years, y.ID) {
			year.Series[s.Code] = ledger.Series{Code: s.Code, Description: s.Description, Manual: s.Manual}
		}
	}
	return year, nil
}

// deed is something that happened in the world before the simulator started.
type deed struct {
	date civil.Date
	// rank keeps the order within a day: invoices, then payments, then the rest.
	rank int
	do   func() error
}

// history adds the documents of the world and books them day by day.
func (c *Company) history(w world.Fortnox) error {
	var deeds []deed
	for _, description := range w.Invoices {
		invoice, err := c.addDraft(description)
		if err != nil {
			return err
		}
		deeds = append(deeds, deed{invoice.Date, 0, func() error {
			if err := c.link(invoice); err != nil {
				return err
			}
			return c.finish(invoice, description)
		}})
	}
	for _, p := range w.Payments {
		c.nextPayment = max(c.nextPayment, p.Number)
		deeds = append(deeds, deed{civil.Date(p.Date), 1, func() error { _, err := c.AddPayment(p); return err }})
	}
	for _, v := range w.Vouchers {
		deeds = append(deeds, deed{civil.Date(v.Date), 2, func() error { return c.oldVoucher(v) }})
	}
	slices.SortStableFunc(deeds, func(a, b deed) int {
		return cmp.Or(strings.Compare(string(a.date), string(b.date)), cmp.Compare(a.rank, b.rank))
	})
	for _, d := range deeds {
		if err := d.do(); err != nil {
			return err
		}
	}
	slices.SortFunc(c.paymentOrder, func(a, b *Payment) int { return cmp.Compare(a.Number, b.Number) })
	return c.givenStamps(w)
}

// givenStamps sets the times of last change that the world names itself.
func (c *Company) givenStamps(w world.Fortnox) error {
	for _, description := range w.Invoices {
		if description.LastModified == "" {
			continue
		}
		stamp, err := civil.ParseStamp(description.LastModified)
		if err != nil {
			return fmt.Errorf("invoice %q: last_modified: %w", description.Number, err)
		}
		if invoice := c.invoices[description.Number]; invoice != nil {
			invoice.LastModified = stamp
		}
	}
	return nil
}

func (c *Company) oldVoucher(v world.Voucher) error {
	year, refusal := c.YearOf(civil.Date(v.Date))
	if refusal != nil {
		return fmt.Errorf("voucher of %s: %w", v.Date, refusal)
	}
	order := VoucherOrder{Year: year.ID, Series: v.Series, Date: civil.Date(v.Date), Description: v.Text}
	for _, row := range v.Rows {
		order.Rows = append(order.Rows, ledger.Row{
			Account: row.Account, Debit: row.Debit, Credit: row.Credit, Information: row.Text,
		})
	}
	if _, refusal := c.CreateVoucher(order); refusal != nil {
		return fmt.Errorf("voucher of %s: %w", v.Date, refusal)
	}
	return nil
}
