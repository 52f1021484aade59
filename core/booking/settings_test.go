package booking_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
)

func parse(t require.TestingT, raw string) booking.Settings {
	s, err := booking.Parse(json.RawMessage(raw))
	require.NoError(t, err)
	return s
}

func TestNothingGivesTheDefaults(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "  ", "{}", `{"accounts":{},"reverse_charge":{}}`, `{"sales":null,"fee_rules":null,"match_keys":null}`} {
		require.Equal(t, booking.Default(), parse(t, raw), raw)
	}
	require.NoError(t, booking.Default().Validate())
}

func TestWhatIsSaidReplacesTheDefaultAndTheRestStays(t *testing.T) {
	t.Parallel()
	s := parse(t, `{
		"accounts": {"clearing": {"SEK": "1580", "EUR": "1581"}, "fee": "6570"},
		"sales": [{"rate": "25", "revenue": "3051", "vat": "2611"}],
		"fee_rules": [{"match": "MONTHLY*"}, {"vat": "none", "meaning": "commission"}],
		"match_keys": [{"line": "order_id", "document": "number"}],
		"tolerance": {"EUR": "0.05"}
	}`)

	want := booking.Default()
	want.Accounts.Clearing = map[money.Currency]ledger.Account{"SEK": "1580", "EUR": "1581"}
	want.Accounts.Fee = "6570"
	want.Sales = []booking.SalesAccounts{{Treatment: tax.Domestic, Supply: tax.Goods, Rate: tax.Percent(25), Revenue: "3051", VAT: "2611"}}
	want.FeeRules = []booking.FeeRule{
		{Match: "MONTHLY*", VAT: booking.Domestic, Meaning: "fee"},
		{Match: "*", VAT: booking.NoVAT, Meaning: "commission"},
	}
	want.MatchKeys = []matching.KeyPair{{Line: payout.OrderID, Document: invoice.Number}}
	want.Tolerance = map[money.Currency]string{"SEK": "0.50", "EUR": "0.05"}
	require.Equal(t, want, s)
}

func TestALaterLayerGoesBeforeAnEarlierOne(t *testing.T) {
	t.Parallel()
	merchant := json.RawMessage(`{
		"accounts": {"clearing": {"SEK": "1580"}, "fee": "6570"}, "refunds": "owed",
		"fee_rules": [{"vat": "none"}], "currencies": [{"invoice": "EUR", "payout": "SEK"}], "vat": {"registrations": ["NO", "CH"]}
	}`)
	method := json.RawMessage(`{
		"accounts": {"clearing": {"SEK": "1581"}}, "fee_rules": [{"match": "FACTORING", "account": "6064"}], "vat": {"registrations": ["NO"]}
	}`)
	s, err := booking.Parse(merchant, nil, method)
	require.NoError(t, err)

	want := booking.Default()
	want.Accounts.Clearing = map[money.Currency]ledger.Account{"SEK": "1581"}
	want.Accounts.Fee = "6570"
	want.Refunds = booking.Owed
	want.FeeRules = []booking.FeeRule{{Match: "FACTORING", Account: "6064", VAT: booking.Domestic, Meaning: "fee"}}
	want.Currencies = []booking.CurrencyPair{{Invoice: "EUR", Payout: "SEK", Rates: []booking.RateSource{booking.LineRate, booking.PayoutRate, booking.CentralBankRate}}}
	want.VAT.Registrations = []string{"NO"}
	require.Equal(t, want, s)

	_, err = booking.Parse(merchant, json.RawMessage(`{"feerules": []}`))
	require.Equal(t, "feerules", fault.Of(err).Field)
}

func TestThePresetIsWhatEverythingStartsFrom(t *testing.T) {
	t.Parallel()
	want := booking.Default()
	want.Preset, want.SalesShape, want.Refunds = booking.SourceExample, booking.VoucherSales, booking.Owed
	want.Accounts.Clearing = map[money.Currency]ledger.Account{"SEK": "1510"}
	want.Accounts.RefundDebt, want.Accounts.Fee, want.Accounts.FeeVAT = "2410", "6570", "2611"
	require.Equal(t, want, parse(t, `{"preset": "source_example"}`))

	s, err := booking.Parse(json.RawMessage(`{"accounts": {"fee": "6041"}}`), json.RawMessage(`{"preset": "source_example"}`))
	require.NoError(t, err)
	want.Accounts.Fee = "6041"
	require.Equal(t, want, s)

	raw, err := json.Marshal(s)
	require.NoError(t, err)
	require.Equal(t, s, parse(t, string(raw)))
}

