package booking_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// goldenCase is what happened, in one of several ways, and the settings that
// differ.
type goldenCase struct {
	Settings   json.RawMessage
	Payout     *goldenPayout
	Event      *goldenEvent
	Document   *goldenDocument
	Settlement *goldenSettlement
	Dispute    *goldenDispute
	FeeInvoice *goldenPayout `json:"fee_invoice"`
	Treasury   *goldenTreasury
	// Delivery is the capture whose goods are delivered.
	Delivery *goldenEvent
	// Summary are the events that share a voucher.
	Summary []goldenEvent
	// Second asks for the second of the vouchers that an event makes.
	Second bool
	// Reverse asks for the correction of the voucher rather than the voucher.
	Reverse bool
}

type goldenLine struct {
	Kind     payout.Kind
	RawType  string `json:"raw_type"`
	Gross    money.Amount
	FeeExVAT money.Amount `json:"fee_ex_vat"`
	FeeVAT   money.Amount `json:"fee_vat"`
}

type goldenPayout struct {
	Net   money.Amount
	Lines []goldenLine
}

type goldenDocument struct {
	Kind   invoice.Kind
	Number string
	Total  money.Amount
	Shares []booking.Share
}

type goldenSettlement struct {
	Document goldenDocument
	Line     goldenLine
}

type goldenDispute struct {
	Amount money.Amount
	Shares []booking.Share
}

func today() civil.Date { return civil.Date{Year: 2026, Month: 4, Day: 20} }

func TestEveryGoldenVoucher(t *testing.T) {
	t.Parallel()
	want := goldenVouchers(t)
	cases := goldenCases(t)
	for id := range want {
		require.Contains(t, cases, id, "the voucher has no case")
	}
	for id, c := range cases {
		require.Contains(t, want, id, "the case has no voucher")
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			settings, err := booking.Parse(c.Settings)
			require.NoError(t, err)
			voucher := c.voucher(t, settings)
			if c.Reverse {
				voucher = voucher.Reversal(today(), "correction")
			}
			require.ElementsMatch(t, want[id], postings(voucher))
		})
	}
}

func (c goldenCase) voucher(t *testing.T, s booking.Settings) ledger.Voucher {
	t.Helper()
	var voucher ledger.Voucher
	var err error
	switch {
	case c.Payout != nil:
		return c.Payout.voucher(t, s)
	case c.Event != nil:
		return c.eventVoucher(t, s)
	case c.Delivery != nil:
		voucher, err = booking.DeliveryVoucher(c.Delivery.happening(t, s), today(), s)
	case c.Summary != nil:
		var all []booking.Happening
		for _, e := range c.Summary {
			all = append(all, e.happening(t, s))
		}
		voucher, err = booking.SalesSummary(all, today(), "Sales", s)
	case c.Document != nil:
		voucher, err = booking.ExpectedDocument(c.Document.document(), atHome(), c.Document.Shares, s)
	case c.Settlement != nil:
		return c.Settlement.voucher(t, s)
	case c.Dispute != nil:
		lost := booking.LostDispute{Reference: "D1", Amount: c.Dispute.Amount, Market: atHome(), Shares: c.Dispute.Shares}
		voucher, err = booking.LostDisputeVoucher(lost, today(), s)
	case c.FeeInvoice != nil:
		fees := booking.FeeInvoice{Reference: "2026-03", Fees: c.FeeInvoice.sums(t)}
		voucher, err = booking.MonthlyReverseCharge(fees, today(), s)
	case c.Treasury != nil:
		return c.Treasury.voucher(t, s)
	default:
		t.Fatal("the case says nothing")
	}
	require.NoError(t, err)
	return voucher
}

func (p goldenPayout) voucher(t *testing.T, s booking.Settings) ledger.Voucher {
	t.Helper()
	entry, err := booking.PayoutVoucher(payout.Payout{Reference: "P1", Net: p.Net}, today(), p.sums(t), s)
	require.NoError(t, err)
	require.Empty(t, entry.Open)
	return entry.Voucher
}

func (p goldenPayout) sums(t *testing.T) []booking.Sum {
	t.Helper()
	var tally booking.Tally
	for _, l := range p.Lines {
		require.NoError(t, tally.Add(l.line(t), false))
	}
	return tally.Sums()
}

