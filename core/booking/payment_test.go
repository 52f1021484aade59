package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

func date(t require.TestingT, text string) civil.Date {
	d, err := civil.Parse(text)
	require.NoError(t, err)
	return d
}

func openInvoice(total int64) invoice.Document {
	return invoice.Document{Number: "1001", Kind: invoice.Invoice, Total: sek(total), Balance: sek(total), Booked: true}
}

func openCredit(total int64) invoice.Document {
	return invoice.Document{Number: "1004", Kind: invoice.Credit, Total: sek(total), Balance: sek(total), Booked: true}
}

func sale(gross, fee, vat int64) payout.Line {
	return payout.Line{Key: "1", Kind: payout.Sale, RawType: "SALE", Gross: sek(gross), FeeExVAT: sek(fee), FeeVAT: sek(vat)}
}

func TestPaymentsInBothShapes(t *testing.T) {
	t.Parallel()
	fee := func(raw string, ex, vat int64) payout.Line {
		return payout.Line{Key: raw, Kind: payout.Fee, RawType: raw, FeeExVAT: sek(ex), FeeVAT: sek(vat)}
	}
	refund := payout.Line{Key: "2", Kind: payout.Refund, RawType: "RETURN", Gross: sek(-120_00), FeeExVAT: sek(-2_00), FeeVAT: sek(-50)}
	type part struct {
		account ledger.Account
		minor   int64
	}
	cases := map[string]struct {
		settings  string
		x         booking.Settlement
		to        ledger.Account
		amount    int64
		writeOffs []part
		direct    bool
	}{
		"clearing: gross, whatever the fee": {
			`{}`,
			booking.Settlement{Line: sale(100_00, 8_00, 2_00), Document: openInvoice(100_00)},
			"1686", 100_00, nil, false,
		},
		"clearing: a credit invoice is paid with a negative amount": {
			`{}`,
			booking.Settlement{Line: refund, Document: openCredit(-120_00)},
			"1686", -120_00, nil, false,
		},
		"clearing: rounding is written off": {
			`{}`,
			booking.Settlement{Line: sale(99_60, 0, 0), Document: openInvoice(100_00), WriteOff: sek(40)},
			"1686", 99_60,
			[]part{{"3740", 40}},
			false,
		},
		"direct: net, the fee and its VAT written off": {
			`{"shape": "direct"}`,
			booking.Settlement{Line: sale(100_00, 8_00, 2_00), Document: openInvoice(100_00)},
			"1930", 90_00,
			[]part{{"6040", 8_00}, {"2641", 2_00}},
			true,
		},
		"direct: the fees of the group and rounding": {
			`{"shape": "direct"}`,
			booking.Settlement{
				Line: sale(99_60, 0, 0), Fees: []payout.Line{fee("FIXED", 1_00, 25), fee("PERCENTAGE", 2_00, 50)},
				Document: openInvoice(100_00), WriteOff: sek(40),
			},
			"1930", 95_85,
			[]part{{"6040", 1_00}, {"2641", 25}, {"6040", 2_00}, {"2641", 50}, {"3740", 40}},
			true,
		},
		"direct: a refund whose fee is returned": {
			`{"shape": "direct"}`,
			booking.Settlement{Line: refund, Document: openCredit(-120_00)},
			"1930", -117_50,
			[]part{{"6040", -2_00}, {"2641", -50}},
			true,
		},
		"direct: reverse charge at cost price": {
			`{"shape": "direct", "fee_rules": [{"vat": "reverse_eu"}], "reverse_charge": {"style": "direct_cost"}}`,
			booking.Settlement{Line: sale(100_00, 8_00, 0), Document: openInvoice(100_00)},
			"1930", 92_00,
			[]part{{"4535", 8_00}},
			true,
		},
		"direct, found late: the money lies on clearing": {
			`{"shape": "direct"}`,
			booking.Settlement{Line: sale(100_00, 8_00, 2_00), Document: openInvoice(100_00), Late: true},
			"1686", 100_00, nil, false,
		},
		"direct, a fee without an account: by way of clearing": {
			`{"shape": "direct", "fee_rules": []}`,
			booking.Settlement{Line: sale(100_00, 8_00, 2_00), Document: openInvoice(100_00)},
			"1686", 100_00, nil, false,
		},
		"direct, a fee as large as the sale: by way of clearing": {
			`{"shape": "direct"}`,
			booking.Settlement{Line: sale(10_00, 8_00, 2_00), Document: openInvoice(10_00)},
			"1686", 10_00, nil, false,
		},
		"direct, a fee larger than the sale: by way of clearing": {
			`{"shape": "direct"}`,
			booking.Settlement{Line: sale(9_00, 8_00, 2_00), Document: openInvoice(9_00)},
			"1686", 9_00, nil, false,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.x.Dates = booking.Dates{Payout: today()}
			p, err := booking.PaymentFor(c.x, parse(t, c.settings))
			require.NoError(t, err)
			var writeOffs []part
			for _, w := range p.WriteOffs {
				writeOffs = append(writeOffs, part{w.Account, w.Amount.Minor()})
			}
			require.Equal(t, c.to, p.Account)
			require.Equal(t, sek(c.amount), p.Amount)
			require.Equal(t, c.writeOffs, writeOffs)
			require.Equal(t, c.direct, p.Direct)
			require.Equal(t, c.x.Document.Number, p.DocumentNumber)
			require.Equal(t, c.x.Document.Kind, p.DocumentKind)
		})
	}
}