func TestTheCustomerLedgerMayBeTheClearingAccountWhereThereAreNoInvoices(t *testing.T) {
	t.Parallel()
	for _, shape := range []string{"voucher", "day", "payout"} {
		parse(t, `{"accounts": {"clearing": {"SEK": "1510"}}, "sales_shape": "`+shape+`"}`)
	}
	_, err := booking.Parse(json.RawMessage(`{"preset": "source_example", "sales_shape": "invoice"}`))
	require.Equal(t, "accounts.clearing.SEK", fault.Of(err).Field)
}

func TestTheSellerIsTheVATPosition(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"vat": {"home": "FI", "eu_consumers": "threshold", "registrations": ["NO"], "outside_postcodes": {"ES": ["35", "38"]}}}`)
	require.Equal(t, tax.Seller{
		Country: "FI", EUConsumers: tax.ByThreshold, Registrations: []string{"NO"}, OutsidePostcodes: map[string][]string{"ES": {"35", "38"}},
	}, s.Seller())
}

func TestSettingsSurviveJSON(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"fee_rules": [], "accounts": {"bank": {"EUR": "1980"}}, "sales": [{"rate": "25.5", "revenue": "3106", "vat": "2670"}]}`)
	raw, err := json.Marshal(s)
	require.NoError(t, err)
	require.Equal(t, s, parse(t, string(raw)))
}

