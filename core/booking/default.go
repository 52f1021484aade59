package booking

import (
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
)

const kronor money.Currency = "SEK"

// Default gives the settings of a Swedish company: accounts of the BAS 2026
// chart, Swedish VAT, fees as the provider states them.
func Default() Settings {
	return Settings{
		Shape:         Clearing,
		VoucherSeries: "K",
		Accounts: Accounts{
			Clearing:    map[money.Currency]ledger.Account{kronor: "1686"},
			Bank:        map[money.Currency]ledger.Account{kronor: "1930"},
			Receivable:  "1510",
			Fee:         "6040",
			FeeVAT:      "2641",
			Reserve:     "1689",
			Dispute:     "1516",
			DisputeLoss: "6380",
			Suspense:    "2999",
			Rounding:    "3740",
		},
		Sales: []SalesAccounts{
			{Rate: tax.Percent(25), Revenue: "3001", VAT: "2611"},
			{Rate: tax.Percent(12), Revenue: "3002", VAT: "2621"},
			{Rate: tax.Percent(6), Revenue: "3003", VAT: "2631"},
			{Rate: tax.Percent(0), Revenue: "3004"},
		},
		FeeRules: []FeeRule{{Match: "*", VAT: Domestic, Meaning: meaningFee}},
		ReverseCharge: ReverseCharge{
			Style: Pair, Moment: Monthly, Rate: tax.Percent(25),
			BaseEU: "4535", BaseNonEU: "4531", Contra: "4598",
			OutputVAT: "2614", InputVAT: "2645",
		},
		Adjustments:   HoldAdjustments,
		LostDispute:   LossGross,
		MatchKeys:     matching.DefaultKeys(),
		Tolerance:     map[money.Currency]string{kronor: "0.50"},
		WaitingDays:   7,
		PaymentMoment: AtPayout,
		BeforeInvoice: Clamp,
	}
}

// MatchingRules gives the rules for lines of one currency. Settings must be
// valid.
func (s Settings) MatchingRules(currency money.Currency) matching.Rules {
	return matching.Rules{Keys: s.MatchKeys, Tolerance: s.tolerance(currency)}
}

func (s Settings) tolerance(currency money.Currency) money.Amount {
	tolerance := money.Zero(currency)
	if text, ok := s.Tolerance[currency]; ok {
		if parsed, err := money.Parse(text, currency); err == nil {
			tolerance = parsed
		}
	}
	if krona := money.New(100, kronor); currency == kronor && s.RoundsToKronor && tolerance.Minor() < krona.Minor() {
		return krona
	}
	return tolerance
}
