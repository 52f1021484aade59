package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/invoicing"
	"github.com/kvitt/kvitt/core/flow/purchase"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/invoice"
	rules "github.com/kvitt/kvitt/core/invoicing"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/clock"
)

// selling is a world whose provider tells of orders and whose books make invoices.
type selling struct {
	*world
	provider *orderingProvider
	books    *invoicingBooks
	docs     *invoicing.Service
}

// placed is where an order of the tests was placed, captured when it was captured.
var (
	placed   = time.Date(2026, 4, 1, 10, 0, 0, 0, time.UTC)
	captured = time.Date(2026, 4, 2, 10, 0, 0, 0, time.UTC)
)

func sell(t *testing.T, settings string, kinds []merchant.FlowKind, purchases ...order.Purchase) *selling {
	t.Helper()
	p := &orderingProvider{fakeProvider: plainProvider(2), orders: map[string]order.Purchase{}}
	p.payouts, p.lines = nil, nil
	for _, bought := range purchases {
		p.orders[bought.ID] = bought
	}
	s := &selling{provider: p, books: newInvoicingBooks()}
	s.world = newWorld(t, p.fakeProvider, s.books.fakeBooks)
	s.update(func(ctx context.Context, tx ports.Tx) error {
		for _, kind := range kinds {
			err := tx.Flows().Create(ctx, merchant.Flow{
				ID: "flow-" + string(kind), MerchantID: "m-1", Kind: kind, Source: "c-source", Target: "c-target", Enabled: true,
				Settings: json.RawMessage(settings), SettingsVersion: 1, Since: placed.AddDate(0, 0, -1),
			}, "test")
			if err != nil {
				return err
			}
		}
		return nil
	})
	desk := remote.NewDesk(s.store, fakeCatalogue{"fakepay": p, "fakebooks": s.books}, plainSecrets{}, noTokens{}, clock.Machine{},
		remote.Options{Owner: "docs", Deadline: time.Minute})
	s.docs = invoicing.New(s.store, desk, s.clock, time.Now, tax.StandardTable(), hclog.NewNullLogger(), invoicing.Options{Slice: time.Minute, Attempts: 3})
	return s
}

func all() []merchant.FlowKind {
	return []merchant.FlowKind{merchant.Orders, merchant.Invoices, merchant.Refunds}
}

// learn names the orders and works until nothing is left to do.
func (s *selling) learn(ids ...string) {
	s.t.Helper()
	require.NoError(s.t, s.docs.LearnIDs(s.t.Context(), "c-source", ids, "anna"))
	s.work()
}

// work moves all flows on until none has anything to do, as the job queue would.
func (s *selling) work() {
	s.t.Helper()
	for range 12 {
		for _, kind := range all() {
			if _, err := s.docs.Advance(s.t.Context(), "flow-"+string(kind)); err != nil && fault.CodeOf(err) != ports.CodeNotFound {
				require.NotNil(s.t, fault.Of(err), "%v", err)
			}
		}
	}
}

// bought makes an order of rows of 25 % but where said otherwise.
func bought(id string, rows ...order.Row) order.Purchase {
	p := order.Purchase{
		ID: "o-" + id, References: map[payout.Reference]string{payout.MerchantReference1: id, payout.OrderID: "o-" + id}, State: order.PurchaseOpen,
		PlacedAt: placed, Buyer: order.Buyer{Name: "Anna Andersson", Billing: order.Address{Country: "SE"}}, Total: sek(0), Rows: rows,
	}
	for _, r := range rows {
		p.Total, _ = p.Total.Add(r.Gross)
	}
	return p
}

func row(kind order.RowKind, name string, gross int64, percent uint8) order.Row {
	return order.Row{Kind: kind, Article: "A-" + name, Name: name, Quantity: decimal.NewFromInt(1), Gross: sek(gross), Rate: tax.Percent(percent)}
}

func capturing(p order.Purchase, id string, amount int64, rows ...order.Row) order.Purchase {
	p.Captures = append(slices.Clone(p.Captures), order.Capture{ID: id, At: captured, Amount: sek(amount), Rows: rows})
	return p
}

func refunding(p order.Purchase, id string, amount int64, rows ...order.Row) order.Purchase {
	at := captured.Add(time.Duration(len(p.Refunds)+1) * time.Hour)
	p.Refunds = append(slices.Clone(p.Refunds), order.Refund{ID: id, At: at, Amount: sek(amount), Rows: rows})
	return p
}

