package booking

import (
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// Preset names the settings that a merchant's own start from.
type Preset string

// The presets.
const (
	// BASSweden is Default.
	BASSweden Preset = "bas_sweden"
	// SourceExample has the accounts of the worked example on which the model of
	// payment events rests: the customer ledger's account for the provider, output
	// VAT for the VAT on its fees, and refunds as a debt. It serves comparison; in a
	// Swedish ledger the default is right.
	SourceExample Preset = "source_example"
)

// settings gives what the preset starts from; an unknown one starts from the
// default, and validation names it.
func (p Preset) settings() Settings {
	s := Default()
	if p != SourceExample {
		return s
	}
	s.Preset = SourceExample
	s.SalesShape = VoucherSales
	s.Refunds = Owed
	s.Accounts.Clearing = map[money.Currency]ledger.Account{kronor: "1510"}
	s.Accounts.RefundDebt = "2410"
	s.Accounts.Fee = "6570"
	s.Accounts.FeeVAT = "2611"
	return s
}