func TestWriteOffsCarryTheReasonThatTheMerchantSet(t *testing.T) {
	t.Parallel()
	p, err := booking.PaymentFor(booking.Settlement{
		Line: sale(99_60, 0, 0), Document: openInvoice(100_00), WriteOff: sek(40), Dates: booking.Dates{Today: today()},
	}, parse(t, `{"write_off_reason": "OC"}`))
	require.NoError(t, err)
	require.Equal(t, []booking.WriteOff{{Account: "3740", Amount: sek(40), Reason: "OC", Text: "Rounding"}}, p.WriteOffs)
}

func TestTheDateOfAPayment(t *testing.T) {
	t.Parallel()
	all := booking.Dates{Payout: date(t, "2026-04-03"), Occurred: date(t, "2026-03-30"), Today: date(t, "2026-04-20")}
	cases := map[string]struct {
		settings string
		dates    booking.Dates
		invoice  string
		want     string
		clamped  bool
	}{
		"the payout":                       {`{}`, all, "2026-03-30", "2026-04-03", false},
		"the capture, if set so":           {`{"payment_moment": "capture"}`, all, "2026-03-30", "2026-03-30", false},
		"the capture, payout unknown":      {`{}`, booking.Dates{Occurred: all.Occurred, Today: all.Today}, "2026-03-30", "2026-03-30", false},
		"the payout, capture unknown":      {`{"payment_moment": "capture"}`, booking.Dates{Payout: all.Payout, Today: all.Today}, "2026-03-30", "2026-04-03", false},
		"today, nothing known":             {`{}`, booking.Dates{Today: all.Today}, "2026-03-30", "2026-04-20", false},
		"on the day of the invoice":        {`{"before_invoice": "exception"}`, all, "2026-04-03", "2026-04-03", false},
		"before the invoice, clamped":      {`{}`, all, "2026-04-04", "2026-04-04", true},
		"an invoice whose date is unknown": {`{"before_invoice": "exception"}`, all, "", "2026-04-03", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := openInvoice(100_00)
			require.NoError(t, document.Date.UnmarshalText([]byte(c.invoice)))
			p, err := booking.PaymentFor(booking.Settlement{Line: sale(100_00, 0, 0), Document: document, Dates: c.dates}, parse(t, c.settings))
			require.NoError(t, err)
			require.Equal(t, c.want, p.Date.String())
			require.Equal(t, c.clamped, p.Clamped)
		})
	}
}

