// Package company is one company in Fortnox: its settings, documents, files and
// books. It does what a person or an integration asks of it, or refuses with
// the code that Fortnox would give.
//
// A Company is not safe for concurrent use; the server calls it under a lock.
package company

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

// SEK is the currency of the books.
const SEK = "SEK"

// The series that documents are booked in.
const (
	InvoiceSeries = "B"
	PaymentSeries = "C"
)

const defaultRowLimit = 500

// methodCash is the accounting method under which invoices are not booked.
const methodCash = "CASH"

// Company is the state of one company.
type Company struct {
	// Profile is what the company tells of itself.
	Profile  world.Company
	TenantID int
	// Switches may be changed while the company is in use.
	Switches world.Switches
	// LockedUntil is the last date of the locked period, or empty.
	LockedUntil civil.Date

	Books       *ledger.Ledger
	Modes       []world.ModeOfPayment
	Predefined  map[string]int
	Currencies  []string
	preselected int
	rates       map[string]decimal.Decimal
	units       map[string]int
	vatAccounts map[string]int
	vatCodes    map[string]world.VATCode
	terms       []string
	articles    map[string]world.Article

	zone civil.Zone
	now  func() time.Time

	invoices      map[string]*Invoice
	invoiceOrder  []*Invoice
	payments      map[int]*Payment
	paymentOrder  []*Payment
	files         []*File
	connections   []*Connection
	customers     map[string]*Customer
	customerOrder []*Customer
	orders        map[string]*Order
	orderOrder    []*Order
	nextInvoice   int
	nextCustomer  int
	nextOrder     int
	nextRow       int
	nextPayment   int
	nextFile      int

	// loading is set while the world is read: what stands in the world is history,
	// so locks and inactive accounts do not concern it.
	loading bool
}

// Today is the Swedish date of the simulated clock.
func (c *Company) Today() civil.Date { return c.zone.Date(c.now()) }

// stamp is the moment at which a document changes: the simulated clock, to the
// second. What the world brings along changed at noon of its own date, so that
// many documents share a second.
func (c *Company) stamp(own civil.Date) string {
	if c.loading {
		return string(own) + " 12:00:00"
	}
	return c.zone.Stamp(c.now())
}

// Preselected is the year that is used where a request names none.
func (c *Company) Preselected() (*ledger.Year, *Refusal) { return c.YearByID(c.preselected) }

// YearByID finds a financial year.
func (c *Company) YearByID(id int) (*ledger.Year, *Refusal) {
	year, found := c.Books.Year(id)
	if !found {
		return nil, refuse(CodeNoYear, "Räkenskapsår saknas.")
	}
	return year, nil
}

// YearOf finds the financial year of a date.
func (c *Company) YearOf(date civil.Date) (*ledger.Year, *Refusal) {
	year, found := c.Books.YearOf(date)
	if !found {
		return nil, refuse(CodeNoYear, "Räkenskapsår saknas för datumet "+string(date)+".")
	}
	return year, nil
}

// open checks that a date may be booked on and returns its year.
func (c *Company) open(date civil.Date) (*ledger.Year, *Refusal) {
	if !c.loading && c.LockedUntil != "" && date <= c.LockedUntil {
		return nil, refuse(CodeLocked, "Perioden är låst till och med "+string(c.LockedUntil)+".")
	}
	return c.YearOf(date)
}

func (c *Company) rowLimit() int {
	if c.Switches.VoucherRowLimit > 0 {
		return c.Switches.VoucherRowLimit
	}
	return defaultRowLimit
}
