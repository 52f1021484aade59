package booking_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
)

// goldenEvent is an event of a transaction. What was sold is given as shares, or
// as an order of which others took Before.
type goldenEvent struct {
	Kind   payment.Kind
	Method payment.MethodKind
	Amount money.Amount
	Fee    money.Amount
	FeeVAT money.Amount `json:"fee_vat"`
	// KnownFee was stated with the capture.
	KnownFee    money.Amount `json:"known_fee"`
	KnownFeeVAT money.Amount `json:"known_fee_vat"`
	// Customer decides the market; without one it is the merchant's own.
	Customer *goldenCustomer
	Shares   []booking.Share
	Order    []order.Part
	Before   money.Amount
}

type goldenCustomer struct {
	Country        string
	VATNumberValid bool `json:"vat_number_valid"`
}

func atHome() tax.Market { return tax.Market{Treatment: tax.Domestic, Country: "SE"} }

func (c goldenCase) eventVoucher(t *testing.T, s booking.Settings) ledger.Voucher {
	t.Helper()
	vouchers, err := booking.EventVouchers(c.Event.happening(t, s), s)
	require.NoError(t, err)
	if c.Second {
		require.Len(t, vouchers, 2)
		return vouchers[1]
	}
	require.NotEmpty(t, vouchers)
	if s.GiftCard.Redemption == booking.Combined {
		require.Len(t, vouchers, 1)
	}
	return vouchers[0]
}

func (e goldenEvent) happening(t *testing.T, s booking.Settings) booking.Happening {
	t.Helper()
	h := booking.Happening{
		Event: payment.Event{
			Kind: e.Kind, Order: "1001", Transaction: "T1", Reference: "C-1", Amount: e.Amount, Fee: e.Fee, FeeVAT: e.FeeVAT,
		},
		Method: e.Method, Market: e.market(t, s), Shares: e.Shares, Date: today(), KnownFee: e.KnownFee, KnownFeeVAT: e.KnownFeeVAT,
	}
	if h.Method == "" {
		h.Method = payment.ByProvider
	}
	require.NoError(t, h.Event.Validate())
	if e.Order != nil {
		taken, err := order.Take(e.Order, e.Before, e.Amount)
		require.NoError(t, err)
		h.Shares = sharesOf(taken)
	}
	return h
}

func sharesOf(parts []order.Part) []booking.Share {
	var shares []booking.Share
	for _, p := range parts {
		shares = append(shares, booking.Share{Supply: p.Supply, Rate: p.Rate, Gross: p.Gross, VAT: p.VAT})
	}
	return shares
}

func (e goldenEvent) market(t *testing.T, s booking.Settings) tax.Market {
	t.Helper()
	customer := tax.Customer{Country: s.VAT.Home}
	if e.Customer != nil {
		customer = tax.Customer{Country: e.Customer.Country, VATNumberValid: e.Customer.VATNumberValid}
	}
	market, err := tax.Decide(s.Seller(), customer, false)
	require.NoError(t, err)
	return market
}

// TestEveryRowOfTheReferenceIsACase keeps a row of the reference from being lost
// together with its case.
func TestEveryRowOfTheReferenceIsACase(t *testing.T) {
	t.Parallel()
	ids := []string{"A5b-1", "A5b-2", "A5b-1-source", "A5b-2-source"}
	for i := 1; i <= 8; i++ {
		ids = append(ids, fmt.Sprintf("A%d-source", i))
	}
	last := map[string]int{"A": 11, "B": 11, "C": 6, "D": 20, "E": 8, "F": 4, "G": 6, "H": 8, "I": 19, "J": 2}
	for letter, n := range last {
		for i := 1; i <= n; i++ {
			ids = append(ids, fmt.Sprintf("%s%d", letter, i))
		}
	}
	cases := goldenCases(t)
	require.Len(t, cases, len(ids))
	for _, id := range ids {
		require.Contains(t, cases, id)
	}
}
