package hub_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/console"
	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/evidence"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/hub"
)

func eur(minor int64) money.Amount { return money.New(minor, "EUR") }

// inEuro gives a line of the same amounts in euro.
func inEuro(l payout.Line) payout.Line {
	l.Gross, l.FeeExVAT, l.FeeVAT = eur(l.Gross.Minor()), eur(l.FeeExVAT.Minor()), eur(l.FeeVAT.Minor())
	return l
}

// inEuroAt gives a document of the same amount in euro that is booked at a rate.
func inEuroAt(rate string, d invoice.Document) invoice.Document {
	d.Total, d.Balance, d.Rate = eur(d.Total.Minor()), eur(d.Balance.Minor()), decimal.RequireFromString(rate)
	return d
}

func rates(t *testing.T, rows ...string) exchange.Table {
	t.Helper()
	table, err := exchange.ParseTable(strings.NewReader("date,base,quote,rate\n" + strings.Join(rows, "\n")))
	require.NoError(t, err)
	return table
}

const euroSettings = `{"currencies":[{"invoice":"EUR","payout":"EUR","rates":["line","central_bank"]}],
	"accounts":{"bank":{"SEK":"1930","EUR":"1980"},"clearing":{"SEK":"1686","EUR":"1580"}}}`

// euroPayout is G5: 119.00 − 2.38 = 116.62 euro, of one sale whose invoice is in euro,
// booked at 11.50.
func euroPayout(t *testing.T, settings string) *world {
	t.Helper()
	foreign := paid("P1", 0)
	foreign.Net = eur(11662)
	p := provider(3, foreign, inEuro(sale("1001", 11900)), inEuro(fee("1001", 238, 0)))
	w := newWorld(t, p, newFakeBooks(inEuroAt("11.50", invoiced("1", "1001", 11900))))
	w.set(settings)
	return w
}

func (w *world) rows() map[string]string {
	w.t.Helper()
	got := map[string]string{}
	for _, r := range w.onlyVoucher().Voucher.Rows() {
		require.Equal(w.t, money.Currency("SEK"), r.Amount.Currency())
		got[string(r.Account)] = r.Amount.String()
	}
	return got
}

func TestAPayoutInEuroIsBookedInKronorAtTheRateOfItsDay(t *testing.T) {
	t.Parallel()
	w := euroPayout(t, euroSettings)
	w.keepIn(w.books, rates(t, "2026-04-01,EUR,SEK,11.40", "2026-04-07,EUR,SEK,99"))
	w.run()
	// 116.62 × 11.40 = 1329.468, 2.38 × 11.40 = 27.132, 119.00 × 11.40 = 1356.60.
	require.Equal(t, map[string]string{"1980": "1329.47", "6040": "27.13", "1580": "-1356.60"}, w.rows())
	require.Equal(t, "Fakepay P1, 1 EUR = 11.4 SEK (central_bank 2026-04-01)", w.onlyVoucher().Voucher.Text())

	// The invoice is paid at the same rate, and the ledger shows G5.
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Empty(t, w.exceptions())
	require.Equal(t, eur(0), w.books.documents[0].Balance)
	require.Equal(t, map[ledger.Account]int64{"1980": 132947, "6040": 2713, "7960": 1190, "1580": 0, "1510": -136850},
		w.balances("1980", "6040", "7960", "1580", "1510"))
	w.eachPayment(func(p ports.Payment) {
		require.Equal(t, sek(135660), p.Amount)
		require.Empty(t, p.WriteOffs)
		require.Equal(t, eur(11900), p.Exchange.Original)
		require.Equal(t, "11.4", p.Exchange.Rate.Value.String())
		require.Equal(t, ports.WriteOff{Account: "7960", Amount: sek(1190), Text: "Currency loss"}, p.Exchange.Difference)
	})

	accounts, err := statement.New(w.store).Clearing(t.Context(), flowID)
	require.NoError(t, err)
	require.Len(t, accounts, 1)
	require.Equal(t, "1580 SEK 0.00 0.00 0.00", strings.Join([]string{
		string(accounts[0].Account), string(accounts[0].Currency), accounts[0].Balance.String(), accounts[0].Open.String(), accounts[0].Unexplained.String(),
	}, " "))
	require.Empty(t, accounts[0].Items)

	proven := w.months(reconciliation.Period{From: day(2026, time.April, 1), To: day(2026, time.April, 30)})
	require.Len(t, proven, 1)
	require.Equal(t, "1356.60 0.00 0.00", proven[0].Captures.String()+" "+proven[0].Closing.String()+" "+proven[0].Difference.String())

	_, err = evidence.New(w.store).Payout(t.Context(), w.payout("P1").ID)
	require.Equal(t, evidence.CodeConverted, fault.CodeOf(err))
	require.Contains(t, string(w.proof()), "(Voucher in SEK)")

	reader := statement.New(w.store)
	pages, err := console.New(reader, reader, onboarding.New(onboarding.Parts{Store: w.store}))
	require.NoError(t, err)
	var page bytes.Buffer
	require.NoError(t, pages.Render(t.Context(), &page, w.payout("P1").ID, "token", 0))
	require.Contains(t, page.String(), "1 EUR = 11.4 SEK")
	require.Contains(t, page.String(), "Clearing account 1580")
}