func TestAPaymentThatCannotBeMade(t *testing.T) {
	t.Parallel()
	euro := sale(0, 0, 0)
	euro.Gross, euro.FeeExVAT, euro.FeeVAT = money.New(100_00, "EUR"), money.Zero("EUR"), money.Zero("EUR")
	late := openInvoice(100_00)
	late.Date = date(t, "2026-04-21")
	cases := map[string]struct {
		settings string
		x        booking.Settlement
		code     fault.Code
	}{
		"before its invoice, by policy":       {`{"before_invoice": "exception"}`, booking.Settlement{Line: sale(100_00, 0, 0), Document: late}, booking.CodeBeforeInvoice},
		"no clearing account for euro":        {`{}`, booking.Settlement{Line: euro}, booking.CodeMissingAccount},
		"no bank account for euro":            {`{"shape": "direct"}`, booking.Settlement{Line: euro}, booking.CodeMissingAccount},
		"rounding without an account":         {`{"accounts": {"rounding": ""}}`, booking.Settlement{Line: sale(99_60, 0, 0), WriteOff: sek(40)}, booking.CodeMissingAccount},
		"a fee of the group in another money": {`{"shape": "direct"}`, booking.Settlement{Line: sale(99_60, 0, 0), Fees: []payout.Line{euro}}, money.CodeMixed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.x.Dates = booking.Dates{Payout: today()}
			_, err := booking.PaymentFor(c.x, parse(t, c.settings))
			require.Equal(t, c.code, fault.CodeOf(err))
		})
	}
}

func TestExpectedPaymentNeedsTheCustomerLedger(t *testing.T) {
	t.Parallel()
	_, err := booking.ExpectedPayment(booking.Payment{Account: "1686", Amount: sek(1)}, parse(t, `{"accounts": {"receivable": ""}}`))
	require.Equal(t, booking.CodeMissingAccount, fault.CodeOf(err))
}

// In either shape the payments of a payout and its voucher together bring exactly
// the net to the bank, take exactly the gross of paid documents off the customer
// ledger, and leave on the clearing account what no document was found for.
func TestPaymentsAndVoucherTogetherMoveTheNet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySettings().Draw(t, "settings")
		s.Shape = rapid.SampledFrom([]booking.Shape{booking.Clearing, booking.Direct}).Draw(t, "shape")
		var tally booking.Tally
		var vouchers []ledger.Voucher
		net, paid, waiting := sek(0), sek(0), sek(0)
		for _, line := range rapid.SliceOfN(anyLine(), 1, 25).Draw(t, "lines") {
			effect, err := line.Net()
			require.NoError(t, err)
			net, _ = net.Add(effect)
			direct := false
			if line.Kind.NeedsDocument() && rapid.Bool().Draw(t, "document found") {
				p, err := booking.PaymentFor(booking.Settlement{Line: line, Dates: booking.Dates{Payout: today()}}, s)
				require.NoError(t, err)
				direct = p.Direct
				paid, _ = paid.Add(line.Gross)
				if voucher, err := booking.ExpectedPayment(p, s); err == nil {
					vouchers = append(vouchers, voucher)
				}
			} else if line.Kind.NeedsDocument() || line.Kind == payout.Carry {
				waiting, _ = waiting.Add(line.Gross)
			}
			require.NoError(t, tally.Add(line, direct))
		}
		entry, err := booking.PayoutVoucher(payout.Payout{Reference: "P1", Net: net}, today(), tally.Sums(), s)
		require.NoError(t, err)
		vouchers = append(vouchers, entry.Voucher)
		for _, open := range entry.Open {
			waiting, _ = waiting.Add(open.Amount)
		}

		bank, _ := onAccount(t, "1930", vouchers...)
		receivable, _ := onAccount(t, "1510", vouchers...)
		clearing, _ := onAccount(t, "1686", vouchers...)
		require.Equal(t, net, bank)
		require.Equal(t, paid.Neg(), receivable)
		require.Equal(t, waiting.Neg(), clearing)
	})
}