// voucher lets the line find its document, pays it, and asks what the accounting
// system will make of the payment.
func (x goldenSettlement) voucher(t *testing.T, s booking.Settings) ledger.Voucher {
	t.Helper()
	line, document := x.Line.line(t), x.Document.document()
	line.References = map[payout.Reference]string{payout.MerchantReference1: "ORDER-7"}
	document.References = map[invoice.Reference]string{invoice.OrderNumber: "order-7"}

	decisions := matching.Match([]payout.Line{line}, []matching.Candidate{{Document: document}}, s.MatchingRules("SEK"))
	require.Len(t, decisions, 1)
	require.Equal(t, matching.Matched, decisions[0].State)

	paid, err := booking.PaymentFor(booking.Settlement{
		Line: line, Document: document, WriteOff: decisions[0].WriteOff, Dates: booking.Dates{Payout: today()},
	}, s)
	require.NoError(t, err)
	voucher, err := booking.ExpectedPayment(paid, s)
	require.NoError(t, err)
	return voucher
}

func (l goldenLine) line(t *testing.T) payout.Line {
	t.Helper()
	line := payout.Line{Key: "1", Kind: l.Kind, RawType: l.RawType, Gross: l.Gross, FeeExVAT: l.FeeExVAT, FeeVAT: l.FeeVAT}
	require.NoError(t, line.Validate())
	return line
}

func (d goldenDocument) document() invoice.Document {
	return invoice.Document{Number: d.Number, Kind: d.Kind, Total: d.Total, Balance: d.Total, Booked: true, Date: today()}
}

// postings writes a voucher the way the tables do: "debit 1930 90.00".
func postings(v ledger.Voucher) []string {
	var list []string
	for _, r := range v.Rows() {
		side, amount := "debit", r.Debit()
		if amount.IsZero() {
			side, amount = "credit", r.Credit()
		}
		list = append(list, side+" "+string(r.Account)+" "+amount.String())
	}
	return list
}

var goldenRow = regexp.MustCompile(`(?m)^\| ([A-Z]\d+(?:b-\d)?(?:-source)?) \| (.*) \| (.*) \| (.*) \| ([0-9.]+) \|$`)

// goldenVouchers reads the tables and checks that they balance.
func goldenVouchers(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/golden/vouchers.md")
	require.NoError(t, err)
	vouchers := map[string][]string{}
	for _, match := range goldenRow.FindAllStringSubmatch(string(text), -1) {
		id, debit, credit, sum := match[1], match[3], match[4], match[5]
		require.NotContains(t, vouchers, id, "an id stands for one voucher")
		rows := goldenCell(t, "debit", debit, sum)
		vouchers[id] = append(rows, goldenCell(t, "credit", credit, sum)...)
	}
	rows := strings.Count(string(text), "\n| ") - strings.Count(string(text), "\n| id |")
	require.Len(t, vouchers, rows, "a row of the tables could not be read")
	return vouchers
}

func goldenCell(t *testing.T, side, cell, sum string) []string {
	t.Helper()
	var rows []string
	total := money.Zero("SEK")
	for _, posting := range strings.Split(cell, "; ") {
		account, number, ok := strings.Cut(posting, " ")
		require.True(t, ok, posting)
		amount, err := money.Parse(number, "SEK")
		require.NoError(t, err)
		total, err = total.Add(amount)
		require.NoError(t, err)
		rows = append(rows, side+" "+account+" "+amount.String())
	}
	require.Equal(t, sum, total.String())
	return rows
}

func goldenCases(t *testing.T) map[string]goldenCase {
	t.Helper()
	files, err := filepath.Glob("testdata/golden/cases/*.json")
	require.NoError(t, err)
	slices.Sort(files)
	cases := map[string]goldenCase{}
	for _, file := range files {
		raw, err := os.ReadFile(filepath.Clean(file))
		require.NoError(t, err)
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		var c goldenCase
		require.NoError(t, decoder.Decode(&c), file)
		cases[strings.TrimSuffix(filepath.Base(file), ".json")] = c
	}
	return cases
}
