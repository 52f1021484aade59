package payment_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
)

func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

func TestTheGrossOfAnEventIsWhatTheCustomerPaidOrGotBack(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		event payment.Event
		gross money.Amount
	}{
		"prepare":                          {payment.Event{Kind: payment.Prepare, Amount: sek(100_00)}, sek(100_00)},
		"payment, fee already known":       {payment.Event{Kind: payment.Payment, Amount: sek(100_00), Fee: sek(10_00)}, sek(100_00)},
		"deposit: net plus fee":            {payment.Event{Kind: payment.Deposit, Amount: sek(90_00), Fee: sek(10_00)}, sek(100_00)},
		"refund":                           {payment.Event{Kind: payment.Refund, Amount: sek(100_00)}, sek(100_00)},
		"credit, part of the fee returned": {payment.Event{Kind: payment.Credit, Amount: sek(95_00), Fee: sek(-5_00)}, sek(100_00)},
		"credit with an extra fee":         {payment.Event{Kind: payment.Credit, Amount: sek(105_00), Fee: sek(5_00)}, sek(100_00)},
		"cancel":                           {payment.Event{Kind: payment.Cancel, Amount: sek(80_00)}, sek(80_00)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gross, err := c.event.Gross()
			require.NoError(t, err)
			require.Equal(t, c.gross, gross)
		})
	}
}

func TestAnEventThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	valid := payment.Event{Kind: payment.Deposit, Transaction: "T1", Amount: sek(90_00), Fee: sek(10_00), FeeVAT: sek(2_00)}
	require.NoError(t, valid.Validate())
	cases := map[string]struct {
		spoil func(*payment.Event)
		field string
	}{
		"no kind":                       {func(e *payment.Event) { e.Kind = "" }, "kind"},
		"a kind not in the set":         {func(e *payment.Event) { e.Kind = "capture" }, "kind"},
		"no transaction":                {func(e *payment.Event) { e.Transaction = "" }, "transaction"},
		"a negative amount":             {func(e *payment.Event) { e.Amount = sek(-1) }, "amount"},
		"VAT against the fee":           {func(e *payment.Event) { e.FeeVAT = sek(-1) }, "fee_vat"},
		"more VAT than fee":             {func(e *payment.Event) { e.FeeVAT = sek(10_01) }, "fee_vat"},
		"VAT without a fee":             {func(e *payment.Event) { e.Fee = sek(0) }, "fee_vat"},
		"a fee in euro":                 {func(e *payment.Event) { e.Fee, e.FeeVAT = money.New(10, "EUR"), money.Zero("EUR") }, "fee"},
		"VAT in euro":                   {func(e *payment.Event) { e.FeeVAT = money.New(1, "EUR") }, "fee"},
		"no amount":                     {func(e *payment.Event) { e.Amount = money.Amount{} }, "amount"},
		"a fee whose VAT nobody states": {func(e *payment.Event) { e.FeeVAT = money.Amount{} }, "fee_vat"},
		"a fee on a prepare":            {func(e *payment.Event) { e.Kind = payment.Prepare }, "fee"},
		"a fee on a cancel":             {func(e *payment.Event) { e.Kind = payment.Cancel }, "fee"},
		"a fee on a refund":             {func(e *payment.Event) { e.Kind = payment.Refund }, "fee"},
		"a deposit of a negative gross": {func(e *payment.Event) { e.Fee, e.FeeVAT = sek(-90_01), sek(0) }, "fee"},
		"a credit of a negative gross":  {func(e *payment.Event) { e.Kind, e.Fee = payment.Credit, sek(90_01) }, "fee"},
		"a known fee in euro": {func(e *payment.Event) {
			e.Kind, e.Fee, e.FeeVAT = payment.Payment, money.New(10, "EUR"), money.Zero("EUR")
		}, "fee"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := valid
			c.spoil(&event)
			err := event.Validate()
			require.Equal(t, payment.CodeEventInvalid, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
		})
	}
}

func TestAFeeStatesItsVAT(t *testing.T) {
	t.Parallel()
	cases := map[string]payment.Event{
		"no fee, no VAT":              {Kind: payment.Deposit, Amount: sek(90_00)},
		"no fee, VAT 0":               {Kind: payment.Prepare, Amount: sek(90_00), Fee: sek(0), FeeVAT: sek(0)},
		"a fee without VAT":           {Kind: payment.Deposit, Amount: sek(90_00), Fee: sek(10_00), FeeVAT: sek(0)},
		"a fee known at capture":      {Kind: payment.Payment, Amount: sek(100_00), Fee: sek(10_00), FeeVAT: sek(2_00)},
		"a fee larger than a capture": {Kind: payment.Payment, Amount: sek(2_00), Fee: sek(3_00), FeeVAT: sek(0)},
		"a fee given back":            {Kind: payment.Credit, Amount: sek(95_00), Fee: sek(-5_00), FeeVAT: sek(-1_00)},
		"a fee alone":                 {Kind: payment.Credit, Amount: sek(3_00), Fee: sek(3_00), FeeVAT: sek(0)},
	}
	for name, event := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event.Transaction = "T1"
			require.NoError(t, event.Validate())
		})
	}
	err := payment.Event{Kind: payment.Deposit, Transaction: "T1", Amount: sek(90_00), Fee: sek(10_00)}.Validate()
	require.Equal(t, "state the VAT that the fee includes, 0 if there is none", fault.Of(err).Remedy)
}