func TestSettingsThatMakeNoSenseAreRefusedByName(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ raw, field string }{
		"a misspelt setting":                      {`{"shap": "direct"}`, "shap"},
		"a misspelt account":                      {`{"accounts": {"fees": "6040"}}`, "fees"},
		"a list for an object":                    {`[]`, ""},
		"half an object":                          {`{"shape":`, ""},
		"two objects":                             {`{}{}`, ""},
		"a number for an account":                 {`{"accounts": {"fee": 6040}}`, "accounts.fee"},
		"a text for a number":                     {`{"waiting_days": "7"}`, "waiting_days"},
		"an unknown shape":                        {`{"shape": "net"}`, "shape"},
		"an empty shape":                          {`{"shape": ""}`, "shape"},
		"an unknown policy":                       {`{"adjustments": "ignore"}`, "adjustments"},
		"an unknown dispute policy":               {`{"lost_dispute": "maybe"}`, "lost_dispute"},
		"an unknown moment":                       {`{"payment_moment": "never"}`, "payment_moment"},
		"an unknown date policy":                  {`{"before_invoice": "guess"}`, "before_invoice"},
		"no series":                               {`{"voucher_series": ""}`, "voucher_series"},
		"a long series":                           {`{"voucher_series": "KKKKKKKKKKK"}`, "voucher_series"},
		"a drop of less than nothing":             {`{"coverage_drop": -1}`, "coverage_drop"},
		"a drop of more than all":                 {`{"coverage_drop": 101}`, "coverage_drop"},
		"negative waiting":                        {`{"waiting_days": -1}`, "waiting_days"},
		"waiting for years":                       {`{"waiting_days": 366}`, "waiting_days"},
		"an account with a blank":                 {`{"accounts": {"fee": "60 40"}}`, "accounts.fee"},
		"an endless account":                      {`{"accounts": {"fee": "604060406040604060401"}}`, "accounts.fee"},
		"a bank account in no currency":           {`{"accounts": {"bank": {"KR": "1930"}}}`, "accounts.bank.KR"},
		"a currency in lower case":                {`{"accounts": {"bank": {"eur": "1980"}}}`, "accounts.bank.eur"},
		"one clearing account for two":            {`{"accounts": {"clearing": {"EUR": "1686"}}}`, "accounts.clearing.SEK"},
		"the bank as clearing account":            {`{"accounts": {"clearing": {"SEK": "1930"}}}`, "accounts.clearing.SEK"},
		"the ledger as clearing account":          {`{"accounts": {"clearing": {"SEK": "1510"}}}`, "accounts.clearing.SEK"},
		"the bank's interim as clearing account":  {`{"accounts": {"interim": {"SEK": "1686"}}}`, "accounts.clearing.SEK"},
		"gift cards on the clearing account":      {`{"accounts": {"gift_card": "1686"}}`, "accounts.clearing.SEK"},
		"an interim account in no currency":       {`{"accounts": {"interim": {"KR": "1979"}}}`, "accounts.interim.KR"},
		"an unknown preset":                       {`{"preset": "bas_norway"}`, "preset"},
		"a number for a preset":                   {`{"preset": 1}`, "preset"},
		"an unknown sales shape":                  {`{"sales_shape": "week"}`, "sales_shape"},
		"an unknown recognition":                  {`{"recognition": "order"}`, "recognition"},
		"an unknown settlement of refunds":        {`{"refunds": "kept"}`, "refunds"},
		"an unknown fee moment":                   {`{"fee_moment": "never"}`, "fee_moment"},
		"an unknown target":                       {`{"payout_to": "safe"}`, "payout_to"},
		"an unknown kind of gift card":            {`{"gift_card": {"kind": "paper"}}`, "gift_card.kind"},
		"an unknown redemption":                   {`{"gift_card": {"redemption": "none"}}`, "gift_card.redemption"},
		"a single purpose without a rate":         {`{"gift_card": {"kind": "single_purpose"}}`, "gift_card.rate"},
		"a home that is no country":               {`{"vat": {"home": "XX"}}`, "vat.home"},
		"an unknown way to tax consumers":         {`{"vat": {"eu_consumers": "both"}}`, "vat.eu_consumers"},
		"no way to tax consumers":                 {`{"vat": {"eu_consumers": ""}}`, "vat.eu_consumers"},
		"a registration inside the EU":            {`{"vat": {"registrations": ["NO", "DE"]}}`, "vat.registrations[1]"},
		"a year before OSS and MOSS":              {`{"vat": {"destination_since": 2014}}`, "vat.destination_since"},
		"a currency pair in no currency":          {`{"currencies": [{"invoice": "EUR", "payout": "KR"}]}`, "currencies[0].payout"},
		"a currency pair twice":                   {`{"currencies": [{"invoice": "EUR", "payout": "SEK"}, {"invoice": "EUR", "payout": "SEK"}]}`, "currencies[1]"},
		"an unknown source of rates":              {`{"currencies": [{"invoice": "EUR", "payout": "SEK", "rates": ["line", "guess"]}]}`, "currencies[0].rates[1]"},
		"no source of rates":                      {`{"currencies": [{"invoice": "EUR", "payout": "SEK", "rates": []}]}`, "currencies[0].rates"},
		"an unknown policy for periods":           {`{"period": {"locked": "reopen"}}`, "period.locked"},
		"an unknown treatment":                    {`{"sales": [{"treatment": "abroad", "rate": "0", "revenue": "3105"}]}`, "sales[0].treatment"},
		"an unknown supply":                       {`{"sales": [{"supply": "hope", "rate": "0", "revenue": "3004"}]}`, "sales[0].supply"},
		"gift cards as revenue":                   {`{"sales": [{"supply": "gift_card", "rate": "0", "revenue": "3004"}]}`, "sales[0].supply"},
		"OSS in no country":                       {`{"sales": [{"treatment": "oss", "rate": "19", "revenue": "3106", "vat": "2670"}]}`, "sales[0].country"},
		"a registration in no country":            {`{"sales": [{"treatment": "registered_abroad", "country": "Norway", "rate": "25", "revenue": "3105", "vat": "2890"}]}`, "sales[0].country"},
		"exports to one country":                  {`{"sales": [{"treatment": "export", "country": "NO", "rate": "0", "revenue": "3105"}]}`, "sales[0].country"},
		"OSS without sales at home":               {`{"sales": [{"treatment": "oss", "country": "DE", "rate": "19", "revenue": "3106", "vat": "2670"}]}`, "sales"},
		"a country and rate twice":                {`{"sales": [{"treatment": "oss", "country": "DE", "rate": "19", "revenue": "3106", "vat": "2670"}, {"treatment": "oss", "country": "DE", "rate": "19", "revenue": "3107", "vat": "2670"}]}`, "sales[1].rate"},
		"a rate that is none":                     {`{"sales": [{"rate": "25 %", "revenue": "3001"}]}`, "rate"},
		"a rate twice":                            {`{"sales": [{"rate": "0", "revenue": "3004"}, {"rate": "0.00", "revenue": "3005"}]}`, "sales[1].rate"},
		"sales without an account":                {`{"sales": [{"rate": "0"}]}`, "sales[0].revenue"},
		"VAT without an account":                  {`{"sales": [{"rate": "25", "revenue": "3001"}]}`, "sales[0].vat"},
		"an odd VAT account":                      {`{"sales": [{"rate": "25", "revenue": "3001", "vat": "?"}]}`, "sales[0].vat"},
		"an unknown VAT mode":                     {`{"fee_rules": [{"vat": "reverse"}]}`, "fee_rules[0].vat"},
		"an odd fee account":                      {`{"fee_rules": [{"account": "?"}]}`, "fee_rules[0].account"},
		"an unknown reverse style":                {`{"reverse_charge": {"style": "both"}}`, "reverse_charge.style"},
		"an unknown reverse moment":               {`{"reverse_charge": {"moment": "yearly"}}`, "reverse_charge.moment"},
		"reverse charge without accounts":         {`{"fee_rules": [{"vat": "reverse_eu"}], "reverse_charge": {"contra": ""}}`, "reverse_charge.contra"},
		"reverse charge to an odd account":        {`{"fee_rules": [{"vat": "reverse_eu"}], "reverse_charge": {"base_eu": "?"}}`, "reverse_charge.base_eu"},
		"no match keys":                           {`{"match_keys": []}`, "match_keys"},
		"a reference that no line has":            {`{"match_keys": [{"line": "ocr", "document": "ocr"}]}`, "match_keys[0].line"},
		"a reference that no document has":        {`{"match_keys": [{"line": "order_id", "document": "order_id"}]}`, "match_keys[0].document"},
		"a tolerance that is no number":           {`{"tolerance": {"SEK": "half"}}`, "tolerance.SEK"},
		"a negative tolerance":                    {`{"tolerance": {"SEK": "-0.50"}}`, "tolerance.SEK"},
		"a limit of write-offs that is no number": {`{"write_off_limit": {"SEK": "half"}}`, "write_off_limit.SEK"},
		"a negative limit of write-offs":          {`{"write_off_limit": {"SEK": "-1"}}`, "write_off_limit.SEK"},
		"a tolerance finer than the money":        {`{"tolerance": {"JPY": "0.5"}}`, "tolerance.JPY"},
		"a tolerance in an unknown currency":      {`{"tolerance": {"XXX": "1"}}`, "tolerance.XXX"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := booking.Parse(json.RawMessage(c.raw))
			require.Equal(t, booking.CodeSettings, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
			require.NotEmpty(t, fault.Of(err).Reason)
		})
	}
}