// proof gives the file that was attached to a voucher.
func (w *world) proof() []byte {
	w.t.Helper()
	require.Len(w.t, w.books.files, 1)
	for _, file := range w.books.files {
		return file.Content
	}
	return nil
}

func (w *world) months(period reconciliation.Period) []reconciliation.Statement {
	w.t.Helper()
	service := reconciliation.New(reconciliation.Parts{Store: w.store, Sources: []reconciliation.Source{reconciliation.Payouts{}}})
	proven, err := service.Statements(w.t.Context(), flowID, period)
	require.NoError(w.t, err)
	return proven
}

func TestAPaymentInEuroThatAPersonHasRegisteredIsAdopted(t *testing.T) {
	t.Parallel()
	w := euroPayout(t, euroSettings)
	w.keepIn(w.books, rates(t, "2026-04-02,EUR,SEK,11.40"))
	w.books.documents[0].Balance = eur(0)
	paidBy := func(account ledger.Account) {
		w.books.payments["1"] = []ports.RegisteredPayment{{Number: "1", Amount: sek(135660), Account: account, Booked: true}}
	}
	paidBy("1930")
	w.run()
	require.Equal(t, matching.CodeAlreadyPaid, w.exceptions()[0].Code)
	_, err := w.service.Adopt(t.Context(), w.exceptions()[0].ID, true, "anna")
	require.Equal(t, settlement.CodeNotAdoptable, fault.CodeOf(err), "it does not stand on the clearing account")
	paidBy("1580")
	_, err = w.service.Adopt(t.Context(), w.exceptions()[0].ID, true, "anna")
	require.NoError(t, err)
	w.settleDown()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	accounts, err := statement.New(w.store).Clearing(t.Context(), flowID)
	require.NoError(t, err)
	require.Equal(t, "1356.60 0.00 0.00", accounts[0].Payments.String()+" "+accounts[0].Balance.String()+" "+accounts[0].Unexplained.String())
	proven := w.months(reconciliation.Period{From: day(2026, time.April, 1), To: day(2026, time.April, 30)})
	require.Equal(t, "0.00 0.00", proven[0].Closing.String()+" "+proven[0].Difference.String())
}

func TestTheLinesOfAPayoutInEuroAddUpToItsVoucherInKronor(t *testing.T) {
	t.Parallel()
	// Each of three lines of 0.05 × 10.95 = 0.5475 is 0.55, together 0.15 × 10.95 = 1.6425 is 1.64.
	foreign := paid("P1", 0)
	foreign.Net = eur(15)
	w := newWorld(t, provider(5, foreign, inEuro(sale("1", 5)), inEuro(sale("2", 5)), inEuro(sale("3", 5))), newFakeBooks())
	w.set(euroSettings)
	w.keepIn(w.books, rates(t, "2026-04-02,SEK,EUR,0.0913242009132420")) // listed the other way round
	w.run()
	require.Equal(t, map[string]string{"1980": "1.64", "1580": "-1.64"}, w.rows())
	accounts, err := statement.New(w.store).Clearing(t.Context(), flowID)
	require.NoError(t, err)
	require.Equal(t, "-1.64", accounts[0].Open.String())
	require.True(t, accounts[0].Unexplained.IsZero())
	require.Len(t, accounts[0].Items, 4, "the lines and the rounding")
	proven := w.months(reconciliation.Period{From: day(2026, time.April, 1), To: day(2026, time.April, 30)})
	require.Len(t, proven[0].Items, 4)
	require.Equal(t, "-1.64 0.00", proven[0].Closing.String()+" "+proven[0].Difference.String())
}