func TestALineWithoutFeeVATProvesThatThereIsNone(t *testing.T) {
	t.Parallel()
	events, err := payment.Proven(payout.Line{
		Key: "line 7", Kind: payout.Sale, Gross: sek(100_00), FeeExVAT: sek(3_00),
		References: map[payout.Reference]string{payout.OrderID: "order"},
	}, "card")
	require.NoError(t, err)
	require.Len(t, events, 2)
	require.NoError(t, events[1].Validate())
	require.Equal(t, sek(0), events[1].FeeVAT)
}

func TestWhatALineProves(t *testing.T) {
	t.Parallel()
	type want struct {
		kind        payment.Kind
		amount, fee int64
	}
	cases := map[string]struct {
		line payout.Line
		want []want
	}{
		"a sale": {
			payout.Line{Kind: payout.Sale, Gross: sek(100_00), FeeExVAT: sek(8_00), FeeVAT: sek(2_00)},
			[]want{{payment.Payment, 100_00, 0}, {payment.Deposit, 90_00, 10_00}},
		},
		"a refund whose fee is partly returned": {
			payout.Line{Kind: payout.Refund, Gross: sek(-100_00), FeeExVAT: sek(-4_00), FeeVAT: sek(-1_00)},
			[]want{{payment.Refund, 100_00, 0}, {payment.Credit, 95_00, -5_00}},
		},
		"a refund with an extra fee": {
			payout.Line{Kind: payout.Refund, Gross: sek(-100_00), FeeExVAT: sek(4_00), FeeVAT: sek(1_00)},
			[]want{{payment.Refund, 100_00, 0}, {payment.Credit, 105_00, 5_00}},
		},
		"a sale smaller than its fee": {
			payout.Line{Kind: payout.Sale, Gross: sek(2_00), FeeExVAT: sek(3_00)},
			[]want{{payment.Payment, 2_00, 0}, {payment.Deposit, 2_00, 0}, {payment.Credit, 3_00, 3_00}},
		},
		"a refund smaller than the fee it returns": {
			payout.Line{Kind: payout.Refund, Gross: sek(-2_00), FeeExVAT: sek(-3_00)},
			[]want{{payment.Refund, 2_00, 0}, {payment.Credit, 2_00, 0}, {payment.Deposit, 3_00, -3_00}},
		},
		"a fee": {payout.Line{Kind: payout.Fee, FeeExVAT: sek(3_00)}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.line.References = map[payout.Reference]string{payout.OrderID: "order"}
			events, err := payment.Proven(c.line, "card")
			require.NoError(t, err)
			var got []want
			for _, e := range events {
				got = append(got, want{e.Kind, e.Amount.Minor(), e.Fee.Minor()})
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestProvenEventsNameTheLineAndComeFromThePayout(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 30, 12, 0, 0, 0, time.UTC)
	events, err := payment.Proven(payout.Line{
		Key: "line 7", Kind: payout.Sale, Gross: sek(100_00), OccurredAt: at,
		References: map[payout.Reference]string{payout.OrderID: "order"},
	}, "card")
	require.NoError(t, err)
	for _, e := range events {
		require.Equal(t, payment.FromPayout, e.Origin)
		require.Equal(t, "order", e.Transaction)
		require.Equal(t, "card", e.Method)
		require.Equal(t, "line 7", e.Reference)
		require.Equal(t, at, e.At)
	}
}

func TestProvenEventsAreValidAndKeepGrossFeeAndNetOfTheLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sign := rapid.SampledFrom([]int64{1, -1}).Draw(t, "sign")
		line := payout.Line{
			Key: "k", Kind: payout.Sale, References: map[payout.Reference]string{payout.OrderID: "o"},
			Gross:    sek(rapid.Int64Range(0, 500_00).Draw(t, "gross")),
			FeeExVAT: sek(sign * rapid.Int64Range(0, 600_00).Draw(t, "fee")),
			FeeVAT:   sek(sign * rapid.Int64Range(0, 150_00).Draw(t, "vat")),
		}
		if rapid.Bool().Draw(t, "refund") {
			line.Kind, line.Gross = payout.Refund, line.Gross.Neg()
		}
		require.NoError(t, line.Validate())

		events, err := payment.Proven(line, "card")
		require.NoError(t, err)
		settled, fees, net := sek(0), sek(0), sek(0)
		for _, e := range events {
			require.NoError(t, e.Validate())
			gross, err := e.Gross()
			require.NoError(t, err)
			switch e.Kind {
			case payment.Deposit:
				net, _ = net.Add(e.Amount)
				settled, _ = settled.Add(gross)
			case payment.Credit:
				net, _ = net.Sub(e.Amount)
				settled, _ = settled.Sub(gross)
			case payment.Payment, payment.Refund:
				require.Equal(t, line.Gross.Abs(), gross)
			case payment.Prepare, payment.Cancel:
				t.Fatalf("a payout proves no %s", e.Kind)
			}
			fees, _ = fees.Add(e.Fee)
		}
		wantNet, _ := line.Net()
		wantFee, _ := line.FeeExVAT.Add(line.FeeVAT)
		require.Equal(t, line.Gross, settled)
		require.Equal(t, wantFee, fees)
		require.Equal(t, wantNet, net)
	})
}