func TestTheToleranceIsThatOfTheCurrency(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		raw      string
		currency money.Currency
		minor    int64
	}{
		"kronor by default":                     {`{}`, "SEK", 50},
		"none for a currency that is not named": {`{}`, "EUR", 0},
		"as set":                                {`{"tolerance": {"EUR": "0.05"}}`, "EUR", 5},
		"a krona where invoices are rounded":    {`{"erp_rounds_to_kronor": true}`, "SEK", 100},
		"more than a krona if set so":           {`{"erp_rounds_to_kronor": true, "tolerance": {"SEK": "2"}}`, "SEK", 200},
		"rounding to kronor is of no euro":      {`{"erp_rounds_to_kronor": true}`, "EUR", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := parse(t, c.raw).MatchingRules(c.currency)
			require.Equal(t, money.New(c.minor, c.currency), rules.Tolerance)
			require.Equal(t, matching.DefaultKeys(), rules.Keys)
		})
	}
}

func TestAccountsInUseAreThoseThatVouchersAndPaymentsMayTouch(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		raw  string
		want []ledger.Account
	}{
		"defaults":       {`{}`, []ledger.Account{"1516", "1686", "1689", "1930", "2641", "3740", "6040", "6380"}},
		"suspense":       {`{"suspense": true}`, []ledger.Account{"1516", "1686", "1689", "1930", "2641", "2999", "3740", "6040", "6380"}},
		"adjustments":    {`{"adjustments": "suspense"}`, []ledger.Account{"1516", "1686", "1689", "1930", "2641", "2999", "3740", "6040", "6380"}},
		"reverse charge": {`{"fee_rules": [{"vat": "reverse_eu", "account": "6064"}]}`, []ledger.Account{"1516", "1686", "1689", "1930", "2614", "2641", "2645", "3740", "4531", "4535", "4598", "6040", "6064", "6380"}},
		"carried debt":   {`{"accounts": {"carry": "2890"}}`, []ledger.Account{"1516", "1686", "1689", "1930", "2641", "2890", "3740", "6040", "6380"}},
		"an interim":     {`{"payout_to": "interim", "accounts": {"interim": {"SEK": "1979"}}}`, []ledger.Account{"1516", "1686", "1689", "1930", "1979", "2641", "3740", "6040", "6380"}},
		"two currencies": {`{"currencies": [{"invoice": "EUR", "payout": "SEK"}]}`, []ledger.Account{"1516", "1686", "1689", "1930", "2641", "3740", "3960", "6040", "6380", "7960"}},
		"sales undone":   {`{"lost_dispute": "reverse_sale"}`, []ledger.Account{"1516", "1686", "1689", "1930", "2641", "3740", "6040"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, parse(t, c.raw).AccountsInUse("SEK"))
		})
	}
}