// documents gives what stands in the books, by its second reference: kind, total, and
// the accounts of its rows.
func (s *selling) documents() map[string]string {
	out := map[string]string{}
	for _, w := range s.books.made {
		text := fmt.Sprintf("%s %s", w.Kind, w.Total)
		for _, r := range w.Rows {
			text += fmt.Sprintf(" | %s %s %s%%", r.Account, r.Gross.Decimal().StringFixed(2), r.Rate)
		}
		switch {
		case w.Cancelled:
			text += " cancelled"
		case w.Booked:
			text += " booked"
		default:
			text += " draft"
		}
		if w.Credits != "" {
			text += " linked"
		}
		id := w.References[invoice.ExternalReference2]
		if out[id] != "" {
			id += "+"
		}
		out[id] = text
	}
	return out
}

func (s *selling) codes() []fault.Code {
	var codes []fault.Code
	for _, e := range s.exceptions() {
		codes = append(codes, e.Code)
	}
	slices.Sort(codes)
	return codes
}

func TestAWholeCaptureIsAnInvoiceOfItsOrder(t *testing.T) {
	t.Parallel()
	// 125.00 at 25 %, 106.00 at 6 %, freight of 49.00, less a discount of 25.00 and a gift
	// card of 55.00: 200.00.
	p := bought("1001",
		row(order.GoodsRow, "chair", 125_00, 25), row(order.GoodsRow, "book", 106_00, 6), row(order.FreightRow, "freight", 49_00, 25),
		row(order.DiscountRow, "summer", -25_00, 25), row(order.GiftCardRow, "card", -55_00, 0))
	s := sell(t, `{}`, all(), p)
	s.learn("o-1001")
	require.Len(t, s.books.orders, 1, "an order before anything is captured")
	require.Empty(t, s.books.made)

	s.provider.orders["o-1001"] = capturing(p, "c1", 200_00)
	s.learn("o-1001")
	require.Equal(t, map[string]string{
		"c1": "invoice 200.00 | 3001 125.00 25% | 3003 106.00 6% | 3520 49.00 25% | 3001 -25.00 25% | 2421 -55.00 0% booked",
	}, s.documents())
	for _, o := range s.books.orders {
		require.Equal(t, "5001", o.Invoice, "the invoice is made of the order")
	}
	require.Empty(t, s.codes())
	s.learn("o-1001")
	require.Len(t, s.books.made, 1, "nothing is made twice")
}

func TestPartsAreInvoicedApartAndRefundsCreditTheirInvoice(t *testing.T) {
	t.Parallel()
	chair, book := row(order.GoodsRow, "chair", 125_00, 25), row(order.GoodsRow, "book", 106_00, 6)
	fee := row(order.ReturnFeeRow, "return fee", -20_00, 25)
	p := capturing(capturing(bought("1001", chair, book), "c1", 125_00, chair), "c2", 106_00, book)
	p = refunding(p, "r1", 106_00, book)
	p = refunding(p, "r2", 50_00, row(order.GoodsRow, "chair", 70_00, 25), fee)
	s := sell(t, `{"documents":{"order_number":"KL-{merchant_reference1}"}}`, all(), p)
	s.learn("o-1001")
	p = refunding(p, "r3", 25_00)
	s.provider.orders["o-1001"] = p
	s.learn("o-1001")
	require.Equal(t, map[string]string{
		"c1": "invoice 125.00 | 3001 125.00 25% booked",
		"c2": "invoice 106.00 | 3003 106.00 6% booked",
		"r1": "credit_invoice -106.00 | 3003 -106.00 6% booked linked",
		// The return fee keeps its own account and reduces what is credited.
		"r2": "credit_invoice -50.00 | 3001 -70.00 25% | 3540 20.00 25% booked linked",
		// The second refund of one invoice stands alone. Nobody says what it consists of;
		// all that is left is 75.00 of the first invoice, at 25 %.
		"r3": "credit_invoice -25.00 | 3001 -25.00 25% booked",
	}, s.documents())
	require.Equal(t, []fault.Code{invoicing.CodeRowsAssumed}, s.codes())
	for _, w := range s.books.made {
		require.Equal(t, "KL-1001", w.References[invoice.OrderNumber])
		require.Equal(t, "1001", w.References[invoice.ExternalReference1])
	}
	require.NoError(t, s.docs.Resolve(t.Context(), s.exceptions()[0].ID, "", "anna"))
	require.Empty(t, s.codes())
}

func TestARefundThatExceedsWhatWasCapturedIsSaidUntilItDoesNot(t *testing.T) {
	t.Parallel()
	chair := row(order.GoodsRow, "chair", 125_00, 25)
	p := capturing(bought("1001", chair), "c1", 125_00)
	s := sell(t, `{}`, all(), refunding(p, "r1", 130_00))
	s.learn("o-1001")
	require.Equal(t, []fault.Code{rules.CodeExceedsCaptures}, s.codes())
	s.provider.orders["o-1001"] = refunding(p, "r1", 125_00)
	s.learn("o-1001")
	require.Empty(t, s.codes())
	require.Contains(t, s.documents()["r1"], "booked")
}

