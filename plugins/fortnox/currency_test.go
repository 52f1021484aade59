package main

import (
	"context"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
	"github.com/kvitt/kvitt/ports"
)

func eur(minor int64) money.Amount { return money.New(minor, "EUR") }

// inEuro is a payment of invoice 1008 of EUR 33.33, which is booked at 11.20 = SEK 373.30.
func inEuro(amount string, original int64, rate string, offs ...ports.WriteOff) ports.Payment {
	p := payment("1008", invoice.Invoice, amount, offs...)
	p.Exchange = &ports.Exchange{Original: eur(original), Rate: kronorPerEuro(rate)}
	return p
}

func kronorPerEuro(rate string) exchange.Rate {
	return exchange.Rate{From: "EUR", To: "SEK", Value: decimal.RequireFromString(rate), Source: exchange.CentralBank, On: on("2026-04-16")}
}

func (r *remote) tryInEuro(ctx context.Context, c everything, p ports.Payment, before int64, attempt int, known ...string) (ports.PaymentResult, error) {
	return c.EnsurePayment(ctx, ports.PaymentRequest{Write: r.write("EnsurePayment", "kv:KL:1;", attempt), Payment: p, Known: known, BalanceBefore: eur(before)})
}

func (r *remote) left(t *testing.T, c everything) invoice.Document {
	t.Helper()
	found, err := c.FindDocuments(t.Context(), ports.FindDocumentsRequest{Call: r.granted("FindDocuments", 1), Reference: invoice.Number, Value: "1008"})
	require.NoError(t, err)
	return found.Documents[0]
}

func TestAPaymentInEuroRealisesItsDifferenceInFortnox(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		payment ports.Payment
		want    map[int]string
	}{
		"a gain, 33.33 x 11.40 = 379.962": {
			inEuro("379.96", 3333, "11.40"),
			map[int]string{1686: "379.96", 1510: "0.00", 3960: "-6.66", 7960: "0.00"},
		},
		"a loss with the fee written off, and kronor that no short rate gives": {
			inEuro("350.01", 3333, "11.00", ports.WriteOff{Account: "6040", Amount: sek("16.61")}),
			map[int]string{1686: "350.01", 6040: "16.61", 1510: "0.00", 3960: "0.00", 7960: "6.68"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, connector everything) {
				require.Equal(t, "11.2", r.left(t, connector).Rate.String())
				stood := r.balance(1510)
				made, err := r.tryInEuro(t.Context(), connector, c.payment, 3333, 1)
				require.NoError(t, err)
				require.Equal(t, eur(0), r.left(t, connector).Balance)
				for account, want := range c.want {
					if account == 1510 {
						require.NotEqual(t, stood, r.balance(1510))
						continue
					}
					require.Equal(t, want, r.balance(account), "account %d", account)
				}
				found, err := r.tryInEuro(t.Context(), connector, c.payment, 3333, 2)
				require.NoError(t, err)
				require.Equal(t, ports.Found, found.Outcome)
				require.Equal(t, made.Number, found.Number)

				_, err = connector.EnsureReleased(t.Context(), ports.ReleaseRequest{
					Write: r.write("EnsureReleased", "kv:1R;", 1), DocumentNumber: "1008", DocumentKind: invoice.Invoice,
					PaymentNumber: made.Number, Date: on("2026-04-20"), Known: []string{made.Number}, BalanceBefore: eur(0),
				})
				require.NoError(t, err)
				require.Equal(t, eur(3333), r.left(t, connector).Balance)
				require.Equal(t, stood, r.balance(1510))
				require.Equal(t, "0.00", r.balance(1686))
			})
		})
	}
}

func TestABalanceThatMovedInEuroIsSeen(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		_, err := r.tryInEuro(t.Context(), c, inEuro("112.00", 1000, "11.20"), 3333, 1)
		require.NoError(t, err)
		_, err = r.tryInEuro(t.Context(), c, inEuro("265.98", 2333, "11.4009"), 3333, 2)
		r.requireFault(err, CodeBalanceChanged, fault.Conflict)
	})
}

func TestARateForManyUnitsIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	r := start(t, func(w *world.Fortnox) { w.CurrencyUnits = map[string]int{"EUR": 100} })
	c := New()
	require.True(t, r.left(t, c).Rate.IsZero(), "the hub is not told a rate that it would misread")
	before := r.counts()
	_, err := r.tryInEuro(t.Context(), c, inEuro("373.30", 3333, "11.20"), 3333, 2)
	r.requireFault(err, CodeCurrencyUnit, fault.Conflict)
	require.Equal(t, before, r.counts(), "the draft is removed")

	// With no call left the draft stays, without effect, and the next attempt removes it.
	_, err = r.tryInEuro(t.Context(), c, inEuro("373.30", 3333, "11.20"), 3333, 1)
	require.Equal(t, CodeCurrencyUnit, fault.CodeOf(err))
	_, err = r.tryInEuro(t.Context(), c, inEuro("373.30", 3333, "11.20"), 3333, 2)
	r.requireFault(err, CodeCurrencyUnit, fault.Conflict)
	require.Equal(t, before, r.counts())
	require.Equal(t, eur(3333), r.left(t, c).Balance)
}

func TestAPaymentInAnotherCurrencyThanTheInvoicesIsRefused(t *testing.T) {
	t.Parallel()
	r := start(t)
	before := r.counts()
	p := inEuro("373.30", 3333, "11.20")
	p.DocumentNumber = "1001"
	_, err := r.tryInEuro(t.Context(), New(), p, 3333, 1)
	require.Error(t, err)
	p = inEuro("373.30", 3333, "11.20")
	p.Exchange.Rate.From = "NOK"
	_, err = r.tryInEuro(t.Context(), New(), p, 3333, 1)
	r.requireFault(err, CodeExchange, fault.Validation)
	require.Equal(t, before, r.counts())
}

func TestWhatFortnoxMakesOfAPaymentIsTheOriginal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := kronorPerEuro(decimal.New(rapid.Int64Range(5_0000, 14_0000).Draw(t, "rate"), -4).String())
		original := eur(rapid.Int64Range(1_00, 100_000_00).Draw(t, "original"))
		fee := eur(rapid.Int64Range(0, original.Minor()/2).Draw(t, "fee"))
		whole, err := rate.Convert(original)
		require.NoError(t, err)
		off, err := rate.Convert(fee)
		require.NoError(t, err)
		amount, err := whole.Sub(off)
		require.NoError(t, err)

		p := inEuro(amount.String(), original.Minor(), rate.Value.String(), ports.WriteOff{Account: "6040", Amount: off})
		inCurrency, at, err := split(p)
		require.NoError(t, err)
		got, err := exchange.Rate{From: "EUR", To: "SEK", Value: at}.Convert(inCurrency)
		require.NoError(t, err)
		require.Equal(t, amount, got, "the kronor that reach the account")
		share, err := money.Round(off.Decimal().DivRound(at, 6), "EUR")
		require.NoError(t, err)
		together, err := inCurrency.Add(share)
		require.NoError(t, err)
		require.Equal(t, original, together)
	})
}
