package money_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

func TestParseReadsPlainDecimalNumbers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text     string
		currency money.Currency
		minor    int64
	}{
		"whole kronor":                         {"12", "SEK", 1200},
		"kronor and ore":                       {"1234.50", "SEK", 123450},
		"one decimal":                          {"0.5", "SEK", 50},
		"more decimals that are zero":          {"1.5000", "SEK", 150},
		"a negative amount":                    {"-1234.50", "SEK", -123450},
		"less than one krona, negative":        {"-0.01", "SEK", -1},
		"yen have no decimals":                 {"100", "JPY", 100},
		"Kuwaiti dinars have three":            {"1.000", "KWD", 1000},
		"the largest amount":                   {"92233720368547758.07", "SEK", math.MaxInt64},
		"the least amount, mirror of the same": {"-92233720368547758.07", "SEK", -math.MaxInt64},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			amount, err := money.Parse(c.text, c.currency)
			require.NoError(t, err)
			require.Equal(t, money.New(c.minor, c.currency), amount)
		})
	}
}

func TestParseRefusesWhatIsNotAnExactAmount(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text     string
		currency money.Currency
		code     fault.Code
	}{
		"nothing":                         {"", "SEK", money.CodeAmount},
		"a word":                          {"ten", "SEK", money.CodeAmount},
		"an exponent":                     {"1e3", "SEK", money.CodeAmount},
		"a decimal comma":                 {"12,50", "SEK", money.CodeAmount},
		"a thousand separator":            {"1 000", "SEK", money.CodeAmount},
		"a plus sign":                     {"+1", "SEK", money.CodeAmount},
		"a third decimal of kronor":       {"0.001", "SEK", money.CodePrecision},
		"a decimal of yen":                {"100.5", "JPY", money.CodePrecision},
		"a fourth decimal of dinars":      {"0.0001", "KWD", money.CodePrecision},
		"one ore more than fits":          {"92233720368547758.08", "SEK", money.CodeOverflow},
		"the least int64, without mirror": {"-92233720368547758.08", "SEK", money.CodeOverflow},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := money.Parse(c.text, c.currency)
			require.Equal(t, c.code, fault.CodeOf(err))
		})
	}
}

func TestHugeDecimalsAreRefusedRatherThanWrittenOut(t *testing.T) {
	t.Parallel()
	for _, d := range []decimal.Decimal{decimal.New(1, math.MaxInt32-2), decimal.New(0, math.MinInt32+2)} {
		_, err := money.FromDecimal(d, "SEK")
		require.Equal(t, money.CodeAmount, fault.CodeOf(err))
		_, err = money.Round(d, "SEK")
		require.Equal(t, money.CodeAmount, fault.CodeOf(err))
	}
}

func TestRoundGoesHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		value string
		minor int64
	}{
		"below a half":           {"0.0149", 1},
		"a half":                 {"0.015", 2},
		"a half, negative":       {"-0.015", -2},
		"a half of an even öre":  {"0.025", 3},
		"below a half, negative": {"-0.0149", -1},
		"exact":                  {"1.25", 125},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			amount, err := money.Round(decimal.RequireFromString(c.value), "SEK")
			require.NoError(t, err)
			require.Equal(t, c.minor, amount.Minor())
		})
	}
}

func TestStringShowsAllDecimalsOfTheCurrency(t *testing.T) {
	t.Parallel()
	cases := map[string]money.Amount{
		"0.00":                  money.Zero("SEK"),
		"0.05":                  money.New(5, "SEK"),
		"-0.50":                 money.New(-50, "SEK"),
		"-1234.50":              money.New(-123450, "SEK"),
		"100":                   money.New(100, "JPY"),
		"-7":                    money.New(-7, "JPY"),
		"0.001":                 money.New(1, "KWD"),
		"1.0000":                money.New(10000, "CLF"),
		"92233720368547758.07":  money.New(math.MaxInt64, "SEK"),
		"-92233720368547758.07": money.New(-math.MaxInt64, "SEK"),
	}
	for want, amount := range cases {
		require.Equal(t, want, amount.String())
	}
}

