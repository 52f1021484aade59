package invoicing_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/invoicing"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
)

func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

func row(kind order.RowKind, name string, gross int64, percent uint8) order.Row {
	return order.Row{Kind: kind, Article: name, Name: name, Quantity: decimal.NewFromInt(1), Gross: sek(gross), Rate: tax.Percent(percent)}
}

func hour(n int) time.Time { return time.Date(2026, 4, 1, n, 0, 0, 0, time.UTC) }

func purchase(rows ...order.Row) order.Purchase {
	p := order.Purchase{ID: "o1", References: map[payout.Reference]string{payout.MerchantReference1: "1001"}, Total: sek(0), Rows: rows}
	for _, r := range rows {
		p.Total, _ = p.Total.Add(r.Gross)
	}
	return p
}

func captured(p order.Purchase, amount int64, rows ...order.Row) order.Purchase {
	n := len(p.Captures) + 1
	p.Captures = append(p.Captures[:len(p.Captures):len(p.Captures)], order.Capture{ID: string(rune('a' + n - 1)), At: hour(n), Amount: sek(amount), Rows: rows})
	return p
}

func refunded(p order.Purchase, amount int64, rows ...order.Row) order.Purchase {
	n := len(p.Refunds) + 1
	p.Refunds = append(p.Refunds[:len(p.Refunds):len(p.Refunds)], order.Refund{ID: string(rune('p' + n - 1)), At: hour(10 + n), Amount: sek(amount), Rows: rows})
	return p
}

// amounts gives rate and gross of each row in öre.
func amounts(rows []order.Row) map[string]int64 {
	out := map[string]int64{}
	for _, r := range rows {
		out[string(r.Kind)+" "+r.Rate.String()] += r.Gross.Minor()
	}
	return out
}

func TestWhatACaptureConsistsOf(t *testing.T) {
	t.Parallel()
	chair, book := row(order.GoodsRow, "chair", 125_00, 25), row(order.GoodsRow, "book", 106_00, 6)
	whole := purchase(chair, book)
	for name, c := range map[string]struct {
		p       order.Purchase
		at      int
		want    map[string]int64
		assumed bool
	}{
		"its own rows":                        {captured(whole, 125_00, chair), 0, map[string]int64{"goods 25": 125_00}, false},
		"the order's, if it is all of it":     {captured(whole, 231_00), 0, map[string]int64{"goods 25": 125_00, "goods 6": 106_00}, false},
		"rows that do not make it are no use": {captured(whole, 231_00, chair), 0, map[string]int64{"goods 25": 125_00, "goods 6": 106_00}, false},
		// 100.00 of 231.00: 125 × 100 / 231 = 54.11, 106 × 100 / 231 = 45.89.
		"else its share": {captured(whole, 100_00), 0, map[string]int64{"summary 25": 54_11, "summary 6": 45_89}, true},
		// The rest: 125.00 − 54.11 and 106.00 − 45.89.
		"the last takes the rest": {captured(captured(whole, 100_00), 131_00), 1, map[string]int64{"summary 25": 70_89, "summary 6": 60_11}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sold, err := invoicing.Captured(c.p, c.at)
			require.NoError(t, err)
			require.Equal(t, c.want, amounts(sold.Rows))
			require.Equal(t, c.assumed, sold.Assumed)
		})
	}
}

func TestWhichInvoiceARefundCredits(t *testing.T) {
	t.Parallel()
	chair, book := row(order.GoodsRow, "chair", 125_00, 25), row(order.GoodsRow, "book", 106_00, 6)
	parts := captured(captured(purchase(chair, book), 125_00, chair), 106_00, book)
	type credit struct {
		capture      int
		amount       int64
		whole, again bool
	}
	for name, c := range map[string]struct {
		p    order.Purchase
		want []credit
	}{
		"the one that sold the rows":               {refunded(parts, 106_00, book), []credit{{1, 106_00, true, false}}},
		"the one of which it leaves nothing":       {refunded(parts, 106_00), []credit{{1, 106_00, true, false}}},
		"the oldest that has enough":               {refunded(parts, 50_00), []credit{{0, 50_00, false, false}}},
		"a second time, it is no longer the first": {refunded(refunded(parts, 50_00), 75_00), []credit{{0, 50_00, false, false}, {0, 75_00, false, true}}},
		"all of both, if no one is large enough":   {refunded(parts, 231_00), []credit{{0, 125_00, true, false}, {1, 106_00, true, false}}},
		"the rest of one and a part of the other":  {refunded(refunded(parts, 25_00), 150_00), []credit{{0, 25_00, false, false}, {0, 100_00, false, true}, {1, 50_00, false, false}}},
		"nothing is refunded, nothing is credited": {parts, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			credits, err := invoicing.Credits(c.p)
			require.NoError(t, err)
			var got []credit
			for _, x := range credits {
				got = append(got, credit{x.Capture, x.Amount.Minor(), x.Whole, x.Again})
			}
			require.Equal(t, c.want, got)
		})
	}
	_, err := invoicing.Credits(refunded(parts, 231_01))
	require.Equal(t, invoicing.CodeExceedsCaptures, fault.CodeOf(err))
	require.Contains(t, err.Error(), "0.01")
}

