package booking

import (
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
)

const kronor money.Currency = "SEK"

// Default gives the settings of a Swedish company: accounts of the BAS 2026
// chart, Swedish VAT, fees as the provider states them.
func Default() Settings {
	return Settings{
		Preset:        BASSweden,
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

			GiftCard:     "2421",
			Advance:      "2420",
			RefundDebt:   "2490",
			CurrencyGain: "3960",
			CurrencyLoss: "7960",
			Interim:      map[money.Currency]ledger.Account{},
		},
		Sales:       standardSales(),
		SalesShape:  InvoiceSales,
		Recognition: RecogniseAtCapture,
		Refunds:     Netted,
		FeeMoment:   FeeAtDeposit,
		GiftCard:    GiftCards{Kind: MultiPurpose, Redemption: Combined},
		PayoutTo:    ToBank,
		VAT: VAT{
			Home: "SE", EUConsumers: tax.Origin,
			Registrations: []string{}, OutsidePostcodes: map[string][]string{},
		},
		Currencies: []CurrencyPair{},
		Period:     Period{Locked: RefuseLocked},
		FeeRules:   []FeeRule{{Match: "*", VAT: Domestic, Meaning: meaningFee}},
		ReverseCharge: ReverseCharge{
			Style: Pair, Moment: Monthly, Rate: tax.Percent(25),
			BaseEU: "4535", BaseNonEU: "4531", Contra: "4598",
			OutputVAT: "2614", InputVAT: "2645",
		},
		Adjustments:   HoldAdjustments,
		LostDispute:   LossGross,
		MatchKeys:     matching.DefaultKeys(),
		SettleSeveral: true,
		Documents: Documents{
			OrderNumber: "{merchant_reference1}", Reference: payout.MerchantReference1, ThroughOrder: true,
			UnknownRows: ShareRows, ReturnFee: tax.InvoiceFee, WatchDays: 180,
		},
		SuggestKeys:    []matching.KeyPair{},
		DateWindowDays: matching.DefaultDateWindowDays,
		Tolerance:      map[money.Currency]string{kronor: "0.50"},
		WriteOffLimit:  map[money.Currency]string{},
		CoverageDrop:   20,
		WaitingDays:    7,
		PaymentMoment:  AtPayout,
		BeforeInvoice:  Clamp,
	}
}

// standardSales lists the accounts of a seller at home, of exports and of sales
// to businesses in other EU countries. Sales under OSS or a registration abroad
// have none: they need accounts per country that only the merchant knows.
func standardSales() []SalesAccounts {
	rates := []struct {
		rate         tax.Rate
		revenue, vat ledger.Account
	}{
		{tax.Percent(25), "3001", "2611"},
		{tax.Percent(12), "3002", "2621"},
		{tax.Percent(6), "3003", "2631"},
		{tax.Percent(0), "3004", ""},
	}
	var sales []SalesAccounts
	for _, r := range rates {
		sales = append(sales, SalesAccounts{Treatment: tax.Domestic, Supply: tax.Goods, Rate: r.rate, Revenue: r.revenue, VAT: r.vat})
	}
	for _, r := range rates[:3] {
		sales = append(sales, SalesAccounts{Treatment: tax.Domestic, Supply: tax.Freight, Rate: r.rate, Revenue: "3520", VAT: r.vat})
	}
	sales = append(sales, SalesAccounts{Treatment: tax.Domestic, Supply: tax.InvoiceFee, Rate: tax.Percent(25), Revenue: "3540", VAT: "2611"})
	for _, r := range rates {
		sales = append(sales, SalesAccounts{Treatment: tax.Domestic, Supply: tax.PriceReduction, Rate: r.rate, Revenue: "3730", VAT: r.vat})
	}
	return append(sales,
		SalesAccounts{Treatment: tax.EUBusiness, Supply: tax.Goods, Revenue: "3108"},
		SalesAccounts{Treatment: tax.EUBusiness, Supply: tax.Services, Revenue: "3308"},
		SalesAccounts{Treatment: tax.EUBusiness, Supply: tax.Freight, Revenue: "3521"},
		SalesAccounts{Treatment: tax.Export, Supply: tax.Goods, Revenue: "3105"},
		SalesAccounts{Treatment: tax.Export, Supply: tax.Services, Revenue: "3305"},
		SalesAccounts{Treatment: tax.Export, Supply: tax.Freight, Revenue: "3522"},
	)
}

// MatchingRules gives the rules for lines of one currency. Settings must be
// valid.
func (s Settings) MatchingRules(currency money.Currency) matching.Rules {
	return matching.Rules{
		Keys: s.MatchKeys, Tolerance: s.tolerance(currency), Several: s.SettleSeveral, Suggest: s.SuggestKeys, DateWindowDays: s.DateWindowDays,
	}
}

// WriteOffsUpTo is the largest difference that a person may write off, never less than
// what is written off without one.
func (s Settings) WriteOffsUpTo(currency money.Currency) money.Amount {
	limit, tolerance := limitIn(s.WriteOffLimit, currency), s.tolerance(currency)
	if limit.Minor() < tolerance.Minor() {
		return tolerance
	}
	return limit
}

// limitIn gives the amount of a currency, 0 if none is set.
func limitIn(limits map[money.Currency]string, currency money.Currency) money.Amount {
	if text, ok := limits[currency]; ok {
		if parsed, err := money.Parse(text, currency); err == nil {
			return parsed
		}
	}
	return money.Zero(currency)
}

func (s Settings) tolerance(currency money.Currency) money.Amount {
	tolerance := limitIn(s.Tolerance, currency)
	if krona := money.New(100, kronor); currency == kronor && s.RoundsToKronor && tolerance.Minor() < krona.Minor() {
		return krona
	}
	return tolerance
}
