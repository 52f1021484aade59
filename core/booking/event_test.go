package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
)

// happened is an event at home, through a provider.
func happened(kind payment.Kind, minor int64, shares ...booking.Share) booking.Happening {
	return booking.Happening{
		Event:  payment.Event{Kind: kind, Order: "1001", Transaction: "T1", Method: "card", Reference: "C-17", Amount: sek(minor)},
		Method: payment.ByProvider, Market: atHome(), Shares: shares, Date: today(),
	}
}

func goods(percent uint8, minor int64) booking.Share {
	return booking.Share{Rate: tax.Percent(percent), Gross: sek(minor)}
}

// fee states a fee, which includes its VAT, with an event.
func fee(h booking.Happening, fee, vat int64) booking.Happening {
	h.Event.Fee, h.Event.FeeVAT = sek(fee), sek(vat)
	return h
}

func one(t require.TestingT, h booking.Happening, s booking.Settings) ledger.Voucher {
	vouchers, err := booking.EventVouchers(h, s)
	require.NoError(t, err)
	require.Len(t, vouchers, 1)
	return vouchers[0]
}

func TestAnEventThatCannotBeBooked(t *testing.T) {
	t.Parallel()
	sold := func(spoil func(*booking.Happening)) booking.Happening {
		h := happened(payment.Payment, 100_00, goods(25, 100_00))
		spoil(&h)
		return h
	}
	by := func(method payment.MethodKind, kind payment.Kind, shares ...booking.Share) booking.Happening {
		h := happened(kind, 100_00, shares...)
		h.Method = method
		return h
	}
	card := booking.Share{Supply: tax.GiftCard, Gross: sek(100_00)}
	single := `{"gift_card": {"kind": "single_purpose", "rate": "6"}}`
	cases := map[string]struct {
		settings string
		h        booking.Happening
		code     fault.Code
		field    string
	}{
		"no kind":                                   {`{}`, sold(func(h *booking.Happening) { h.Event.Kind = "" }), booking.CodeNotBookable, "kind"},
		"no method":                                 {`{}`, by("", payment.Payment, goods(25, 100_00)), booking.CodeNotBookable, "kind"},
		"shares that miss the whole":                {`{}`, happened(payment.Payment, 100_00, goods(25, 99_49)), booking.CodeSharesDiffer, "shares"},
		"no shares":                                 {`{}`, happened(payment.Payment, 100_00), booking.CodeSharesDiffer, "shares"},
		"shares with the sign of a refund":          {`{}`, happened(payment.Refund, 100_00, goods(25, -100_00)), booking.CodeSharesDiffer, "shares"},
		"a rate without accounts":                   {`{}`, happened(payment.Payment, 100_00, goods(19, 100_00)), booking.CodeNoMapping, "sales"},
		"a supply without accounts":                 {`{}`, sold(func(h *booking.Happening) { h.Shares[0].Supply = tax.Services }), booking.CodeNoMapping, "sales"},
		"a market nobody decided":                   {`{}`, sold(func(h *booking.Happening) { h.Market = tax.Market{} }), booking.CodeNoMapping, "sales"},
		"a country without accounts":                {`{}`, sold(func(h *booking.Happening) { h.Market = tax.Market{Treatment: tax.OSS, Country: "DE"} }), booking.CodeNoMapping, "sales"},
		"VAT on an export":                          {`{}`, sold(func(h *booking.Happening) { h.Market = tax.Market{Treatment: tax.Export, Country: "NO"} }), booking.CodeNoMapping, "sales"},
		"a currency without clearing":               {`{}`, sold(func(h *booking.Happening) { h.Event.Amount = money.New(1, "EUR") }), booking.CodeMissingAccount, "accounts.clearing.EUR"},
		"rounding without an account":               {`{"accounts": {"rounding": ""}}`, happened(payment.Payment, 100_00, goods(25, 99_99)), booking.CodeMissingAccount, "accounts.rounding"},
		"a share in another currency":               {`{}`, sold(func(h *booking.Happening) { h.Shares[0].Gross = money.New(100_00, "EUR") }), money.CodeMixed, "currency"},
		"VAT stated in yet another currency":        {`{}`, sold(func(h *booking.Happening) { h.Shares[0].VAT = money.New(1, "EUR") }), money.CodeMixed, "currency"},
		"an invoice without ledger":                 {`{"accounts": {"receivable": ""}}`, by(payment.ByInvoice, payment.Payment, goods(25, 100_00)), booking.CodeMissingAccount, "accounts.receivable"},
		"a debt without an account":                 {`{"refunds": "owed", "accounts": {"refund_debt": ""}}`, happened(payment.Refund, 100_00, goods(25, 100_00)), booking.CodeMissingAccount, "accounts.refund_debt"},
		"an advance without an account":             {`{"recognition": "delivery", "accounts": {"advance": ""}}`, happened(payment.Payment, 100_00, goods(25, 100_00)), booking.CodeMissingAccount, "accounts.advance"},
		"a deposit without a bank":                  {`{"accounts": {"bank": {"SEK": ""}}}`, happened(payment.Deposit, 100_00), booking.CodeMissingAccount, "accounts.bank.SEK"},
		"a deposit without interim account":         {`{"payout_to": "interim"}`, happened(payment.Deposit, 100_00), booking.CodeMissingAccount, "accounts.interim.SEK"},
		"a card used without an account":            {`{"accounts": {"gift_card": ""}}`, by(payment.ByGiftCard, payment.Payment, goods(25, 100_00)), booking.CodeMissingAccount, "accounts.gift_card"},
		"a card sold without an account":            {`{"accounts": {"gift_card": ""}}`, happened(payment.Payment, 100_00, card), booking.CodeMissingAccount, "accounts.gift_card"},
		"two vouchers without the ledger":           {`{"gift_card": {"redemption": "clearing"}, "accounts": {"receivable": ""}}`, by(payment.ByGiftCard, payment.Payment, goods(25, 100_00)), booking.CodeMissingAccount, "accounts.receivable"},
		"a gift card is never deposited":            {`{}`, by(payment.ByGiftCard, payment.Deposit), booking.CodeNotBookable, "kind"},
		"a gift card is never credited":             {`{}`, by(payment.ByGiftCard, payment.Credit), booking.CodeNotBookable, "kind"},
		"a multi-purpose card with VAT":             {`{}`, happened(payment.Payment, 100_00, booking.Share{Supply: tax.GiftCard, Rate: tax.Percent(25), Gross: sek(100_00)}), booking.CodeGiftCardVAT, "shares"},
		"a single-purpose card at odds":             {single, happened(payment.Payment, 100_00, booking.Share{Supply: tax.GiftCard, Rate: tax.Percent(25), Gross: sek(100_00)}), booking.CodeGiftCardVAT, "shares"},
		"a fee without a rule":                      {`{"fee_rules": [{"match": "MONTHLY"}]}`, fee(happened(payment.Deposit, 90_00), 10_00, 0), booking.CodeMissingAccount, "fee_rules"},
		"VAT on an exempt fee":                      {`{"fee_rules": [{"vat": "none"}]}`, fee(happened(payment.Deposit, 90_00), 10_00, 2_00), booking.CodeUnexpectedVAT, "fee_rules"},
		"a fee at capture without a rule":           {`{"fee_moment": "capture", "fee_rules": []}`, fee(happened(payment.Payment, 100_00, goods(25, 100_00)), 10_00, 0), booking.CodeMissingAccount, "fee_rules"},
		"a single-purpose card without VAT account": {`{"gift_card": {"kind": "single_purpose", "rate": "19"}}`, happened(payment.Payment, 100_00, card), booking.CodeNoMapping, "sales"},
		"a single-purpose card used at odds":        {single, by(payment.ByGiftCard, payment.Payment, goods(25, 100_00)), booking.CodeGiftCardVAT, "shares"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := booking.EventVouchers(c.h, parse(t, c.settings))
			require.Equal(t, c.code, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
		})
	}
}

func TestAMissingMappingNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	h := happened(payment.Payment, 119_00, goods(19, 119_00))
	h.Market = tax.Market{Treatment: tax.OSS, Country: "DE"}
	_, err := booking.EventVouchers(h, booking.Default())
	require.Contains(t, fault.Of(err).Reason, "oss goods at 19 % in DE")
	require.Contains(t, fault.Of(err).Remedy, "oss goods at 19 % in DE")
}

func TestEventsThatBookNothing(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]booking.Happening{
		"a reservation":   happened(payment.Prepare, 100_00),
		"a cancelled one": happened(payment.Cancel, 100_00),
		"a sale of 0":     happened(payment.Payment, 0),
		"a deposit of 0":  happened(payment.Deposit, 0),
	} {
		vouchers, err := booking.EventVouchers(h, booking.Default())
		require.NoError(t, err, name)
		require.Empty(t, vouchers, name)
	}
}

func TestTheTextLeadsToTheOrderAndTheEvent(t *testing.T) {
	t.Parallel()
	s := booking.Default()
	require.Equal(t, "Sale, order 1001, C-17", one(t, happened(payment.Payment, 100_00, goods(25, 100_00)), s).Text())
	require.Equal(t, "Refund, order 1001, C-17", one(t, happened(payment.Refund, 100_00, goods(25, 100_00)), s).Text())
	require.Equal(t, "Deposit, order 1001, C-17", one(t, happened(payment.Deposit, 100_00), s).Text())
	credit := happened(payment.Credit, 100_00)
	credit.Event.Order = ""
	require.Equal(t, "Refund settled, C-17", one(t, credit, s).Text())
}