// TestCreditsAddUpAndStayWhereTheyAre draws captures and refunds with or without rows:
// credits of a refund make its amount, none of a capture exceed it, their rows are at
// rates that the capture sold at, and a later refund moves none that was there.
func TestCreditsAddUpAndStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := purchase()
		for i, n := 0, rapid.IntRange(1, 3).Draw(t, "captures"); i < n; i++ {
			goods := row(order.GoodsRow, string(rune('A'+i)), rapid.Int64Range(1, 300_00).Draw(t, "goods"), rapid.SampledFrom([]uint8{25, 12, 6}).Draw(t, "rate"))
			freight := row(order.FreightRow, "freight", rapid.Int64Range(1, 50_00).Draw(t, "freight"), 25)
			p.Rows = append(p.Rows, goods, freight)
			sum, _ := goods.Gross.Add(freight.Gross)
			p.Total, _ = p.Total.Add(sum)
			if rapid.Bool().Draw(t, "rows named") {
				p = captured(p, sum.Minor(), goods, freight)
			} else {
				p = captured(p, sum.Minor())
			}
		}
		left := p.Total.Minor()
		before := []invoicing.Credit{}
		for range rapid.IntRange(1, 4).Draw(t, "refunds") {
			if left == 0 {
				break
			}
			amount := rapid.Int64Range(1, left).Draw(t, "amount")
			left -= amount
			p = refunded(p, amount)
			credits, err := invoicing.Credits(p)
			require.NoError(t, err)
			require.Equal(t, before, credits[:len(before)], "what was there stays")
			before = credits
			check(t, p, credits)
		}
	})
}

func check(t *rapid.T, p order.Purchase, credits []invoicing.Credit) {
	byRefund, byCapture := map[int]int64{}, map[int]int64{}
	for _, c := range credits {
		sold, err := invoicing.Captured(p, c.Capture)
		require.NoError(t, err)
		rates := map[tax.Rate]bool{}
		for _, r := range sold.Rows {
			rates[r.Rate] = true
		}
		sum := int64(0)
		for _, r := range c.Rows {
			require.True(t, rates[r.Rate], "a credit carries the rates of its invoice")
			sum += r.Gross.Minor()
		}
		require.Equal(t, c.Amount.Minor(), sum)
		byRefund[c.Refund] += sum
		byCapture[c.Capture] += sum
	}
	for i, r := range p.Refunds {
		require.Equal(t, r.Amount.Minor(), byRefund[i])
	}
	for i, c := range p.Captures {
		require.LessOrEqual(t, byCapture[i], c.Amount.Minor())
	}
}

func maker(p order.Purchase) invoicing.Maker {
	return invoicing.Maker{Purchase: p, Market: tax.Market{Treatment: tax.Domestic, Country: "SE"}, Settings: booking.Default()}
}

func TestACreditInvoiceTurnsSignsAndKeepsKinds(t *testing.T) {
	t.Parallel()
	p := refunded(captured(purchase(row(order.GoodsRow, "chair", 125_00, 25)), 125_00), 95_00,
		row(order.GoodsRow, "chair", 100_00, 25), row(order.ReturnFeeRow, "fee", -5_00, 25))
	credits, err := invoicing.Credits(p)
	require.NoError(t, err)
	draft, err := maker(p).CreditInvoice(credits[0], "17", civil.Date{Year: 2026, Month: 4, Day: 2})
	require.NoError(t, err)
	total, err := draft.Total()
	require.NoError(t, err)
	require.Equal(t, sek(-95_00), total)
	require.Equal(t, order.ReturnFeeRow, draft.Rows[1].Kind)
	require.Equal(t, sek(5_00), draft.Rows[1].Gross)
	require.Equal(t, "3540", string(draft.Rows[1].Account))
	require.Equal(t, map[invoice.Reference]string{
		invoice.ExternalReference1: "1001", invoice.ExternalReference2: "p", invoice.OrderNumber: "1001",
	}, draft.References)
	require.Contains(t, draft.Note, "17")
}