func TestRoundingToKronorIsNoDifference(t *testing.T) {
	t.Parallel()
	s := sell(t, `{}`, all(), capturing(bought("1001", row(order.GoodsRow, "chair", 99_60, 25)), "c1", 99_60))
	s.books.spoil = func(w *invoice.Written) { w.Total, w.Balance, w.RoundOff = sek(100_00), sek(100_00), sek(40) }
	s.learn("o-1001")
	require.Equal(t, "invoice 100.00 | 3001 99.60 25% booked", s.documents()["c1"])
	require.Empty(t, s.codes())
}

func TestAnAnswerThatIsLostMakesNothingTwice(t *testing.T) {
	t.Parallel()
	chair := row(order.GoodsRow, "chair", 125_00, 25)
	p := refunding(capturing(bought("1001", chair), "c1", 125_00), "r1", 125_00)
	for _, operation := range []string{"EnsureOrder", "EnsureInvoice", "EnsureCredit", "EnsureBooked"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			s := sell(t, `{}`, all(), p)
			lost := 0
			s.books.fail = func(op string, attempt int, done bool) error {
				if op == operation && done && attempt == 1 {
					lost++
					return fault.New("connector.deadline", fault.Unknown, "no answer in time")
				}
				return nil
			}
			s.learn("o-1001")
			require.Positive(t, lost)
			require.Equal(t, map[string]string{
				"c1": "invoice 125.00 | 3001 125.00 25% booked", "r1": "credit_invoice -125.00 | 3001 -125.00 25% booked linked",
			}, s.documents())
			require.Len(t, s.books.orders, 1)
			require.Empty(t, s.codes())
		})
	}
}

func TestAnInvoiceThatIsNotBookedIsCancelledRatherThanCredited(t *testing.T) {
	t.Parallel()
	chair := row(order.GoodsRow, "chair", 125_00, 25)
	p := capturing(bought("1001", chair), "c1", 125_00)
	s := sell(t, `{}`, all(), p)
	s.books.spoil = func(w *invoice.Written) { w.Total = sek(126_00) }
	s.learn("o-1001")
	require.Equal(t, []fault.Code{rules.CodeInvoiceDiffers}, s.codes())
	s.provider.orders["o-1001"] = refunding(p, "r1", 125_00)
	s.learn("o-1001")
	require.Equal(t, map[string]string{"c1": "invoice 126.00 | 3001 125.00 25% cancelled"}, s.documents())
	require.Empty(t, s.codes(), "what was to be decided about the draft is settled")
}

func TestAnOrderThatEndsWithoutACaptureIsCancelled(t *testing.T) {
	t.Parallel()
	p := bought("1001", row(order.GoodsRow, "chair", 125_00, 25))
	s := sell(t, `{}`, all(), p)
	s.learn("o-1001")
	require.Len(t, s.books.orders, 1)
	p.State = order.PurchaseEnded
	s.provider.orders["o-1001"] = p
	s.learn("o-1001")
	for _, o := range s.books.orders {
		require.True(t, o.Cancelled)
	}
	require.Empty(t, s.books.made)
}

func TestWhatIsPendingOrBeforeTheCutOffIsLeftAlone(t *testing.T) {
	t.Parallel()
	chair := row(order.GoodsRow, "chair", 125_00, 25)
	pending, old := bought("1001", chair), capturing(bought("1002", chair), "c2", 125_00)
	pending.State = order.PurchasePending
	old.PlacedAt, old.Captures[0].At = placed.AddDate(0, 0, -9), placed.AddDate(0, 0, -8)
	s := sell(t, `{}`, all(), pending, old)
	s.learn("o-1001", "o-1002")
	require.Empty(t, s.books.orders)
	require.Empty(t, s.books.made)

	// A refund after it credits the invoice that somebody else made before it.
	s.books.documents = append(s.books.documents, invoice.Document{
		Number: "77", Kind: invoice.Invoice, Total: sek(125_00), Balance: sek(0), Booked: true,
		References: map[invoice.Reference]string{invoice.ExternalReference1: "1002"},
	})
	s.provider.orders["o-1002"] = refunding(old, "r2", 125_00)
	s.learn("o-1002")
	require.Equal(t, []fault.Code{invoicing.CodeOriginalMissing}, s.codes(), "the mirror has not seen it")
}

