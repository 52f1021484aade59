package booking

import (
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/tax"
)

// salesKey is what decides the accounts of a sale.
type salesKey struct {
	treatment tax.Treatment
	country   string
	supply    tax.Supply
	rate      tax.Rate
}

func (a SalesAccounts) key() salesKey {
	return salesKey{a.Treatment, a.Country, a.Supply, a.Rate}
}

func keyOf(market tax.Market, supply tax.Supply, rate tax.Rate) salesKey {
	key := salesKey{treatment: market.Treatment, supply: supply.OrGoods(), rate: rate}
	if market.Treatment == tax.OSS || market.Treatment == tax.Registered {
		key.country = market.Country
	}
	return key
}

// String gives words for a person: "oss goods at 19 % in DE".
func (k salesKey) String() string {
	words := strings.Join([]string{string(k.treatment), string(k.supply), "at", k.rate.String(), "%"}, " ")
	if k.country != "" {
		words += " in " + k.country
	}
	return words
}

// SalesAccounts gives the accounts of sales of a supply in a market at a VAT rate. It
// fails with CodeNoMapping.
func (s Settings) SalesAccounts(market tax.Market, supply tax.Supply, rate tax.Rate) (SalesAccounts, error) {
	key := keyOf(market, supply, rate)
	for _, accounts := range s.Sales {
		if accounts.key() == key {
			return accounts, nil
		}
	}
	return SalesAccounts{}, fault.New(CodeNoMapping, fault.Conflict, "no accounts are set for "+key.String()+" VAT").
		WithField("sales").
		WithRemedy("add an entry to the setting \"sales\" for " + key.String() + " VAT, or correct the sale if that is not what was sold")
}