func TestAPayoutInEuroWaitsForItsRate(t *testing.T) {
	t.Parallel()
	w := euroPayout(t, euroSettings)
	for range 2 {
		w.run()
		require.Equal(t, payout.Fetched, w.payout("P1").State)
		require.Len(t, w.exceptions(), 1)
		require.Equal(t, exchange.CodeRateMissing, w.exceptions()[0].Code)
		require.Empty(t, w.books.vouchers)
	}
	w.keepIn(w.books, rates(t, "2026-04-02,EUR,SEK,11.40"))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Empty(t, w.exceptions())
}

func TestARateIsTakenOnlyFromASourceThatThePairNames(t *testing.T) {
	t.Parallel()
	w := euroPayout(t, strings.Replace(euroSettings, `["line","central_bank"]`, `["line","payout"]`, 1))
	w.keepIn(w.books, rates(t, "2026-04-02,EUR,SEK,11.40"))
	w.run()
	require.Equal(t, exchange.CodeRateMissing, w.exceptions()[0].Code)
	require.Empty(t, w.books.vouchers)
}

func TestAPayoutInEuroWithoutItsAccountsWaits(t *testing.T) {
	t.Parallel()
	w := euroPayout(t, `{"currencies":[{"invoice":"EUR","payout":"EUR","rates":["central_bank"]}]}`)
	w.keepIn(w.books, rates(t, "2026-04-02,EUR,SEK,11.40"))
	w.run()
	require.Equal(t, booking.CodeMissingAccount, w.exceptions()[0].Code)
	w.set(euroSettings)
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
}

func TestAHubDoesNotStartWithExchangeRatesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	cfg := settings(t, nil)
	cfg.ExchangeRates = filepath.Join(t.TempDir(), "rates.csv")
	require.NoError(t, os.WriteFile(cfg.ExchangeRates, []byte("date,base,quote,rate\n2026-04-20,EUR,SEK,11.40\n2026-04-21,EUR,SEK,eleven\n"), 0o600))
	_, err := hub.Start(t.Context(), cfg, hclog.NewNullLogger())
	require.ErrorContains(t, err, "line 3, rate")
	require.ErrorContains(t, err, cfg.ExchangeRates)

	require.NoError(t, os.WriteFile(cfg.ExchangeRates, []byte("date,base,quote,rate\n2026-04-20,EUR,SEK,11.40\n"), 0o600))
	cfg.Data = filepath.Join(t.TempDir(), "data")
	h, _ := start(t, cfg)
	require.NoError(t, h.Stop(t.Context()))
}

func TestInTheDirectShapeAPaymentBringsEuroToTheBank(t *testing.T) {
	t.Parallel()
	foreign := paid("P1", 0)
	foreign.Net = eur(11662)
	line := sale("1001", 11900)
	line.FeeExVAT = sek(238)
	w := newWorld(t, provider(3, foreign, inEuro(line)), newFakeBooks(inEuroAt("11.50", invoiced("1", "1001", 11900))))
	w.set(strings.Replace(euroSettings, `{"currencies"`, `{"shape":"direct","currencies"`, 1))
	w.keepIn(w.books, rates(t, "2026-04-02,EUR,SEK,11.40"))
	w.run()
	require.Empty(t, w.books.vouchers, "the payment has it all")
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, eur(0), w.books.documents[0].Balance)
	require.Equal(t, map[ledger.Account]int64{"1980": 132947, "6040": 2713, "7960": 1190, "1580": 0, "1510": -136850},
		w.balances("1980", "6040", "7960", "1580", "1510"))
}

func TestAnInvoiceInEuroIsNotPaidByAPayoutInKronorWithoutItsOriginal(t *testing.T) {
	t.Parallel()
	euro := inEuroAt("11.50", invoiced("1", "1001", 10000))
	w := newWorld(t, provider(10, paid("P1", 112000), sale("1001", 112000)), newFakeBooks(euro))
	w.run()
	require.Len(t, w.exceptions(), 1)
	require.Equal(t, matching.CodeCombination, w.exceptions()[0].Code)
	w.set(`{"currencies":[{"invoice":"EUR","payout":"SEK"}]}`)
	w.run()
	require.Equal(t, booking.CodeOriginal, w.exceptions()[0].Code, "the pair is set, and the provider states no amount in euro")
	require.Empty(t, w.books.payments["1"])
}