func TestAGiftCardThatPaysHasTheVATOfItsKind(t *testing.T) {
	t.Parallel()
	p := captured(purchase(row(order.GoodsRow, "chair", 125_00, 25), row(order.GiftCardRow, "card", -125_00, 25)), 0)
	sold := invoicing.Sold{Rows: p.Rows}
	m := maker(p)
	draft, err := m.Invoice(0, sold, civil.Date{})
	require.NoError(t, err)
	require.Equal(t, "2421", string(draft.Rows[1].Account))
	require.True(t, draft.Rows[1].Rate.IsZero(), "a multi-purpose card carries no VAT")
	require.Equal(t, sek(0), draft.Rows[1].VAT)
	// The VAT of a single-purpose card was due when it was sold: 100.00 of debt goes, and
	// the 25.00 of VAT that the sale owes is taken back.
	m.Settings.GiftCard = booking.GiftCards{Kind: booking.SinglePurpose, Rate: tax.Percent(25)}
	draft, err = m.Invoice(0, sold, civil.Date{})
	require.NoError(t, err)
	require.Equal(t, tax.Percent(25), draft.Rows[1].Rate)
}

func TestOrderNumbersFollowTheirTemplate(t *testing.T) {
	t.Parallel()
	p := purchase()
	p.References[payout.ShortOrderID] = "K4M"
	for template, want := range map[string]string{"{merchant_reference1}": "1001", "KL-{merchant_reference1}/{short_order_id}": "KL-1001/K4M"} {
		got, err := invoicing.Number(template, p)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := invoicing.Number("{merchant_reference2}", p)
	require.Equal(t, invoicing.CodeNumberTemplate, fault.CodeOf(err))
	require.Contains(t, err.Error(), "merchant_reference2")
}

func TestADraftIsComparedByAccountRateAndTotal(t *testing.T) {
	t.Parallel()
	asked := invoice.Draft{Currency: "SEK", Rows: []invoice.Row{
		{Row: row(order.GoodsRow, "chair", 125_00, 25), Account: "3001"}, {Row: row(order.FreightRow, "freight", 49_00, 25), Account: "3520"},
	}}
	made := func(change func(w *invoice.Written)) invoice.Written {
		w := invoice.Written{Document: invoice.Document{Total: sek(174_00)}, Rows: append([]invoice.Row{}, asked.Rows...)}
		change(&w)
		return w
	}
	for name, c := range map[string]struct {
		kind invoice.Kind
		made invoice.Written
		want fault.Code
	}{
		"as asked":                    {invoice.Invoice, made(func(*invoice.Written) {}), ""},
		"rounded to kronor":           {invoice.Invoice, made(func(w *invoice.Written) { w.Total, w.RoundOff = sek(174_40), sek(40) }), ""},
		"rounded by more than a half": {invoice.Invoice, made(func(w *invoice.Written) { w.Total, w.RoundOff = sek(175_00), sek(1_00) }), invoicing.CodeInvoiceDiffers},
		"another total":               {invoice.Invoice, made(func(w *invoice.Written) { w.Total = sek(174_40) }), invoicing.CodeInvoiceDiffers},
		"another currency":            {invoice.Invoice, made(func(w *invoice.Written) { w.Total = money.New(174_00, "EUR") }), invoicing.CodeInvoiceDiffers},
		"a row is missing":            {invoice.Credit, made(func(w *invoice.Written) { w.Rows = w.Rows[:1] }), invoicing.CodeCreditRowsMissing},
		"a row nobody asked for": {invoice.Invoice, made(func(w *invoice.Written) {
			w.Rows = append(w.Rows, invoice.Row{Row: row(order.FeeRow, "x", 1_00, 25), Account: "3590"})
		}), invoicing.CodeInvoiceDiffers},
		"rows of other kinds, one total": {invoice.Credit, made(func(w *invoice.Written) { w.Rows[0].Gross, w.Rows[1].Gross = sek(124_00), sek(50_00) }), invoicing.CodeCreditKindWrong},
		"another total of a credit":      {invoice.Credit, made(func(w *invoice.Written) { w.Total = sek(1_00) }), invoicing.CodeCreditTotalDiffers},
		"a row of text": {invoice.Invoice, made(func(w *invoice.Written) {
			w.Rows = append(w.Rows, invoice.Row{Row: order.Row{Name: "Order 1001", Gross: sek(0)}})
		}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := invoicing.Compare(asked, c.kind, c.made)
			if c.want == "" {
				require.Nil(t, f)
				return
			}
			require.Equal(t, c.want, f.Code)
			require.NotEmpty(t, f.Remedy)
		})
	}
}