func TestADocumentThatSomebodyElseMadeIsAdopted(t *testing.T) {
	t.Parallel()
	chair := row(order.GoodsRow, "chair", 125_00, 25)
	p := capturing(bought("1001", chair), "c1", 125_00)
	s := sell(t, `{}`, all(), p)
	s.books.documents = append(s.books.documents, invoice.Document{
		Number: "77", Kind: invoice.Invoice, Total: sek(125_00), Balance: sek(125_00), Booked: true,
		References: map[invoice.Reference]string{invoice.ExternalReference1: "1001"},
	})
	s.learn("o-1001")
	require.Equal(t, []fault.Code{invoicing.CodeMadeElsewhere}, s.codes())
	require.Empty(t, s.books.made)
	require.Empty(t, s.books.orders, "what is invoiced needs no order")
	e := s.exceptions()[0]
	require.Equal(t, "77", e.Document)
	number, err := s.docs.Adopt(t.Context(), e.ID, false, "anna")
	require.NoError(t, err)
	require.Equal(t, "77", number)
	require.Len(t, s.exceptions(), 1, "a proposal changes nothing")
	_, err = s.docs.Adopt(t.Context(), e.ID, true, "anna")
	require.NoError(t, err)
	require.Empty(t, s.codes())

	s.provider.orders["o-1001"] = refunding(p, "r1", 125_00)
	s.learn("o-1001")
	require.Equal(t, map[string]string{"r1": "credit_invoice -125.00 | 3001 -125.00 25% booked linked"}, s.documents())
}

func TestAMissingMappingStopsOneOrderAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	german, home := bought("1001", row(order.GoodsRow, "chair", 119_00, 19)), capturing(bought("1002", row(order.GoodsRow, "chair", 125_00, 25)), "c2", 125_00)
	german.Buyer.Billing.Country = "DE"
	const settings = `{"vat":{"home":"SE","eu_consumers":"destination"}`
	s := sell(t, settings+`}`, all(), capturing(german, "c1", 119_00), home)
	s.learn("o-1001", "o-1002")
	require.Equal(t, []fault.Code{"vat.mapping_missing", "vat.mapping_missing"}, s.codes(), "the order and the invoice")
	require.Contains(t, s.documents()["c2"], "booked", "the others go on")
	var sales []map[string]string
	for _, part := range [][]string{{"domestic", "", "25", "3001", "2611"}, {"oss", "DE", "19", "3106", "2612"}} {
		sales = append(sales, map[string]string{"treatment": part[0], "country": part[1], "supply": "goods", "rate": part[2], "revenue": part[3], "vat": part[4]})
	}
	text, err := json.Marshal(sales)
	require.NoError(t, err)
	s.update(func(ctx context.Context, tx ports.Tx) error {
		for _, kind := range all() {
			if _, err := tx.Flows().SaveSettings(ctx, "flow-"+string(kind), json.RawMessage(settings+`,"sales":`+string(text)+`}`), s.clock.Now(), "test"); err != nil {
				return err
			}
		}
		return nil
	})
	s.work()
	require.Equal(t, "invoice 119.00 | 3106 119.00 19% booked", s.documents()["c1"])
	require.Empty(t, s.codes())
}

func TestAnOrderThatTheProviderDoesNotKnowIsSaidOnce(t *testing.T) {
	t.Parallel()
	s := sell(t, `{}`, all())
	for range 4 {
		s.learn("o-404")
		s.clock.set(s.clock.Now().Add(time.Hour))
	}
	require.Equal(t, []fault.Code{purchase.CodeUnknown}, s.codes())
	chair := row(order.GoodsRow, "chair", 125_00, 25)
	p := capturing(bought("404", chair), "c1", 125_00)
	s.provider.orders["o-404"] = p
	require.NoError(t, s.docs.RetryException(t.Context(), s.exceptions()[0].ID, "anna"))
	s.learn("o-404")
	require.Contains(t, s.documents()["c1"], "booked")
}

func TestAPayoutMakesItsOrdersKnownAndIsMatchedOnceTheyAreInvoiced(t *testing.T) {
	t.Parallel()
	chair := row(order.GoodsRow, "chair", 125_00, 25)
	s := sell(t, `{}`, all(), capturing(bought("1001", chair), "c1", 125_00))
	s.provider.payouts = []payout.Payout{paid("P1", 115_00)}
	s.provider.lines = map[string][]payout.Line{"P1": {sale("1001", 125_00), fee("1001", 8_00, 2_00)}}
	s.clock.set(payday.Add(24 * time.Hour))
	s.run()
	require.Equal(t, ports.LineWaiting, s.lines("P1")[0].State)
	s.work()
	require.Contains(t, s.documents()["c1"], "booked")
	s.run()
	require.Equal(t, payout.Closed, s.payout("P1").State)
	require.Equal(t, ports.LineMatched, s.lines("P1")[0].State)
	require.Equal(t, "5001", s.lines("P1")[0].Document)
	reads := len(s.provider.reads)
	s.run()
	require.Len(t, s.provider.reads, reads, "what is known is not read again")
}