func TestAddRefusesOtherCurrenciesAndOverflow(t *testing.T) {
	t.Parallel()
	most := money.New(math.MaxInt64, "SEK")
	one := money.New(1, "SEK")

	_, err := one.Add(money.New(1, "EUR"))
	require.Equal(t, money.CodeMixed, fault.CodeOf(err))
	_, err = one.Add(money.Zero("EUR"))
	require.Equal(t, money.CodeMixed, fault.CodeOf(err), "0 euro are not kronor")
	_, err = most.Add(one)
	require.Equal(t, money.CodeOverflow, fault.CodeOf(err))
	_, err = most.Neg().Sub(one)
	require.Equal(t, money.CodeOverflow, fault.CodeOf(err))

	same, err := money.Amount{}.Add(one)
	require.NoError(t, err)
	require.Equal(t, one, same, "an amount that is not set adds nothing")
}

func TestSignAbsAndNeg(t *testing.T) {
	t.Parallel()
	minus := money.New(-5, "SEK")
	require.Equal(t, -1, minus.Sign())
	require.Equal(t, 1, minus.Abs().Sign())
	require.Equal(t, 0, money.Zero("SEK").Sign())
	require.Equal(t, money.New(5, "SEK"), minus.Neg())
	require.Equal(t, money.New(5, "SEK"), minus.Abs())
	require.True(t, money.Zero("SEK").IsZero())
	require.False(t, minus.IsZero())
}

func TestAmountsSurviveJSON(t *testing.T) {
	t.Parallel()
	type record struct {
		Set   money.Amount `json:"set"`
		Unset money.Amount `json:"unset"`
	}
	in := record{Set: money.New(-123450, "SEK")}
	raw, err := json.Marshal(in)
	require.NoError(t, err)
	require.JSONEq(t, `{"set":"SEK -1234.50","unset":""}`, string(raw))

	var out record
	require.NoError(t, json.Unmarshal(raw, &out))
	require.Equal(t, in, out)
}

func TestUnmarshalTextRefusesWhatIsNotAnAmountWithItsCurrency(t *testing.T) {
	t.Parallel()
	for text, code := range map[string]fault.Code{
		"12.50":     money.CodeAmount,
		"XAU 1":     money.CodeCurrency,
		"SEK 1,5":   money.CodeAmount,
		"SEK 0.001": money.CodePrecision,
	} {
		var amount money.Amount
		require.Equal(t, code, fault.CodeOf(amount.UnmarshalText([]byte(text))), text)
	}
}

func amounts(currency money.Currency) *rapid.Generator[money.Amount] {
	return rapid.Map(rapid.Int64Range(-math.MaxInt64, math.MaxInt64), func(minor int64) money.Amount {
		return money.New(minor, currency)
	})
}

func TestWhatIsPrintedIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]money.Currency{"SEK", "JPY", "KWD", "CLF", "EUR"}).Draw(t, "currency")
		amount := amounts(currency).Draw(t, "amount")

		read, err := money.Parse(amount.String(), currency)
		if err != nil || read != amount {
			t.Fatalf("%v was read as %v: %v", amount, read, err)
		}
		if !amount.Decimal().Equal(decimal.RequireFromString(amount.String())) {
			t.Fatalf("%v prints as %s", amount.Decimal(), amount)
		}
	})
}

func TestSubUndoesAdd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := amounts("SEK").Draw(t, "a"), amounts("SEK").Draw(t, "b")
		sum, err := a.Add(b)
		if err != nil {
			t.Skip("the sum does not fit")
		}
		back, err := sum.Sub(b)
		if err != nil || back != a {
			t.Fatalf("(%v + %v) − %v = %v: %v", a, b, b, back, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"0", "-1234.50", "1.005", "00012.30", "1e9", "-", ".", "--1", "0x10", "9999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		amount, err := money.Parse(text, "SEK")
		if err != nil {
			require.NotEmpty(t, fault.CodeOf(err))
			return
		}
		again, err := money.Parse(amount.String(), "SEK")
		require.NoError(t, err)
		require.Equal(t, amount, again)
		require.True(t, amount.Decimal().Equal(decimal.RequireFromString(text)), "parsing rounded %q to %s", text, amount)
	})
}