func TestReadyNamesTheAccountThatIsMissing(t *testing.T) {
	t.Parallel()
	require.NoError(t, booking.Default().Ready("SEK"))
	cases := map[string]struct {
		raw      string
		currency money.Currency
		field    string
	}{
		"clearing": {`{}`, "EUR", "accounts.clearing.EUR"},
		"bank":     {`{"accounts": {"clearing": {"EUR": "1581"}}}`, "EUR", "accounts.bank.EUR"},
		"interim":  {`{"payout_to": "interim"}`, "SEK", "accounts.interim.SEK"},
		"rounding": {`{"accounts": {"rounding": ""}}`, "SEK", "accounts.rounding"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := parse(t, c.raw).Ready(c.currency)
			require.Equal(t, booking.CodeMissingAccount, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
		})
	}
	require.NoError(t, parse(t, `{"accounts": {"rounding": ""}, "tolerance": {"SEK": "0"}}`).Ready("SEK"))
	require.Error(t, parse(t, `{"accounts": {"rounding": ""}, "tolerance": {"SEK": "0"}, "write_off_limit": {"SEK": "12"}}`).Ready("SEK"))
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "{}", `{"shape":"direct"}`, `{"fee_rules":[{}]}`, `{"tolerance":{"SEK":"1e9"}}`, `{"sales":[{"rate":"25"}]}`,
		`{"preset":"source_example","vat":{"registrations":null,"outside_postcodes":{"ES":null}},"currencies":[{"invoice":"EUR","payout":"SEK","rates":null}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := booking.Parse(raw)
		if err != nil {
			require.Equal(t, booking.CodeSettings, fault.CodeOf(err))
			return
		}
		again, err := json.Marshal(s)
		require.NoError(t, err)
		require.Equal(t, s, parse(t, string(again)))
	})
}

func TestTheSchemaRefusesWhatParseRefuses(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	for _, raw := range []string{
		`{"shap":"direct"}`, `{"shape":"net"}`, `{"waiting_days":-1}`, `{"accounts":{"fee":6040}}`, `{"match_keys":[]}`, `{"sales":[{"rate":"25 %","revenue":"1"}]}`,
		`{"preset":"bas_norway"}`, `{"sales":[{"supply":"gift_card","rate":"0","revenue":"1"}]}`, `{"sales":[{"treatment":"oss","country":"Germany","rate":"19","revenue":"1","vat":"2"}]}`,
		`{"gift_card":{"kind":"paper"}}`, `{"currencies":[{"invoice":"EUR"}]}`, `{"currencies":[{"invoice":"EUR","payout":"SEK","rates":[]}]}`, `{"vat":{"home":"Sweden"}}`,
	} {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(raw)))
		require.NoError(t, err)
		require.Error(t, schema.Validate(value), raw)
		_, err = booking.Parse(json.RawMessage(raw))
		require.Error(t, err, raw)
	}
}
