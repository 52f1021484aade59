package company

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

// Names of predefined accounts that postings need, with the account that is
// used where the company has not set one.
const (
	receivable   = "CUSTCLAIM"
	roundOff     = "ROUNDOFF"
	currencyGain = "CURRENCYWIN"
	currencyLoss = "CURRENCYLOSS"
)

// predefined finds the account behind a name.
func (c *Company) predefined(name string) int {
	if number := c.Predefined[name]; number != 0 {
		return number
	}
	switch name {
	case receivable:
		return 1510
	case roundOff:
		return 3740
	case currencyGain:
		return 3960
	case currencyLoss:
		return 7960
	default:
		return 0
	}
}

// vatAccount finds the account of output VAT: that of the VAT code which the sales
// account is tied to, as for sales in other countries, else that of the rate.
func (c *Company) vatAccount(code string, rate decimal.Decimal) (int, error) {
	if tied, known := c.vatCodes[code]; known {
		return tied.Account, nil
	}
	if number := c.vatAccounts[rate.String()]; number != 0 {
		return number, nil
	}
	usual := map[string]struct {
		name   string
		number int
	}{
		"25": {"OUTVAT_MP1", 2611}, "12": {"OUTVAT_MP2", 2621}, "6": {"OUTVAT_MP3", 2631},
	}
	vat, known := usual[rate.String()]
	if !known {
		return 0, fmt.Errorf("no VAT account for %s percent", rate)
	}
	if number := c.Predefined[vat.name]; number != 0 {
		return number, nil
	}
	return vat.number, nil
}

// knownRate says whether the company has a VAT rate in its settings.
func (c *Company) knownRate(rate decimal.Decimal) bool {
	if rate.IsZero() {
		return true
	}
	for _, code := range c.vatCodes {
		if code.Rate.Equal(rate) {
			return true
		}
	}
	_, err := c.vatAccount("", rate)
	return err == nil
}

// usable checks that an account exists in a year and is active.
func (c *Company) usable(year *ledger.Year, number int) *Refusal {
	account, known := year.Accounts[number]
	if !known {
		return refuse(CodeNoAccount, "Kan inte hitta kontot ("+strconv.Itoa(number)+").")
	}
	if !account.Active && !c.loading {
		return refuse(CodeInactiveAccount, "Kontot är inte aktivt ("+strconv.Itoa(number)+").")
	}
	return nil
}

// Mode finds a mode of payment by its code.
func (c *Company) Mode(code string) (world.ModeOfPayment, bool) {
	for _, mode := range c.Modes {
		if mode.Code == code {
			return mode, true
		}
	}
	return world.ModeOfPayment{}, false
}

// Unit is for how many units of a currency its rate is shown.
func (c *Company) Unit(currency string) int { return cmp.Or(c.units[currency], 1) }

// Rate is kronor for one unit of a currency of the company.
func (c *Company) Rate(currency string) (decimal.Decimal, bool) {
	rate, known := c.rates[currency]
	return rate, known
}