func TestVATThatTheSourceStatesIsKept(t *testing.T) {
	t.Parallel()
	share := booking.Share{Rate: tax.Percent(25), Gross: sek(59_97), VAT: sek(12_00)}
	voucher := one(t, happened(payment.Payment, 59_97, share), booking.Default())
	require.Equal(t, []string{"debit 1686 59.97", "credit 3001 47.97", "credit 2611 12.00"}, postings(voucher))
}

// What the golden tables do not show, worked out by hand from their rules.
func TestEventsOutsideTheTables(t *testing.T) {
	t.Parallel()
	known := func(h booking.Happening) booking.Happening {
		h.KnownFee, h.KnownFeeVAT = sek(10_00), sek(2_00)
		return h
	}
	by := func(method payment.MethodKind, h booking.Happening) booking.Happening {
		h.Method = method
		return h
	}
	delivered := func(h booking.Happening) booking.Happening {
		h.Delivered = true
		return h
	}
	cases := map[string]struct {
		settings string
		h        booking.Happening
		want     []string
	}{
		"a fee stated with the capture waits for the deposit": {
			`{}`, fee(happened(payment.Payment, 100_00, goods(25, 100_00)), 10_00, 2_00),
			[]string{"debit 1686 100.00", "credit 3001 80.00", "credit 2611 20.00"},
		},
		"and is booked with it": {
			`{}`, known(happened(payment.Deposit, 90_00)),
			[]string{"debit 1930 90.00", "debit 6040 8.00", "debit 2641 2.00", "credit 1686 100.00"},
		},
		"a deposit before the bank confirms it": {
			`{"payout_to": "interim", "accounts": {"interim": {"SEK": "1979"}}}`, fee(happened(payment.Deposit, 90_00), 10_00, 0),
			[]string{"debit 1979 90.00", "debit 6040 10.00", "credit 1686 100.00"},
		},
		"the merchant's own invoice is paid to the bank": {
			`{"payout_to": "interim"}`, by(payment.ByInvoice, happened(payment.Deposit, 100_00)),
			[]string{"debit 1930 100.00", "credit 1510 100.00"},
		},
		"and refunded through the customer ledger": {
			`{"refunds": "owed"}`, by(payment.ByInvoice, happened(payment.Refund, 100_00, goods(25, 100_00))),
			[]string{"debit 3001 80.00", "debit 2611 20.00", "credit 1510 100.00"},
		},
		"a refund paid from the bank although refunds are netted": {
			`{}`, happened(payment.Credit, 100_00), []string{"debit 1686 100.00", "credit 1930 100.00"},
		},
		"the fee rule is that of the payment method": {
			`{"fee_rules": [{"match": "card", "account": "6064", "vat": "none"}, {"match": "*"}]}`, fee(happened(payment.Deposit, 90_00), 10_00, 0),
			[]string{"debit 1930 90.00", "debit 6064 10.00", "credit 1686 100.00"},
		},
		"reverse charge with the payout": {
			`{"fee_rules": [{"vat": "reverse_eu"}], "reverse_charge": {"moment": "payout"}}`, fee(happened(payment.Deposit, 980_00), 20_00, 0),
			[]string{"debit 1930 980.00", "debit 6040 20.00", "debit 4535 20.00", "debit 2645 5.00", "credit 1686 1000.00", "credit 4598 20.00", "credit 2614 5.00"},
		},
		"captured after delivery": {
			`{"recognition": "delivery"}`, delivered(happened(payment.Payment, 125_00, goods(25, 125_00))),
			[]string{"debit 1686 125.00", "credit 3001 100.00", "credit 2611 25.00"},
		},
		"refunded before delivery": {
			`{"recognition": "delivery"}`, happened(payment.Refund, 125_00, goods(25, 125_00)),
			[]string{"debit 2420 100.00", "debit 2611 25.00", "credit 1686 125.00"},
		},
		"a price is reduced after delivery": {
			`{"recognition": "delivery"}`, happened(payment.Refund, 50_00, booking.Share{Supply: tax.PriceReduction, Rate: tax.Percent(25), Gross: sek(50_00)}),
			[]string{"debit 3730 40.00", "debit 2611 10.00", "credit 1686 50.00"},
		},
		"goods, freight and a gift card in one sale": {
			`{}`, happened(payment.Payment, 675_00, goods(25, 125_00), booking.Share{Supply: tax.Freight, Rate: tax.Percent(25), Gross: sek(50_00)}, booking.Share{Supply: tax.GiftCard, Gross: sek(500_00)}),
			[]string{"debit 1686 675.00", "credit 3001 100.00", "credit 2611 35.00", "credit 3520 40.00", "credit 2421 500.00"},
		},
		"a gift card taken back": {
			`{"gift_card": {"kind": "single_purpose", "rate": "6"}}`, happened(payment.Refund, 500_00, booking.Share{Supply: tax.GiftCard, Gross: sek(500_00)}),
			[]string{"debit 2421 471.70", "debit 2631 28.30", "credit 1686 500.00"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, postings(one(t, c.h, parse(t, c.settings))))
		})
	}
}

func TestADeliveryNeedsAnAdvance(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"recognition": "delivery"}`)
	captured := happened(payment.Payment, 125_00, goods(25, 125_00))
	voucher, err := booking.DeliveryVoucher(captured, civil.Date{Year: 2026, Month: 5, Day: 2}, s)
	require.NoError(t, err)
	require.Equal(t, "Delivery, order 1001, C-17", voucher.Text())
	require.Equal(t, "2026-05-02", voucher.Date().String())

	card := happened(payment.Payment, 500_00, booking.Share{Supply: tax.GiftCard, Gross: sek(500_00)})
	_, err = booking.DeliveryVoucher(card, today(), s)
	require.Equal(t, ledger.CodeNoRows, fault.CodeOf(err), "a gift card is not delivered")

	late := captured
	late.Delivered = true
	for name, c := range map[string]struct {
		h booking.Happening
		s booking.Settings
	}{
		"revenue at the capture":  {captured, booking.Default()},
		"captured after delivery": {late, s},
		"a refund":                {happened(payment.Refund, 125_00, goods(25, 125_00)), s},
	} {
		_, err := booking.DeliveryVoucher(c.h, today(), c.s)
		require.Equal(t, booking.CodeNotBookable, fault.CodeOf(err), name)
	}
}
